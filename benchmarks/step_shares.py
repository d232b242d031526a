"""What the objectives of runs B, C and D take of a training step, at the preset that ships and the published one.

Run as ``python -m benchmarks.step_shares`` (8 x 24^3 and 8 x 64^3), or with the names of presets, whose rows are then
replaced; CPU time, one thread, networks and objective in turn. A step is a critic's step with its gradient penalty, a
generator's step, and the objective forward and backward; optimisers, data and the holding of fractions and networks are
left out. Objectives read a field of rounded features whose volume fractions are held, as a generator of run D makes
them. Bar: 10 % of a step.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch reads it

import torch
from torch import Tensor
from torch.nn import functional

import porenet
from examples.wgan_gp.networks import PRESETS, Generator
from porenet.generation import StridedCritic, hold_fractions

EXAMPLE = Path(__file__).parents[1] / "examples" / "wgan_gp"
RESULT = Path(__file__).parent / "results" / "step_shares.json"
BATCH, PHASES, CONDITION = 8, 3, 6
SIZES = {"small": 24, "published": 64}
TURNS = {"small": 9, "published": 3}
RUNS = ("run_b", "run_c", "run_d")
BAR = 0.1


def main() -> None:
    """Time both presets and write the result."""
    torch.set_num_threads(1)
    names = sys.argv[1:] or list(SIZES)
    rows = [row for name in names for row in shares(name)]
    if sys.argv[1:] and RESULT.exists():
        others = json.loads(RESULT.read_text(encoding="utf-8"))["shares"]
        rows = sorted([*(row for row in others if row["preset"] not in names), *rows], key=lambda row: row["voxels"])
    result = {
        "what": f"CPU ms, batch {BATCH}, {PHASES} phases, float32, one thread, networks and objective in turn; median "
        f"of {TURNS['small']} (published preset: {TURNS['published']}); share: of networks and objective together",
        "shares": rows,
        "bar": BAR,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in ("porenet", "torch", "numba")},
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def shares(name: str) -> list[dict[str, Any]]:
    """A row per run of a preset."""
    torch.manual_seed(0)
    size = SIZES[name]
    networks, field = networks_of(name, size), field_of(size, seed=1).requires_grad_()
    labels = field_of(size, seed=2).argmax(dim=1)
    objectives = {run: porenet.Objective.from_run(EXAMPLE / f"{run}.toml") for run in RUNS}
    targets = {run: objective.targets_of(labels) for run, objective in objectives.items()}

    def losses(run: str) -> None:
        field.grad = None
        objectives[run](field, targets[run])[0].backward()

    work: dict[str, Callable[[], None]] = {"networks": networks}
    work |= {run: (lambda run=run: losses(run)) for run in RUNS}  # type: ignore[misc]
    for each in RUNS:
        work[each]()  # compiles
    turns = [{key: seconds(each) for key, each in work.items()} for _ in range(TURNS[name])]
    step_ms = 1e3 * statistics.median(turn["networks"] for turn in turns)
    return [
        {
            "preset": name,
            "voxels": size,
            "run": run,
            "networks_ms": round(step_ms, 1),
            "objective_ms": round(1e3 * statistics.median(turn[run] for turn in turns), 2),
            "share": round(statistics.median(turn[run] / (turn["networks"] + turn[run]) for turn in turns), 4),
        }
        for run in RUNS
    ]


def networks_of(name: str, size: int) -> Callable[[], None]:
    """A step of both networks of a preset, without optimisers."""
    preset = PRESETS[name]
    generator = Generator(PHASES, CONDITION, latent=preset["latent"], channels=preset["generator"])
    critic = StridedCritic(PHASES, CONDITION, channels=preset["critic"], size=(size,) * 3)
    networks = [network.to(memory_format=torch.channels_last_3d) for network in (generator, critic)]  # as it trains
    condition = torch.full((BATCH, CONDITION), 0.3)
    labels = torch.randint(0, PHASES, (BATCH, size, size, size))
    real = functional.one_hot(labels, PHASES).movedim(-1, 1).float().contiguous()

    def step() -> None:
        for network in networks:
            network.zero_grad()
        noise = torch.randn(BATCH, *generator.noise_shape((size,) * 3))
        with torch.no_grad():
            fake = generator(noise, condition, (size,) * 3)
        between = torch.lerp(fake, real, torch.rand(BATCH, 1, 1, 1, 1)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between, condition).sum(), between, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        (critic(fake, condition).mean() - critic(real, condition).mean() + 10 * penalty).backward()
        critic.requires_grad_(False)
        (-critic(generator(noise, condition, (size,) * 3), condition).mean()).backward()
        critic.requires_grad_(True)

    return step


def field_of(size: int, *, seed: int) -> Tensor:
    """Probabilities ``(B, P, size, size, size)`` of rounded features, a third of each phase."""
    noise = torch.randn(BATCH, PHASES, size, size, size, generator=torch.Generator().manual_seed(seed))
    rounded = functional.avg_pool3d(functional.avg_pool3d(noise, 5, 1, 2), 3, 1, 1, count_include_pad=False)
    return hold_fractions(10 * rounded, torch.full((BATCH, PHASES), 1 / PHASES)).softmax(dim=1)


def seconds(work: Callable[[], None]) -> float:
    """CPU time of a call, s."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
