"""Measuring a volume by slabs of whole layers: what is counted in a slab, and how slabs are joined.

The contract of a metric that can be measured so (`Stream`, named by ``Spec.streamed``), the counts that porenet makes
once for all metrics (`Summary`), and the fold over the slabs of one volume. Values are those of the whole volume in
memory, to the last bit, for the function in memory is a fold over one slab.
"""

from __future__ import annotations

from porenet.slabs.fold import Layers, Task
from porenet.slabs.need import Need, Supplied, bits_of
from porenet.slabs.reading import Reached, folded, values_of
from porenet.slabs.slab import About, Bounds, Slab, components_of
from porenet.slabs.stream import Stream, in_memory
from porenet.slabs.summary import Summary

__all__ = [
    "About", "Bounds", "Layers", "Need", "Reached", "Slab", "Stream", "Summary", "Supplied", "Task", "bits_of",
    "components_of", "folded", "in_memory", "values_of",
]  # fmt: skip
