"""Effective conductivity of composites beside TauFactor: values and CPU time.

Run as ``python -m benchmarks.conductivity`` in an environment that has taufactor; one core. Volumes: the real
electrode of ``examples/data`` and, where it is there, ``../shared/data/nmc1cal_cbd_inpainter_128.npz``
(Usseglio-Viretta et al. 2018, https://doi.org/10.1149/2.0731814jes). TauFactor's multi-phase solver takes the same
harmonic means between voxels, but gives the potentials one voxel beyond the centres of the end layers, half a voxel
farther out than its own solver of one phase and porenet, over a length of N + 1 voxels. `_with_their_ends` does the
same with porenet's solver.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and numpy read it

import numpy as np
from numpy.typing import NDArray
from porenet_transport.metrics.effective_conductivity import effective_conductivity
from porenet_transport.solver.one_volume import conduct

from porenet.interface import Grid, Volume

ROOT = Path(__file__).resolve().parents[1]
VOLUMES = {
    "sofc_superres_62": ROOT / "examples" / "data" / "sofc_superres_62.npz",
    "nmc1cal_cbd_inpainter_128": ROOT.parent / "shared" / "data" / "nmc1cal_cbd_inpainter_128.npz",
}
COMPOSITES = ((0.0, 1.0, 10.0), (1.0, 10.0, 100.0), (0.0, 1.0, 1000.0))
PHASES = ("0", "1", "2")
TOLERANCE = 1e-4  # at least as exact as TauFactor's default
CONVERGED = 1e-3
"""TauFactor's criterion, its default: the spread of the flux over the layers."""
RESULTS = Path(__file__).parent / "results"
Labels = NDArray[np.uint8]


def main() -> None:
    """Print and write one row per volume and composite."""
    if importlib.util.find_spec("taufactor") is None:
        print("taufactor is not installed (pip install taufactor): nothing is written")
        return
    composites = []
    for name, path in VOLUMES.items():
        if not path.exists():
            print(f"{path} is not there: left out")
            continue
        with np.load(path, allow_pickle=False) as archive:
            labels = archive["im"].astype(np.uint8)
        volume = Volume(labels, Grid(PHASES, (1.0, 1.0, 1.0)))
        _warm_up()
        composites += [_composite(name, volume, numbers) for numbers in COMPOSITES]
    packages = ("porenet", "numba", "numpy", "taufactor", "torch")
    result = {
        "what": f"effective conductivity along z of three phases, porenet at tolerance {TOLERANCE}, TauFactor's "
        f"multi-phase solver at conv_crit {CONVERGED} and exact: porenet at 1e-6; CPU seconds of one core, one run",
        "composites": composites,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {package: importlib.metadata.version(package) for package in packages},
    }
    (RESULTS / "conductivity.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _composite(name: str, volume: Volume, numbers: tuple[float, ...]) -> dict[str, Any]:
    conductivities = dict(zip(PHASES, numbers, strict=True))

    def solve(tolerance: float) -> float:
        value = effective_conductivity(volume, conductivities=conductivities, tolerance=tolerance)["effective"]
        assert isinstance(value, float)
        return value

    seconds, value = _timed(lambda: solve(TOLERANCE))
    peer_seconds, peer = _timed(lambda: _taufactor(volume.labels, numbers))
    row = {
        "volume": name, "conductivities": numbers, "exact": solve(1e-6), "porenet": value, "porenet_s": seconds,
        "taufactor": peer, "taufactor_s": peer_seconds, "with_their_ends": _with_their_ends(volume.labels, numbers),
    }  # fmt: skip
    print(row, flush=True)
    return row


def _taufactor(labels: Labels, numbers: tuple[float, ...]) -> float:
    """Effective conductivity by TauFactor."""
    import taufactor
    import torch

    torch.set_num_threads(1)
    places = np.cumsum([number > 0 for number in numbers]) * [number > 0 for number in numbers]
    solver = taufactor.MultiPhaseSolver(
        places[labels], cond={int(place): number for place, number in zip(places, numbers, strict=True) if place},
        device="cpu",
    )  # fmt: skip
    solver.solve(verbose=False, conv_crit=CONVERGED)
    return float(np.ravel(solver.D_eff)[0])


def _with_their_ends(labels: Labels, numbers: tuple[float, ...]) -> float:
    """Effective conductivity by porenet's solver with the ends of TauFactor's."""
    cells = np.array(numbers)[np.concatenate([labels[:1], labels, labels[-1:]])]
    solved = conduct(cells / max(numbers), boundary="cell", tolerance=1e-6)
    return max(numbers) * solved.conductivity * (len(cells) - 1) / len(cells)


def _timed(solve: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()  # of the process, so that whatever else the machine does is left out
    value = solve()
    return time.process_time() - start, value


def _warm_up() -> None:
    small = Volume(np.random.default_rng(0).integers(3, size=(8, 8, 8)).astype(np.uint8), Grid(PHASES, (1, 1, 1)))
    for numbers in COMPOSITES:
        effective_conductivity(small, conductivities=dict(zip(PHASES, numbers, strict=True)))


if __name__ == "__main__":
    main()
