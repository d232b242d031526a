"""How much memory an answer takes at its peak, beyond the labels: each in a process of its own, whose peak that is."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peer_components as peers
from benchmarks.structures import PORE, Kind, Labels, structure
from porenet.flood_fill import components, faces_reached, reachable

KIND: Kind = "blobs"
WAYS: Mapping[tuple[str, str], Any] = {
    ("reachable", "porenet"): lambda labels: reachable(labels, PORE, ("z_min",)),
    ("reachable", "cc3d"): lambda labels: peers.reachable_by_cc3d(labels, PORE),
    ("components", "porenet"): lambda labels: components(labels).ids,
    ("components", "cc3d"): lambda labels: peers.components_by_cc3d(labels),
    ("faces_reached", "porenet"): lambda labels: faces_reached(labels),
    ("faces_reached", "cc3d"): lambda labels: peers.z_faces_by_cc3d(labels),
}
"""Of labels from 1 on, as cc3d wants them."""
TINY = np.ones((8, 8, 8), np.uint8)


def rows(side: int) -> Iterable[dict[str, Any]]:
    """One row a work and package. Call it before anything large is made: a new process begins at its parent's peak."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.npy"
        _alone(_save, path, side)
        for work, package in WAYS:
            yield {
                "work": work,
                "package": package,
                "side": side,
                "bytes_per_voxel": round(_alone(_measure, path, work, package), 2),
            }


def _alone(work: Any, *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _save(path: Path, side: int) -> None:
    np.save(path, structure(KIND, side) + np.uint8(1))
    for answer in WAYS.values():
        answer(TINY)  # compiles, which takes memory, into numba's cache, from which the other processes load


def _measure(path: Path, work: str, package: str) -> float:
    answer = WAYS[work, package]
    answer(TINY)
    labels: Labels = np.load(path)
    before = _peak_bytes()
    kept = answer(labels)
    peak = _peak_bytes()
    del kept
    return (peak - before) / labels.size


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
