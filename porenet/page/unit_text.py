"""Units as people write them."""

from __future__ import annotations

_SIGNS = {"um": "µm", "^-1": "⁻¹", "^-2": "⁻²", "^-3": "⁻³"}


def written(unit: str) -> str:
    """A unit of a metric or a loss with its signs: ``um^-1`` as ``µm⁻¹``; others unchanged."""
    for plain, sign in _SIGNS.items():
        unit = unit.replace(plain, sign)
    return unit
