"""What Euler numbers, mean curvature and profiles cost, the first beside scikit-image; one thread.

Run as ``python -m benchmarks.configurations``, under a minute. scikit-image's numbers are compared with porenet's
before they are timed.
"""

from __future__ import annotations

import functools
import json
import math
import os
from pathlib import Path
from typing import Any, Literal

os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # before numpy and numba read it

import numpy as np
from numpy.typing import NDArray
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_boundary.metrics.tpb_profile import triple_phase_boundary_profile
from porenet_statistics.metrics.mean_curvature import mean_curvature
from porenet_statistics.metrics.ssa import specific_surface_area
from porenet_statistics.metrics.ssa_profile import surface_area_profile
from porenet_statistics.metrics.vf import volume_fractions
from porenet_statistics.metrics.vf_profile import volume_fraction_profile
from porenet_topology.metrics.euler_number import euler_number
from skimage import measure

from benchmarks.side_by_side import Ways, conditions, in_turn
from benchmarks.structures import GRID, Kind, structure
from porenet import Volume

BY_PEER: dict[Literal[6, 26], int] = {6: 1, 26: 3}
"""Neighbours -> what scikit-image calls them."""
SIDES = (64, 128, 256)
KINDS: tuple[Kind, ...] = ("blobs", "noise")
RESULT = Path(__file__).parent / "results" / "configurations.json"


def main() -> None:
    """Time all in turn, print a row each, write the result."""
    rows = [timed(kind, side) for side in SIDES for kind in KINDS]
    what = (
        "CPU milliseconds, one thread, in turn, median of 7 (3 above a second), for all three phases of a volume; "
        "times: scikit-image's euler_number over porenet's; profiles in 4 parts along z, beside the value of the whole "
        "volume"
    )
    RESULT.write_text(json.dumps({"what": what, "rows": rows, **conditions(["scikit-image"])}, indent=2) + "\n")


def timed(kind: Kind, side: int) -> dict[str, Any]:
    """One structure: milliseconds of each metric, and of the peer."""
    volume = Volume(structure(kind, side), GRID)
    masks = [volume.mask(phase) for phase in GRID.phases]
    row: dict[str, Any] = {"structure": kind, "side": side}
    for connectivity, steps in BY_PEER.items():
        ours = functools.partial(euler_number, volume, connectivity=connectivity)
        peer = functools.partial(_peers_numbers, masks, steps)
        total_um3 = volume.labels.size * math.prod(GRID.voxel_um)
        densities = [number / total_um3 for number in peer()]
        if not np.allclose([*map(float, ours().values())], densities, rtol=1e-9, atol=1e-12):  # type: ignore[arg-type]
            raise SystemExit(f"{kind} {side}, {connectivity} neighbours: {ours()} is not scikit-image's {densities}")
        row[f"euler_number, {connectivity}"] = _row({"porenet": ours, "scikit-image": peer})
    row["mean_curvature"] = _row({"porenet": lambda: mean_curvature(volume)})
    volume.opened("z")  # the components, which other metrics share
    row["vf_profile"] = _row(
        {"porenet": lambda: volume_fraction_profile(volume, axis="z"), "whole": lambda: volume_fractions(volume)}
    )
    row["ssa_profile"] = _row(
        {"porenet": lambda: surface_area_profile(volume, axis="z"), "whole": lambda: specific_surface_area(volume)}
    )
    row["tpb_profile"] = _row(
        {
            "porenet": lambda: triple_phase_boundary_profile(volume, axis="z"),
            "whole": lambda: triple_phase_boundary(volume),
        }
    )
    print(json.dumps(row))
    return row


def _peers_numbers(masks: list[NDArray[np.bool_]], steps: int) -> list[int]:
    return [int(measure.euler_number(mask, steps)) for mask in masks]  # type: ignore[no-untyped-call]


def _row(ways: Ways) -> dict[str, Any]:
    ms, times = in_turn(ways)
    return {"ms": ms, "times": times}


if __name__ == "__main__":
    main()
