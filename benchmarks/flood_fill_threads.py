"""What a second thread gains: over slabs of one volume, and over a batch of small ones.

Milliseconds are of CPU time along the longest way: that of the calling thread, and of every step that is done in
threads that of the slowest one. It is the wall time of a machine whose cores are free; what threads wait for each other
(the lock of the interpreter) is not in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from benchmarks.peer_components import z_faces_by_cc3d
from benchmarks.side_by_side import RUNS, Ways, in_turn
from benchmarks.structures import Kind, Labels, structure
from porenet.flood_fill import components, faces_reached, runs

BATCH, SMALL, THREADS = 32, 64, 2
KIND: Kind = "blobs"
Answer = Callable[[Labels], object]


class Threads(ThreadPoolExecutor):
    """Threads that add up, over all of their groups of tasks, the CPU time of the slowest task of each group."""

    seconds = 0.0

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Take the time of a task by the clock of its thread."""

        def timed() -> Any:
            start = time.thread_time()
            answer = work(*args, **kwargs)
            self._tasks.append(time.thread_time() - start)
            return answer

        return super().submit(timed)

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """One group of tasks, all done when it returns."""
        self._tasks: list[float] = []
        answers = list(super().map(*args, **kwargs))
        Threads.seconds += max(self._tasks)
        return iter(answers)


def longest_way() -> float:
    """A clock: CPU seconds of this thread and of the slowest ones beside it."""
    return time.thread_time() + Threads.seconds


def of_one_volume(side: int, repeats: int = RUNS) -> Iterable[dict[str, Any]]:
    """One row a work: milliseconds with one thread and with two, and how many times longer the others take."""
    labels = structure(KIND, side)
    setattr(runs, "ThreadPoolExecutor", Threads)  # noqa: B010 - it is not exported
    yield _row(
        f"components, {side}^3",
        {
            "porenet, two": lambda: components(labels, threads=THREADS).ids,
            "porenet, one": lambda: components(labels).ids,
        },
        repeats,
    )
    yield _row(
        f"faces_reached, {side}^3",
        {
            "porenet, two": lambda: faces_reached(labels, threads=THREADS),
            "porenet, one": lambda: faces_reached(labels),
        },
        repeats,
    )


def of_a_batch(repeats: int = RUNS) -> Iterable[dict[str, Any]]:
    """The same of small volumes, half of them in each thread, beside cc3d."""
    batch = [structure(KIND, SMALL, seed) for seed in range(BATCH)]
    from_1 = [each + each.dtype.type(1) for each in batch]
    with Threads(THREADS) as pool:
        ways: Ways = {
            "porenet, two": lambda: _on(pool, faces_reached, batch),
            "porenet, one": lambda: [faces_reached(each) for each in batch],
            "cc3d, two": lambda: _on(pool, z_faces_by_cc3d, from_1),
            "cc3d, one": lambda: [z_faces_by_cc3d(each) for each in from_1],
        }
        yield _row(f"faces_reached, {BATCH} x {SMALL}^3", ways, repeats)


def _on(pool: ThreadPoolExecutor, answer: Answer, batch: list[Labels]) -> list[object]:
    """Halves of the batch, so that a task is long enough not to be seen."""
    parts = [batch[first::THREADS] for first in range(THREADS)]
    return list(pool.map(lambda part: [answer(each) for each in part], parts))


def _row(work: str, ways: Ways, repeats: int) -> dict[str, Any]:
    for way in ways.values():
        way()  # compiles
    milliseconds, times = in_turn(ways, runs=repeats, clock=longest_way)
    return {"work": work, "structure": KIND, "ms": milliseconds, "times": times}
