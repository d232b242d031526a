"""Unbroken runs of one phase along z, read slab by slab: what chords and segments along z are counted from.

Of each column of voxels the first and the last run may go on beyond a slab; of all others only the lengths are kept, as
a histogram. Two neighbours share a layer, so the last run of the one and the first of the other are the same run and
overlap by one voxel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.slabs import Slab

VOXELS = 1 << 20
"""Voxels that are looked at at a time."""

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
    depth, height, width = labels.shape
    first, last = np.empty((height, width), np.int32), np.empty((height, width), np.int32)
    lengths = np.zeros((phases, slab.about.shape[0] + 1), np.int64)
    rows = max(1, VOXELS // (depth * width))
    for y in range(0, height, rows):
        block = labels[:, y : y + rows]
        columns = np.ascontiguousarray(np.moveaxis(block, 0, -1)).reshape(-1, depth)
        begins = np.ones(columns.shape, np.bool_)
        np.not_equal(columns[:, 1:], columns[:, :-1], out=begins[:, 1:])
        starts = np.flatnonzero(begins)
        sizes = np.diff(starts, append=columns.size)
        of_columns = starts.astype(np.int32) if columns.size < 2**31 else starts  # four times as fast
        heads = np.flatnonzero(of_columns % depth == 0)
        tails = np.append(heads[1:], len(starts)) - 1
        shape = block.shape[1:]
        first[y : y + rows], last[y : y + rows] = sizes[heads].reshape(shape), sizes[tails].reshape(shape)
        ends = np.concatenate([heads, tails[tails != heads]])
        kinds = columns.ravel()[starts]
        inner = np.minimum(sizes, slab.about.shape[0])  # the seam of a box of one layer has two
        lengths += _histogram(kinds, inner, lengths.shape) - _histogram(kinds[ends], inner[ends], lengths.shape)
    return {
        "lengths": lengths,
        "first": first,
        "last": last,
        "top": labels[0].copy(),
        "bottom": labels[-1].copy(),
        "layers": np.int64(depth),
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


def _histogram(labels: NDArray[np.uint8], lengths: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.int64]:
    places = labels.astype(np.int64) * shape[1] + lengths
    return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)
