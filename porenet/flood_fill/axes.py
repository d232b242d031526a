"""Axes and faces of a box of voxels: their names, the axis and layer of a face, and which axes wrap.

Arrays are ``(Z, Y, X)``; face ``z_min`` is the layer z = 0, ``z_max`` the last one. Importing this imports nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, cast, get_args

Axis = Literal["z", "y", "x"]
Face = Literal["z_min", "z_max", "y_min", "y_max", "x_min", "x_max"]
Layer = Literal[0, -1]
PerAxis = tuple[bool, bool, bool]

AXES: tuple[Axis, ...] = get_args(Axis)
FACES: tuple[Face, ...] = get_args(Face)
"""In the order of the axes, ``min`` before ``max``; the number of a face is its place in this tuple."""


def axis_of(face: Face) -> Axis:
    """The axis that a face is perpendicular to."""
    return cast("Axis", face[0])


def layer_of(face: Face) -> tuple[int, Layer]:
    """Layer of a face: the number of its axis (0 to 2 for z, y, x), and the index along that axis."""
    return AXES.index(axis_of(face)), 0 if face.endswith("_min") else -1


def faces_of(axis: Axis) -> tuple[Face, Face]:
    """The two faces perpendicular to an axis, ``min`` first."""
    first = 2 * AXES.index(axis)
    return FACES[first], FACES[first + 1]


def opposite(face: Face) -> Face:
    """The face at the other end of the same axis."""
    return FACES[FACES.index(face) ^ 1]


def opened(periodic: Collection[bool], *axes: Axis) -> PerAxis:
    """Boundaries with some axes taken as open, because a periodic axis has no faces to lead between.

    Args:
        periodic: per axis (z, y, x), whether the box wraps.
        axes: axes that do not wrap, whatever ``periodic`` says.

    Returns:
        Per axis (z, y, x), whether the box still wraps.
    """
    z, y, x = periodic
    return z and "z" not in axes, y and "y" not in axes, x and "x" not in axes


def sides(periodic: Collection[bool], *transport: Axis) -> list[Face]:
    """Faces beyond which a structure may continue: those of axes that neither wrap nor carry transport.

    Args:
        periodic: per axis (z, y, x), whether the box wraps.
        transport: axes whose faces are inlets or outlets.
    """
    return [
        face
        for axis, wraps in zip(AXES, periodic, strict=True)
        if axis not in transport and not wraps
        for face in faces_of(axis)
    ]
