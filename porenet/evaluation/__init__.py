"""Evaluation of generators: structures drawn for conditions, measured, and compared with real ones.

The public names are listed in ``__init__.pyi``; each is imported at its first use.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
