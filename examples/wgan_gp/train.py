"""Train a conditional WGAN-GP whose generator loss is an objective from a TOML file.

    python -m examples.wgan_gp.train examples/wgan_gp/run_a.toml --out runs/a
    torchrun --nproc_per_node 2 -m examples.wgan_gp.train examples/wgan_gp/run_a.toml --out runs/a

Exit codes: 0 trained, 1 a run failed or, with --audit, a term is dead; 2 wrong usage or config.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor

from porenet import Objective, audit, generation
from porenet.generation import Batch, Batches, Identity, RunFolder, Structures, TrainingRecorder, seed_of
from porenet.objective import BalancedGradient

from .networks import Generator, critic_of, generator_of
from .settings import DEFAULTS, Settings, load

AUDITED = 4
"""Structures of the batch that the audit looks at; it holds several graphs at once."""
FIRST = 1 << 40
"""Number of the first batch that the critic sees before the generator moves; no step comes to it."""
CHOICE = generation.GLOBAL + 1
"""Purpose of a seed (see `seed_of`): the noise of the structures that choose the step to keep; no evaluation has it."""
FREE = ("train.steps", "train.checkpoint_every", "train.samples", "evaluate", "data.path")
"""What a resumed run may change: none of it changes what a step does. Structures are known by their fingerprint."""


@dataclass(frozen=True, slots=True, eq=False)
class Trainer:
    """What a step needs: everything but its number.

    ``generator`` and ``critic`` are the networks as Fabric wraps them: in their precision, their gradients averaged
    over the processes; ``of_generator`` and ``of_critic`` are their optimisers. ``networks`` are both networks without
    the wrapping. ``choice`` keeps the best step, on the process that leads, where a run asks for it.
    """

    settings: Settings
    fabric: Fabric
    batches: Batches
    objective: Objective
    networks: tuple[Generator, Any]
    generator: Any
    critic: Any
    of_generator: Any
    of_critic: Any
    choice: generation.StepChoice | None = None

    def step(self, step: int) -> tuple[dict[str, Tensor], Tensor, Batch]:
        """One generator step, after those of the critic; returns what is logged, the field and its batch."""
        train = self.settings.train
        # The batches have seeds of their own; this one is for a relaxation that draws, such as gumbel(T).
        torch.manual_seed(seed_of(train.seed, step, generation.GLOBAL + self.fabric.global_rank))
        first = range(FIRST, FIRST + train.critic_first) if step == 0 else ()
        for number in (*first, *range(step * train.critic_steps, (step + 1) * train.critic_steps)):
            batch = self.batches.draw(number)
            values = self.critic_step(batch, number)
        more, field = self.generator_step(batch, step)
        return values | more, field, batch

    def critic_step(self, batch: Batch, number: int) -> dict[str, Tensor]:
        """Tell real from generated, with a slope of 1 between them (https://doi.org/10.48550/arXiv.1704.00028)."""
        with torch.no_grad():
            fake = self.seen(self.generator(batch.noises[0], batch.condition, self.batches.structures.size))
        scores = self.critic(torch.cat([batch.real, fake]), torch.cat([batch.condition] * 2))
        of_real, of_fake = scores.chunk(2)
        penalty = torch.zeros_like(of_real[0])
        if number % self.settings.train.penalty_every == 0:
            penalty = self.slope_penalty(self.networks[1], torch.lerp(fake, batch.real, batch.blend), batch.condition)
        return self.critic_update(of_real.mean() - of_fake.mean(), penalty)

    def seen(self, field: Tensor) -> Tensor:
        """A generated field as the critic sees it."""
        return generation.critic_view(field, self.settings.train.critic_reads)

    def slope_penalty(self, critic: Any, between: Tensor, condition: Tensor) -> Tensor:
        """Mean of (slope - 1)^2 of a critic, at fields between generated and real ones; or where it is above 1 only.

        Args:
            critic: the network itself, for only Fabric may start a backward pass in what it wraps.
            between: ``(B, P, ...)``.
            condition: ``(B, C)``.
        """
        between.requires_grad_()
        with self.fabric.autocast():
            score = critic(between, condition)
        (slope,) = torch.autograd.grad(score.sum(), between, create_graph=True)
        excess = slope.flatten(1).norm(dim=1) - 1
        return (excess.relu() if self.settings.train.penalty == "above_1" else excess).square().mean()

    def critic_update(self, distance: Tensor, penalty: Tensor) -> dict[str, Tensor]:
        """Step the critic; returns what is logged of it."""
        table = self.settings.train
        loss = table.gradient_penalty * table.penalty_every * penalty - distance
        self.of_critic.zero_grad()
        self.fabric.backward(loss)
        self.of_critic.step()
        return {"critic": loss.detach(), "gradient_penalty": penalty.detach(), "distance": distance.detach()}

    def generator_step(self, batch: Batch, step: int) -> tuple[dict[str, Tensor], Tensor]:
        """Please the critic and the objective; also returns the field, detached."""
        self.networks[1].requires_grad_(False)
        field = self.generator(batch.noises[1], batch.condition, self.batches.structures.size)
        leaf = field.detach().requires_grad_()  # both gradients are taken at the field, and go on together
        with self.fabric.autocast():
            adversarial = -self.networks[1](self.seen(leaf), batch.condition).mean()
        balance = self.balanced(leaf, adversarial, batch, step)
        self.of_generator.zero_grad()
        self.fabric.backward(field, gradient=balance.gradient)
        self.of_generator.step()
        self.networks[1].requires_grad_(True)
        values = {"adversarial": adversarial.detach(), "objective": balance.total, "critic_norm": balance.other_norm}
        values |= {"objective_norm": balance.objective_norm, "objective_scale": balance.scale}
        return values | {f"terms.{label}": value for label, value in balance.terms.items()}, field.detach()

    def balanced(self, field: Tensor, adversarial: Tensor, batch: Batch, step: int) -> BalancedGradient:
        """What critic and objective ask of the field."""
        share = self.settings.train.objective_share
        return self.objective.balanced(field, adversarial, batch.targets, step, share=share)

    def choose(self, steps: int, say: Callable[[str], object]) -> None:
        """Score the generator after so many steps, if it is a candidate."""
        if self.choice:  # of the process that leads
            said = self.choice.look(steps, self.settings.train.steps, self.networks[0].state_dict)
            if said:
                say(said)

    def audited(self) -> Any:
        """The audit of every term, with the generator as it is."""
        few = self.batches.draw(0).first(AUDITED)
        inputs = (few.noises[0], few.condition, self.batches.structures.size)
        return audit(self.objective, self.networks[0], (inputs, few.targets))

    @property
    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds, by name."""
        generator, critic = self.networks
        parts = {"generator": generator, "critic": critic, "objective": self.objective}
        parts |= {"of_generator": self.of_generator, "of_critic": self.of_critic}
        return parts | ({"choice": self.choice} if self.choice else {})

    def state(self) -> dict[str, Any]:
        """The state of a checkpoint, and how long its conditions are."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        return states | {"condition": self.batches.conditions.shape[1]}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        older = {"objective": self.objective.state_dict()}  # a checkpoint from before it had running norms
        for name, part in self.parts.items():
            part.load_state_dict((older | state)[name])


Kind = TypeVar("Kind", bound=Trainer)


def prepared(
    settings: Settings, fabric: Fabric, structures: Structures, fields: generation.SkewedFields | None = None
) -> Trainer:
    """Networks, optimisers and objective of a run, on the device."""
    table, objective = settings.train, Objective.from_run(settings.run).to(fabric.device)
    labels = structures.training.to(fabric.device)
    targets = objective.targets_of(labels)
    condition = generation.descriptor_conditions(structures.grid, labels, settings.network.condition)
    torch.manual_seed(seed_of(table.seed, 0, generation.WEIGHTS))
    generator = generator_of(settings, condition.shape[1], fields)
    critic = critic_of(settings, structures.size, condition.shape[1])
    if fabric.device.type == "cpu":  # a fifth less time a step; on a GPU left to cuDNN
        generator, critic = (network.to(memory_format=torch.channels_last_3d) for network in (generator, critic))
    batches = Batches(
        structures, condition, targets, generator.noise_shape(structures.size), batch=table.batch, seed=table.seed,
        device=fabric.device, rank=fabric.global_rank, processes=fabric.world_size,
    )  # fmt: skip
    trainer = equipped(Trainer, settings, fabric, batches, objective, (generator, critic))
    if table.choose_every is None or not fabric.is_global_zero:
        return trainer
    reservoirs, noise = settings.run.reservoirs, seed_of(table.seed, 1, CHOICE) % 2**32
    score = generation.training_scorer(
        generator, condition, structures, reservoirs=reservoirs, n=table.choose_from, seed=noise
    )
    return replace(trainer, choice=generation.StepChoice(score, every=table.choose_every))


def equipped(
    kind: type[Kind], settings: Settings, fabric: Fabric, batches: Batches, objective: Objective, networks: Any
) -> Kind:
    """A trainer, with an optimiser for the generator and another for the critic."""
    table = settings.train
    rates = (table.learning_rate, table.critic_learning_rate or table.learning_rate)
    of_generator, of_critic = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=tuple(table.betas))
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
    read: Callable[[Settings], Structures] = lambda settings: generation.load_structures(settings.data, settings.run),
    prepare: Callable[..., Trainer] = prepared,
) -> int:
    """Train a run and leave everything about it in its folder; returns the exit code.

    ``read`` makes or reads the structures, ``prepare`` gives the trainer; ``audit_only`` shows the audit and stops.
    """
    run, table = RunFolder(folder), settings.train
    if not audit_only:
        run.claim(resume=resume)
    fabric = generation.launched_fabric(table.device, precision=table.precision, batch=table.batch)
    structures = read(settings)
    config, fields = settings.resolved(), []
    if settings.network.fields:
        keep = fabric.is_global_zero and not audit_only
        fields = [generation.fields_at_start(folder, structures.grid, structures.training.numpy(), keep=keep)]
        config["fields"] = fields[0].described()
    identity = Identity(config, structures.name, structures.fingerprint, fabric.world_size)
    state = None if audit_only else run.load(identity, table.steps, free=FREE, defaults=DEFAULTS)
    trainer, first = prepare(settings, fabric, structures, *fields), state["step"] if state else 0
    every = {"gap_every": table.gap_every, "checkpoint_every": table.checkpoint_every}
    with TrainingRecorder(run, identity, range(first, table.steps), leads=fabric.is_global_zero, **every) as recorder:
        recorder.say(f"data: {structures.name} (sha256 {structures.fingerprint[:12]})")
        if audit_only:
            audited = trainer.audited()
            recorder.say_findings(audited)
            print(generation.audit_text(audited))
            return 1 if audited.failed else 0
        if first == 0 and fabric.is_global_zero:
            recorder.keep_audit(trainer.audited())
        if state:
            trainer.restore(state)
            recorder.say(f"resumed at step {first}")
        elif resume:
            recorder.say(f"there is no checkpoint in {folder} yet; starting at step 0")
        fabric.barrier()
        record = {"data": structures.described(), "overrides": settings.overrides, "config": identity.config}
        recorder.begin(settings.run.document.toml(), record, generation.device_words(fabric.device, fabric.world_size))
        trainer.choose(first, recorder.say)
        for step in recorder.steps:
            values, field, batch = trainer.step(step)
            mean = fabric.all_reduce(torch.stack(list(values.values())).float(), reduce_op="mean")
            means = dict(zip(values, mean, strict=True))
            trainer.choose(step + 1, recorder.say)
            recorder.add(step, means, trainer.objective, field, batch.targets, trainer.state)
        if table.samples and fabric.is_global_zero:
            conditions = trainer.batches.conditions
            chosen = conditions[torch.arange(table.samples) % len(conditions)]
            seed = seed_of(table.seed, 0, generation.SAMPLES)
            labels = generation.sampled_labels(trainer.networks[0], chosen, structures.size, seed=seed)
            generation.write_structures(folder / "samples", labels, structures.grid)
        recorder.end()
        fabric.barrier()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = generation.trainer_parser("examples.wgan_gp.train", str(__doc__)).parse_args(argv)

    def work() -> int:
        settings = load(options.run, generation.command_changes(options))
        folder = options.out or Path("runs") / options.run.stem
        return train(settings, folder, resume=options.resume, audit_only=options.audit)

    return generation.exit_code(work, debug=options.debug)


if __name__ == "__main__":
    sys.exit(main())
