"""The layout of GAN-PH data sets: ``structure_0001/slice_0000.bmp``, and ``results.dat`` beside the structures.

A structure is read like any folder of slices; the published grey values are `PHASES`.
Source: https://github.com/thermal-eng-lab/GAN-PH.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from porenet.errors import InputError, counted
from porenet.formats.interface import natural

PHASES = {"Ni": 255, "YSZ": 127, "pore": 0}
"""Grey value of each phase as published, in the order of the columns of ``results.dat``."""

RESULTS = "results.dat"
_HEADER = ["VF0", "VF1", "VF2", "SV0", "SV1", "SV2"]
_LONGEST = 1 << 26


@dataclass(frozen=True, slots=True)
class Conditions:
    """One row of ``results.dat``.

    Attributes:
        vf: volume fractions of Ni, YSZ and pore, dimensionless (the file holds percent).
        ssa: surface areas of Ni, YSZ and pore as the authors measured them, um^-1; estimator not stated.
    """

    vf: tuple[float, float, float]
    ssa: tuple[float, float, float]


def structures(folder: Path) -> tuple[Path, ...]:
    """The folders ``structure_*`` below a folder, in the order of their numbers."""
    folders = (path for path in folder.iterdir() if path.is_dir() and path.name.startswith("structure_"))
    return tuple(sorted(folders, key=lambda path: natural(path.name)))


def read_conditions(folder: Path) -> dict[Path, Conditions]:
    """Conditions of each structure from ``results.dat``: row i belongs to structure i.

    Args:
        folder: folder of ``results.dat`` and the structures.

    Returns:
        One entry per structure, in their order.

    Raises:
        InputError: no such file, another header, values that are not numbers, or not one row per structure.
    """
    path = folder / RESULTS
    try:
        if path.stat().st_size > _LONGEST:
            raise InputError(f"is {path.stat().st_size} bytes long, too long for a table of conditions")
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not ASCII text"
        raise InputError(f"cannot be read: {reason}", where=str(path)) from error
    if not rows or rows[0] != _HEADER:
        raise InputError(f"its first line must be {' '.join(_HEADER)}", where=str(path))
    folders = structures(folder)
    if len(rows) - 1 != len(folders):
        raise InputError(
            f"{counted(len(rows) - 1, 'row')} for {counted(len(folders), 'structure')}",
            where=str(path),
            fix="Row i belongs to structure i; a missing structure would shift all that follow.",
        )
    entries = enumerate(zip(folders, rows[1:], strict=True))
    return {structure: _conditions(row, f"{path}, row {i}") for i, (structure, row) in entries}


def _conditions(row: list[str], where: str) -> Conditions:
    try:
        numbers = [float(word) for word in row]
    except ValueError as error:
        raise InputError(f"six numbers were expected: {error}", where=where) from error
    if len(numbers) != 6 or not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise InputError(f"six numbers >= 0 were expected, not {' '.join(row)[:80]}", where=where)
    if not 99 < sum(numbers[:3]) < 101:
        raise InputError(f"its volume fractions sum to {sum(numbers[:3]):g} %, not 100 %", where=where)
    vf0, vf1, vf2, ssa0, ssa1, ssa2 = numbers
    return Conditions((vf0 / 100, vf1 / 100, vf2 / 100), (ssa0, ssa1, ssa2))
