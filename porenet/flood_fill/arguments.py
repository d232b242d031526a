"""Checks of labels, faces and axes for `porenet.flood_fill` and `porenet.contacts`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from porenet.flood_fill.axes import AXES, FACES, Axis, Face

Kind = TypeVar("Kind", bound=np.generic)
Connectivity = Literal[6, 18, 26]
_BOOLEANS = [bool, bool, bool]
CONNECTIVITIES: tuple[Connectivity, ...] = get_args(Connectivity)


def checked_labels(labels: Any, name: str = "labels") -> NDArray[np.uint8]:
    """The labels in C order, read-only."""
    if not isinstance(labels, np.ndarray):
        raise ValueError(f"{name} must be a numpy array, not {type(labels).__name__}")
    if isinstance(labels, np.ma.MaskedArray):
        raise ValueError(f"{name} must be a plain numpy array: a mask would be lost; fill it, or give it a label")
    if labels.dtype != np.uint8:
        raise ValueError(f"{name} must be uint8, not {labels.dtype}; convert them with {name}.astype('uint8')")
    if labels.ndim != 3 or 0 in labels.shape:
        raise ValueError(f"{name} must have the shape (Z, Y, X) with at least one voxel, not {labels.shape}")
    # numba compiles another kernel for a writable array, so the kernels see read-only views.
    return frozen(np.ascontiguousarray(labels))


def check_connectivity(connectivity: Any) -> None:
    """Check that the connectivity is 6, 18 or 26."""
    if isinstance(connectivity, bool) or connectivity not in CONNECTIVITIES:
        raise ValueError(f"connectivity must be 6, 18 or 26, not {connectivity!r}")


def checked_periodic(periodic: Any) -> tuple[bool, bool, bool]:
    """Per axis (z, y, x), whether opposite faces are neighbours, checked."""
    if isinstance(periodic, tuple) and [type(wraps) for wraps in periodic] == _BOOLEANS:
        return periodic
    if (
        not isinstance(periodic, tuple | list)
        or len(periodic) != 3
        or not all(isinstance(wraps, bool | np.bool_) for wraps in periodic)
    ):
        raise ValueError(f"periodic must be three booleans (z, y, x), not {periodic!r}")
    z, y, x = map(bool, periodic)
    return z, y, x


def checked_threads(threads: Any) -> int:
    """The number of threads, checked."""
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise ValueError(f"threads must be a whole number, 1 or more, not {threads!r}")
    return int(threads)


def checked_phase(phase: Any) -> int:
    """The label of a phase, checked."""
    if isinstance(phase, bool) or not isinstance(phase, int | np.integer) or not 0 <= phase <= 255:
        raise ValueError(f"phase must be a label from 0 to 255, not {phase!r}")
    return int(phase)


def axis_index(axis: Axis) -> int:
    """Index of an axis: 0, 1 or 2 for z, y, x."""
    if axis not in AXES:
        raise ValueError(f"axis must be z, y or x, not {axis!r}")
    return AXES.index(axis)


def face_bits(faces: Collection[Face]) -> np.uint8:
    """Bit mask of faces: bit i is set if ``FACES[i]`` is among them."""
    if isinstance(faces, str) or not isinstance(faces, Collection):
        raise ValueError(f"faces must be a collection of names such as ('z_min',), not {faces!r:.60}")
    for face in faces:
        if face not in FACES:
            raise ValueError(f"a face is one of {', '.join(FACES)}, not {face!r}")
    return np.uint8(sum(1 << FACES.index(face) for face in set(faces)))


def frozen(array: NDArray[Kind]) -> NDArray[Kind]:
    """A read-only view."""
    view = array.view()
    view.flags.writeable = False
    return view
