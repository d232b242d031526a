"""The record that `write` leaves in a file: phases with their values, voxel edges, boundaries and the shape.

A record counts only for the array that it was written with. Programs that crop, resample or scale a volume may copy
what they do not know; then shape or voxel edges differ, and the reader asks instead of believing it.
"""

from __future__ import annotations

import dataclasses
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from porenet.errors import InputError
from porenet.formats.interface.stored import UNSTATED, StoredArray
from porenet.formats.interface.written_layers import WrittenLayers
from porenet.interface import Grid, Volume
from porenet.interface.phase_values import PhaseValues, values_of_phases

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAME_EDGE = 1e-3
"""Relative difference up to which two edges count as the same edge, written with fewer digits."""

_LONGEST = 1 << 20
"""Characters of a record above which it is not read: 255 names of 4,000 characters."""


@dataclass(frozen=True, slots=True)
class Record:
    """What porenet noted in a file.

    Attributes:
        values: value, or values, of each phase, in label order.
        voxel_um: voxel edges (z, y, x), um; None where another field of the file holds them.
        periodic: per axis (z, y, x), whether the volume wraps.
        shape: (Z, Y, X), of a section (Y, X), of the voxels it was written with; None if it does not say.
        dims: 2 for a section, whose edges and boundaries are those of a layer; see `porenet.Grid`.
    """

    values: PhaseValues
    voxel_um: tuple[float, float, float] | None
    periodic: tuple[bool, bool, bool]
    shape: tuple[int, ...] | None
    dims: int = 3


def record_data(volume: Volume | WrittenLayers, table: NDArray[np.uint8]) -> dict[str, Any]:
    """The record of a volume as JSON-ready data.

    Args:
        volume: volume to write.
        table: (256,) value of each label.
    """
    grid = volume.grid
    data = {
        "phases": list(grid.phases),
        "values": table[: len(grid.phases)].tolist(),
        "voxel_um": list(grid.edges_um),
        "periodic": list(grid.wraps),
        "shape": list(volume.shape),
    }
    return {**data, "crc32": _checksum(data)}


def record_text(volume: Volume | WrittenLayers, table: NDArray[np.uint8]) -> str:
    """The record as one line of JSON in ASCII, without ``=``, ``<``, ``>``, ``&`` and ``'``.

    So it fits into a description of ImageJ (lines of KEY=VALUE) and into XML.
    """
    text = json.dumps(record_data(volume, table))
    for character in "=<>&'":  # they stand in names only, where JSON may escape any character
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def parsed_record(text: str) -> Record:
    """The record in a text.

    Raises:
        InputError: it is not what porenet writes.
    """
    try:
        return record_of(json.loads(text if len(text) <= _LONGEST else ""))
    except (ValueError, RecursionError) as error:
        raise _not_a_record(error) from error


def record_of(fields: object) -> Record:
    """The record in JSON-ready data.

    Raises:
        InputError: it is not what porenet writes.
    """
    try:
        data = dict(cast("Mapping[str, Any]", fields))
        if data.pop("crc32", None) not in (None, _checksum(data)):
            raise ValueError("it does not have its checksum")
        grid = Grid(tuple(data["phases"]), tuple(data["voxel_um"]), tuple(data["periodic"]))
        numbers = data.get("values", range(len(grid.phases)))
        values = values_of_phases(dict(zip(grid.phases, numbers, strict=True)))
        shape = data.get("shape")
        return Record(values, grid.voxel_um, grid.periodic, None if shape is None else _lengths(shape), grid.dims)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_a_record(error) from error


def with_noted_record(stored: StoredArray, fields: str | Mapping[str, Any] | None) -> StoredArray:
    """Like `with_record`, from a text or data in a header; one that is damaged only says so where phases are asked for.

    Args:
        stored: the array, with the voxel edges that other fields of the file state.
        fields: the record as JSON, or its data; None if the file has none.
    """
    try:
        if fields is None:
            return stored
        return with_record(stored, parsed_record(fields) if isinstance(fields, str) else record_of(fields))
    except InputError as error:
        return dataclasses.replace(stored, record_note=error.what)


def with_record(stored: StoredArray, record: Record | None) -> StoredArray:
    """The array in a file with what its record adds; a record of other voxels only offers its names.

    Args:
        stored: the array, with the voxel edges that other fields of the file state.
        record: the record, or None if the file has none.
    """
    if record is None:
        return stored
    names = {name: values[0] for name, values in values_of_phases(record.values).items()}
    if record.shape is not None and record.shape != stored.shape:
        shapes = (" x ".join(map(str, shape)) for shape in (record.shape, stored.shape))
        note = "its record of phases was written for {} voxels, not {}".format(*shapes)
        return dataclasses.replace(stored, value_names=stored.value_names or names, record_note=note)
    edges, note = stored.voxel_um, stored.voxel_note
    if record.voxel_um is not None and not note:  # a note tells why other fields cannot be believed
        differ = any(
            edge is not None and not math.isclose(edge, length, rel_tol=SAME_EDGE)
            for edge, length in zip(edges, record.voxel_um, strict=True)
        )
        edges, note = (
            (UNSTATED, "its record of the voxel edges and its own fields differ")
            if differ
            else (
                record.voxel_um,
                "",
            )
        )
    return dataclasses.replace(
        stored,
        voxel_um=edges,
        voxel_note=note,
        phases=record.values,
        periodic=record.periodic,
        value_names=stored.value_names or names,
    )


def _checksum(data: Mapping[str, Any]) -> str:
    """CRC-32 of a record: a name has no other check, since any name is one."""
    return f"{zlib.crc32(json.dumps(data, sort_keys=True).encode()):08x}"


def _lengths(shape: Sequence[object]) -> tuple[int, ...]:
    if not all(isinstance(length, int) for length in shape):
        raise ValueError(f"{shape!r:.60} is not a shape")
    return tuple(cast("Sequence[int]", shape))


def _not_a_record(error: Exception) -> InputError:
    return InputError(
        f"its record of phases is not what porenet writes: {str(error)[:200]}",
        fix="It is damaged, or was edited: write the volume again.",
    )
