"""The tables of percolation.md: three broken structures, and what each loss says of them and makes of them.

``python -m docs.generators.percolation_numbers`` from the repository root trains all of them again, a quarter of an
hour, and writes docs/results/percolation.json, which the page reads; ``... conductance`` trains with that loss alone.
"""

import importlib.metadata
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import porenet
from porenet import registry
from porenet.flood_fill import spanning
from porenet.synthetic import plurigaussian

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "docs" / "results" / "percolation.json"
COSTS = ROOT / "benchmarks" / "results" / "topology_losses.json"
GRID = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
FIXTURE = (0.36, 0.34, 0.30)
SIDE, STEPS, RATE, SEEDS = 24, 200, 0.02, (0, 1, 2)
EPSILON = 1e-3
"""Of Adam. Its default, 1e-8, lets every logit move at full rate however weak its gradient: weights say nothing."""
GAP = (slice(11, 13), slice(8, 16), slice(8, 16))
CONFIDENCE, NOISE = 1.5, 0.1
"""Of the logits of a structure: lead of the voxel's phase (its probability is 0.69), deviation of what is added."""


@dataclass(frozen=True)
class Task:
    """A field to start from.

    Attributes:
        phase: that is to percolate from z_min to z_max.
        floor: of its share in a slice and on a face.
        logits: ``(1, 3, Z, Y, X)``, of a seed.
        whole: labels ``(Z, Y, X)`` of a structure that does percolate, of a seed. Those losses are told that match a
            target, and clDice has to be.
        fractions: to hold; those of the start, if none.
        relax: how the run shows the field.
    """

    phase: str
    floor: float
    logits: Callable[[int], Tensor]
    whole: Callable[[int], Tensor]
    fractions: tuple[float, ...] | None = None
    relax: str = "straight_through"

    @property
    def channel(self) -> int:
        return GRID.index(self.phase)

    def targets(self, objective: porenet.Objective, seed: int) -> dict[str, Tensor]:
        """Those of the whole structure, but for the fractions."""
        fractions = torch.tensor(self.fractions) if self.fractions else shares(decoded(self.logits(seed)))
        return {**objective.targets_of(self.whole(seed)[None]), "vf": fractions[None].float()}


def decoded(logits: Tensor) -> Tensor:
    """Labels ``(Z, Y, X)``."""
    return logits.detach().argmax(dim=1)[0]


def shares(labels: Tensor) -> Tensor:
    """Volume fraction of each phase."""
    return torch.nn.functional.one_hot(labels, 3).double().mean(dim=(0, 1, 2))


def percolating(labels: Tensor, channel: int) -> np.ndarray:
    """The voxels of the phase that are joined to z_min and z_max, by flood fill."""
    return spanning(labels.numpy().astype(np.uint8), channel, "z")


def channel(seed: int) -> Tensor:
    """A straight channel of pore, 8 x 8 voxels wide, through two solids."""
    labels = _halves(seed, 0, 1)
    labels[(slice(None), *GAP[1:])] = 2
    return labels


def severed(seed: int) -> Tensor:
    """The channel, with two slices of it missing."""
    labels = channel(seed)
    labels[GAP] = _halves(seed, 0, 1)[GAP]
    return _confident(labels, seed)


def collapsed(seed: int) -> Tensor:
    """About 0.30 of pore everywhere, a hundredth less at mid-height than at the ends; the argmax holds none."""
    heights = (torch.arange(SIDE) + 0.5) / SIDE
    logits = torch.tensor(FIXTURE).log().view(1, 3, 1, 1, 1) + 0.01 * _noise(seed, 3)
    logits[:, 2] += 0.05 * torch.cos(2 * torch.pi * heights).view(1, SIDE, 1, 1)
    return logits


def apart(seed: int) -> Tensor:
    """Blobs of YSZ, 6 x 4 x 4 voxels, in two sets that stand between each other, two voxels from all others."""
    labels = _halves(seed, 0, 2)
    heights = torch.arange(SIDE)
    for row in range(SIDE // 6):
        for column in range(SIDE // 6):
            lowest = 4 * ((row + column) % 2)
            within = (heights >= lowest) & ((heights - lowest) % 8 < 6)
            labels[within, 6 * row + 1 : 6 * row + 5, 6 * column + 1 : 6 * column + 5] = 1
    return _confident(labels, seed)


def pillars(seed: int) -> Tensor:
    """The blobs of YSZ, joined to those that stand above them."""
    labels = decoded(apart(seed))
    return labels.masked_fill((labels == 1).any(dim=0), 1)


def electrode(seed: int) -> Tensor:
    """A plurigaussian structure of the fixture's fractions, whose pore percolates."""
    volume, _ = plurigaussian((SIDE,) * 3, voxel_um=GRID.voxel_um, length_um=0.25, fractions=FIXTURE, seed=seed)
    return torch.tensor(volume.labels).long()


TASKS = {
    "severed": Task("pore", 0.08, severed, channel),
    "collapsed": Task("pore", 0.25, collapsed, electrode, FIXTURE),
    "collapsed, vf as published": Task("pore", 0.25, collapsed, electrode, FIXTURE, relax="soft"),
    "apart": Task("YSZ", 0.20, apart, pillars),
}

# Label, loss and its parameters; "FLOOR" stands for the task's. Those that porenet does not have yet are left out.
OWN: tuple[tuple[str, str | None, Mapping[str, Any]], ...] = (
    ("`vf` alone", None, {}),
    ("`isolation`", "isolation", {}),
    ("`face_hinge`", "face_hinge", {}),
    ("`face_hinge`, by area", "face_hinge", {"target": "FLOOR"}),
    ("`slice_floor`", "slice_floor", {"floor": "FLOOR"}),
    ("`connectivity`", "connectivity", {}),
    ("`first_passage`, through", "first_passage", {"form": "through"}),
    ("`first_passage`, both", "first_passage", {"form": "both"}),
    ("`maximin`", "maximin", {}),
    ("`conductance`, most", "conductance", {}),
    ("`conductance`, to a target", "conductance", {"target": "structures"}),
    ("`tortuosity`, to a target", "tortuosity", {"target": "structures"}),
    ("`tpb_active`, co-area", "tpb_active", {"estimator": "coarea"}),
)
CLDICE, PERSISTENCE = "clDice, shown an answer", "`persistence` (a plugin)"
PEERS = (CLDICE, PERSISTENCE)


def candidates() -> list[str]:
    """Labels of porenet's own losses that are installed."""
    known = {component.spec.name for component in registry.installed().components if component.spec.kind == "loss"}
    return [label for label, loss, _ in OWN if loss is None or loss in known]


def terms(label: str, task: Task) -> list[dict[str, Any]]:
    """The candidate as a term of an objective, at its default weight; none for ``vf`` alone and for the peers."""
    if label in PEERS:
        return []
    ((loss, params),) = [(loss, params) for name, loss, params in OWN if name == label]
    if loss is None:
        return []
    given = {key: task.floor if value == "FLOOR" else value for key, value in params.items()}
    if loss == "tpb_active":
        return [{"loss": loss, "label": "candidate", "weight": 200, "params": given}]  # the weight of the evidence
    return [{"loss": loss, "label": "candidate", "params": {"phase": task.phase, **given}}]


def peer(label: str, task: Task, seed: int) -> Callable[[Tensor], Tensor] | None:
    """A loss of others, weighted, of the probabilities."""
    if label == CLDICE:
        from benchmarks.soft_skeleton import soft_cldice

        mask = task.whole(seed)[None] == task.channel
        return lambda field: 50 * soft_cldice(field[:, task.channel], mask).mean()
    if label == PERSISTENCE:
        sys.path.append(str(ROOT / "examples" / "third_party" / "porenet-persistence"))
        from porenet_persistence import porenet_specs
        from porenet_persistence.persistence import surplus

        (spec,) = porenet_specs()
        return lambda field: spec.weight * surplus(field[:, task.channel]).mean()
    return None


@dataclass(frozen=True)
class Trained:
    """How a training went: labels at its end, and whether they percolated at each step."""

    start: Tensor
    labels: Tensor
    percolated: list[bool]
    vf_error: float

    @property
    def first(self) -> int | None:
        return self.percolated.index(True) if True in self.percolated else None

    @property
    def changed(self) -> int:
        return int((self.labels != self.start).sum())


def train(name: str, label: str, seed: int = 0, steps: int = STEPS) -> Trained:
    """Adam on the logits themselves, with ``vf`` at its default weight and one candidate."""
    task = TASKS[name]
    logits = task.logits(seed)
    objective = porenet.Objective(GRID, [{"loss": "vf"}, *terms(label, task)], relax=task.relax)
    targets, start, others = task.targets(objective, seed), decoded(logits), peer(label, task, seed)
    optimiser = torch.optim.Adam([logits.requires_grad_()], lr=RATE, eps=EPSILON)
    percolated = []
    for step in range(steps + 1):
        labels = decoded(logits)
        percolated.append(bool(percolating(labels, task.channel).any()))
        if step == steps:
            break
        field = logits.softmax(dim=1)
        total, _ = objective(field, targets, step)
        if others is not None:
            total = total + others(field)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    return Trained(start, labels, percolated, float((shares(labels) - targets["vf"][0]).abs().max()))


def seen() -> str:
    """One row a loss: its value of each start, and where on the severed channel its gradient goes."""
    rows = []
    for label in candidates()[1:]:
        cells = []
        for name in ("severed", "collapsed", "apart"):
            value, gradient = reading(label, TASKS[name])
            cells.append(_number(value))
            if name == "severed":
                cells.append(_pull(gradient))
        rows.append((label, *cells))
    return _table(("loss", "severed", "its gradient on the gap", "collapsed", "apart"), rows)


def reading(label: str, task: Task) -> tuple[float, Tensor]:
    """Value of the start, and the gradient ``(Z, Y, X)`` at the logits of the phase."""
    logits = task.logits(0)
    objective = porenet.Objective(GRID, terms(label, task), relax=task.relax)
    field = logits.requires_grad_().softmax(dim=1)
    value = objective.values(field, task.targets(objective, 0))["candidate"].mean()
    value.backward()
    return value.item(), logits.grad[0, task.channel]


def _pull(gradient: Tensor) -> str:
    size = gradient.abs().sum().item()
    share = gradient[GAP].abs().sum().item() / size if size else 0.0
    if share < 5e-4:
        return "none"
    return f"{'closes it' if gradient[GAP].sum() < 0 else 'widens it'}, {100 * share:.0f} %"


def repaired(name: str) -> str:
    """One row a loss: what training made of a start, over the seeds."""
    found = json.loads(RESULT.read_text(encoding="utf-8"))["rows"]
    rows = []
    for label in dict.fromkeys(one["loss"] for one in found if one["task"] == name):
        seeds = [one for one in found if (one["task"], one["loss"]) == (name, label)]
        first = [one["first"] for one in seeds if one["first"] is not None]
        rows.append(
            (
                label,
                f"{sum(one['percolates'] for one in seeds)} of {len(seeds)}",
                f"{statistics.median(first):.0f}" if first else "never",
                f"{100 * statistics.mean(one['held'] for one in seeds if one['first'] is not None):.0f} %"
                if first
                else "",
                f"{statistics.median(one['changed'] for one in seeds):.0f}",
                f"{100 * max(one['vf_error'] for one in seeds):.1f}",
            )
        )
    head = ("loss", "percolates at the end", "first at step", "of the steps since", "voxels changed", "VF off, points")
    return _table(head, rows)


def costs() -> str:
    """One row a loss: milliseconds by batch and kind of field."""
    rows = json.loads(COSTS.read_text(encoding="utf-8"))["rows"]
    columns = list(rows[0]["ms"])
    cells = [(one["loss"], *(f"{one['ms'][column]:.0f}" for column in columns)) for one in rows]
    return _table(("loss", *(f"{column}, ms" for column in columns)), cells)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:.4f}" if value < 1 else f"{value:.2f}"


def _noise(seed: int, channels: int) -> Tensor:
    return torch.randn(1, channels, SIDE, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def _halves(seed: int, low: int, high: int) -> Tensor:
    """Two phases, half each, in pieces of about 4 voxels."""
    coarse = torch.randn(1, 1, 6, 6, 6, generator=torch.Generator().manual_seed(100 + seed))
    smooth = torch.nn.functional.interpolate(coarse, size=(SIDE,) * 3, mode="trilinear")[0, 0]
    return torch.where(smooth > smooth.median(), low, high)


def _confident(labels: Tensor, seed: int) -> Tensor:
    one_hot = torch.nn.functional.one_hot(labels, 3).movedim(-1, 0)[None].float()
    return CONFIDENCE * one_hot + NOISE * _noise(seed, 3)


def row(name: str, label: str, seed: int) -> dict[str, Any]:
    """One training, for the file."""
    begun = time.perf_counter()
    found = train(name, label, seed)
    since = found.percolated[found.first :] if found.first is not None else []
    return {
        "task": name,
        "loss": label,
        "seed": seed,
        "percolates": found.percolated[-1],
        "first": found.first,
        "held": round(statistics.mean(since), 3) if since else None,
        "changed": found.changed,
        "vf_error": round(found.vf_error, 5),
        "seconds": round(time.perf_counter() - begun, 1),
    }


def main(*chosen: str) -> None:
    """Train with all losses, or with those whose label holds one of the words, and write the result."""
    torch.set_num_threads(1)
    labels, packages = [*candidates(), *PEERS], ("porenet", "torch", "numba", "gudhi")
    again = [label for label in labels if not chosen or any(word in label for word in chosen)]
    for name in TASKS:
        for label in again:
            found = [row(name, label, seed) for seed in SEEDS]
            # Read again: a quarter of an hour is long, and another process may train with the others.
            rows = json.loads(RESULT.read_text(encoding="utf-8"))["rows"] if RESULT.exists() else []
            rows = [one for one in rows if (one["task"], one["loss"]) != (name, label)] + found
            rows.sort(key=lambda one: (list(TASKS).index(one["task"]), labels.index(one["loss"]), one["seed"]))
            result = {
                "what": f"Adam at {RATE}, epsilon {EPSILON}, {STEPS} steps, on logits of {SIDE}^3 voxels, one thread",
                "versions": {package: importlib.metadata.version(package) for package in packages},
                "rows": rows,
            }
            RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
