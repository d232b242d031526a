from .fold import Layers, Task
from .need import Need, Supplied, bits_of
from .reading import Reached, folded, values_of
from .slab import About, Bounds, Slab, components_of
from .stream import Stream, in_memory
from .summary import Summary

__all__ = [
    "About", "Bounds", "Layers", "Need", "Reached", "Slab", "Stream", "Summary", "Supplied", "Task", "bits_of",
    "components_of", "folded", "in_memory", "values_of",
]  # fmt: skip
