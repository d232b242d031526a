"""Units of length in files, converted to um."""

from __future__ import annotations

from collections.abc import Sequence

from porenet.formats.stored import UNSTATED, Voxel

_NAMES = {
    1e6: ("m", "meter", "metre"),
    1e4: ("cm", "centimeter", "centimetre"),
    1e3: ("mm", "millimeter", "millimetre"),
    1.0: ("um", "\u03bcm", "micron", "micrometer", "micrometre"),
    1e-3: ("nm", "nanometer", "nanometre"),
    1e-4: ("\u00e5", "a", "angstrom"),
}
# casefold turns the micro sign into the Greek letter.
_UM = {name: factor for factor, names in _NAMES.items() for name in names}


def in_um(unit: str | None) -> float | None:
    """Length of a unit, um; None for pixels and other words that are not a unit of length."""
    if not unit:
        return None
    # ImageJ escapes the micro sign as Java does.
    name = unit.strip().strip('"').replace("\\u00B5", "\u00b5").replace("\\u00b5", "\u00b5").casefold()
    return _UM.get(name, _UM.get(name.removesuffix("s")))


def spacing_without_unit(zyx: Sequence[float]) -> Voxel:
    """Voxel edges (z, y, x) of a format without a field for a unit: taken as um.

    1, 1, 1 is the default of such formats, so it counts as not stated.
    """
    z, y, x = (float(edge) for edge in zyx)
    return UNSTATED if (z, y, x) == (1.0, 1.0, 1.0) else (z, y, x)
