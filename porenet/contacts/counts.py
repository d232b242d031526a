"""Where phases touch: voxels of each phase, faces between each two, voxel edges where three meet.

Plain arrays in and out; of porenet only the kernels and the checks of their input are imported. Axes are (Z, Y, X). All
counts are exact. Outer faces of the box do not count as contacts; along a periodic axis the last voxel and the first
touch.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import bit_planes, kernels
from porenet.contacts.arguments import check_steps, check_triples, checked_bits, checked_marks, checked_phases
from porenet.contacts.records import (
    WHOLE,
    Contacts,
    Lines,
    Part,
    Step,
    SuppliedVoxels,
    Supply,
    Triple,
    WeightedStep,
)
from porenet.flood_fill.arguments import checked_labels, checked_periodic

FACE_STEPS: tuple[Step, ...] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
"""Steps (z, y, x) from a voxel to its neighbours across a face, one per axis."""

PLANES = 32
"""Largest number of phases whose pairs are counted by bit planes, each with each; those of more phases are counted
voxel by voxel. Blobs at 128^3: 3 phases take 0.25 ms by planes and 15 voxel by voxel, 32 take 10 and 29, 64 take 38 and
26."""

_OPEN = (False, False, False)
_NO_WORDS = np.zeros((2, 0), np.uint64)


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
        voxels, pairs, lines = _planes(volume, range(count), _weighted(FACE_STEPS), triples, supply, wraps)
        return Contacts(_complete(volume, voxels), _symmetric(pairs) // 8, lines)
    voxels, pairs = _singly(volume, count, _weighted(FACE_STEPS), wraps)
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
        return _complete(volume, _planes(volume, range(count), (), (), None, _OPEN)[0])
    return _singly(volume, count, (), _OPEN)[0]


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
        counts, pairs, _ = _planes(volume, range(count), _weighted(steps, extended), (), None, wraps)
        _complete(volume, counts)
        return _symmetric(pairs) / 8
    return _singly(volume, count, _weighted(steps, extended), wraps)[1] / 8


def part_counts(
    labels: NDArray[np.uint8],
    phases: int,
    pairs: Sequence[WeightedStep],
    triples: Sequence[Triple],
    *,
    periodic: tuple[bool, bool, bool] = _OPEN,
    part: Part = WHOLE,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Count voxels, pairs and triple lines of some layers of a box, in one pass.

    The counts of parts that share one layer with the next, which only one of them owns, add up to those of the box.

    Args:
        labels: ``(Z, Y, X)`` uint8, the layers, below the number of phases.
        phases: how many there are, 1 to 255.
        pairs: steps as in `unlike_pairs`, each with its ``extended``.
        triples: labels of the phases whose lines are counted; three different labels each.
        periodic: per axis (z, y, x), whether the last voxel of these layers and the first are neighbours.
        part: where in the box the layers lie.

    Returns:
        ``(P,)`` int64 voxels; ``(D, P, P)`` int64, eighths of the pairs of `unlike_pairs`, symmetric; ``(T, 3)`` int64
        lines, by direction.

    Raises:
        ValueError: bad input.
    """
    check_steps([step for step, _ in pairs])
    check_triples(triples, checked_phases(phases))
    voxels, eighths, lines = _all(labels, phases, pairs, triples, None, periodic, part)
    return voxels, eighths, lines.total


def all_counts(
    labels: NDArray[np.uint8],
    phases: int,
    pairs: Sequence[WeightedStep],
    triples: Sequence[Triple],
    *,
    supply: SuppliedVoxels | None = None,
    periodic: tuple[bool, bool, bool] = _OPEN,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Lines]:
    """What `part_counts` counts of a whole box, and which of the lines are active.

    Args:
        labels: as for `part_counts`.
        phases: likewise.
        pairs: likewise, each a tuple.
        triples: likewise.
        supply: voxels that decide which lines are active, and which may be; None: all.
        periodic: as for `part_counts`.

    Returns:
        Voxels and eighths of pairs as of `part_counts`, and the lines, one row per triple.

    Raises:
        ValueError: bad input.
    """
    _check_asked(phases, tuple(pairs), tuple(triples))
    return _all(labels, phases, pairs, triples, supply, periodic, WHOLE)


@functools.lru_cache(maxsize=64)
def _check_asked(phases: int, pairs: tuple[WeightedStep, ...], triples: tuple[Triple, ...]) -> None:
    """Check what is asked of many volumes once."""
    check_steps([step for step, _ in pairs])
    check_triples(triples, checked_phases(phases))


def _all(
    labels: NDArray[np.uint8],
    phases: int,
    pairs: Sequence[WeightedStep],
    triples: Sequence[Triple],
    supply: SuppliedVoxels | None,
    periodic: tuple[bool, bool, bool],
    part: Part,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Lines]:
    """Voxels, pairs and lines."""
    volume, wraps = checked_labels(labels), checked_periodic(periodic)
    if phases <= PLANES:
        voxels, eighths, lines = _planes(volume, range(phases), pairs, triples, supply, wraps, part)
        return _complete(volume[part.shared :], voxels), _symmetric(eighths), lines
    named = sorted({label for triple in triples for label in triple})
    lines = _planes(volume, named, (), triples, supply, wraps, part)[2]
    return *_singly(volume, phases, pairs, wraps, part), lines


def triple_lines(
    labels: NDArray[np.uint8],
    triples: Sequence[Triple],
    *,
    supply: Supply | SuppliedVoxels | None = None,
    periodic: tuple[bool, bool, bool] = _OPEN,
    part: Part = WHOLE,
) -> Lines:
    """Count the voxel edges where three phases meet.

    Args:
        labels: ``(Z, Y, X)`` uint8; other labels than those of the triples are allowed.
        triples: labels of the phases; three different labels each.
        supply: marks that decide which lines are active, and which may be; None: all.
        periodic: per axis (z, y, x), whether the last voxel and the first are neighbours.
        part: where in a box the layers lie, if they are not all of it.

    Returns:
        The counts, one row per triple.

    Raises:
        ValueError: bad input.
    """
    volume, wraps = checked_labels(labels), checked_periodic(periodic)
    check_triples(triples, 256)
    named = sorted({label for triple in triples for label in triple})
    return _planes(volume, named, (), triples, supply, wraps, part)[2]


def _planes(
    labels: NDArray[np.uint8],
    values: Sequence[int],
    steps: Sequence[WeightedStep],
    triples: Sequence[Triple],
    supply: Supply | SuppliedVoxels | None,
    periodic: tuple[bool, bool, bool],
    part: Part = WHOLE,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Lines]:
    """Voxels of the given labels, their pairs in eighths above the diagonal, and lines."""
    marks, words = labels, _NO_WORDS
    conditions: tuple[tuple[tuple[int, int], ...], ...] = ()
    if isinstance(supply, SuppliedVoxels):
        words, conditions = supply.words, (((0, 0),) * len(values),) * 2
    elif supply is not None:
        marks = checked_marks(supply.marks, labels.shape)
        kinds = (supply.possible, 0) if supply.possible else (0,)  # bits of what may be supplied, then of what is
        bits = checked_bits(supply.supplied, kinds, values)
        conditions = tuple(tuple((bits[label], some) for label in values) for some in kinds)
    asked = _arrays(tuple(values), tuple(steps), tuple(map(tuple, triples)), conditions)
    counts = np.zeros(len(values), np.int64)
    pairs = np.zeros((len(steps), len(values), len(values)), np.int64)
    lines = np.zeros((len(conditions) + 1, len(triples), 3), np.int64)
    ends = part.shared, part.first, part.last
    scratch = bit_planes.scratch(labels.shape, len(values) + len(lines))
    kernels.count(labels, marks, words, *asked, periodic, ends, scratch, counts, pairs, lines)
    return counts, pairs, Lines(lines[-1], lines[0], lines[-2] if conditions else lines[-1])


def _singly(
    labels: NDArray[np.uint8],
    phases: int,
    steps: Sequence[WeightedStep],
    periodic: tuple[bool, bool, bool],
    part: Part = WHOLE,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Voxels of the phases, and their pairs in eighths."""
    counts, pairs = np.zeros(256, np.int64), np.zeros((len(steps), 256, 256), np.int64)
    asked = _arrays((0,), tuple(steps), (), ())[2:4]
    kernels.count_singly(labels, *asked, periodic, (part.shared, part.first, part.last), counts, pairs)
    return _complete(labels[part.shared :], counts[:phases]), _symmetric(pairs[:, :phases, :phases])


def _weighted(steps: Sequence[Step], extended: bool = False) -> list[WeightedStep]:
    return [(step, extended) for step in steps]


@functools.lru_cache(maxsize=64)
def _arrays(
    values: tuple[int, ...],
    steps: tuple[WeightedStep, ...],
    triples: tuple[Triple, ...],
    conditions: tuple[tuple[tuple[int, int], ...], ...],
) -> tuple[NDArray[Any], ...]:
    """What `kernels.count` is asked: values, conditions, steps, whether each is extended, triples."""
    places = {label: plane for plane, label in enumerate(values)}
    return (
        np.array(values, np.uint8),
        np.array(conditions, np.uint8).reshape(len(conditions), len(values), 2),
        np.array([step for step, _ in steps], np.int64).reshape(-1, 3),
        np.array([more for _, more in steps], bool),
        np.array([[places[label] for label in triple] for triple in triples], np.int64).reshape(-1, 3),
    )


def _symmetric(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    return pairs + pairs.transpose(0, 2, 1)


def _complete(labels: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    if sum(counts.tolist()) != labels.size:
        raise ValueError(f"labels must be below the number of phases, {len(counts)}, not {labels.max()}")
    return counts
