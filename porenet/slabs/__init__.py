"""Measuring a volume by slabs of whole layers: what is counted in a slab, and how slabs are joined.

The contract of a metric that can be measured so (`Stream`, named by ``Spec.streamed``), the counts that porenet makes
once for all metrics (`Summary`), and the fold over the slabs of one volume. Values are those of the whole volume in
memory, to the last bit, for the function in memory is a fold over one slab.

The names are listed in ``__init__.pyi``; each is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
