"""From the conductivity of voxels to the conductances between them: finite volumes on the voxel grid."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Boundary = Literal["face", "cell"]
"""Where the potentials are given: on the outer faces of the first and last layer, or in the centres of their cells."""


def links_of(conductivity: NDArray[Any], periodic: tuple[bool, bool], boundary: Boundary) -> NDArray[Any]:
    """Conductance between each cell and the next one along each axis, for cubic voxels of edge 1.

    Two cells are joined in series, half a voxel each: by the harmonic mean of their conductivities.

    Args:
        conductivity: ``(Z, Y, X)``, driven along axis 0; bool, or float32 >= 0.
        periodic: whether axes 1 and 2 wrap.
        boundary: with "face" one half voxel joins each end; with "cell" the first and last layer are the ends, and so
            become the ghost cells.

    Returns:
        ``(3, D, Y + 2, X + 2)`` as `kernels` wants it, D = Z + 2 for "face" and Z for "cell"; uint8
        for bool, else float32.
    """
    cells = conductivity.view(np.uint8) if conductivity.dtype == bool else conductivity
    inside = cells if boundary == "face" else cells[1:-1]
    depth, height, width = inside.shape
    links = np.zeros((3, depth + 2, height + 2, width + 2), cells.dtype)
    along_z, along_y, along_x = links[0, :, 1:-1, 1:-1], links[1, 1:-1, :, 1:-1], links[2, 1:-1, 1:-1, :]
    if boundary == "face":
        along_z[0], along_z[1:-2], along_z[-2] = 2 * cells[0], _in_series(cells[:-1], cells[1:]), 2 * cells[-1]
    else:
        along_z[:-1] = _in_series(cells[:-1], cells[1:])
    along_y[:, 1:-2] = _in_series(inside[:, :-1], inside[:, 1:])
    along_x[:, :, 1:-2] = _in_series(inside[:, :, :-1], inside[:, :, 1:])
    if periodic[0]:
        along_y[:, 0] = along_y[:, -2] = _in_series(inside[:, -1], inside[:, 0])
    if periodic[1]:
        along_x[:, :, 0] = along_x[:, :, -2] = _in_series(inside[:, :, -1], inside[:, :, 0])
    return links


def _in_series(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    joined: NDArray[Any]
    if first.dtype == np.uint8:
        joined = first & second
        return joined
    total = first + second
    # Divided before it is multiplied: the product of two small conductivities would underflow.
    joined = 2 * first * np.divide(second, total, out=np.zeros_like(total), where=total > 0)
    return joined
