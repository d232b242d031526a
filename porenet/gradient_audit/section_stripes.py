"""Hand-made section in which every phase crosses, and the phases meet in points."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from porenet.errors import InputError

ISLAND = slice(1, 3)
"""Rows of the islands, beside the gap in the middle."""


def stripes(fractions: Sequence[float], sizes: tuple[int, int, int]) -> Tensor:
    """Labels ``(1, Y, X)``: a stripe along y per phase, side by side.

    Stripes meet in pairs, so that a section of nothing else has no triple point: on each boundary between two of them
    lies an island of a third phase, half a stripe wide at most, if there is one and the stripe has room.

    Args:
        fractions: of the phases, in their order.
        sizes: ``(1, Y, X)``, pixels.

    Raises:
        InputError: there are fewer columns than phases.
    """
    _, rows, columns = sizes
    count = len(fractions)
    free = columns - count
    if free < 0:
        raise InputError(
            f"sections of {columns} pixels have no room for a stripe of each of {count} phases",
            where="shape",
            fix="Take a larger size.",
        )
    shares = torch.tensor(fractions, dtype=torch.float64).cumsum(0) / sum(fractions)
    ends = torch.arange(1, count + 1) + (shares * free).round().long()
    labels = torch.bucketize(torch.arange(columns), ends, right=True).expand(1, rows, columns).clone()
    for boundary in range(1, count if count > 2 else 1):
        end, start = int(ends[boundary - 1]), int(ends[boundary - 2]) if boundary > 1 else 0
        width = min(2, (end - start) // 2)
        labels[:, ISLAND, end - width : end] = (boundary + 1) % count
    return labels
