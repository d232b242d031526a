"""What `porenet.flood_fill` costs beside cc3d and scipy: 6 neighbours, 3 phases, one thread.

Run as ``python -m benchmarks.flood_fill``, two minutes; ``--large`` takes 512^3 instead, with the memory that it needs,
a quarter of an hour. With the names of some works, their rows are replaced. Every answer of a peer is held against
porenet's before it is timed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # before numpy and numba read it

import numpy as np
from numpy.typing import DTypeLike

from benchmarks import flood_fill_threads, peak_memory
from benchmarks import peer_components as peers
from benchmarks.side_by_side import RUNS, Ways, conditions, floor_ms, in_turn
from benchmarks.structures import KINDS, PORE, Labels, structure
from porenet.flood_fill import components, faces_reached, reachable

SIDES, LARGE = (64, 128, 256), 512
PHASES = 3
RESULTS = Path(__file__).parent / "results"
BARS = {
    "reachable": {"blobs": 10.0, "spheres": 8.0, "noise": 10.0},
    "components": {"blobs": 3.0, "spheres": 3.0, "noise": 1.5},
    "faces_reached": {"blobs": 4.0, "spheres": 4.0},
}
"""Times cc3d, at these sizes:"""
BARRED = (128, 256)
ANSWERS: dict[str, DTypeLike] = {"reachable": np.uint8, "components": np.uint32, "faces_reached": np.uint8}


def main() -> None:
    """Time all in turn, print a row a work and structure, write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", action="store_true")
    parser.add_argument("works", nargs="*", help=f"of {', '.join(WORKS)}; default: all")
    large, works = parser.parse_args().large, parser.parse_args().works
    if not set(works) <= set(WORKS):
        parser.error(f"a work is one of {', '.join(WORKS)}, not {', '.join(works)}")
    path = RESULTS / f"flood_fill{'_large' if large else ''}.json"
    measured: dict[str, list[dict[str, Any]]] = {}
    for part, of_part in _parts(large, works or list(WORKS)).items():
        for row in of_part:
            print(json.dumps(row))
            measured.setdefault(part, []).append(row)
    if works:
        measured["rows"] = _replaced(json.loads(path.read_text(encoding="utf-8"))["rows"], measured["rows"])
    result = {
        "what": f"CPU milliseconds on volumes of 3 phases, 6 neighbours, one thread, median of {RUNS} (3 where one "
        "takes seconds), run in turn; ratios are medians over the runs; floor: one np.copyto that reads the labels and "
        "writes an answer of that size; threads: CPU milliseconds "
        "along the longest way, of the calling thread and of the slowest one of each step in threads",
        **measured,
        **conditions(("connected-components-3d", "scipy")),
    }
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")


def _parts(large: bool, works: Collection[str]) -> dict[str, Iterable[dict[str, Any]]]:
    if large:
        threads = flood_fill_threads.of_one_volume(LARGE)
        return {"memory": peak_memory.rows(LARGE), "rows": rows((LARGE,), works=works), "threads": threads}
    threads = itertools.chain(flood_fill_threads.of_one_volume(SIDES[-1]), flood_fill_threads.of_a_batch())
    return {"rows": rows(SIDES, works=works), "threads": threads}


def _replaced(known: list[dict[str, Any]], measured: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The known rows, those of the same work, structure and size replaced by what is measured."""

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["work"], row["structure"], row["side"]

    new = {key(row): row for row in measured}
    return [new.get(key(row), row) for row in known]


def rows(sides: Iterable[int], runs: int = RUNS, works: Collection[str] | None = None) -> Iterable[dict[str, Any]]:
    """One row a size, structure and work, of all works or some."""
    for side in sides:
        for kind in KINDS:
            labels = structure(kind, side)
            for work in works or WORKS:
                milliseconds, times = in_turn(WORKS[work](labels), runs=runs)
                yield {
                    "work": work,
                    "structure": kind,
                    "side": side,
                    "ms": milliseconds,
                    "times": times,
                    "bar": BARS[work].get(kind) if side in BARRED else None,
                    "floor_ms": floor_ms(labels, ANSWERS[work]),
                }


def _reachable(labels: Labels) -> Ways:
    ways: Ways = {
        "porenet": lambda: reachable(labels, PORE, ("z_min",)),
        "cc3d": lambda: peers.reachable_by_cc3d(labels, PORE),
        "scipy": lambda: peers.reachable_by_scipy(labels, PORE),
    }
    expected, *others = (way() for way in ways.values())
    for other in others:
        np.testing.assert_array_equal(other, expected)
    return ways


def _components(labels: Labels) -> Ways:
    from_1 = labels + np.uint8(1)
    ways: Ways = {
        "porenet": lambda: components(labels).ids,  # worked out when they are first asked for
        "cc3d": lambda: peers.components_by_cc3d(from_1),
        "scipy": lambda: peers.components_by_scipy(labels, PHASES),
    }
    found = components(labels)
    for ids, count in (ways["cc3d"](), peers.joined_ids(ways["scipy"]())):
        if not peers.same_partition(found.ids, len(found.sizes), ids, count):
            raise SystemExit("a peer finds other components")
    return ways


def _faces_reached(labels: Labels) -> Ways:
    from_1 = labels + np.uint8(1)
    ways: Ways = {
        "porenet": lambda: faces_reached(labels),
        "cc3d": lambda: peers.z_faces_by_cc3d(from_1),
        "scipy": lambda: peers.z_faces_by_scipy(labels, PHASES),
    }
    expected, *others = (way() for way in ways.values())
    for other in others:
        np.testing.assert_array_equal(other, expected & 0b11)
    return ways


WORKS: dict[str, Callable[[Labels], Ways]] = {
    "reachable": _reachable,
    "components": _components,
    "faces_reached": _faces_reached,
}


if __name__ == "__main__":
    main()
