"""Compiled loops: the switch that allows them, and the threads that they run in.

``PORENET_FUSED=0`` in the environment forbids the loops of whatever has a form in torch as well; that form then runs
everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")

ALLOWED = os.environ.get("PORENET_FUSED", "1") != "0"
"""Whether compiled loops may be used. Read it through `loops_run_on`, which sees it change."""


def loops_run_on(device: str) -> bool:
    """Whether data on a device goes through compiled loops.

    Args:
        device: its type, as torch calls it; the loops are for ``cpu``.
    """
    return ALLOWED and device == "cpu"


def in_threads(
    run: Callable[[int, int], Part], entries: int, *, voxels: int, grain: int, threads: int, parts: int | None = None
) -> list[Part]:
    """Run a loop over independent entries, parts of them at the same time.

    Threads live for this call alone: a pool of numba's own would stand beside torch's and not survive a fork.

    Args:
        run: called with the first entry of a part and one past its last; to gain time it must release the lock of the
            interpreter, as kernels compiled with ``nogil`` do.
        entries: how many there are.
        voxels: in all of them together; the measure of the work.
        grain: voxels below which a thread of its own costs more than it saves.
        threads: at most; a caller that works beside torch passes ``torch.get_num_threads()``.
        parts: how many parts of nearly equal size the entries are cut into where there are threads; one per thread
            unless given. More of them, up to one per entry, balance entries that take unequal time.

    Returns:
        What each part returned, in the order of the entries; a single part where threads would not pay.
    """
    threads = min(threads, entries, 1 + voxels // grain)
    if threads <= 1:
        return [run(0, entries)]
    parts = parts or threads
    edges = [entries * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, edges[:-1], edges[1:]))
