"""Voxel edges and orientation of a NIfTI file.

NIfTI describes where a voxel is in a patient. A specimen has no right and left, so what counts is whether the axes
i, j, k of the file are x, y, z: along them, or with x and y reversed together, as ITK writes every volume.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import UNSTATED, Voxel, spacing_without_unit
from porenet_formats.nifti.header import NiftiHeader

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UM = {1: 1e6, 2: 1e3, 3: 1.0}
"""Code of the unit of space to um: m, mm, um."""

_SPACE = 7
"""Bits of the code that are the unit of space."""

_ROUNDING = 1e-4
"""Of float32, and of quaternions written with few digits."""

_SAME = 1e-3
"""Relative difference up to which two edges count as the same edge, written with fewer digits."""

_ALLOWED = (np.diag([1.0, 1.0, 1.0]), np.diag([-1.0, -1.0, 1.0]))
_FIX = "Resample it along its axes, or write it with the affine matrix of its edges."


def voxel_edges(header: NiftiHeader) -> tuple[Voxel, str]:
    """Voxel edges (z, y, x), um, and why there are none although the header seems to state them.

    Raises:
        InputError: the orientation permutes, flips or tilts the axes, or its two statements contradict.
    """
    edges, affine = np.array(header.edges, float), np.array(header.sform[1], float)[:, :3]
    with np.errstate(over="ignore"):
        lengths = np.sqrt((affine**2).sum(axis=0))
    directions = {}
    if header.qform[0] > 0:
        directions["qform"] = _rotation(*header.qform[1]) * (1.0, 1.0, header.handedness)
    if header.sform[0] > 0:
        with np.errstate(invalid="ignore", divide="ignore"):  # a length of 0 gives NaN, which is refused
            directions["sform"] = affine / lengths
    for name, matrix in directions.items():
        if not any(np.allclose(matrix, allowed, atol=_ROUNDING) for allowed in _ALLOWED):
            rows = " ".join(f"({','.join(f'{part:.3g}' for part in row)})" for row in matrix)
            raise InputError(f"its {name} {rows} permutes, flips or tilts its axes", fix=_FIX)
    if len(directions) == 2 and not np.allclose(directions["qform"], directions["sform"], atol=_ROUNDING):
        raise InputError("its qform and its sform say different orientations", fix=_FIX)
    if "sform" in directions and not np.allclose(lengths, edges, rtol=_SAME, atol=0):
        words = [", ".join(f"{length:g}" for length in row) for row in (lengths, edges)]
        return UNSTATED, f"its sform has the edges {words[0]} (x, y, z), and its pixdim {words[1]}"
    z, y, x = (float(edge) for edge in edges[::-1])
    unit = header.units & _SPACE
    if unit == 0:
        return spacing_without_unit((z, y, x)), ""
    um = _UM.get(unit)
    if um is None:
        return UNSTATED, f"its unit of length has the code {unit}, which is not known"
    return (z * um, y * um, x * um), ""


def _rotation(b: float, c: float, d: float) -> NDArray[np.float64]:
    """Rotation matrix of a unit quaternion, of which the header leaves out the first part."""
    a = math.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    return np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
