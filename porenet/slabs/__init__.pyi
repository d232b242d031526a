from .fold import Layers, Task, folded, values_of
from .need import Need, Supplied, bits_of
from .slab import About, Slab
from .stream import Stream, in_memory
from .summary import Summary

__all__ = [
    "About", "Layers", "Need", "Slab", "Stream", "Summary", "Supplied", "Task", "bits_of", "folded", "in_memory",
    "values_of",
]  # fmt: skip
