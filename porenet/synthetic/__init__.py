"""Synthetic electrodes: with known metrics, or like a real volume that was measured.

The names are listed in ``__init__.pyi``; each is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
