"""What a loss costs, forward and backward, beside the same loss as one writes it down from a paper, on one thread.

Run as ``python -m benchmarks.losses``, or with the names of some losses, whose rows are then replaced. Bars, for vf +
ssa + isolation of three phases + face_hinge together: 3 times faster than the plain form in torch alone, 4 times under
``torch.compile``; a prototype of the fused loops reached 8.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch and numpy read it

import numpy as np
import torch
from torch import Tensor

import porenet
from benchmarks import published_losses as published
from porenet import fused
from porenet.registry import installed

SHAPE = (8, 3, 64, 64, 64)
RUNS = 7
VOXEL_UM = 0.1
GRID = porenet.Grid(("Ni", "YSZ", "pore"), (VOXEL_UM,) * 3)
PERIODIC = porenet.Grid(GRID.phases, GRID.voxel_um, (True, True, True))
BARS = {"torch": 3.0, "compiled": 4.0, "fused": 8.0}
RESULT = Path(__file__).parent / "results" / "losses.json"

TARGETS = {
    "vf": torch.tensor([[0.36, 0.34, 0.30]]).repeat(SHAPE[0], 1),
    "ssa": torch.full((SHAPE[0], 3), 3.0),
    "dpb": torch.full((SHAPE[0], 3), 1.5),
    "tpb": torch.full((SHAPE[0],), 2.0),
    "tpb_active": torch.full((SHAPE[0],), 1.0),
    "ssa.guard": torch.full((SHAPE[0], 3), 3.0),
    "tpb_active.guard": torch.full((SHAPE[0],), 2.0),
    "distribution": torch.rand(50, 3, generator=torch.Generator().manual_seed(1)),
}
VF, SSA, DPB, TPB = (TARGETS[key] for key in ("vf", "ssa", "dpb", "tpb"))
PORE = {"phase": "pore"}

# Loss, its parameters, its grid, and the plain form of the same value. Of ssa with "tv" and of tpb it is the same on a
# periodic grid alone: on an open one porenet's Gaussian is cut at the faces, a convolution's is not.
Plain = Callable[[Tensor], Tensor]
CASES: tuple[tuple[str, Mapping[str, Any], porenet.Grid, Plain | None], ...] = (
    ("vf", {}, GRID, lambda field: published.volume_fraction(field, VF)),
    (
        "ssa",
        {"estimator": "faces", "form": "absolute"},
        GRID,
        lambda field: published.face_area_absolute(field, SSA, VOXEL_UM),
    ),
    ("ssa", {"estimator": "faces"}, GRID, lambda field: published.face_area_product(field, SSA, VOXEL_UM)),
    ("ssa", {}, GRID, None),
    ("ssa", {"estimator": "tv"}, PERIODIC, lambda field: published.total_variation(field, SSA, VOXEL_UM)),
    ("ssa_severed", {}, GRID, None),
    ("isolation", PORE, GRID, lambda field: published.isolation(field[:, 2])),
    ("face_hinge", PORE, GRID, lambda field: published.face_hinge(field, 2)),
    ("connectivity", PORE, GRID, lambda field: published.connectivity(field, 2)),
    ("slice_floor", {**PORE, "floor": 0.4}, GRID, lambda field: published.slice_floor(field, 2, 0.4)),
    ("dpb", {}, GRID, None),
    ("dpb", {"estimator": "faces"}, GRID, lambda field: published.interface_areas(field, DPB, VOXEL_UM)),
    ("tpb", {}, GRID, None),
    ("tpb", {"estimator": "coarea"}, PERIODIC, lambda field: published.triple_line(field, TPB, VOXEL_UM)),
    ("tpb_active", {}, GRID, None),
    ("tpb_proxy", {"target": 0.03}, GRID, lambda field: published.triple_product(field, 0.03)),
    ("distribution", {"descriptor": "vf"}, GRID, None),
    ("lineal_path", {}, GRID, None),
    ("s2", {}, GRID, None),
)
ELSEWHERE = {"conductance", "first_passage", "maximin", "tortuosity"}
"""Losses that see paths: `benchmarks.topology_losses` times them."""
ALL_FOUR = (
    {"loss": "vf", "weight": 1000},
    {"loss": "ssa", "weight": 1000, "params": {"estimator": "faces", "form": "absolute"}},
    *({"loss": "isolation", "label": phase, "weight": 50, "params": {"phase": phase}} for phase in GRID.phases),
    {"loss": "face_hinge", "weight": 50, "params": PORE},
)


def main() -> None:
    """Time all in turn, print a row a loss, write the result."""
    torch.set_num_threads(1)
    if not sys.argv[1:] and (missing := untimed()):
        raise SystemExit(f"no case for {', '.join(sorted(missing))}")
    field = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0)).softmax(dim=1).requires_grad_()
    floor_ms = _floor_ms(field.detach().numpy())
    names = sys.argv[1:]
    rows = [_row(field, *case) for case in CASES if not names or case[0] in names]
    if names:
        _replace(rows)
        return
    result = {
        "what": f"CPU ms, forward and backward, at {' x '.join(map(str, SHAPE))} float32, one thread, median of {RUNS} "
        "(3 where one takes seconds), run in turn; ratios are medians over the runs; floor: one np.copyto: reads the "
        "field and writes its gradient once",
        "floor_ms": floor_ms,
        "losses": rows,
        "all_four": _all_four(field),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in ("porenet", "numba", "numpy", "torch")},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    for row in [*rows, result["all_four"]]:
        print(json.dumps(row))


def untimed() -> set[str]:
    """Names of porenet's losses that nothing times."""
    return {spec.name for spec in _losses()} - {name for name, *_ in CASES} - ELSEWHERE


def _replace(rows: list[dict[str, Any]]) -> None:
    """Write some rows in place of those in the result, in the order of the cases."""
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    known = {row["loss"]: row for row in [*result["losses"], *rows]}
    result["losses"] = [known[name] for name in map(_name, CASES) if name in known]
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    for row in rows:
        print(json.dumps(row))


def _name(case: tuple[str, Mapping[str, Any], porenet.Grid, Plain | None]) -> str:
    return " ".join([case[0], *(f"{key}={word}" for key, word in case[1].items())])


def _losses() -> list[Any]:
    return [
        each.spec for each in installed().components if each.spec.kind == "loss" and each.provider.name == "porenet"
    ]


def _floor_ms(values: np.ndarray) -> float:
    copy = np.empty_like(values)
    return _in_turn({"floor": lambda: np.copyto(copy, values)})[0]["floor"]


def _row(
    field: Tensor, name: str, params: Mapping[str, Any], grid: porenet.Grid, plain: Plain | None
) -> dict[str, Any]:
    loss = porenet.create_loss(name, grid, **params)
    targets = TARGETS if plain or name in TARGETS else _measured(name, params, grid)

    def value(field: Tensor) -> Tensor:
        return loss(field, targets)

    ways = {"torch": _in_torch(_step(field, value)), "porenet": _step(field, value)}
    if plain is not None:
        torch.testing.assert_close(plain(field), value(field), rtol=1e-4, atol=1e-6)
        ways = {"plain": _step(field, plain), **ways}
    milliseconds, ratios = _in_turn(ways)
    return {"loss": _name((name, params, grid, plain)), "ms": milliseconds, "times_plain": ratios}


def _measured(name: str, params: Mapping[str, Any], grid: porenet.Grid) -> Mapping[str, Tensor]:
    """Targets of random structures, for a loss whose target has as many columns as its grid has lags."""
    labels = torch.randint(0, len(grid.phases), (SHAPE[0], *SHAPE[2:]), generator=torch.Generator().manual_seed(2))
    return porenet.Objective(grid, [{"loss": name, "weight": 1.0, "params": dict(params)}]).targets_of(labels)


def _all_four(field: Tensor) -> dict[str, Any]:
    objective = porenet.Objective(GRID, ALL_FOUR, relax="soft")
    weights = [term.weight for term in objective.terms]

    def plain_by(isolation: Plain) -> Plain:
        def total(field: Tensor) -> Tensor:
            numbers = published.volume_fraction(field, VF) + published.face_area_absolute(field, SSA, VOXEL_UM)
            shapes = isolation(field).sum(dim=1) + published.face_hinge(field, 2)
            return 1000 * numbers + 50 * shapes

        return total

    def composed(field: Tensor) -> Tensor:
        return objective(field, TARGETS)[0]

    def graph(field: Tensor) -> Tensor:
        values = objective.values(field, TARGETS).values()
        return torch.stack([weight * value.mean() for weight, value in zip(weights, values, strict=True)]).sum()

    def in_torch(field: Tensor) -> Tensor:
        return graph(field)

    grouped = plain_by(published.isolation_by_groups)
    torch.testing.assert_close(grouped(field).mean(), composed(field), rtol=1e-4, atol=0)
    milliseconds, ratios = _in_turn(
        {
            "plain": _step(field, grouped),
            "plain_compiled": _step(field, torch.compile(grouped, fullgraph=True)),
            "torch": _in_torch(_step(field, composed)),
            "torch_compiled": _in_torch(_step(field, torch.compile(in_torch, fullgraph=True))),
            "fused": _step(field, composed),
            "compiled": _step(field, torch.compile(graph, fullgraph=True)),
        }
    )
    by_batch = _in_turn({"plain": _step(field, plain_by(published.isolation_by_batch))})[0]
    return {
        "loss": "vf + ssa faces absolute + isolation of three phases + face_hinge pore, one objective",
        "anchor": "plain: isolation of the three phases by one conv3d with groups = 3, the cheaper of two; with one "
        "convolution over B x P fields the plain form takes plain_by_batch_ms",
        "plain_by_batch_ms": by_batch["plain"],
        "ms": milliseconds,
        "times_plain": ratios,
        "bars": BARS,
    }


def _step(field: Tensor, loss: Plain) -> Callable[[], None]:
    def step() -> None:
        field.grad = None  # as an optimiser leaves it
        value = loss(field).mean()
        if value.grad_fn is not None:
            value.backward()

    return step


def _in_torch(step: Callable[[], None]) -> Callable[[], None]:
    def without_the_loops() -> None:
        fused.ALLOWED = False
        try:
            step()
        finally:
            fused.ALLOWED = True

    return without_the_loops


def _in_turn(ways: Mapping[str, Callable[[], None]]) -> tuple[dict[str, float], dict[str, float]]:
    """Median milliseconds of each, and how many times faster than the first each is."""
    for step in ways.values():
        step()  # compiles
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    start = time.process_time()
    next(iter(ways.values()))()
    for _ in range(RUNS if time.process_time() - start < 1 else 3):
        for name, step in ways.items():
            start = time.process_time()
            step()
            seconds[name].append(time.process_time() - start)
    first, *others = ways
    ratios = {
        name: statistics.median(one / other for one, other in zip(seconds[first], seconds[name], strict=True))
        for name in (others if first == "plain" else ())
    }
    return (
        {name: round(1e3 * statistics.median(of_way), 2) for name, of_way in seconds.items()},
        {name: round(ratio, 1) for name, ratio in ratios.items()},
    )


if __name__ == "__main__":
    main()
