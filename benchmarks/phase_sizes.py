"""What sizes and necks of a phase cost, beside openings of each radius by scipy; one thread.

Run as ``python -m benchmarks.phase_sizes``, a few minutes. The peer is the published way of PoreSpy: for each of 25
radii erosion by a distance map, flood from the inlet, dilation by another. It tells sizes to a 25th of the largest;
porenet tells every size. Answers are compared before they are timed: the peer's median, read in PoreSpy's convention
(twice the distance between centres), less one to two voxels.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # before numpy and numba read it

import numpy as np
from numpy.typing import NDArray
from porenet_topology.ball_sizes import size_quantiles
from porenet_topology.particle_necks import SMALLEST, neck_diameters
from scipy import ndimage

from benchmarks.side_by_side import Ways, conditions, in_turn
from benchmarks.structures import GRID, PORE, Kind, structure
from porenet import Volume

SIDES = (64, 128)
KINDS: tuple[Kind, ...] = ("blobs", "spheres")
RADII = 25
RESULT = Path(__file__).parent / "results" / "phase_sizes.json"


def main() -> None:
    """Time all in turn, print a row each, write the result."""
    rows = [timed(kind, side) for side in SIDES for kind in KINDS]
    what = (
        f"CPU milliseconds, one thread, in turn, median of 7 (3 above a second), of the pore of a volume of 3 phases; "
        f"openings: erosion, flood and dilation by scipy's distance maps at {RADII} radii, as PoreSpy publishes it; "
        "times: the peer over porenet"
    )
    RESULT.write_text(json.dumps({"what": what, "rows": rows, **conditions(["scipy"])}, indent=2) + "\n")


def timed(kind: Kind, side: int) -> dict[str, Any]:
    """One structure: medians of both, and milliseconds."""
    volume = Volume(structure(kind, side), GRID)
    mask = volume.labels == PORE
    works: dict[str, Ways] = {
        "phase_size": {"porenet": lambda: size_quantiles(volume, PORE), "openings": lambda: openings(mask)},
        "intrusion_size": {
            "porenet": lambda: size_quantiles(volume, PORE, "z_min"),
            "openings": lambda: openings(mask, flood=True),
        },
        "neck_diameter": {"porenet": lambda: neck_diameters(volume, PORE, 0.8, SMALLEST)},
    }
    row: dict[str, Any] = {"structure": kind, "side": side, "voxels": int(mask.sum())}
    for work, ways in works.items():
        ms, times = in_turn(ways)
        row[work] = {"ms": ms, "times": times}
    edge_um = GRID.voxel_um[0]
    for work, flood in (("phase_size", False), ("intrusion_size", True)):
        peer = 2 * float(np.median(openings(mask, flood=flood)[mask]))
        ours = size_quantiles(volume, PORE, "z_min" if flood else None)["d50"]
        row[work]["d50_voxels"] = {"porenet": ours / edge_um, "openings": peer}  # type: ignore[operator]
        if not -0.5 <= peer - ours / edge_um <= 2.5:  # type: ignore[operator]
            raise SystemExit(f"{kind} {side} {work}: {row[work]['d50_voxels']} do not agree")
    print(json.dumps(row))
    return row


def openings(mask: NDArray[np.bool_], *, flood: bool = False) -> NDArray[np.float64]:
    """Radius, voxels, of the largest opening that holds each voxel, from z = 0 if flooded."""
    apart = ndimage.distance_transform_edt(mask)
    return _opened(mask, apart, np.geomspace(apart.max(), 1, RADII), flood)


def openings_at(mask: NDArray[np.bool_], *, flood: bool = False, whole: bool = False) -> NDArray[np.float64]:
    """The same at every radius that occurs.

    Args:
        mask: ``(Z, Y, X)``.
        flood: whether only balls count that come from z = 0.
        whole: whether distances are cut to whole voxels first, as PoreSpy 3.2 does in ``porosimetry``.
    """
    apart = ndimage.distance_transform_edt(mask)
    if whole:
        apart = np.floor(apart)
    return _opened(mask, apart, np.unique(apart[mask])[::-1], flood)


def _opened(
    mask: NDArray[np.bool_], apart: NDArray[np.float64], radii: NDArray[np.float64], flood: bool
) -> NDArray[np.float64]:
    sizes = np.zeros(mask.shape)
    for radius in radii:
        eroded = apart >= radius
        if flood:
            pieces, _ = ndimage.label(eroded)
            eroded &= np.isin(pieces, np.unique(pieces[0][eroded[0]]))
        if eroded.any():
            reached = (ndimage.distance_transform_edt(~eroded) < radius) & (sizes == 0)
            sizes[reached] = radius
    return sizes


if __name__ == "__main__":
    main()
