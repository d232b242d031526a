"""Geodesic tortuosity beside scikit-image and scipy: values and CPU time.

Run as ``python -m benchmarks.shortest_paths`` in an environment that has scikit-image; one core, all in turn. The
volumes are those of `benchmarks.conductivity`. Everybody searches from both faces, two floods per phase. Porenet's
sweeps serve all phases at once: of one phase it is given a volume in which all else is another phase, and searches that
one too. scikit-image crosses edges and corners between voxels that share no face; scipy's graph has porenet's own 26
steps, and is not part of its time.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy reads it

import numpy as np
from numpy.typing import NDArray
from porenet_transport.metrics.geodesic_tortuosity import geodesic_tortuosity
from scipy import sparse
from scipy.sparse import csgraph

from benchmarks.conductivity import VOLUMES
from porenet.interface import Grid, Volume

RESULT = Path(__file__).parent / "results" / "shortest_paths.json"
RUNS = 3
PEERS = ("scikit_image", "scipy")
Mask = NDArray[np.bool_]


def main() -> None:
    """Print and write one row per volume and phase, and one per volume for all phases together."""
    if importlib.util.find_spec("skimage") is None:
        print("skimage is not installed (pip install scikit-image): nothing is written")
        return
    rows: list[dict[str, Any]] = []
    for name, path in VOLUMES.items():
        if not path.exists():
            print(f"{path} is not there: left out")
            continue
        with np.load(path, allow_pickle=False) as archive:
            labels = archive["im"].astype(np.uint8)
        rows += _rows(name, labels)
    packages = ("porenet", "numba", "numpy", "scikit-image", "scipy")
    result = {
        "what": "geodesic tortuosity along z, paths from both faces; CPU seconds of one core, "
        f"median of {RUNS}, in turn, two floods per phase; all: porenet's three phases in one go, the peers' one after "
        "another; scipy: dijkstra on a graph of porenet's 26 steps, which it is given",
        "rows": rows,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {package: importlib.metadata.version(package) for package in packages},
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _rows(name: str, labels: NDArray[np.uint8]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for label in range(int(labels.max()) + 1):
        mask = labels == label
        graph = _same_steps(mask)
        ways: dict[str, Callable[[], float]] = {
            "porenet_98": lambda mask=mask: _by_porenet(mask, 98),  # type: ignore[misc]
            "porenet_26": lambda mask=mask: _by_porenet(mask, 26),  # type: ignore[misc]
            "scikit_image": lambda mask=mask: _by_scikit_image(mask),  # type: ignore[misc]
            "scipy": lambda mask=mask, graph=graph: _by_scipy(mask, graph),  # type: ignore[misc]
        }
        seconds, values = _timed(ways)
        rows.append({"volume": name, "phase": str(label), "values": values, "s": seconds})
        print(rows[-1], flush=True)
    volume = Volume(labels, Grid([str(label) for label in range(len(rows))], (1.0, 1.0, 1.0)))
    whole: dict[str, Callable[[], Any]] = {
        "porenet_98": lambda: geodesic_tortuosity(volume),
        "porenet_26": lambda: geodesic_tortuosity(volume, neighbours=26),
    }
    seconds = _timed(whole)[0] | {peer: sum(row["s"][peer] for row in rows) for peer in PEERS}
    rows.append({"volume": name, "phase": "all", "s": seconds})
    print(rows[-1], flush=True)
    return rows


def _timed(ways: dict[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    """Median CPU time and value of each way, in turn; the first turn, which compiles, is left out."""
    values = {way: work() for way, work in ways.items()}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(RUNS):
        for way, work in ways.items():
            start = time.process_time()  # of the process, so that whatever else the machine does is left out
            work()
            seconds[way].append(time.process_time() - start)
    return {way: statistics.median(of_way) for way, of_way in seconds.items()}, values


def _by_porenet(mask: Mask, neighbours: Any) -> float:
    volume = Volume(mask.view(np.uint8), Grid(("rest", "phase"), (1.0, 1.0, 1.0)))
    value = geodesic_tortuosity(volume, neighbours=neighbours)["phase.mean"]
    assert isinstance(value, float)
    return value


def _by_scikit_image(mask: Mask) -> float:
    """Mean length of the shortest paths from face to face, divided by the thickness."""
    from skimage.graph import MCP_Geometric

    costs, layers = np.where(mask, 1.0, np.inf), np.arange(len(mask))[:, None, None]
    paths = []
    for start, end in ((0, -1), (len(mask) - 1, 0)):
        lengths, _ = MCP_Geometric(costs).find_costs(np.argwhere(mask & (layers == start)))
        paths.append(lengths[end][mask[end]])
    return _ratio(np.concatenate(paths), len(mask))


def _by_scipy(mask: Mask, graph: sparse.csr_matrix) -> float:
    """Mean length of the shortest paths by scipy's dijkstra, on a graph."""
    numbers = np.arange(mask.size).reshape(mask.shape)
    ends = [numbers[layer][mask[layer]] for layer in (0, -1)]
    paths = [csgraph.dijkstra(graph, indices=ends[i], min_only=True)[ends[1 - i]] for i in range(2)]
    return _ratio(np.concatenate(paths), len(mask))


def _ratio(lengths: NDArray[np.float64], thickness: int) -> float:
    return float(np.mean(lengths[np.isfinite(lengths)] + 1) / thickness)  # half a voxel at either end


def _same_steps(mask: Mask) -> sparse.csr_matrix:
    """A graph of the 26 steps that porenet takes, and their lengths."""
    numbers = np.arange(mask.size).reshape(mask.shape)
    firsts, seconds, lengths = [], [], []
    for step in itertools.product((-1, 0, 1), repeat=3):
        if not any(step):
            continue
        free = mask & _moved(mask, step) & _around(mask, step)
        firsts.append(numbers[free])
        seconds.append(numbers[free] + int(np.dot(step, (mask.shape[1] * mask.shape[2], mask.shape[2], 1))))
        lengths.append(np.full(len(firsts[-1]), np.linalg.norm(step)))
    pairs = (np.concatenate(firsts), np.concatenate(seconds))
    return sparse.csr_matrix((np.concatenate(lengths), pairs), (mask.size, mask.size))


def _moved(mask: Mask, step: Sequence[int]) -> Mask:
    """What is a step away from each voxel; nothing outside."""
    here, there = (
        tuple(slice(max(0, sign * move), mask.shape[axis] + min(0, sign * move)) for axis, move in enumerate(step))
        for sign in (-1, 1)
    )
    moved = np.zeros_like(mask)
    moved[here] = mask[there]
    return moved


def _around(mask: Mask, step: Sequence[int]) -> Mask:
    """Whether moves across faces lead there through the phase."""
    leads = np.zeros_like(mask)
    for order in itertools.permutations([axis for axis in range(3) if step[axis]]):
        way, place = np.ones_like(mask), [0, 0, 0]
        for axis in order:
            place[axis] = step[axis]
            way &= _moved(mask, place)
        leads |= way
    return leads


if __name__ == "__main__":
    main()
