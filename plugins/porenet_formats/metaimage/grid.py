"""Phases and boundaries in a MetaImage header, in fields of porenet's own that other programs pass over.

``PorenetPhase0 = 255 Ni`` is the phase of label 0, called Ni, with the value 255; ``PorenetPeriodic = 1 0 0`` says
that z wraps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED
from porenet.interface import Volume
from porenet_formats.metaimage.header import DATA_FILE, MetaHeader

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PHASE, _PERIODIC = "PorenetPhase", "PorenetPeriodic"


def stated_phases(header: MetaHeader) -> dict[str, int] | None:
    """Value of each phase, in label order; None if porenet did not write the header."""
    phases: dict[str, int] = {}
    while (text := header.fields.get(f"{_PHASE}{len(phases)}")) is not None:
        value, _, name = text.partition(" ")
        if not (value.isascii() and value.isdigit() and len(value) < 4) or name in phases:
            raise InputError(
                f"its header has {_PHASE}{len(phases)} = {text[:60]!r}, not a value and a name", fix=DAMAGED
            )
        phases[name] = int(value)
    if len(set(phases.values())) < len(phases) or (phases and not 2 <= len(phases) <= 255):
        raise InputError(f"its header has {len(phases)} phases, which share values or are too few", fix=DAMAGED)
    return phases or None


def stated_periodic(header: MetaHeader) -> tuple[bool, bool, bool] | None:
    """Whether the volume wraps along z, y, x; None if the header does not say."""
    text = header.fields.get(_PERIODIC)
    if text is None:
        return None
    words = text.split()
    if len(words) != 3 or not set(words) <= {"0", "1"}:
        raise InputError(f"its header has {_PERIODIC} = {text[:60]!r}, not three of 0 and 1", fix=DAMAGED)
    z, y, x = (word == "1" for word in words)
    return z, y, x


def write_mha(volume: Volume, file: BinaryIO, values: NDArray[np.uint8]) -> None:
    """Write a volume as ``.mha``, uncompressed.

    Names that a line cannot hold, with line ends or blanks at their ends, are left out, and with them all others.

    Args:
        volume: volume to write.
        file: a file open for writing.
        values: (256,) value of each label.
    """
    grid = volume.grid
    z, y, x = volume.labels.shape
    lines = ["ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False"]
    lines += ["CompressedData = False", "TransformMatrix = 1 0 0 0 1 0 0 0 1", "Offset = 0 0 0"]
    lines += [f"ElementSpacing = {' '.join(repr(float(edge)) for edge in reversed(grid.voxel_um))}"]
    lines += ["DistanceUnits = um"]
    if all(name == name.strip() and len(name.splitlines()) == 1 for name in grid.phases):
        lines += [f"{_PHASE}{label} = {values[label]} {name}" for label, name in enumerate(grid.phases)]
    lines += [f"{_PERIODIC} = {' '.join(str(int(wraps)) for wraps in grid.periodic)}"]
    lines += [f"DimSize = {x} {y} {z}", "ElementType = MET_UCHAR", f"{DATA_FILE} = LOCAL"]
    file.write("".join(f"{line}\n" for line in lines).encode())
    for layer in volume.labels:
        file.write(values[layer].tobytes())
