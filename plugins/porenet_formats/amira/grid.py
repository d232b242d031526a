"""What the parameters of an Amira file say of its lattice: voxel edges, orientation, materials."""

from __future__ import annotations

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, UNSTATED, Voxel, in_um, unknown_units
from porenet_formats.amira.text import Fields

_ROUNDING = 1e-6
_MOST = 255
"""Phases of a volume."""


def check_uniform(parameters: Fields) -> None:
    """Check that the voxels lie in equal steps along the axes.

    Raises:
        InputError: the lattice is stacked, rectilinear or curvilinear, or its transformation turns or scales it.
    """
    coordinates = _words(parameters, "CoordType")
    if coordinates and coordinates != ["uniform"]:
        raise InputError(
            f"its lattice is {' '.join(coordinates)[:40]!r}, not uniform", fix="Resample it to equal steps."
        )
    matrix = _words(parameters, "TransformationMatrix")
    if not matrix:
        return
    values = _numbers("TransformationMatrix", matrix, 16)
    turn = [values[4 * row + column] - (row == column) for row in range(3) for column in range(3)]
    if max(map(abs, turn)) > _ROUNDING:
        raise InputError(
            "its TransformationMatrix turns, flips or scales the volume",
            fix="Apply the transform in Avizo (Resample Transformed Image), and save it again.",
        )


def voxel_edges(parameters: Fields, size: tuple[int, ...]) -> tuple[Voxel, str]:
    """Voxel edges (z, y, x), um, and why there are none although the file seems to state them.

    The bounding box joins the centres of the first and the last voxel of each axis; an axis of one voxel has no edge.
    """
    words = _words(parameters, "BoundingBox")
    if not words:
        return UNSTATED, ""
    box = _numbers("BoundingBox", words, 6)
    edges = [
        None if count == 1 else (last - first) / (count - 1)
        for count, first, last in zip(size, box[::2], box[1::2], strict=True)
    ]
    units = parameters.get("Units")
    unit = _words(units, "Coordinates") if isinstance(units, dict) else []
    if not unit and all(edge in (None, 1) for edge in edges):  # what Amira writes where it does not know
        return UNSTATED, ""
    um = in_um(" ".join(unit)) if unit else 1.0
    if um is None:
        return UNSTATED, unknown_units([" ".join(unit)])
    x, y, z = (None if edge is None else edge * um for edge in edges)
    return (z, y, x), ""


def materials_of(parameters: Fields) -> dict[str, int] | None:
    """Label of each material, counted from 0 in their order, as Amira does; None if the file names none."""
    materials = parameters.get("Materials")
    if not isinstance(materials, dict) or not 2 <= len(materials) <= _MOST or not all(map(str.strip, materials)):
        return None
    return {name: label for label, name in enumerate(materials)}


def ids_are_values(parameters: Fields) -> bool:
    """Whether no material has an Id that differs from its label; where one has, the caller says which is meant."""
    materials = parameters.get("Materials", {})
    entries = materials.values() if isinstance(materials, dict) else ()
    ids = [_words(entry, "Id") if isinstance(entry, dict) else [] for entry in entries]
    return all(number in ([], [str(label)]) for label, number in enumerate(ids))


def _words(fields: Fields, name: str) -> list[str]:
    value = fields.get(name, [])
    return value if isinstance(value, list) else []


def _numbers(name: str, words: list[str], count: int) -> list[float]:
    try:
        values = [float(word) for word in words if "_" not in word]
    except ValueError:
        values = []
    if len(values) != count:
        raise InputError(f"its header has {name} {' '.join(words)[:60]!r}, not {count} numbers", fix=DAMAGED)
    return values
