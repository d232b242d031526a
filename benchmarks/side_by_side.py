"""How the benchmarks of labelled volumes take time: ways of one work in turn, in one process, on one core."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

RUNS = 7
SAMPLE_S = 0.01
"""A run of a way repeats it until it has lasted about so long."""

Ways = Mapping[str, Callable[[], Any]]


def in_turn(
    ways: Ways, *, runs: int = RUNS, clock: Callable[[], float] = time.process_time
) -> tuple[dict[str, float], dict[str, float]]:
    """Time ways of the same work, one run of each after the other.

    Args:
        ways: name -> the work; compiled already. The first one is what the others are compared with.
        runs: how many of each; 3 of those where one takes a second.
        clock: CPU time of the process, so that whatever else the machine does is left out; for threads, wall time.

    Returns:
        Median milliseconds of a call of each way; of each but the first, how many times longer it takes, median over
        the runs.
    """
    first, *others = ways
    once = {name: _seconds(way, 1, clock) for name, way in ways.items()}
    calls = {name: max(1, round(SAMPLE_S / max(seconds, 1e-6))) for name, seconds in once.items()}
    turns = [
        {name: _seconds(way, calls[name], clock) for name, way in ways.items()}
        for _ in range(runs if max(once.values()) < 1 else min(runs, 3))
    ]
    return (
        {name: significant(1e3 * statistics.median(turn[name] for turn in turns)) for name in ways},
        {name: significant(statistics.median(turn[name] / turn[first] for turn in turns)) for name in others},
    )


def floor_ms(labels: NDArray[np.uint8], dtype: DTypeLike) -> float:
    """Milliseconds to read the labels and write an answer of that dtype into pages that are there already."""
    answer = np.zeros(labels.shape, dtype)
    return in_turn({"floor": lambda: np.copyto(answer, labels)})[0]["floor"]


def conditions(packages: Iterable[str]) -> dict[str, Any]:
    """Machine and versions, for a result."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in ("porenet", "numba", "numpy", *packages)},
    }


def significant(value: float) -> float:
    """Three digits of it."""
    return float(f"{value:.3g}")


def _seconds(way: Callable[[], Any], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        way()
    return (clock() - start) / calls
