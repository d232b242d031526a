"""What metrics cost that count on bits and on distances, beside the best installable peer; one thread.

Run as ``python -m benchmarks.bit_metrics``, two minutes; with ``--before`` the rows are kept as those of an earlier
state of porenet, whose tree is then the one on ``PYTHONPATH``. PoreSpy and ``edt`` are timed where they are installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # before numpy and numba read it

import numpy as np
from numpy.typing import NDArray
from porenet_boundary.metrics.dpb import interface_densities
from porenet_boundary.metrics.tpb_voxel_count import tpb_voxel_count
from porenet_statistics.metrics.chord_length import chord_lengths
from porenet_statistics.metrics.lineal_path import lineal_path
from porenet_statistics.metrics.representative_volume import representativity
from porenet_statistics.metrics.s2 import two_point_probability
from porenet_statistics.metrics.ssa import specific_surface_area
from porenet_topology.metrics.breakthrough_diameter import breakthrough_diameter
from porenet_topology.metrics.euler_number import euler_number
from porenet_topology.metrics.first_passage import first_passage
from porenet_topology.metrics.phase_size import phase_size
from scipy import fft
from skimage import measure

from benchmarks.side_by_side import conditions, in_turn
from benchmarks.structures import GRID, Kind, structure
from porenet import Volume

SIDES = (64, 128, 256)
KINDS: tuple[Kind, ...] = ("blobs", "noise")
PEERS_UP_TO = 128
"""Side of the largest volume for which peers are timed."""
RESULT = Path(__file__).parent / "results" / "bit_metrics.json"

Masks = list[NDArray[np.bool_]]

METRICS: dict[str, Callable[[Volume], Any]] = {
    "breakthrough_diameter axis=all": lambda volume: breakthrough_diameter(volume, axis="all"),
    "breakthrough_diameter": breakthrough_diameter,
    "phase_size": phase_size,
    "s2": two_point_probability,
    "chord_length": chord_lengths,
    "lineal_path": lineal_path,
    "euler_number": euler_number,
    "representative_volume": representativity,
    "first_passage": first_passage,
    "tpb_voxel_count": tpb_voxel_count,
    "ssa and dpb": lambda volume: (specific_surface_area(volume), interface_densities(volume)),
}


def main() -> None:
    """Time all in turn, print a row each, write the result."""
    rows = [timed(kind, side) for side in SIDES for kind in KINDS]
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    if "--before" in sys.argv:
        result["before"] = [{**row, "times": {}} for row in rows]
    else:
        peers = ["scipy", "scikit-image", *(name for name in ("porespy", "edt") if importlib.util.find_spec(name))]
        what = (
            "CPU milliseconds of a metric of a new volume of 3 phases, one thread, in turn, median of 7 (3 above a "
            "second); before: of the state before they were counted so, by itself; peers, up to 128^3: edt, distance "
            "maps of the phases alone; rfftn, scipy's autocorrelation of each phase at all lags; scikit-image's "
            "euler_number; PoreSpy's apply_chords and chord_counts along three axes; times: over porenet"
        )
        result |= {"what": what, "rows": rows, **conditions(peers)}
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


def timed(kind: Kind, side: int) -> dict[str, Any]:
    """One structure: milliseconds of each metric, and of its peer."""
    labels = structure(kind, side)
    row: dict[str, Any] = {"structure": kind, "side": side, "ms": {}, "peers": {}}
    masks = [labels == label for label in range(len(GRID.phases))]
    peers = _peers(masks, chords=kind == "blobs") if side <= PEERS_UP_TO else {}
    for metric, measured in METRICS.items():
        ways: dict[str, Callable[[], Any]] = {"porenet": lambda measured=measured: measured(Volume(labels, GRID))}
        ms, times = in_turn(ways | peers.get(metric, {}))
        row["ms"][metric] = ms.pop("porenet")
        row["peers"][metric] = {name: [ms[name], times[name]] for name in ms}
    print(json.dumps(row))
    return row


def _peers(masks: Masks, *, chords: bool) -> dict[str, dict[str, Callable[[], Any]]]:
    """By metric, ways by name; PoreSpy's chords of noise would take minutes."""
    peers: dict[str, dict[str, Callable[[], Any]]] = {
        "s2": {"rfftn": lambda: [_autocorrelation(mask) for mask in masks]},
        "euler_number": {"scikit-image": lambda: [_peers_number(mask) for mask in masks]},
    }
    if importlib.util.find_spec("edt"):
        import edt

        distances = {"edt": lambda: [edt.edt(mask, parallel=1) for mask in masks]}
        peers |= dict.fromkeys(("breakthrough_diameter", "breakthrough_diameter axis=all"), distances)
    if chords and importlib.util.find_spec("porespy"):
        peers["chord_length"] = {"PoreSpy": lambda: [_chords(mask) for mask in masks]}
    return peers


def _peers_number(mask: NDArray[np.bool_]) -> int:
    return int(measure.euler_number(mask, 1))  # type: ignore[no-untyped-call]


def _autocorrelation(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    spectrum = fft.rfftn(mask.astype(np.float32))
    pairs: NDArray[np.float32] = fft.irfftn(spectrum * spectrum.conj(), s=mask.shape)
    return pairs


def _chords(mask: NDArray[np.bool_]) -> list[Any]:
    import porespy

    porespy.settings.tqdm = {"disable": True}
    return [porespy.metrics.chord_counts(porespy.filters.apply_chords(mask, axis=axis, spacing=0)) for axis in range(3)]


if __name__ == "__main__":
    main()
