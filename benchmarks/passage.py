"""What the cheapest paths of `porenet.passage` cost, beside other Dijkstras and beside a training step, on one thread.

Run as ``python -m benchmarks.passage``, a minute or two. Bar: `first_passage` of three phases, forward and backward, in
less than a quarter of a step of the published 64^3 preset at that batch, which ``benchmarks.wgan_gp_step`` measures.
"""

from __future__ import annotations

import heapq
import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and numpy read it

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage, sparse
from skimage.graph import MCP
from torch import Tensor

from porenet import fused
from porenet.passage import connecting_level, crossing, margin_of, passage_cost, travel

BATCH, PHASES, SIDE = 8, 3, 64
DELTA = 0.1
RUNS = 5
OPEN = (False, False, False)
FIELDS = {"soft": 0.5, "decided": 20.0}
"""Standard deviation of the logits, smooth over 2 voxels: where a lead is seldom delta, and where it mostly is."""
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Time all in turn, print a row a field, write the result."""
    torch.set_num_threads(1)
    step_s = json.loads((RESULTS / "wgan_gp_step.json").read_text())["step_s"]
    rows = [_row(name, spread, step_s) for name, spread in FIELDS.items()]
    result = {
        "what": f"CPU seconds, {BATCH} x {PHASES} x {SIDE}^3 float32, one thread, median of {RUNS}: from probabilities "
        f"to their gradient (margin, cost, path, and back), z_min to z_max, delta {DELTA}; peers and the sweeps, which "
        f"are for a GPU: travel on the first volume alone, forward only, once",
        "rows": rows,
        "step_s": step_s,
        "bars": {"share_of_the_step": 0.25},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {
            name: importlib.metadata.version(name) for name in ("porenet", "numba", "scipy", "scikit-image", "torch")
        },
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "passage.json").write_text(json.dumps(result, indent=2) + "\n")
    for row in rows:
        print(json.dumps(row))


def _row(name: str, spread: float, step_s: float) -> dict[str, Any]:
    field = _field(spread)
    leaf = field.requires_grad_()

    def margins() -> Tensor:
        return torch.cat([margin_of(leaf, channel) for channel in range(PHASES)])

    def cost() -> Tensor:
        return passage_cost(margins(), DELTA)

    forms: Mapping[str, Callable[[], Tensor]] = {
        "cost alone": cost,
        "travel": lambda: travel(cost(), "z_min", periodic=OPEN),
        "crossing": lambda: crossing(cost(), "z_min", "z_max", periodic=OPEN),
        "connecting_level": lambda: connecting_level(margins(), "z_min", "z_max", periodic=OPEN),
    }
    seconds = {form: _seconds(_step(leaf, value)) for form, value in forms.items()}
    values = cost().detach()
    one = values[:1]
    expected = travel(one, "z_min", periodic=OPEN)[0].numpy()
    volume, graph = one[0].numpy().astype(np.float64), _graph(one[0].numpy().astype(np.float64))
    single: dict[str, Callable[[], Any]] = {
        "porenet": lambda: travel(one, "z_min", periodic=OPEN)[0].numpy(),
        "scikit-image MCP": lambda: _by_scikit_image(volume),
        "scipy dijkstra, without building its graph": lambda: _by_scipy(graph, volume.shape),
        "heapq": lambda: _by_heapq(volume),
        "sweeps": lambda: _by_sweeps(one),
    }
    alone = {}
    for peer, solve in single.items():
        np.testing.assert_allclose(solve(), expected, rtol=1e-4, atol=1e-5, err_msg=peer)
        alone[peer] = _seconds(solve, runs=RUNS if peer == "porenet" else 1)
    return {
        "field": name,
        "free": round(float((values == 0).float().mean()), 3),
        "seconds": seconds,
        "share_of_the_step": round((seconds["travel"] + seconds["crossing"]) / step_s, 4),
        "one_volume_s": alone,
        "times_porenet": {peer: round(taken / alone["porenet"], 1) for peer, taken in alone.items()},
    }


def _field(spread: float) -> Tensor:
    draws = np.random.default_rng(0).standard_normal((BATCH, PHASES, *(SIDE,) * 3))
    logits = ndimage.gaussian_filter(draws, (0, 0, 2, 2, 2))
    return torch.tensor(logits / logits.std() * spread, dtype=torch.float32).softmax(dim=1)


def _step(leaf: Tensor, value: Callable[[], Tensor]) -> Callable[[], None]:
    def step() -> None:
        leaf.grad = None  # as an optimiser leaves it
        value().mean().backward()

    return step


def _seconds(work: Callable[[], Any], runs: int = RUNS) -> float:
    if runs > 1:
        work()  # compiles
    taken = []
    for _ in range(runs):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return round(statistics.median(taken), 4)


def _by_scikit_image(cost: NDArray[np.float64]) -> NDArray[np.float64]:
    # Its paths do not pay for where they start: here a free layer before the inlet.
    padded = np.pad(cost, ((1, 0), (0, 0), (0, 0)))
    starts = [(0, y, x) for y in range(cost.shape[1]) for x in range(cost.shape[2])]
    return MCP(padded, fully_connected=False).find_costs(starts)[0][1:]


def _graph(cost: NDArray[np.float64]) -> Any:
    """One node a voxel and one before the inlet; whoever enters a voxel pays for it."""
    voxels = np.arange(cost.size).reshape(cost.shape)
    pairs = [(np.full(voxels[0].size, cost.size), voxels[0].ravel())]
    for axis in range(3):
        ends = np.moveaxis(voxels, axis, 0)
        pairs += [(ends[:-1].ravel(), ends[1:].ravel()), (ends[1:].ravel(), ends[:-1].ravel())]
    start, end = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return sparse.csr_array((cost.ravel()[end], (start, end)), shape=(cost.size + 1,) * 2)


def _by_scipy(graph: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return sparse.csgraph.dijkstra(graph, indices=graph.shape[0] - 1)[:-1].reshape(shape)


def _by_heapq(cost: NDArray[np.float64]) -> NDArray[np.float64]:
    depth, height, width = cost.shape
    costs, found = cost.ravel().tolist(), [np.inf] * cost.size
    waiting = [(costs[voxel], voxel) for voxel in range(height * width)]
    heapq.heapify(waiting)
    for value, voxel in waiting:
        found[voxel] = value
    while waiting:
        value, voxel = heapq.heappop(waiting)
        z, rest = divmod(voxel, height * width)
        y, x = divmod(rest, width)
        for inside, there in (
            (z > 0, voxel - height * width),
            (z < depth - 1, voxel + height * width),
            (y > 0, voxel - width),
            (y < height - 1, voxel + width),
            (x > 0, voxel - 1),
            (x < width - 1, voxel + 1),
        ):
            if inside and found[there] == np.inf:
                found[there] = value + costs[there]
                heapq.heappush(waiting, (found[there], there))
    return np.array(found).reshape(cost.shape)


def _by_sweeps(cost: Tensor) -> NDArray[np.float32]:
    fused.ALLOWED = False
    try:
        return travel(cost, "z_min", periodic=OPEN)[0].numpy()
    finally:
        fused.ALLOWED = True


if __name__ == "__main__":
    main()
