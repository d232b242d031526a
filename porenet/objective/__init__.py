"""Named losses -> one weighted, scheduled sum; one loss by itself.

The names stand in ``__init__.pyi``; each is imported when it is first used, because most of them import torch.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
