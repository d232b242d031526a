"""What it costs to count faces and triple edges, and to analyse 200 volumes as a user does, on one thread.

Run as ``python -m benchmarks.analysis``, a minute or two. Counting is held against numpy, the analysis against two
scripts: one of a careful author, which labels each phase once, and the published style; every answer of a peer is held
against porenet's before it is timed.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # before numpy and numba read it

import numpy as np
from numpy.typing import NDArray

import porenet
from benchmarks import labelled_once, published_analysis
from benchmarks.numpy_counting import PAIRS, SLAB, Counts, by_bytes, by_masks
from benchmarks.side_by_side import RUNS, Ways, conditions, floor_ms, in_turn, significant
from benchmarks.structures import GRID, KINDS, Kind, Labels, structure
from porenet.contacts import Supply, contacts
from porenet.flood_fill import faces_reached
from porenet.measurement import Request

SIDES = (64, 128, 256)
VOLUMES, IN_A_ROW, SIDE = 200, 25, 64
BARS = {"bytes": 6.0, "masks": 12.0}
"""Times numpy, at this size:"""
BARRED = 256
ANALYSIS_BAR = 20.0
"""Times the script that labels once."""
RESULT = Path(__file__).parent / "results" / "analysis.json"
METRICS: Mapping[str, Mapping[str, Any]] = {"vf": {}, "ssa": {"estimator": "faces"}, "connectivity": {}, "tpb": {}}

BOTH = 0b11
"""Of a voxel that is joined to z_min and z_max."""

Marks = NDArray[np.uint8]
Found = Mapping[tuple[str, str], Any]


def main() -> None:
    """Time all in turn, print a row each, write the result."""
    counted, analysed = [], []
    for row in counting(SIDES):
        print(json.dumps(row))
        counted.append(row)
    for kind in KINDS:
        analysed.append(analysis(kind, VOLUMES))
        print(json.dumps(analysed[-1]))
    result = {
        "what": f"CPU milliseconds, one thread, in turn; counting: voxels, faces of every pair of phases and triple "
        f"edges of a volume of 3 phases, median of {RUNS}; floor: one np.copyto of the labels; analysis: volume "
        f"fractions, surface areas (faces), connectivity, triple-phase boundary in all and active, of {VOLUMES} "
        f"volumes of {SIDE}^3, each from its labels to its table; in turns of {IN_A_ROW}",
        "counting": counted,
        "analysis": analysed,
        **conditions(("scipy",)),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


def counting(sides: Iterable[int], runs: int = RUNS) -> Iterable[dict[str, Any]]:
    """One row a size and structure, without and with what is active."""
    for side in sides:
        for kind in KINDS:
            labels = structure(kind, side)
            for work, marks in (("all", None), ("all and active", faces_reached(labels))):
                milliseconds, times = in_turn(_counting(labels, marks), runs=runs)
                yield {
                    "work": work,
                    "structure": kind,
                    "side": side,
                    "ms": milliseconds,
                    "times": times,
                    "bars": BARS if side == BARRED else {},
                    "floor_ms": floor_ms(labels, np.uint8),
                }


def analysis(kind: Kind, volumes: int) -> dict[str, Any]:
    """Seconds for all volumes: by `porenet.measure`, by the same metrics called as functions, by the two scripts."""
    ways: Mapping[str, Callable[[Labels], Found]] = {
        "porenet": _measured,
        "functions": _called,
        "labelled once": lambda labels: labelled_once.analyse(labels, GRID.phases, GRID.voxel_um),
        "published": lambda labels: published_analysis.analyse(labels, GRID.phases, GRID.voxel_um),
    }
    structures = [structure(kind, SIDE, seed) for seed in range(volumes)]
    expected, *others = (way(structures[0]) for way in ways.values())
    for other in others:
        if not all(math.isclose(value, expected[key], rel_tol=1e-9) for key, value in other.items()):
            raise SystemExit("a peer measures something else")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for first in range(0, volumes, IN_A_ROW):
        for name, way in ways.items():
            start = time.process_time()
            for labels in structures[first : first + IN_A_ROW]:
                way(labels)
            seconds[name].append(time.process_time() - start)
    return {
        "structure": kind,
        "volumes": volumes,
        "side": SIDE,
        "s": {name: significant(sum(taken)) for name, taken in seconds.items()},
        "times": {
            name: significant(
                statistics.median(one / own for one, own in zip(seconds[name], seconds["porenet"], strict=True))
            )
            for name in ("functions", "labelled once", "published")
        },
        "bar": ANALYSIS_BAR,
    }


def _counting(labels: Labels, marks: Marks | None) -> Ways:
    supplied = None if marks is None else (marks & BOTH) == BOTH  # numpy is given what it counts
    ways: Ways = {
        "porenet": lambda: _counts(labels, marks),
        "bytes": lambda: by_bytes(labels, supplied, SLAB),
        "bytes, whole": lambda: by_bytes(labels, supplied),
        "masks": lambda: by_masks(labels, supplied),
    }
    expected, *others = (way() for way in ways.values())
    for other in others:
        if not other.equals(expected):
            raise SystemExit("a peer counts something else")
    return ways


def _counts(labels: Labels, marks: Marks | None) -> Counts:
    found = contacts(labels, 3, triples=((0, 1, 2),), supply=None if marks is None else Supply(marks, (BOTH,) * 3))
    active = found.lines.active[0] if marks is not None else np.zeros(3, np.int64)
    faces = np.stack([found.faces[:, i, j] for i, j in PAIRS], axis=1)
    return Counts(found.voxels, faces, found.lines.total[0], active)


def _measured(labels: Labels) -> Found:
    requests = [Request(name, params) for name, params in METRICS.items()]
    rows = porenet.measure(porenet.Volume(labels, GRID), requests)
    return {(row["metric"], row["key"]): row["value"] for row in rows}


def _called(labels: Labels) -> Found:
    volume = porenet.Volume(labels, GRID)
    return {(name, key): value for name, metric in FUNCTIONS.items() for key, value in metric(volume).items()}


FUNCTIONS = {name: porenet.create_metric(name, **params) for name, params in METRICS.items()}


if __name__ == "__main__":
    main()
