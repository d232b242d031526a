"""A structure from its descriptors: voxels optimised directly for the losses of an objective, with no network.

The names stand in ``__init__.pyi``; each is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
