from .fold import Layers, Task
from .ledger import expect
from .need import Need, Supplied, bits_of
from .reading import Reached, folded, values_of
from .slab import About, Bounds, Slab, about_of, components_of
from .stream import Stream, has_own_state, has_parts, in_memory
from .summary import Summary

__all__ = [
    "About", "Bounds", "Layers", "Need", "Reached", "Slab", "Stream", "Summary", "Supplied", "Task", "about_of",
    "bits_of", "components_of", "expect", "folded", "has_own_state", "has_parts", "in_memory", "values_of",
]  # fmt: skip
