"""Units in typographic form."""

from __future__ import annotations

_SIGNS = {"um": "µm", "^-1": "⁻¹", "^-2": "⁻²", "^-3": "⁻³"}


def readable_unit(unit: str) -> str:
    """A unit of a metric or a loss in typographic form: ``um^-1`` as ``µm⁻¹``; others unchanged."""
    for plain, sign in _SIGNS.items():
        unit = unit.replace(plain, sign)
    return unit
