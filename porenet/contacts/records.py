"""What is counted and where: steps, triples, supply, parts of a box, and the counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Step = tuple[int, int, int]
Triple = tuple[int, int, int]
WeightedStep = tuple[Step, bool]
"""A step, and whether its first and last pairs along an open axis count 1.5 times."""


@dataclass(frozen=True, eq=False, slots=True)
class Supply:
    """Marks that say which voxels are supplied, and which may be.

    Attributes:
        marks: ``(Z, Y, X)`` uint8, such as `porenet.flood_fill.faces_reached` returns: bits of each voxel.
        supplied: for each label from 0 on, the bits that a supplied voxel has, all of them; 0 if no voxel of that label
            is supplied. Where all phases are counted, labels outside the triples need an entry too.
        possible: bits of which a voxel that may be supplied has at least one; 0 if only supplied voxels count.
    """

    marks: NDArray[np.uint8]
    supplied: Sequence[int]
    possible: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class SuppliedVoxels:
    """A `Supply` of which the answer is known, a bit per voxel; of the phases of one triple.

    Attributes:
        words: ``(2, Z * Y * W)`` uint64, 64 voxels of a row each, bits beyond its end do not matter: voxels that are or
            may be supplied, and those that are.
    """

    words: NDArray[np.uint64]


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """Voxel edges among whose four voxels are all three phases of a triple, by direction of the edge (z, y, x).

    Attributes:
        total: ``(T, 3)`` int64, all such edges.
        possible: ``(T, 3)`` int64, edges with a voxel of each phase that is or may be supplied.
        active: ``(T, 3)`` int64, edges with a supplied voxel of each phase. Without a supply both are the total.
    """

    total: NDArray[np.int64]
    possible: NDArray[np.int64]
    active: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """A run of whole layers of a box, and what of it is counted.

    Attributes:
        shared: number of its first layers that another part owns: what lies in one layer (voxels, pairs and edges) is
            not counted there.
        first: whether its first layer is the first of the box.
        last: whether its last layer is the last of the box.
    """

    shared: int = 0
    first: bool = True
    last: bool = True


WHOLE = Part()
"""All layers of a box."""


@dataclass(frozen=True, eq=False, slots=True)
class Contacts:
    """Voxels, faces and triple lines of the phases.

    Attributes:
        voxels: ``(P,)`` int64, voxels of each phase.
        faces: ``(3, P, P)`` int64, voxel faces between two phases, by the axis (z, y, x) normal to them; symmetric, 0
            between a phase and itself.
        lines: voxel edges where the phases of each triple meet.
    """

    voxels: NDArray[np.int64]
    faces: NDArray[np.int64]
    lines: Lines
