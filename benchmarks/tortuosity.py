"""What a tortuosity factor costs: porenet beside TauFactor, one phase, both on one core, and how exact either is.

Run as ``python -m benchmarks.tortuosity``; without TauFactor (``pip install taufactor``) porenet is timed alone.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and numpy read it

import numpy as np
import torch
from numpy.typing import NDArray
from porenet_transport.solver import conduct
from scipy import ndimage

from porenet.interface import Grid, Volume

SIDES = (64, 128)
RUNS = 5
TOLERANCE = 1e-4  # porenet's own default is 1e-3; this one is at least as exact as TauFactor's default
RESULT = Path(__file__).parent / "results" / "tortuosity.json"
Mask = NDArray[np.uint8]


def main() -> None:
    """Time both in turn, print a row a size, write the result."""
    torch.set_num_threads(1)
    peer = importlib.util.find_spec("taufactor") is not None
    rows = [_row(side, peer) for side in SIDES]
    packages = ["porenet", "numba", "numpy", "torch", *(["taufactor"] if peer else [])]
    result = {
        "what": f"wall seconds for tau along z of blobs filling 0.45, one core, median of {RUNS}, run in turn; porenet "
        f"at tolerance {TOLERANCE}, TauFactor at its default; errors are distances from porenet's tau at 1e-6",
        "rows": rows,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    for row in rows:
        print(", ".join(f"{key} {value:.3g}" for key, value in row.items()))


def _row(side: int, peer: bool) -> dict[str, Any]:
    noise = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((side,) * 3), 3, mode="wrap")
    mask = (noise > np.quantile(noise, 0.55)).astype(np.uint8)
    exact = _porenet(mask, tolerance=1e-6)  # compiles, too
    solvers = {"porenet": _porenet} | ({"taufactor": _taufactor} if peer else {})
    runs = [{name: _timed(solve, mask) for name, solve in solvers.items()} for _ in range(RUNS)]
    row: dict[str, Any] = {"side": side, "tau": exact}
    for name in solvers:
        row[f"{name}_s"] = round(statistics.median(run[name][0] for run in runs), 4)
        row[f"{name}_error"] = float(f"{abs(runs[0][name][1] / exact - 1):.1e}")
    if peer:
        row["ratio"] = round(statistics.median(run["taufactor"][0] / run["porenet"][0] for run in runs), 1)
    tracemalloc.start()
    _porenet(mask)
    row["porenet_peak_bytes_per_voxel"] = round(tracemalloc.get_traced_memory()[1] / mask.size, 1)
    tracemalloc.stop()
    return row


def _porenet(mask: Mask, tolerance: float = TOLERANCE) -> float:
    volume = Volume(mask, Grid(("solid", "pore"), (1, 1, 1)))  # anew: the flood fill is part of the work
    return float(mask.mean()) / conduct(volume.spanning("pore", "z"), tolerance=tolerance).conductivity


def _taufactor(mask: Mask) -> float:
    import taufactor

    solver = taufactor.Solver(mask, device="cpu")
    solver.solve(verbose=False)
    return float(solver.tau[0])


def _timed(solve: Callable[[Mask], float], mask: Mask) -> tuple[float, float]:
    start = time.perf_counter()
    found = solve(mask)
    return time.perf_counter() - start, found


if __name__ == "__main__":
    main()
