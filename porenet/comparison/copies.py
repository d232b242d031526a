"""Search for generated structures that are copies of a training structure: rotated, mirrored or shifted.

For every pair and every symmetry that keeps z, one FFT cross-correlation of the phases gives the share of equal voxels
at all shifts. The best of so many shifts gives unrelated structures an agreement above the product of their volume
fractions: that chance level is measured on the training structures among themselves and corrected for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.comparison.structure_match import Match, Pairs, Progress, Search, above_chance
from porenet.errors import InputError, Wording
from porenet.interface import Undefined, Value, Volume


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The training structure most similar to a generated one.

    Attributes:
        training: index of the training structure.
        symmetry: symmetry applied to it first, a key of `porenet.comparison.structure_match.SYMMETRIES`.
        shift: shift applied next, with wrapping, along (z, y, x), of sections (y, x), voxels.
        agreement: share of equal voxels after both, 0 to 1.
        chance: agreement expected of the best match of unrelated structures with these volume fractions.
        similarity: ``(agreement - chance) / (1 - chance)``, about 0 for unrelated structures, 1 for a copy.
        rank: share of held-out training structures whose nearest one is at least as similar, the generated structure
            counted in: 1/(1 + H) at best. Undefined without two training structures that do not overlap.
        copied: whether the similarity reaches the threshold and exceeds the 95 % quantile of the held-out structures.
    """

    training: int
    symmetry: str
    shift: tuple[int, ...]
    agreement: float
    chance: float
    similarity: float
    rank: Value
    copied: bool


def nearest(
    generated: Sequence[Volume],
    training: Sequence[Volume],
    *,
    origins: Sequence[Mapping[str, Any] | None] | None = None,
    held_out: int = 50,
    threshold: float = 0.5,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Neighbour]:
    """Find for each generated structure the most similar training structure.

    The search covers the symmetries that keep z (eight where y and x have equal sides and voxel edges, else four) and
    all shifts. Shifts wrap on every axis, periodic or not: a copy shifted in an open box agrees on the overlap only,
    and its similarity is slightly below the share of the box that overlaps (0.70 where 0.75 overlaps).

    The chance level is the agreement of two unrelated structures (sum of the products of their volume fractions),
    raised by the gain of the best match: the median over held-out training structures, each matched with all others.

    Cost: (generated + held_out / 2) x training x symmetries FFTs of the structures' size: 54 s for 50 against 50 of
    64^3 with eight symmetries on one core, and 260 MB. At most 256 MB of spectra are held at once.

    Args:
        generated: structures of one shape and grid.
        training: at least one structure of the same shape and grid.
        origins: where each training structure was cut, ``{"source": name, "corner": [z, y, x]}`` in voxels or None, so
            that overlapping structures do not count as unrelated. None: no two of them overlap.
        held_out: number of training structures, evenly spaced, that set the chance level.
        threshold: similarity from which a structure counts as a copy, above 0 and up to 1. A copy with 30 % of its
            voxels drawn anew has about 0.65.
        workers: number of threads per FFT.
        progress: called with the share of the work done, 0 to 1.

    Returns:
        One `Neighbour` per generated structure.

    Raises:
        InputError: no training structure; different shapes, phases or voxel edges; not one origin per training
            structure; or a number out of range.
    """
    _check(generated, training, origins)
    if held_out < 0:
        raise InputError(f"0 or more was expected, not {held_out!r}", where="held_out")
    if not 0 < threshold <= 1:
        raise InputError(f"a number above 0 and up to 1 was expected, not {threshold!r}", where="threshold")
    if not generated:
        return []
    count, search = len(training), Search(training, workers)
    held = np.unique(np.linspace(0, count - 1, min(held_out, count)).round().astype(int))
    unrelated = unrelated_pairs(count, training[0].shape, origins)[held]
    # Two held-out structures are matched once: the match of (i, j) is that of (j, i).
    once = unrelated.copy()
    once[:, held] &= np.arange(held.size)[:, None] < np.arange(held.size)
    pairs = len(generated) * count
    share = pairs / (pairs + int(once.sum()))
    matches, _ = search.best(generated, np.ones((len(generated), count), bool), _part_progress(progress, 0, share))
    _, above = search.best([training[i] for i in held], once, _part_progress(progress, share, 1))
    above[:, held] = np.maximum(above[:, held], above[:, held].T)
    among = above.max(axis=1)[unrelated.any(axis=1)]
    gain = float(np.median(among)) if among.size else 0.0
    dims = training[0].grid.dims
    return [_neighbour(match, gain, among, threshold, dims) for match in matches]


def _neighbour(match: Match, gain: float, among: NDArray[np.float64], threshold: float, dims: int) -> Neighbour:
    chance = match.mean_agreement + (1 - match.mean_agreement) * gain
    similarity = above_chance(match.agreement, chance)
    above = above_chance(match.agreement, match.mean_agreement)
    if among.size:
        # Single precision: the agreements are accurate to 1e-6.
        rank: Value = (1 + int(np.count_nonzero(among >= above - 1e-6))) / (1 + among.size)
        exceptional = above > float(np.quantile(among, 0.95))
    else:
        rank, exceptional = Undefined("no pair of training structures without overlap"), True
    return Neighbour(
        training=match.training,
        symmetry=match.symmetry,
        shift=match.shift[-dims:],
        agreement=match.agreement,
        chance=chance,
        similarity=similarity,
        rank=rank,
        copied=similarity >= threshold and exceptional,
    )


def unrelated_pairs(count: int, shape: tuple[int, ...], origins: Sequence[Mapping[str, Any] | None] | None) -> Pairs:
    """Pairs of different structures that share no voxel of their source.

    Args:
        count: number of structures.
        shape: of each, voxels.
        origins: place that each was cut from, ``{"source": ..., "corner": [...]}`` in voxels, or None.

    Returns:
        ``(count, count)`` bool.
    """
    disjoint = ~np.eye(count, dtype=bool)
    known = [(i, origin) for i, origin in enumerate(origins or ()) if origin is not None]
    for i, first in known:
        for j, second in known:
            if first["source"] == second["source"]:
                beyond = np.abs(np.subtract(first["corner"], second["corner"])) >= shape
                disjoint[i, j] &= bool(beyond.any())
    return disjoint


def _part_progress(progress: Progress | None, start: float, stop: float) -> Progress | None:
    return None if progress is None else lambda share: progress(start + (stop - start) * share)


def _check(
    generated: Sequence[Volume], training: Sequence[Volume], origins: Sequence[Mapping[str, Any] | None] | None
) -> None:
    if not training:
        raise InputError("at least one training structure was expected", where="training")
    first = training[0]
    for name, option, volumes in (("training", "--copies-of", training), ("generated", "--copies-in", generated)):
        for i, volume in enumerate(volumes):
            where = Wording(f"{name}[{i}]", f"{option}, structure {i + 1}")
            if volume.shape != first.shape:
                raise InputError(
                    f"shape {volume.shape}, but the first training structure has {first.shape}",
                    where=where,
                    fix="Cut all structures to one shape.",
                )
            if (volume.grid.phases, volume.grid.edges_um) != (first.grid.phases, first.grid.edges_um):
                raise InputError(
                    f"phases {list(volume.grid.phases)} and voxel edges {list(volume.grid.edges_um)} um, but "
                    f"the first training structure has {list(first.grid.phases)} and {list(first.grid.edges_um)}",
                    where=where,
                )
    if origins is not None and len(origins) != len(training):
        raise InputError(
            f"{len(training)} were expected, one per training structure, not {len(origins)}", where="origins"
        )
