"""What is joined to what: components of every phase, reachability from faces, spanning.

Plain arrays in and out; of porenet only the kernels are imported. Axes are (Z, Y, X). Voxels of one label are joined
across faces (6-connectivity, what transport sees), also across edges (18), or also across corners (26).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from porenet import union_find

Connectivity = Literal[6, 18, 26]

AXES = ("z", "y", "x")
FACES = ("z_min", "z_max", "y_min", "y_max", "x_min", "x_max")
"""Bit i of `Components.touches` stands for ``FACES[i]``."""

# How far along x two rows see each other, if they share a face of the row (first) or only an edge (second); -1: not.
_REACH: dict[int, tuple[int, int]] = {6: (0, -1), 18: (1, 0), 26: (1, 1)}

_OPEN = (False, False, False)


@dataclass(frozen=True, eq=False, slots=True)
class Components:
    """Every voxel of every phase in exactly one component; there is no background. The arrays are read-only.

    Attributes:
        ids: ``(Z, Y, X)`` uint32, component of each voxel, 0 to K-1, numbered by first voxel in C order.
        phases: ``(K,)`` uint8, label of each component.
        sizes: ``(K,)`` int64, voxels.
        touches: ``(K,)`` uint8, bit mask over `FACES`: the outer layers of the array that it has voxels in, whether
            or not the axis is periodic.
    """

    ids: NDArray[np.uint32]
    phases: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    touches: NDArray[np.uint8]

    def touching(self, faces: Collection[str]) -> NDArray[np.bool_]:
        """Which components touch any of the named faces; none if no face is named.

        Returns:
            ``(K,)`` bool.

        Raises:
            ValueError: no such face.
        """
        found: NDArray[np.bool_] = (self.touches & _bits(faces)) != 0
        return found

    def spanning(self, axis: str) -> NDArray[np.bool_]:
        """Which components touch both faces of an axis; take components made with that axis open.

        Returns:
            ``(K,)`` bool.

        Raises:
            ValueError: no such axis.
        """
        both = np.uint8(0b11 << 2 * _axis(axis))
        found: NDArray[np.bool_] = (self.touches & both) == both
        return found

    def select(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The voxels of the chosen components.

        Args:
            chosen: ``(K,)`` bool.

        Returns:
            ``(Z, Y, X)`` bool.

        Raises:
            ValueError: not one boolean a component.
        """
        if chosen.shape != self.sizes.shape or chosen.dtype != np.bool_:
            raise ValueError(
                f"one boolean for each of the {len(self.sizes)} components was expected, "
                f"not {chosen.dtype} of shape {chosen.shape}"
            )
        # numpy's own chosen[ids] would first turn the ids into 8-byte ones: 1 GB at 512^3.
        selected = np.empty(self.ids.shape, np.bool_)
        union_find.select(_frozen(self.ids).reshape(-1), _frozen(np.ascontiguousarray(chosen)), selected.reshape(-1))
        return selected


def components(
    labels: NDArray[np.uint8], *, connectivity: Connectivity = 6, periodic: tuple[bool, bool, bool] = _OPEN
) -> Components:
    """Connected components of all phases at once.

    Args:
        labels: ``(Z, Y, X)`` uint8, the label of each voxel.
        connectivity: 6, 18 or 26 neighbours of a voxel.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.

    Returns:
        The components. Beside them it needs 4 bytes for each run of equal labels along x, at first 1 byte a voxel.

    Raises:
        ValueError: bad input.
    """
    labels = _frozen(_checked(labels, connectivity, periodic))
    depth, height, _ = labels.shape
    runs = depth * height + np.count_nonzero(labels[..., 1:] != labels[..., :-1])
    ids, parents = np.empty(labels.shape, np.uint32), np.empty(runs, np.uint32)
    count = union_find.link(labels, ids, parents, _REACH[connectivity], tuple(periodic))
    phases, sizes, touches = np.empty(count, np.uint8), np.zeros(count, np.int64), np.zeros(count, np.uint8)
    union_find.number(labels, ids, parents, phases, sizes, touches)
    return Components(_frozen(ids), _frozen(phases), _frozen(sizes), _frozen(touches))


def reachable(
    labels: NDArray[np.uint8],
    phase: int,
    faces: Collection[str],
    *,
    connectivity: Connectivity = 6,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> NDArray[np.bool_]:
    """The voxels of one phase that are joined to any of the named faces through that phase.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        phase: a label; one that is nowhere reaches nothing.
        faces: names out of `FACES`; no face reaches nothing.
        connectivity: 6, 18 or 26.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.

    Returns:
        ``(Z, Y, X)`` bool.

    Raises:
        ValueError: bad input.
    """
    label, _ = _label(phase), _bits(faces)
    found = components(labels, connectivity=connectivity, periodic=periodic)
    return found.select((found.phases == label) & found.touching(faces))


def spanning(
    labels: NDArray[np.uint8],
    phase: int,
    axis: str,
    *,
    connectivity: Connectivity = 6,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> NDArray[np.bool_]:
    """The voxels of one phase in components that touch both faces of an axis.

    The spanned axis is always taken as open: a wrap would join its faces without a crossing.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        phase: a label; one that is nowhere spans nothing.
        axis: ``z``, ``y`` or ``x``.
        connectivity: 6, 18 or 26.
        periodic: per axis (z, y, x), whether opposite faces of the array are neighbours.

    Returns:
        ``(Z, Y, X)`` bool.

    Raises:
        ValueError: bad input.
    """
    label, spanned = _label(phase), _axis(axis)
    _check_periodic(periodic)
    opened = tuple(wraps and i != spanned for i, wraps in enumerate(periodic))
    found = components(labels, connectivity=connectivity, periodic=opened)  # type: ignore[arg-type]
    return found.select((found.phases == label) & found.spanning(axis))


def _checked(labels: Any, connectivity: object, periodic: object) -> NDArray[np.uint8]:
    if not isinstance(labels, np.ndarray):
        raise ValueError(f"labels must be a numpy array, not {type(labels).__name__}")
    if labels.dtype != np.uint8:
        raise ValueError(f"labels must be uint8, not {labels.dtype}; convert them with labels.astype('uint8')")
    if labels.ndim != 3 or 0 in labels.shape:
        raise ValueError(f"labels must have the shape (Z, Y, X) with at least one voxel, not {labels.shape}")
    if labels.size > 2**32:
        raise ValueError(f"labels must have at most 2**32 voxels, which uint32 can number, not {labels.size}")
    if isinstance(connectivity, bool) or connectivity not in get_args(Connectivity):
        raise ValueError(f"connectivity must be 6, 18 or 26, not {connectivity!r}")
    _check_periodic(periodic)
    return np.ascontiguousarray(labels)


def _check_periodic(periodic: Any) -> None:
    if not isinstance(periodic, tuple | list) or [type(wraps) for wraps in periodic] != [bool] * 3:
        raise ValueError(f"periodic must be three booleans (z, y, x), not {periodic!r}")


def _label(phase: Any) -> int:
    if isinstance(phase, bool) or not isinstance(phase, int | np.integer) or not 0 <= phase <= 255:
        raise ValueError(f"phase must be a label from 0 to 255, not {phase!r}")
    return int(phase)


def _axis(axis: str) -> int:
    if axis not in AXES:
        raise ValueError(f"axis must be z, y or x, not {axis!r}")
    return AXES.index(axis)


def _bits(faces: Collection[str]) -> np.uint8:
    if isinstance(faces, str):
        raise ValueError(f"faces must be a collection of names such as ({faces!r},), not a string")
    for face in faces:
        if face not in FACES:
            raise ValueError(f"a face is one of {', '.join(FACES)}, not {face!r}")
    return np.uint8(sum(1 << FACES.index(face) for face in set(faces)))


def _frozen(array: Any) -> Any:
    """A read-only view; numba compiles another kernel for a writable array, so the kernels see only these."""
    view = array.view()
    view.flags.writeable = False
    return view
