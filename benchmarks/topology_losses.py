"""What it costs to see a path: porenet's losses of percolation and transport beside clDice and persistent homology.

Run as ``python -m benchmarks.topology_losses``; about ten minutes, most of them the peers'. With words after it, only
rows whose names hold one of them are timed, in turn, and the others stay as they are. One phase of three, forward and
backward, one thread. Bar: ``first_passage`` at 8 x 3 x 64^3 below a quarter of a step of the published preset.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"  # before torch and numba read it

import torch
from torch import Tensor

import porenet
from benchmarks.soft_skeleton import soft_cldice
from porenet.registry import installed

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "topology_losses.json"
STEP = ROOT / "benchmarks" / "results" / "wgan_gp_step.json"
GRID = porenet.Grid(("Ni", "YSZ", "pore"), (0.1,) * 3)
SIDE, BATCHES, RUNS, CHANNEL = 64, (1, 8), 5, 2
FIELDS = ("smooth", "noise")
ITERATIONS = (3, 10)
BAR = 0.25
PORE = {"phase": "pore"}
OWN: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("first_passage", {"form": "through"}),
    ("first_passage", {"form": "reachable"}),
    ("first_passage", {"form": "both"}),
    ("maximin", {}),
    ("conductance", {}),
    ("tortuosity", {}),
)


def field(kind: str, batch: int) -> Tensor:
    """Probabilities as a generator gives them, in patches of 8 voxels; or of independent voxels, the worst there is."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(batch, 3, SIDE, SIDE, SIDE, generator=generator)
    if kind == "smooth":
        coarse = torch.randn(batch, 3, SIDE // 8, SIDE // 8, SIDE // 8, generator=generator)
        logits = 3 * torch.nn.functional.interpolate(coarse, size=(SIDE,) * 3, mode="trilinear") + 0.1 * logits
    return logits.softmax(dim=1)


def main() -> None:
    """Time all in turn, print a row a loss and field, write the result."""
    torch.set_num_threads(1)
    words = sys.argv[1:] or [""]
    ways = {name: way for name, way in {**_own(), **_peers()}.items() if any(word in name for word in words)}
    rows: list[dict[str, Any]] = [{"loss": name, "ms": {}} for name in ways]
    for batch in BATCHES:
        for kind in FIELDS:
            shown = field(kind, batch).requires_grad_()
            for row, milliseconds in zip(rows, _in_turn(shown, ways), strict=True):
                row["ms"][f"{batch} {kind}"] = milliseconds
    if sys.argv[1:]:
        timed = {row["loss"]: row for row in rows}
        rows = [timed.get(row["loss"], row) for row in json.loads(RESULT.read_text())["rows"]]
    step_s = json.loads(STEP.read_text())["step_s"]
    slowest = max(rows[2]["ms"][f"{BATCHES[-1]} {kind}"] for kind in FIELDS)
    names = ["porenet", "torch", "numba", "gudhi", *(["cripser"] if importlib.util.find_spec("cripser") else [])]
    result = {
        "what": f"CPU ms of forward and backward at B x 3 x {SIDE}^3 float32, B and the kind of field by column, one "
        f"phase, one thread, run in turn, median of {RUNS} (of 3 where one takes seconds)",
        "rows": rows,
        "share_of_a_step": round(slowest / 1e3 / step_s, 5),
        "bar": BAR,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in names},
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    for row in rows:
        print(json.dumps(row))
    print(f"first_passage, both forms: {100 * result['share_of_a_step']:.2f} % of a step (bar {100 * BAR:.0f} %)")


def _own() -> dict[str, Callable[[Tensor], Tensor]]:
    known = {each.spec.name for each in installed().components if each.spec.kind == "loss"}
    return {
        " ".join((name, *map(str, params.values()))): _of(porenet.create_loss(name, GRID, **PORE, **params))
        for name, params in OWN
        if name in known
    }


def _peers() -> dict[str, Callable[[Tensor], Tensor]]:
    sys.path.append(str(ROOT / "examples" / "third_party" / "porenet-persistence"))
    from porenet_persistence.persistence import Persistence

    mask = field("smooth", 1).argmax(dim=1) == CHANNEL  # some mask: the cost is the same for all

    def cldice(iterations: int) -> Callable[[Tensor], Tensor]:
        return lambda shown: soft_cldice(shown[:, CHANNEL], mask.expand(len(shown), -1, -1, -1), iterations)

    peers = {f"clDice, {iterations} erosions": cldice(iterations) for iterations in ITERATIONS}
    peers["persistence (gudhi)"] = _of(Persistence(GRID, **PORE))
    if importlib.util.find_spec("cripser"):
        from benchmarks.ripser_persistence import surplus

        peers["persistence (CubicalRipser)"] = lambda shown: surplus(shown[:, CHANNEL])
    else:
        print("CubicalRipser is not installed (pip install cripser): it is left out", file=sys.stderr)
    return peers


def _of(loss: Any) -> Callable[[Tensor], Tensor]:
    return lambda shown: loss(shown, {})


def _in_turn(shown: Tensor, ways: Mapping[str, Callable[[Tensor], Tensor]]) -> list[float]:
    """Median milliseconds of each."""
    seconds = [[_seconds(shown, loss)] for loss in ways.values()]  # the first compiles
    slow = sum(first for (first,) in seconds) > 10
    for _ in range(3 if slow else RUNS):
        for times, loss in zip(seconds, ways.values(), strict=True):
            times.append(_seconds(shown, loss))
    return [round(1e3 * statistics.median(times[1:]), 1) for times in seconds]


def _seconds(shown: Tensor, loss: Callable[[Tensor], Tensor]) -> float:
    shown.grad = None
    start = time.process_time()
    loss(shown).mean().backward()
    return time.process_time() - start


if __name__ == "__main__":
    main()
