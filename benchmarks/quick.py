"""Guard against slower kernels: flood fill, counting and the standard analysis at small sizes, beside their peers.

Run as ``python -m benchmarks.quick``, half a minute of CPU time once numba has compiled; it writes nothing. It
prints each ratio to a peer beside the committed one of ``benchmarks/results``. What fell by more than a quarter is
measured once more; the exit code is 1 if it is still so.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks import analysis, flood_fill  # sets the threads, before numpy and numba read it
from benchmarks.fallen import Group, report
from benchmarks.structures import KINDS

SIDES = (64, 128)
RUNS = 5
VOLUMES = 20

GROUPS: tuple[Group, ...] = (
    (
        lambda: iter(flood_fill.rows(SIDES, RUNS)),
        ("flood_fill", "rows", ("work", "structure", "side")),
        "{work}, {structure} {side}^3",
    ),
    (
        lambda: iter(analysis.counting(SIDES, RUNS)),
        ("analysis", "counting", ("work", "structure", "side")),
        "count {work}, {structure} {side}^3",
    ),
    (
        lambda: (_in_ms(analysis.analysis(kind, VOLUMES)) for kind in KINDS),
        ("analysis", "analysis", ("structure", "side")),
        "analysis, {structure} {side}^3",
    ),
)


def main() -> None:
    """Print the table; exit with 1 if a ratio fell."""
    sys.exit(1 if report(GROUPS) else 0)


def _in_ms(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"ms": {"porenet": 1e3 * row["s"]["porenet"]}}


if __name__ == "__main__":
    main()
