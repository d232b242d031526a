"""Connected components of every phase, reachability from faces, spanning.

Plain arrays in and out; of porenet only the kernels are imported. Axes are (Z, Y, X). Voxels of one label are joined
across faces (6-connectivity, as in transport), also across edges (18), or also across corners (26).

There are two methods. `components` joins runs of one label along x (`runs`) and answers for every phase and every
face at once; `reachable` and `spanning` flood one phase in blocks of 8 x 8 x 8 voxels (`phase_flood`).
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill.arguments import (
    Connectivity,
    axis_index,
    check_connectivity,
    checked_labels,
    checked_periodic,
    checked_phase,
    checked_threads,
    face_bits,
    frozen,
)
from porenet.flood_fill.axes import Axis, Face, faces_of, opened
from porenet.flood_fill.phase_flood import Flood
from porenet.flood_fill.runs import Runs, join

_EDGES = [(0, -1, -1), (0, -1, 1), (-1, 0, -1), (-1, 0, 1), (-1, -1, 0), (-1, 1, 0)]
_CORNERS = [(-1, dy, dx) for dy in (-1, 1) for dx in (-1, 1)]
_BESIDE_FACES = {6: [], 18: _EDGES, 26: _EDGES + _CORNERS}

_OPEN = (False, False, False)


@dataclass(frozen=True, eq=False)
class Components:
    """Every voxel of every phase in exactly one of K components; there is no background.

    The arrays are computed at first use, and read-only.
    """

    _runs: Runs

    def __len__(self) -> int:
        return self._runs.count

    @functools.cached_property
    def ids(self) -> NDArray[np.uint32]:
        """``(Z, Y, X)`` uint32, component of each voxel, 0 to K-1, numbered by first voxel in C order."""
        return frozen(self._runs.ids())

    @functools.cached_property
    def touches(self) -> NDArray[np.uint8]:
        """``(K,)`` uint8, bit i is set where a component has voxels in the layer ``FACES[i]``, periodic or not."""
        return frozen(self._runs.touches())

    @property
    def phases(self) -> NDArray[np.uint8]:
        """``(K,)`` uint8, label of each component."""
        return self._table[0]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """``(K,)`` int64, number of voxels of each component."""
        return self._table[1]

    @functools.cached_property
    def _table(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        phases, sizes = self._runs.table()
        return frozen(phases), frozen(sizes)

    def touching(self, faces: Collection[Face]) -> NDArray[np.bool_]:
        """Which components touch any of the named faces; none if no face is named.

        Returns:
            ``(K,)`` bool.

        Raises:
            ValueError: no such face.
        """
        touching: NDArray[np.bool_] = (self.touches & face_bits(faces)) != 0
        return touching

    def spanning(self, axis: Axis) -> NDArray[np.bool_]:
        """Which components touch both faces of an axis; the components must be those of that axis taken as open.

        Returns:
            ``(K,)`` bool.

        Raises:
            ValueError: no such axis.
        """
        both = np.uint8(0b11 << 2 * axis_index(axis))
        spanning: NDArray[np.bool_] = (self.touches & both) == both
        return spanning

    def select(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The voxels of the chosen components.

        Args:
            chosen: ``(K,)`` bool.

        Returns:
            ``(Z, Y, X)`` bool.

        Raises:
            ValueError: not one boolean per component.
        """
        return self._spread(chosen, np.dtype(np.bool_)).view(np.bool_)

    def spread(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Give every voxel the value of its component.

        Args:
            values: ``(K,)`` uint8.

        Returns:
            ``(Z, Y, X)`` uint8.

        Raises:
            ValueError: not one uint8 per component.
        """
        return self._spread(values, np.dtype(np.uint8))

    def _spread(self, values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.uint8]:
        if not isinstance(values, np.ndarray):
            raise ValueError(f"a numpy array of {dtype} was expected, not {type(values).__name__}")
        if values.shape != (len(self),) or values.dtype != dtype:
            raise ValueError(
                f"one {dtype} for each of the {len(self)} components was expected, "
                f"not {values.dtype} of shape {values.shape}"
            )
        return self._runs.spread(frozen(np.ascontiguousarray(values).view(np.uint8)))


def components(
    labels: NDArray[np.uint8],
    *,
    connectivity: Connectivity = 6,
    periodic: tuple[bool, bool, bool] = _OPEN,
    threads: int = 1,
) -> Components:
    """Connected components of all phases at once.

    Args:
        labels: ``(Z, Y, X)`` uint8, the label of each voxel. In C order it is kept, not copied: do not change it.
        connectivity: 6, 18 or 26 neighbours of a voxel.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.
        threads: number of threads for one volume; a small volume takes one. For many volumes, use one thread per
            volume instead: the kernels release the GIL.

    Returns:
        The components. They hold 4 bytes per run of equal labels along x and 12 per word of 64 voxels of a row, the
        last word of a row included (0.2 per voxel where X is a multiple of 64), and 4 more bytes per voxel after the
        first use of ``ids``.

    Raises:
        ValueError: bad input.
    """
    labels, wraps = checked_labels(labels), checked_periodic(periodic)
    check_connectivity(connectivity)
    return Components(join(labels, _BESIDE_FACES[connectivity], wraps, checked_threads(threads)))


def faces_reached(
    labels: NDArray[np.uint8],
    *,
    connectivity: Connectivity = 6,
    periodic: tuple[bool, bool, bool] = _OPEN,
    threads: int = 1,
) -> NDArray[np.uint8]:
    """The faces to which each voxel is joined through its own phase, for all phases.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        connectivity: 6, 18 or 26.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.
        threads: number of threads for one volume.

    Returns:
        ``(Z, Y, X)`` uint8, bit i is set where ``FACES[i]`` is reached.

    Raises:
        ValueError: bad input.
    """
    bodies = components(labels, connectivity=connectivity, periodic=periodic, threads=threads)
    return bodies.spread(bodies.touches)


def reachable(
    labels: NDArray[np.uint8],
    phase: int,
    faces: Collection[Face],
    *,
    connectivity: Connectivity = 6,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> NDArray[np.bool_]:
    """The voxels of one phase that are joined to any of the named faces through that phase.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        phase: a label; a label without voxels reaches nothing.
        faces: names from `FACES`; without a face nothing is reached.
        connectivity: 6, 18 or 26.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.

    Returns:
        ``(Z, Y, X)`` bool.

    Raises:
        ValueError: bad input.
    """
    label, bits = checked_phase(phase), face_bits(faces)
    labels, wraps = checked_labels(labels), checked_periodic(periodic)
    check_connectivity(connectivity)
    if connectivity != 6:
        bodies = components(labels, connectivity=connectivity, periodic=wraps)
        return bodies.select((bodies.phases == label) & ((bodies.touches & bits) != 0))
    flood = Flood(labels, label, wraps)
    return flood.voxels(flood.reached(flood.masks, faces))


def spanning(
    labels: NDArray[np.uint8],
    phase: int,
    axis: Axis,
    *,
    connectivity: Connectivity = 6,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> NDArray[np.bool_]:
    """The voxels of one phase in components that touch both faces of an axis.

    The spanned axis is always taken as open: a wrap would join its faces without a path across the box.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        phase: a label; a label without voxels spans nothing.
        axis: ``z``, ``y`` or ``x``.
        connectivity: 6, 18 or 26.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.

    Returns:
        ``(Z, Y, X)`` bool.

    Raises:
        ValueError: bad input.
    """
    label = checked_phase(phase)
    axis_index(axis)
    labels = checked_labels(labels)
    check_connectivity(connectivity)
    wraps = opened(checked_periodic(periodic), axis)
    if connectivity != 6:
        bodies = components(labels, connectivity=connectivity, periodic=wraps)
        return bodies.select((bodies.phases == label) & bodies.spanning(axis))
    flood = Flood(labels, label, wraps)
    near, far = faces_of(axis)
    return flood.voxels(flood.reached(flood.reached(flood.masks, (near,)), (far,)))
