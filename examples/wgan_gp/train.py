"""Train a conditional WGAN-GP whose generator loss is an objective from a TOML file.

    python -m examples.wgan_gp.train examples/wgan_gp/run_a.toml --out runs/a
    torchrun --nproc_per_node 2 -m examples.wgan_gp.train examples/wgan_gp/run_a.toml --out runs/a

Exit codes: 0 trained, 1 a run failed or, with --audit, a term is dead; 2 wrong usage or config.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor

from porenet import Objective
from porenet.errors import InputError

from . import checkpoint
from .batches import GLOBAL, WEIGHTS, Batch, Batches, seed_of
from .command_line import changes_of, exit_code, trainer_parser
from .conditions import conditions
from .data import Structures, load_structures
from .networks import Critic, Generator, build
from .records import audit_of, gaps_of, hardware, keep_audit, keep_samples, show_audit
from .run_log import Display, RunLog, draw_curves
from .settings import Settings, load

AUDITED = 4
"""Structures of the batch that the audit looks at; it holds several graphs at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Trainer:
    """What a step needs: everything but its number.

    ``generator`` and ``critic`` are the networks as Fabric wraps them: in their precision, their gradients averaged
    over the processes. ``networks`` are the same without the wrapping.
    """

    settings: Settings
    fabric: Fabric
    batches: Batches
    objective: Objective
    networks: tuple[Generator, Critic]
    generator: Any
    critic: Any
    of_generator: Any
    of_critic: Any

    def critic_step(self, batch: Batch) -> dict[str, Tensor]:
        """Tell real from generated, with a slope of 1 between them (https://doi.org/10.48550/arXiv.1704.00028)."""
        with torch.no_grad():
            fake = self.generator(batch.noises[0], batch.condition, self.batches.structures.size)
        scores = self.critic(torch.cat([batch.real, fake]), torch.cat([batch.condition] * 2))
        of_real, of_fake = scores.chunk(2)
        penalty = self.slope_penalty(self.networks[1], torch.lerp(fake, batch.real, batch.blend), batch.condition)
        return self.critic_update(of_real.mean() - of_fake.mean(), penalty)

    def slope_penalty(self, critic: Critic, between: Tensor, condition: Tensor) -> Tensor:
        """Mean square of the slope of a critic less 1, at fields between generated and real ones.

        Args:
            critic: not wrapped: Fabric lets nobody but itself start a backward pass there.
            between: ``(B, P, ...)``.
            condition: ``(B, C)``.
        """
        between.requires_grad_()
        with self.fabric.autocast():
            score = critic(between, condition)
        (slope,) = torch.autograd.grad(score.sum(), between, create_graph=True)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    def critic_update(self, distance: Tensor, penalty: Tensor) -> dict[str, Tensor]:
        """Step the critic; returns what is logged of it."""
        loss = self.settings.train.gradient_penalty * penalty - distance
        self.of_critic.zero_grad()
        self.fabric.backward(loss)
        self.of_critic.step()
        return {"critic": loss.detach(), "gradient_penalty": penalty.detach(), "distance": distance.detach()}

    def generator_step(self, batch: Batch, step: int) -> tuple[dict[str, Tensor], Tensor]:
        """Please the critic and the objective; also returns the field, detached."""
        self.networks[1].requires_grad_(False)
        field = self.generator(batch.noises[1], batch.condition, self.batches.structures.size)
        adversarial = -self.critic(field, batch.condition).mean()
        wanted, terms = self.wanted(field, batch, step)
        self.of_generator.zero_grad()
        self.fabric.backward(adversarial + wanted)
        self.of_generator.step()
        self.networks[1].requires_grad_(True)
        values = {"adversarial": adversarial.detach(), "objective": wanted.detach()}
        return values | {f"terms.{label}": value for label, value in terms.items()}, field.detach()

    def wanted(self, field: Tensor, batch: Batch, step: int) -> tuple[Tensor, Mapping[str, Tensor]]:
        """What the objective adds to the generator's loss, and its terms."""
        return self.objective(field, batch.targets, step)

    def step(self, step: int) -> tuple[dict[str, Tensor], Tensor, Batch]:
        """One generator step, after those of the critic."""
        train = self.settings.train
        # For whoever draws from the global generator, such as gumbel(T).
        torch.manual_seed(seed_of(train.seed, step, GLOBAL + self.fabric.global_rank))
        for number in range(step * train.critic_steps, (step + 1) * train.critic_steps):
            batch = self.batches.draw(number)
            values = self.critic_step(batch)
        more, field = self.generator_step(batch, step)
        return values | more, field, batch

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        generator, critic = self.networks
        return {
            "generator": generator.state_dict(),
            "critic": critic.state_dict(),
            "of_generator": self.of_generator.state_dict(),
            "of_critic": self.of_critic.state_dict(),
            "condition": self.batches.conditions.shape[1],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.networks[0].load_state_dict(state["generator"])
        self.networks[1].load_state_dict(state["critic"])
        self.of_generator.load_state_dict(state["of_generator"])
        self.of_critic.load_state_dict(state["of_critic"])


Kind = TypeVar("Kind", bound=Trainer)


def prepared(settings: Settings, fabric: Fabric, structures: Structures) -> Trainer:
    """Networks, optimisers and objective of a run, on the device."""
    train = settings.train
    objective = Objective.from_run(settings.run).to(fabric.device)
    labels = structures.training.to(fabric.device)
    targets = objective.targets_of(labels)
    condition = conditions(settings, labels, targets)
    torch.manual_seed(seed_of(train.seed, 0, WEIGHTS))
    generator, critic = build(settings, structures.size, condition.shape[1])
    if fabric.device.type == "cpu":  # a fifth less time a step; on a GPU left to cuDNN
        generator, critic = (one.to(memory_format=torch.channels_last_3d) for one in (generator, critic))
    batches = Batches(
        structures,
        condition,
        targets,
        generator.noise_shape(structures.size),
        batch=train.batch,
        seed=train.seed,
        device=fabric.device,
        rank=fabric.global_rank,
        processes=fabric.world_size,
    )
    return equipped(Trainer, settings, fabric, batches, objective, (generator, critic))


def equipped(
    kind: type[Kind],
    settings: Settings,
    fabric: Fabric,
    batches: Batches,
    objective: Objective,
    networks: tuple[Generator, Any],
) -> Kind:
    """A trainer, with an optimiser for the generator and another for the critic."""
    train = settings.train
    rates = (train.learning_rate, train.critic_learning_rate or train.learning_rate)
    of_generator, of_critic = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=tuple(train.betas))
        for network, rate in zip(networks, rates, strict=True)
    )
    generator, of_generator = fabric.setup(networks[0], of_generator)
    critic, of_critic = fabric.setup(networks[1], of_critic)
    return kind(settings, fabric, batches, objective, networks, generator, critic, of_generator, of_critic)


def train(
    settings: Settings,
    folder: Path,
    *,
    resume: bool,
    audit_only: bool = False,
    read: Callable[[Settings], Structures] = load_structures,
    prepare: Callable[[Settings, Fabric, Structures], Trainer] = prepared,
) -> int:
    """Train a run and leave everything about it in its folder; returns the exit code.

    Args:
        settings: of the run.
        folder: of the run.
        resume: whether to go on from the checkpoint there.
        audit_only: whether to show the audit and stop.
        read: makes or reads the structures.
        prepare: makes what takes a step.

    Raises:
        PorenetError: the folder, the data or the objective are not fit for it, or a term became non-finite.
    """
    if not audit_only:
        checkpoint.claim(folder, resume=resume)
    fabric = launched(settings)
    structures = read(settings)
    state = None if audit_only else checkpoint.load(folder, settings, structures, fabric.world_size)
    trainer = prepare(settings, fabric, structures)
    leads, first, steps = fabric.is_global_zero, state["step"] if state else 0, settings.train.steps
    with Display(steps, first, shown=leads) as display:
        display.say(f"data: {structures.name} (sha256 {structures.fingerprint[:12]})")
        if audit_only or (leads and first == 0):
            few = trainer.batches.draw(0).first(AUDITED)
            audit = audit_of(trainer.objective, trainer.networks[0], few, structures.size, display.say)
            if not audit_only:
                keep_audit(folder, audit)
        if audit_only:
            show_audit(audit)
            return 1 if audit.failed else 0
        if state:
            trainer.restore(state)
            display.say(f"resumed at step {first}")
        elif resume:
            display.say(f"there is no checkpoint in {folder} yet; starting at step 0")
        fabric.barrier()
        log = None
        if leads:
            checkpoint.describe(folder, settings, structures, first=first, hardware=hardware(fabric))
            log = RunLog(folder, first)
        try:
            loop(trainer, range(first, steps), folder, log, display)
        finally:
            if log:
                log.close()
        if leads:
            keep_samples(folder, trainer.networks[0], trainer.batches.conditions, structures, settings.train)
            display.say(draw_curves(folder) or f"curves: {folder / 'curves.png'}")
        fabric.barrier()
    return 0


def loop(trainer: Trainer, steps: range, folder: Path, log: RunLog | None, display: Display) -> None:
    """The steps; ``log`` is that of the process that writes."""
    settings, fabric = trainer.settings, trainer.fabric
    for step in steps:
        began = time.perf_counter()
        values, field, batch = trainer.step(step)
        mean = torch.stack(list(values.values())).float()
        mean = fabric.all_reduce(mean, reduce_op="mean")
        done, last = step + 1, step + 1 == settings.train.steps
        if log:
            look = step % settings.train.gap_every == 0 or last
            others = gaps_of(trainer.objective, field, batch, step, display.say) if look else {}
            seconds = time.perf_counter() - began
            log.add(step, list(values), mean, {**others, "seconds": round(seconds, 4)})
            display.advance(step, others.get("gaps"), seconds)
        if log and (done % settings.train.checkpoint_every == 0 or last):
            log.flush()
            state = {"step": done, **trainer.state()}
            checkpoint.save(folder, state, settings, trainer.batches.structures, fabric.world_size)


def launched(settings: Settings) -> Fabric:
    """Fabric on the device that the run asks for; under torchrun, this process's part of it."""
    train = settings.train
    if train.device == "cuda" and not torch.cuda.is_available():
        raise InputError("no CUDA device is there", where="train.device", fix="Use --device cpu, or auto.")
    world = int(os.environ.get("WORLD_SIZE", 1))
    if train.batch % world:
        raise InputError(f"{train.batch} structures do not part into {world} processes", where="train.batch")
    local = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    device = train.device if train.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    fabric = Fabric(
        accelerator=device, devices=local, num_nodes=world // local, precision=train.precision,
        strategy="ddp" if world > 1 else "auto",
    )  # fmt: skip
    fabric.launch()
    return fabric


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = trainer_parser("examples.wgan_gp.train", __doc__).parse_args(argv)

    def work() -> int:
        settings = load(options.run, changes_of(options))
        folder = options.out or Path("runs") / options.run.stem
        return train(settings, folder, resume=options.resume, audit_only=options.audit)

    return exit_code(work, debug=options.debug)


if __name__ == "__main__":
    sys.exit(main())
