"""What a tortuosity factor costs: porenet beside TauFactor, one phase, both on one core, and how exact either is.

Run as ``python -m benchmarks.tortuosity``; without TauFactor (``pip install taufactor``) porenet is timed alone, which
leaves the kept comparison as it is.
``--full``, a quarter of an hour, adds 256^3 beside TauFactor and 500^3 alone; ``--volume FILE.npy`` is then a mask to
take for the latter, such as TauFactor's own benchmark volume (docs/paper of its repository; tau 4.2431, 1.1513 and
1.3905 along z, y and x according to https://doi.org/10.21105/joss.05358).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and numpy read it

import numpy as np
from numpy.typing import NDArray
from porenet_transport.solver.one_volume import Conduction, conduct
from scipy import ndimage

from porenet.interface import AXES, Grid, Volume

RUNS = {64: 9, 128: 5, 256: 2}
BARS = {64: 8.0, 128: 12.0, 256: 60.0}
LARGE = 500
TOLERANCE = 1e-4  # porenet's own default is 1e-3; this one is at least as exact as TauFactor's default
BYTES = 57
"""That a step moves for a voxel of a mask, arrays read or written once a pass; the coarser grids come on top."""
RESULTS = Path(__file__).parent / "results"
Mask = NDArray[np.uint8]


def main() -> None:
    """Time both in turn, print a row a size, write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--volume", type=Path)
    given = parser.parse_args()
    peer = importlib.util.find_spec("taufactor") is not None
    if not peer:
        print("TauFactor is not installed (pip install taufactor): porenet alone, nothing is written", file=sys.stderr)
    sides = [side for side in RUNS if given.full or side < 256]
    rows = [_row(side, peer) for side in sides]
    packages = ["porenet", "numba", "numpy", *(["taufactor", "torch"] if peer else [])]
    result = {
        "what": "CPU seconds for tau along z of blobs filling 0.45, one core, median of "
        f"{', '.join(f'{RUNS[side]} at {side}^3' for side in sides)}, run in turn; porenet at tolerance "
        f"{TOLERANCE}, TauFactor at its default; errors are distances from porenet's tau at 1e-6; floor: the {BYTES} "
        "bytes that a step moves for a voxel, at the rate of np.copyto of a float32 field of that size",
        "rows": rows,
        **({"large": _large(given.volume)} if given.full else {}),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }
    if peer:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / ("tortuosity_full.json" if given.full else "tortuosity.json")
        path.write_text(json.dumps(result, indent=2) + "\n")
    for row in [*rows, *result.get("large", [])]:
        print(
            ", ".join(
                f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
            )
        )


def _row(side: int, peer: bool) -> dict[str, Any]:
    mask = _blobs(side, 0.45)
    exact = _tau(mask, _porenet(mask, tolerance=1e-6))  # compiles, too
    solvers: dict[str, Callable[[Mask], Any]] = {"porenet": _porenet} | ({"taufactor": _taufactor} if peer else {})
    runs = [{name: _timed(solve, mask) for name, solve in solvers.items()} for _ in range(RUNS[side])]
    solved: Conduction = runs[0]["porenet"][1]
    found = {"porenet": _tau(mask, solved), **({"taufactor": runs[0]["taufactor"][1]} if peer else {})}
    row: dict[str, Any] = {"side": side, "tau": exact}
    for name in solvers:
        row[f"{name}_s"] = round(statistics.median(run[name][0] for run in runs), 4)
        row[f"{name}_error"] = float(f"{abs(found[name] / exact - 1):.1e}")
    row["porenet_estimate"] = float(f"{solved.error:.1e}")
    if peer:
        row["ratio"] = round(statistics.median(run["taufactor"][0] / run["porenet"][0] for run in runs), 1)
        row["bar"] = BARS[side]
    row |= {"steps": solved.steps, "floor_s": round(_floor(side, solved.steps), 4)}
    tracemalloc.start()
    _porenet(mask)
    row["porenet_peak_bytes_per_voxel"] = round(tracemalloc.get_traced_memory()[1] / mask.size, 1)
    tracemalloc.stop()
    return row


def _large(path: Path | None) -> list[dict[str, Any]]:
    # In a process of its own, whose memory at its largest is then what the solve took.
    rows = []
    for axis in AXES if path else ("z",):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            rows.append(pool.submit(_alone, path, axis).result())
    return rows


def _alone(path: Path | None, axis: str) -> dict[str, Any]:
    _porenet(_blobs(32, 0.45))  # compiles
    mask = np.load(path).astype(np.uint8) if path else _blobs(LARGE, 0.3, np.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    turned = np.ascontiguousarray(np.moveaxis(mask, AXES.index(axis), 0))
    del mask
    seconds, solved = _timed(_porenet, turned)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "volume": path.name if path else "blobs filling 0.3",
        "shape": list(turned.shape),
        "axis": axis,
        "tau": _tau(turned, solved),
        "porenet_s": round(seconds, 2),
        "porenet_estimate": float(f"{solved.error:.1e}"),
        "steps": solved.steps,
        "floor_s": round(_floor(len(turned), solved.steps), 2),
        "peak_gib": round(peak * (1 if sys.platform == "darwin" else 1024) / 2**30, 2),
        "peak_gib_before": round(before * (1 if sys.platform == "darwin" else 1024) / 2**30, 2),
    }


def _blobs(side: int, share: float, precision: type = np.float64) -> Mask:
    noise = np.random.default_rng(0).standard_normal((side,) * 3, dtype=precision)
    smooth = ndimage.gaussian_filter(noise, 3, mode="wrap")
    return (smooth > np.quantile(smooth, 1 - share)).astype(np.uint8)


def _porenet(mask: Mask, tolerance: float = TOLERANCE) -> Conduction:
    volume = Volume(mask, Grid(("solid", "pore"), (1, 1, 1)))  # anew: the flood fill is part of the work
    return conduct(volume.spanning("pore", "z"), tolerance=tolerance)


def _tau(mask: Mask, solved: Conduction) -> float:
    return float(mask.mean()) / solved.conductivity


def _taufactor(mask: Mask) -> float:
    import taufactor
    import torch

    torch.set_num_threads(1)
    solver = taufactor.Solver(mask, device="cpu")
    solver.solve(verbose=False)
    return float(solver.tau[0])


def _floor(side: int, steps: int) -> float:
    field = np.ones((side,) * 3, np.float32)
    copy = np.zeros_like(field)
    seconds = min(_timed(lambda one: np.copyto(copy, one), field)[0] for _ in range(5))
    return BYTES / 8 * seconds * steps


def _timed(solve: Callable[[Any], Any], mask: Any) -> tuple[float, Any]:
    start = time.process_time()  # of the process, so that whatever else the machine does is left out
    found = solve(mask)
    return time.process_time() - start, found


if __name__ == "__main__":
    main()
