"""Flood fill, counting and analysis at small sizes beside their peers, for every day: ``python -m benchmarks.quick``.

Under a minute once numba has compiled; writes nothing. A line a work, structure and size: milliseconds, times
each peer, and the bar where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import analysis, flood_fill  # sets the threads, before numpy and numba read it
from benchmarks.structures import KINDS

SIDES = (64, 128)
RUNS = 5
VOLUMES = 20


def main() -> None:
    """Print a line each."""
    for row in flood_fill.rows(SIDES, RUNS):
        _show(f"{row['work']}, {row['structure']} {row['side']}^3", row, {"cc3d": row["bar"]})
    for row in analysis.counting(SIDES, RUNS):
        _show(f"count {row['work']}, {row['structure']} {row['side']}^3", row, row["bars"])
    for kind in KINDS:
        row = analysis.analysis(kind, VOLUMES)
        row["ms"] = {"porenet": 1e3 * row["s"]["porenet"]}
        _show(f"analysis of {VOLUMES} {kind} {row['side']}^3", row, {"published": row["bar"]})


def _show(work: str, row: Mapping[str, Any], bars: Mapping[str, float | None]) -> None:
    peers = [
        f"{times:g} x {peer}" + (f" (bar {bars[peer]:g})" if bars.get(peer) else "")
        for peer, times in row["times"].items()
    ]
    print(f"{work:<44}{row['ms']['porenet']:>9.3g} ms   {', '.join(peers)}")


if __name__ == "__main__":
    main()
