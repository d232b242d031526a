"""Connected components of every phase, reachability from faces, spanning.

Plain arrays in and out. `porenet.flood_fill.batched` does the same on batches of tensors, on any device; it imports
torch and is therefore imported by its own name.

The names stand in ``__init__.pyi``; each is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
