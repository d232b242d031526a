"""Units of length in files, converted to um."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from porenet.formats.interface.stored import UNSTATED, Voxel

# A symbol has one spelling: ms are no metres, Mm no millimetres. U+339B and the like are one character each.
_SYMBOLS = {
    "km": 1e9, "m": 1e6, "dm": 1e5, "cm": 1e4, "mm": 1e3, "um": 1.0, "\u03bcm": 1.0, "nm": 1e-3, "pm": 1e-6,
    "\u00c5": 1e-4, "A": 1e-4, "in": 25400.0,
}  # fmt: skip
_PREFIXES = {"kilo": 1e9, "": 1e6, "deci": 1e5, "centi": 1e4, "milli": 1e3, "micro": 1.0, "nano": 1e-3, "pico": 1e-6}
_WORDS = {f"{prefix}met{end}": um for prefix, um in _PREFIXES.items() for end in ("er", "re")}
_WORDS |= {"micron": 1.0, "angstrom": 1e-4, "\u00e5ngstr\u00f6m": 1e-4, "inch": 25400.0, "inches": 25400.0}
_NO_LENGTHS = ("pixel", "voxel", "px", "none", "unitless", "reference frame")


def in_um(unit: str | None) -> float | None:
    """Length of a unit, um; None for pixels and words that are not a known unit of length.

    Symbols are read in the case that they are written in (``mm``, not ``Mm``), words in any case and number.
    """
    if not unit:
        return None
    # ImageJ escapes the micro sign as Java does. NFKC makes it the Greek letter, and one letter of an A and its ring.
    name = re.sub(r"\\u00[bB]5", "\u00b5", unit).strip().strip('"').strip()
    name = unicodedata.normalize("NFKC", name)
    word = name.casefold()
    return _SYMBOLS.get(name, _WORDS.get(word, _WORDS.get(word.removesuffix("s"))))


def unknown_units(units: Sequence[str]) -> str:
    """In words, which of the units are not known units of length; empty if none is."""
    unknown = [unit for unit in units if unit.strip() and in_um(unit) is None]
    unknown = [unit for unit in unknown if unit.casefold().removesuffix("s") not in _NO_LENGTHS]
    if not unknown:
        return ""
    return f"{', '.join(repr(unit[:40]) for unit in dict.fromkeys(unknown))} is not known as a unit of length"


def shortest(edges: Iterable[float]) -> tuple[float, ...]:
    """Edges that were stored as float32, as the decimal numbers of fewest digits that they were made from."""
    return tuple(float(str(np.float32(edge))) for edge in edges)


def spacing_without_unit(zyx: Sequence[float]) -> Voxel:
    """Voxel edges (z, y, x) of a format without a field for a unit: taken as um.

    1, 1, 1 is the default of such formats, so it counts as not stated.
    """
    z, y, x = (float(edge) for edge in zyx)
    return UNSTATED if (z, y, x) == (1.0, 1.0, 1.0) else (z, y, x)
