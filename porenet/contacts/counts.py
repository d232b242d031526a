"""Where phases touch: voxels of each phase, faces between each two, voxel edges where three meet.

Plain arrays in and out; of porenet only the kernels and the checks of their input are imported. Axes are (Z, Y, X). All
counts are exact. Outer faces of the box are no contact; along a periodic axis the last voxel and the first touch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import kernels
from porenet.contacts.arguments import check_steps, check_triples, checked_bits, checked_marks, checked_phases
from porenet.flood_fill.arguments import checked_labels, checked_periodic

Step = tuple[int, int, int]
Triple = tuple[int, int, int]

FACE_STEPS: tuple[Step, ...] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
"""Steps (z, y, x) from a voxel to its neighbours across a face, one per axis."""

PLANES = 32
"""Largest number of phases whose pairs are counted by bit planes, each with each; those of more phases are counted
voxel by voxel. Blobs at 128^3: 3 phases take 0.25 ms by planes and 15 voxel by voxel, 32 take 10 and 29, 64 take 38 and
26."""

_OPEN = (False, False, False)


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


def contacts(
    labels: NDArray[np.uint8],
    phases: int,
    *,
    triples: Sequence[Triple] = (),
    supply: Supply | None = None,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> Contacts:
    """Count voxels, faces and triple lines.

    Args:
        labels: ``(Z, Y, X)`` uint8, below the number of phases.
        phases: how many there are, 1 to 255.
        triples: labels of the phases whose lines are counted; three different labels each.
        supply: marks that decide which lines are active, and which may be; None: all.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        The counts. The additional memory is a few bits per voxel of two layers.

    Raises:
        ValueError: bad input.
    """
    volume, wraps, count = checked_labels(labels), checked_periodic(periodic), checked_phases(phases)
    check_triples(triples, count)
    if count <= PLANES:
        voxels, pairs, lines = _planes(volume, range(count), FACE_STEPS, False, triples, supply, wraps)
        return Contacts(_complete(volume, voxels), _symmetric(pairs) // 8, lines)
    voxels, pairs = _singly(volume, count, FACE_STEPS, False, wraps)
    return Contacts(voxels, pairs // 8, triple_lines(labels, triples, supply=supply, periodic=periodic))


def voxels(labels: NDArray[np.uint8], phases: int) -> NDArray[np.int64]:
    """Count the voxels of each phase.

    Args:
        labels: ``(Z, Y, X)`` uint8, below the number of phases.
        phases: how many there are, 1 to 255.

    Returns:
        ``(P,)`` int64.

    Raises:
        ValueError: bad input.
    """
    volume, count = checked_labels(labels), checked_phases(phases)
    if count <= PLANES:
        return _complete(volume, _planes(volume, range(count), (), False, (), None, _OPEN)[0])
    return _singly(volume, count, (), False, _OPEN)[0]


def unlike_pairs(
    labels: NDArray[np.uint8],
    phases: int,
    steps: Sequence[Step],
    *,
    extended: bool = False,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> NDArray[np.float64]:
    """Count the pairs of voxels one step apart that lie in two phases.

    Args:
        labels: ``(Z, Y, X)`` uint8, below the number of phases.
        phases: how many there are, 1 to 255.
        steps: (z, y, x) from a voxel to its neighbour, each -1, 0 or 1; z is not negative.
        extended: count the first and the last pairs along an open axis 1.5 times (the only pair 2 times), so that all
            pairs, like ones too, weigh as many as there are voxels.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        ``(len(steps), P, P)``, symmetric, 0 on the diagonal; exact: multiples of 1/8.

    Raises:
        ValueError: bad input.
    """
    volume, wraps, count = checked_labels(labels), checked_periodic(periodic), checked_phases(phases)
    check_steps(steps)
    if count <= PLANES:
        counts, pairs, _ = _planes(volume, range(count), steps, extended, (), None, wraps)
        _complete(volume, counts)
        return _symmetric(pairs) / 8
    return _singly(volume, count, steps, extended, wraps)[1] / 8


def triple_lines(
    labels: NDArray[np.uint8],
    triples: Sequence[Triple],
    *,
    supply: Supply | None = None,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> Lines:
    """Count the voxel edges where three phases meet.

    Args:
        labels: ``(Z, Y, X)`` uint8; other labels than those of the triples are allowed.
        triples: labels of the phases; three different labels each.
        supply: marks that decide which lines are active, and which may be; None: all.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.

    Returns:
        The counts, one row per triple.

    Raises:
        ValueError: bad input.
    """
    volume, wraps = checked_labels(labels), checked_periodic(periodic)
    check_triples(triples, 256)
    named = sorted({label for triple in triples for label in triple})
    return _planes(volume, named, (), False, triples, supply, wraps)[2]


def _planes(
    labels: NDArray[np.uint8],
    values: Sequence[int],
    steps: Sequence[Step],
    extended: bool,
    triples: Sequence[Triple],
    supply: Supply | None,
    periodic: tuple[bool, bool, bool],
) -> tuple[NDArray[np.int64], NDArray[np.int64], Lines]:
    """Voxels of the given labels, their pairs in eighths above the diagonal, and lines."""
    planes = {label: plane for plane, label in enumerate(values)}
    marks, conditions = labels, np.zeros((0, 3), np.uint8)
    kinds: tuple[int, ...] = ()  # bits of voxels that may be supplied, then of those that are
    if supply is not None:
        marks = checked_marks(supply.marks, labels.shape)
        kinds = (supply.possible, 0) if supply.possible else (0,)
        bits = checked_bits(supply.supplied, kinds, values)
        conditions = np.array([(planes[label], bits[label], some) for some in kinds for label in values], np.uint8)
    sought = np.array([[planes[label] for label in triple] for triple in triples], np.int64).reshape(-1, 3)
    sought = np.concatenate([sought + part * len(planes) for part in range(1 + len(kinds))])
    counts = np.zeros(len(planes), np.int64)
    pairs = np.zeros((len(steps), len(planes), len(planes)), np.int64)
    lines = np.zeros((len(sought), 3), np.int64)
    kernels.count(
        labels,
        marks,
        np.array(values, np.uint8),
        conditions.reshape(-1, 3),
        np.array(steps, np.int64).reshape(-1, 3),
        extended,
        sought,
        periodic,
        counts,
        pairs,
        lines,
    )
    parts = lines.reshape(1 + len(kinds), -1, 3)
    return counts, pairs, Lines(parts[0], parts[min(1, len(kinds))], parts[-1])


def _singly(
    labels: NDArray[np.uint8],
    phases: int,
    steps: Sequence[Step],
    extended: bool,
    periodic: tuple[bool, bool, bool],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Voxels of the phases, and their pairs in eighths."""
    counts, pairs = np.zeros(256, np.int64), np.zeros((len(steps), 256, 256), np.int64)
    between = np.array(steps, np.int64).reshape(-1, 3)
    kernels.count_singly(labels, between, extended, periodic, counts, pairs)
    return _complete(labels, counts[:phases]), _symmetric(pairs[:, :phases, :phases])


def _symmetric(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    return pairs + pairs.transpose(0, 2, 1)


def _complete(labels: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    if counts.sum() != labels.size:
        raise ValueError(f"labels must be below the number of phases, {len(counts)}, not {labels.max()}")
    return counts
