"""What the named losses of run B cost beside a training step: the published preset at 64^3, batch 8, one thread.

And what a structure costs on its way from logits to losses: to decode it straight through, and to hold its volume
fractions and networks as run D does.

Run as ``python -m benchmarks.wgan_gp_step``, one to three minutes. Bars: at most 10 % of a step, and less than half of
what an isolation by conv3d alone costs.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch reads it

import torch
from torch import Tensor
from torch.nn import functional

import porenet
from examples.wgan_gp.networks import PRESETS, Generator
from porenet.generation import Channel, StridedCritic, hold_fractions, join_networks
from porenet.relaxation import straight_through

EXAMPLE = Path(__file__).parents[1] / "examples" / "wgan_gp"
RESULT = Path(__file__).parent / "results" / "wgan_gp_step.json"
SIZE, BATCH = 64, 8
STEPS, REPEATS = 2, 7


def main() -> None:
    """Time a step's networks, run B's objective and the conv3d, and write the result."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    objective = porenet.Objective.from_run(EXAMPLE / "run_b.toml")
    preset = PRESETS["published"]
    generator = Generator(3, 6, latent=preset["latent"], channels=preset["generator"])
    critic = StridedCritic(3, 6, channels=preset["critic"], size=(SIZE,) * 3)
    condition = torch.full((BATCH, 6), 0.3)
    labels = torch.randint(0, 3, (BATCH, SIZE, SIZE, SIZE))
    real = functional.one_hot(labels, 3).movedim(-1, 1).float().contiguous()
    targets = objective.targets_of(labels)
    field = torch.randn(BATCH, 3, SIZE, SIZE, SIZE).softmax(dim=1).requires_grad_()

    def networks() -> None:
        noise = torch.randn(BATCH, *generator.noise_shape((SIZE,) * 3))
        with torch.no_grad():
            fake = generator(noise, condition)
        between = torch.lerp(fake, real, torch.rand(BATCH, 1, 1, 1, 1)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between, condition).sum(), between, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        (critic(fake, condition).mean() - critic(real, condition).mean() + 10 * penalty).backward()
        (-critic(generator(noise, condition), condition).mean()).backward()

    def losses() -> None:
        field.grad = None
        objective(field, targets)[0].backward()

    kernel = torch.zeros(1, 1, 3, 3, 3)
    for place in ((0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2)):
        kernel[(0, 0, *place)] = 1

    def isolation_by_conv3d() -> None:
        field.grad = None
        pore = field[:, 2:]
        neighbours = functional.conv3d(pore, kernel, padding=1) / 6
        (50 * (pore * (1 - neighbours)).mean()).backward()

    def forward(work: Callable[[Tensor], object]) -> float:
        return statistics.median([_seconds(lambda: work(logits)) for _ in range(REPEATS + 1)][1:])

    fractions = torch.full((BATCH, 3), 1 / 3)
    noise = torch.randn(BATCH, 3, SIZE, SIZE, SIZE)
    logits = hold_fractions(5 * functional.avg_pool3d(noise, 5, 1, 2, count_include_pad=False), fractions)
    lean = logits.clone()
    lean[:, 2] -= 1.5  # so little pore that none of it crosses
    channels = (Channel(0, "z_min", "z_max"), Channel(1, "z_max", "z_min"), Channel(2, "z_min", "z_max"))
    open_sides = (False, False, False)
    if not torch.equal(join_networks(logits, channels, periodic=open_sides), logits):
        raise RuntimeError("all phases were to cross")
    if (join_networks(lean, channels, periodic=open_sides) == lean).flatten(1).all(dim=1).any():
        raise RuntimeError("a phase was to be cut in every structure")

    step_s = statistics.median(_seconds(networks) for _ in range(STEPS))
    pairs = [(_seconds(losses), _seconds(isolation_by_conv3d)) for _ in range(REPEATS + 1)][1:]  # the first compiles
    losses_s, conv_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    result = {
        "what": f"seconds, {BATCH} x 3 x {SIZE}^3 float32, one thread; losses: median of {REPEATS}, step: of {STEPS}",
        "step_s": round(step_s, 2),
        "losses_of_run_b_s": round(losses_s, 4),
        "isolation_by_conv3d_s": round(conv_s, 4),
        "straight_through_s": round(forward(lambda one: straight_through(one.softmax(dim=1))), 4),
        "held_fractions_s": round(forward(lambda one: hold_fractions(one, fractions)), 4),
        "held_networks_s": round(forward(lambda one: join_networks(one, channels, periodic=open_sides)), 4),
        "held_networks_of_cut_phases_s": round(
            forward(lambda _: join_networks(lean, channels, periodic=open_sides)), 4
        ),
        "share_of_the_step": round(losses_s / step_s, 5),
        "share_of_the_conv3d": round(statistics.median(one / other for one, other in pairs), 3),
        "bars": {"share_of_the_step": 0.10, "share_of_the_conv3d": 0.5},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in ("porenet", "torch", "numba")},
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
