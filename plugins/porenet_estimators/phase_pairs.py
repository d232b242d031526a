"""Which pairs of phases two-point statistics are read for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

from porenet_estimators.pair_counts import Pair

Pairs = Literal["auto", "all", "directed"]


def usual_pairs(phases: Sequence[str]) -> Pairs:
    """``auto`` for two or three phases, whose cross terms follow from it, and ``all`` for more."""
    return "auto" if len(phases) <= 3 else "all"


def phase_pairs(phases: Sequence[str], pairs: Pairs) -> list[Pair]:
    """Labels of the two phases of each pair: each phase with itself, then those of two phases.

    The first of two phases is the one whose name comes first, so that no order of the phases changes a pair.

    Args:
        phases: names, in label order.
        pairs: ``auto``: each phase with itself; ``all`` and ``directed``: those of two phases too.
    """
    same = [(label, label) for label in range(len(phases))]
    if pairs == "auto":
        return same
    ordered = sorted(range(len(phases)), key=lambda label: phases[label])
    return [*same, *itertools.combinations(ordered, 2)]
