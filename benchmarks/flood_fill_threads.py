"""What a second thread gains: over slabs of one volume, and over a batch of small ones. Wall time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.peer_components import z_faces_by_cc3d
from benchmarks.side_by_side import RUNS, Ways, in_turn
from benchmarks.structures import Kind, Labels, structure
from porenet.flood_fill import components, faces_reached

BATCH, SMALL, THREADS = 32, 64, 2
KIND: Kind = "blobs"
Answer = Callable[[Labels], object]


def of_one_volume(side: int, runs: int = RUNS) -> Iterable[dict[str, Any]]:
    """One row a work: milliseconds with one thread and with two, and how many times longer the others take."""
    labels = structure(KIND, side)
    yield _row(
        f"components, {side}^3",
        {
            "porenet, two": lambda: components(labels, threads=THREADS).ids,
            "porenet, one": lambda: components(labels).ids,
        },
        runs,
    )
    yield _row(
        f"faces_reached, {side}^3",
        {
            "porenet, two": lambda: faces_reached(labels, threads=THREADS),
            "porenet, one": lambda: faces_reached(labels),
        },
        runs,
    )


def of_a_batch(runs: int = RUNS) -> Iterable[dict[str, Any]]:
    """The same of small volumes, half of them in each thread, beside cc3d."""
    batch = [structure(KIND, SMALL, seed) for seed in range(BATCH)]
    from_1 = [each + each.dtype.type(1) for each in batch]
    with ThreadPoolExecutor(THREADS) as pool:
        ways: Ways = {
            "porenet, two": lambda: _on(pool, faces_reached, batch),
            "porenet, one": lambda: [faces_reached(each) for each in batch],
            "cc3d, two": lambda: _on(pool, z_faces_by_cc3d, from_1),
            "cc3d, one": lambda: [z_faces_by_cc3d(each) for each in from_1],
        }
        yield _row(f"faces_reached, {BATCH} x {SMALL}^3", ways, runs)


def _on(pool: ThreadPoolExecutor, answer: Answer, batch: list[Labels]) -> list[object]:
    """Halves of the batch, so that a task is long enough not to be seen."""
    parts = [batch[first::THREADS] for first in range(THREADS)]
    return list(pool.map(lambda part: [answer(each) for each in part], parts))


def _row(work: str, ways: Ways, runs: int) -> dict[str, Any]:
    for way in ways.values():
        way()  # compiles
    milliseconds, times = in_turn(ways, runs=runs, clock=time.perf_counter)
    return {"work": work, "structure": KIND, "ms": milliseconds, "times": times}
