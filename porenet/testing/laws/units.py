"""Powers of the voxel edge in units."""

from __future__ import annotations

import re


def exponent_of_um(unit: str) -> int:
    """The power of um in a unit such as ``um^-1``; 0 for ``1``."""
    powers = re.findall(r"(?:^| )um(?:\^(-?\d+))?(?= |$)", unit)
    return sum(int(power or 1) for power in powers)
