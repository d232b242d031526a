"""Permutation p values: ranks, the smallest of several ranked again, and Holm's adjustment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from porenet.comparison.evidence.ruler import Floats

DOOR = 0.025
"""Largest p value that opens the door, of the joint test and of the adjusted quantities each."""
_DIGITS = 9


def upper_ranks(statistics: Floats) -> Floats:
    """``(R + 1,)``: share of all statistics that are at least as large, in steps of 1/(R + 1).

    They are rounded to 9 digits of the largest first: where all permutations tie, rounding noise would give a p value
    of 0.003 (49 of 50 against 50 of 50 through a whitened energy).

    Args:
        statistics: ``(R + 1,)``, those of the permutations and of the observed labels.
    """
    largest = float(np.abs(statistics).max(initial=0.0))
    rounded = np.round(statistics / largest, _DIGITS) if largest > 0 else np.zeros_like(statistics)
    ordered = np.sort(rounded)
    at_least: Floats = (rounded.size - np.searchsorted(ordered, rounded, side="left")) / rounded.size
    return at_least


def combined(ranks: Sequence[Floats]) -> Floats:
    """``(R + 1,)`` p values of the smallest of several ranks (Tippett), ranked again: exact as each of them is.

    Args:
        ranks: ``(R + 1,)`` each, from `upper_ranks` under the same permutations.
    """
    return upper_ranks(1 - np.min(ranks, axis=0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values: below q for any true hypothesis with probability q at most, under any dependence.

    Holm 1979, https://www.jstor.org/stable/4615733.
    """
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for position, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - position) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def number_of_permutations(least: int, quantities: int) -> int:
    """R, raised where an adjusted p value could not fall well below the door's.

    The smallest p of two ranks is 2/(R + 1), and Holm multiplies it by the number of quantities: with R = 1999 a shift
    of one standard deviation in one of 30 quantities never passes.

    Args:
        least: number that was asked for.
        quantities: number of quantities tested.
    """
    return max(least, int(3 * quantities / DOOR) - 1)
