"""Euler number: pieces minus tunnels plus cavities, per volume."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from porenet.interface import InputError, Volume

Mask = NDArray[np.bool_]
Join = Callable[[Mask, int, bool], Mask]


def euler_number(volume: Volume, *, connectivity: Literal[6, 26] = 6) -> dict[str, float]:
    """Euler characteristic of each phase per volume: (pieces - tunnels + cavities) / volume.

    The phase is taken as a complex of cells, whose numbers alternate: vertices - edges + faces - cubes. With 26
    neighbours these are the closed voxels with all their sides. With 6 they are the dual: a vertex in each voxel, an
    edge where two voxels of the phase share a face, a face where four share an edge, a cube where eight share a corner.
    The two are complementary: where a phase has 6 neighbours, the other phases together have 26.

    Outside an open face nothing counts as the phase, so the faces of the box close it: a phase that fills the volume
    has the Euler characteristic of a ball, 1, and each place where the phase is cut by a face changes the number. So on
    a small volume the value differs from the density of the material that it was cut from. A periodic axis has no such
    faces; a phase that fills a volume with three periodic axes is a 3-torus, with 0.

    Source: J. Ohser, W. Nagel, K. Schladitz, Image Anal. Stereol. 22 (2003) 11, which also shows that with 6
    neighbours the density of a random structure of overlapping bodies diverges as the voxels shrink, and with 26 does
    not: compare values at one voxel size only, for both connectivities.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        connectivity: neighbours of a voxel of the phase: 6, as in the other metrics, or 26.

    Returns:
        Phase name -> Euler characteristic per total volume, um^-3; 0 for an absent phase.

    Raises:
        InputError: the connectivity is neither 6 nor 26.
    """
    if connectivity not in (6, 26):
        raise InputError(f"6 or 26 was expected, not {connectivity!r}", where="euler_number.connectivity")
    total_um3 = volume.labels.size * math.prod(volume.grid.voxel_um)
    join, sign = (_both, 1) if connectivity == 6 else (_either, -1)
    periodic = volume.grid.periodic
    return {
        phase: sign * _alternating(volume.mask(phase), (0, 1, 2), join, periodic) / total_um3
        for phase in volume.grid.phases
    }


def _alternating(mask: Mask, axes: tuple[int, ...], join: Join, periodic: tuple[bool, ...]) -> int:
    """Cells of every kind, counted with the sign (-1)^(number of axes along which they were joined)."""
    if not axes:
        return int(np.count_nonzero(mask))
    axis, *rest = axes
    joined = join(mask, axis, periodic[axis])
    return _alternating(mask, tuple(rest), join, periodic) - _alternating(joined, tuple(rest), join, periodic)


def _both(mask: Mask, axis: int, wraps: bool) -> Mask:
    """Where two neighbours along an axis are set."""
    last = np.roll(mask, -1, axis) if wraps else mask[_slice(axis, 1, None)]
    first = mask if wraps else mask[_slice(axis, None, -1)]
    return np.logical_and(first, last)


def _either(mask: Mask, axis: int, wraps: bool) -> Mask:
    """Where one of two neighbours along an axis is set; beyond an open face none is."""
    if wraps:
        return np.logical_or(mask, np.roll(mask, -1, axis))
    shape = list(mask.shape)
    shape[axis] += 1
    joined = np.zeros(shape, np.bool_)
    joined[_slice(axis, None, -1)] = mask
    joined[_slice(axis, 1, None)] |= mask
    return joined


def _slice(axis: int, start: int | None, stop: int | None) -> Any:
    return (slice(None),) * axis + (slice(start, stop),)
