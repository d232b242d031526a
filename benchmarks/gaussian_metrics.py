"""What the metrics behind a Gaussian cost, beside scipy's filters in single precision; one thread.

Run as ``python -m benchmarks.gaussian_metrics``, two minutes. Boxes are periodic, so that scipy's Gaussian is the same
one; its numbers are compared with porenet's before they are timed.
"""

from __future__ import annotations

import json
import math
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # before numpy and numba read it

import numpy as np
from numpy.typing import NDArray
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_estimators.triple_products import AREA
from porenet_statistics.metrics.ssa import specific_surface_area
from scipy import ndimage

from benchmarks.side_by_side import RUNS, conditions, floor_ms, in_turn, significant
from benchmarks.structures import GRID, structure
from porenet import Grid, Volume

SIDES = (64, 128, 256)
AROUND = Grid(GRID.phases, GRID.voxel_um, (True, True, True))
EDGE_UM = GRID.voxel_um[0]
RESULT = Path(__file__).parent / "results" / "gaussian_metrics.json"

Field = NDArray[np.float32]


def main() -> None:
    """Time all in turn, print a row each, write the result."""
    rows = [row for side in SIDES for row in timed(side)]
    what = (
        f"CPU milliseconds, one thread, in turn, median of {RUNS} (3 above a second), for all three phases of blobs in "
        "a periodic box; tpb with all, possible and active lines, its components labelled before; times: scipy's "
        "filters of float32 over porenet's, for tpb of the total alone; memory: the most that is allocated beyond the "
        "labels; floor: one np.copyto of the labels"
    )
    RESULT.write_text(json.dumps({"what": what, "rows": rows, **conditions(["scipy"])}, indent=2) + "\n")


def timed(side: int) -> list[dict[str, Any]]:
    """One size: milliseconds of each metric, and of scipy."""
    volume = Volume(structure("blobs", side), AROUND)
    volume.opened("z")  # the components, which other metrics share
    masks = [volume.mask(phase).astype(np.float32) for phase in AROUND.phases]
    works: dict[str, tuple[Callable[[], Any], Callable[[], list[float]]]] = {
        "ssa estimator=tv": (lambda: _areas(volume, "tv"), lambda: [_variation(mask) for mask in masks]),
        "ssa estimator=heat": (lambda: _areas(volume, "heat"), lambda: [_heat(mask) for mask in masks]),
        "tpb estimator=coarea": (
            lambda: _lengths(volume, "coarea", "total.sigma_1", "total.sigma_1.5"),
            lambda: [_coarea(masks, sigma) for sigma in (1.0, 1.5)],
        ),
        "tpb estimator=triple": (
            lambda: _lengths(volume, "triple", "total"), lambda: [_triple(masks)],
        ),
    }  # fmt: skip
    rows = []
    for name, (ours, peer) in works.items():
        # scipy's derivative of a Gaussian is divided by its variance, porenet's has the slope of a ramp: 1 in 1,000.
        beside = side < max(SIDES)  # there scipy takes seconds, and memory
        if beside and not np.allclose(ours(), peer(), rtol=4e-3):
            raise SystemExit(f"{name} at {side}: {ours()} is not scipy's {peer()}")
        ms, times = in_turn({"porenet": ours, "scipy": peer} if beside else {"porenet": ours})
        row = {"metric": name, "side": side, "ms": ms, "times": times, "ns": significant(1e6 * ms["porenet"] / side**3)}
        rows.append(row | {"bytes": _bytes(ours, side), "floor_ms": floor_ms(volume.labels, np.uint8)})
        print(json.dumps(rows[-1]))
    return rows


def _areas(volume: Volume, estimator: Any) -> list[Any]:
    return list(specific_surface_area(volume, estimator=estimator).values())


def _lengths(volume: Volume, estimator: Any, *keys: str) -> list[Any]:
    lengths = triple_phase_boundary(volume, estimator=estimator)
    return [lengths[key] for key in keys]


def _bytes(work: Callable[[], Any], side: int) -> float:
    """Most bytes per voxel that are allocated at a time."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return significant(most / side**3)


def _smooth(field: Field, sigma: float, order: tuple[int, int, int] = (0, 0, 0)) -> Field:
    smoothed: Field = ndimage.gaussian_filter(field, sigma, order=order, mode="wrap", truncate=4)
    return smoothed


def _slopes(field: Field, sigma: float) -> list[Field]:
    return [_smooth(field, sigma, order) / EDGE_UM for order in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]


def _variation(mask: Field) -> float:
    return float(np.sqrt(sum(slope**2 for slope in _slopes(mask, 1.0))).mean(dtype=np.float64))


def _heat(mask: Field) -> float:
    spread = _smooth(mask, 2.0)
    across = (mask + spread - 2 * mask * spread).mean(dtype=np.float64)
    return float(across) * math.sqrt(math.pi / 2) / (2.0 * EDGE_UM)


def _coarea(masks: list[Field], sigma: float) -> float:
    smooth = [_smooth(mask, sigma) for mask in masks]
    (az, ay, ax), (bz, by, bx) = (_slopes(mask, sigma) for mask in masks[:2])
    turn = np.sqrt((ay * bx - ax * by) ** 2 + (ax * bz - az * bx) ** 2 + (az * by - ay * bz) ** 2)
    return 120 * float((smooth[0] * smooth[1] * smooth[2] * turn).mean(dtype=np.float64))


def _triple(masks: list[Field]) -> float:
    first, second, third = (_smooth(mask, 2.0) for mask in masks)
    return float((first * second * third).mean(dtype=np.float64)) / (AREA * (2.0 * EDGE_UM) ** 2)


if __name__ == "__main__":
    main()
