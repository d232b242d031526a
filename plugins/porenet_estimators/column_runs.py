"""Unbroken runs of one phase along the axes: what chords and segments are counted from.

Lines along y and x lie in one slab whole. Of each column along z the first and the last run may go on beyond a slab; of
all others only the lengths are kept, as a histogram. Two neighbours share a layer, so the last run of the one and the
first of the other are the same run and overlap by one voxel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import line_runs
from porenet.slabs import Slab

COLUMN_BYTES = 10
"""Bytes of a state for each column."""

Runs = Mapping[str, Any]


def column_runs(slab: Slab) -> dict[str, Any]:
    """Runs along z of one slab.

    Args:
        slab: some layers.

    Returns:
        ``lengths``: ``(P, Z + 1)`` int64, runs of n voxels in column n, but for the first and the last of each column;
        ``first``, ``last``: ``(Y, X)`` int32, lengths of these; ``top``, ``bottom``: ``(Y, X)`` uint8, their labels;
        ``layers``: int64, of the slab.
    """
    labels, phases = slab.labels, len(slab.grid.phases)
    runs = line_runs(labels, phases, 0)
    lengths = np.zeros((phases, slab.about.shape[0] + 1), np.int64)
    # A seam has two layers, whatever the box has, but no run between the first and the last.
    longest = min(lengths.shape[1], runs.lengths.shape[1])
    lengths[:, :longest] = runs.lengths[:, :longest]
    return {
        "lengths": lengths,
        "first": runs.first.reshape(labels.shape[1:]),
        "last": runs.last.reshape(labels.shape[1:]),
        "top": labels[0].copy(),
        "bottom": labels[-1].copy(),
        "layers": np.int64(len(labels)),
    }


def joined_runs(upper: Runs, lower: Runs) -> dict[str, Any]:
    """Runs along z of two neighbours, the last layer of which is the first of the other."""
    whole_above, whole_below = upper["first"] == upper["layers"], lower["first"] == lower["layers"]
    shared = upper["last"] + lower["first"] - 1
    inner = ~(whole_above | whole_below)
    ended = _histogram(lower["top"][inner], shared[inner], upper["lengths"].shape)
    return {
        "lengths": upper["lengths"] + lower["lengths"] + ended,
        "first": np.where(whole_above, shared, upper["first"]),
        "last": np.where(whole_below, shared, lower["last"]),
        "top": upper["top"],
        "bottom": lower["bottom"],
        "layers": upper["layers"] + lower["layers"] - 1,
    }


def all_runs(runs: Runs, *, periodic: bool, cut: bool) -> NDArray[np.int64]:
    """Number of runs along z of the whole box by phase and length.

    Args:
        runs: of the box; where it is periodic along z, its first layer was joined once more at the end.
        periodic: whether a run goes on round the box.
        cut: whether runs without two ends count: those at an open face, and a whole column that wraps, which has the
            length of the box.

    Returns:
        ``(P, Z + 1)``: runs of n voxels in column n.
    """
    lengths: NDArray[np.int64] = runs["lengths"].copy()
    endless = runs["first"] == runs["layers"]
    whole = np.full(np.count_nonzero(endless), lengths.shape[1] - 1)
    if periodic:
        round_the_box = (runs["first"] + runs["last"] - 1)[~endless]
        lengths += _histogram(runs["top"][~endless], round_the_box, lengths.shape)
    elif cut:
        for label, length in (("top", "first"), ("bottom", "last")):
            lengths += _histogram(runs[label][~endless], runs[length][~endless], lengths.shape)
    if cut:
        lengths += _histogram(runs["top"][endless], whole, lengths.shape)
    return lengths


def runs_of_lines(labels: NDArray[np.uint8], axis: int, *, periodic: bool, cut: bool, phases: int) -> NDArray[np.int64]:
    """Number of runs along an axis by phase and length, of lines that are there as a whole.

    Args:
        labels: ``(Z, Y, X)``; there may be no line.
        axis: 0, 1 or 2.
        periodic: whether a run goes on round the box.
        cut: whether runs without two ends count, as in `all_runs`.
        phases: number of phases.

    Returns:
        ``(P, size + 1)``: runs of n voxels in column n.
    """
    size = labels.shape[axis]
    if not labels.size:
        return np.zeros((phases, size + 1), np.int64)
    runs = line_runs(labels, phases, axis)
    top, bottom = labels.take(0, axis).reshape(-1), labels.take(-1, axis).reshape(-1)
    lengths, endless = runs.lengths, runs.first == size
    whole = np.full(np.count_nonzero(endless), size)
    joined = ~endless & (top == bottom) & periodic
    lengths = lengths + _histogram(top[joined], (runs.first + runs.last)[joined], lengths.shape)
    if cut or periodic:
        apart = ~(endless | joined)
        lengths += _histogram(top[apart], runs.first[apart], lengths.shape)
        lengths += _histogram(bottom[apart], runs.last[apart], lengths.shape)
    if cut:
        lengths += _histogram(top[endless], whole, lengths.shape)
    return lengths


def _histogram(labels: NDArray[np.uint8], lengths: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.int64]:
    places = labels.astype(np.int64) * shape[1] + lengths
    return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)
