"""Parts of a training that any generator can use: held fractions and networks, cut cubes, seeded draws, run folders.

The loop is yours (`examples/wgan_gp` is one); docs/generate.md shows each part at work. The names stand in
``__init__.pyi``; each is imported when it is first used.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
