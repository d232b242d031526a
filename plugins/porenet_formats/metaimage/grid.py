"""Phases and boundaries in a MetaImage header, in fields of porenet's own that other programs pass over.

``PorenetPhase0 = 255 Ni`` is the phase of label 0, called Ni, with the value 255; ``PorenetPeriodic = 1 0 0`` says
that z wraps; ``PorenetShape = 10 20 30`` is the shape (z, y, x) that both hold for: ITK keeps fields that it does not
know. A name that a line cannot hold as it is stands there as a JSON string.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, Record, StoredArray, WrittenLayers, with_record
from porenet_formats.metaimage.header import DATA_FILE, MetaHeader

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PHASE, _PERIODIC, _SHAPE = "PorenetPhase", "PorenetPeriodic", "PorenetShape"
_LONGEST_NAME = 400
"""Bytes of a name; MetaIO reads no more than 500 of a line (https://github.com/Kitware/MetaIO, MET_Read)."""


def with_own_fields(stored: StoredArray, header: MetaHeader) -> StoredArray:
    """The array with what the fields of porenet add; those of another shape do not count.

    Raises:
        InputError: a field is not what porenet writes.
    """
    values, wraps = stated_phases(header), stated_periodic(header)
    words = header.fields.get(_SHAPE, "").split()
    shape = tuple(int(word) if word.isascii() and word.isdigit() else 0 for word in words) or None
    if values is None:
        return replace(stored, periodic=wraps if shape in (None, stored.shape) else None)
    return with_record(stored, Record(values, None, wraps or (False, False, False), shape))


def stated_phases(header: MetaHeader) -> dict[str, int] | None:
    """Value of each phase, in label order; None if porenet did not write the header."""
    phases: dict[str, int] = {}
    while (text := header.fields.get(f"{_PHASE}{len(phases)}")) is not None:
        value, _, name = text.partition(" ")
        name = _unquoted(name)
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


def write_mha(layers: WrittenLayers, file: BinaryIO, values: NDArray[np.uint8]) -> None:
    """Write a volume as ``.mha``, uncompressed.

    Where a name is longer than a line of the format, all names are left out.

    Args:
        layers: volume to write.
        file: a file open for writing.
        values: (256,) value of each label.
    """
    grid = layers.grid
    z, y, x = layers.box
    lines = ["ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False"]
    lines += ["CompressedData = False", "TransformMatrix = 1 0 0 0 1 0 0 0 1", "Offset = 0 0 0"]
    lines += [f"ElementSpacing = {' '.join(repr(float(edge)) for edge in reversed(grid.voxel_um))}"]
    lines += ["DistanceUnits = um"]
    names = [_quoted(name) for name in grid.phases]
    if max(len(name.encode()) for name in names) <= _LONGEST_NAME:
        lines += [f"{_PHASE}{label} = {values[label]} {name}" for label, name in enumerate(names)]
    lines += [f"{_PERIODIC} = {' '.join(str(int(wraps)) for wraps in grid.periodic)}", f"{_SHAPE} = {z} {y} {x}"]
    lines += [f"DimSize = {x} {y} {z}", "ElementType = MET_UCHAR", f"{DATA_FILE} = LOCAL"]
    file.write("".join(f"{line}\n" for line in lines).encode())
    for layer in layers.layers():
        file.write(values[layer].tobytes())


def _quoted(name: str) -> str:
    plain = name.isprintable() and name == name.strip() and not name.startswith('"')
    return name if plain else json.dumps(name)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise InputError(f"its header calls a phase {text[:60]!r}, which is not a JSON string", fix=DAMAGED) from error
