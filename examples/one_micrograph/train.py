"""Train a generator of volumes on one micrograph: three slice critics, and named losses on the volume's slices.

    python -m examples.one_micrograph.train examples/one_micrograph/sofc.toml --out runs/named
    python -m examples.one_micrograph.train examples/one_micrograph/sofc.toml --out runs/slicegan --without-losses
    python -m examples.one_micrograph.evaluate runs/named runs/slicegan

Critics and schedule are SliceGAN's (https://doi.org/10.1038/s42256-021-00322-1): each critic tells the slices of the
generated volumes across one axis from crops of the micrograph. --without-losses is that recipe and nothing else.
For a micrograph of yours set [grid] and data.path in a copy of the run; README.md says how.
Exit codes: 0 trained, 1 a run failed or, with --audit, a term is dead; 2 wrong usage or config.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from examples.wgan_gp.networks import critic_of, generator_of
from examples.wgan_gp.settings import Settings, load
from examples.wgan_gp.train import Trainer, equipped, train
from porenet import Objective
from porenet.generation import (
    WEIGHTS,
    Batch,
    Structures,
    command_changes,
    exit_code,
    seed_of,
    trainer_parser,
)
from porenet.objective import BalancedGradient, targets_of_sections

from .micrographs import SOURCES, CropBatches, load_sections, read_sections


def slices(fields: Tensor) -> Iterator[Tensor]:
    """All slices of ``(B, P, Z, Y, X)`` across z, y and x: ``(B n, P, A, B)`` each."""
    return (fields.movedim(axis, 1).flatten(0, 1) for axis in (2, 3, 4))


class SliceCritics(nn.Module):
    """A critic of the slices across each axis."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        size = (settings.data.size,) * 2
        self.each = nn.ModuleList(critic_of(settings, size, 0) for _ in range(3))

    def forward(self, fields: Tensor, condition: Tensor) -> Tensor:
        """Scores ``(B,)``, summed over the critics: of volumes, means over their slices; or of ``(B, P, Y, X)``."""
        families = slices(fields) if fields.ndim == 5 else [fields] * 3
        scores = [critic(few, few.new_zeros((len(few), 0))) for critic, few in zip(self.each, families, strict=True)]
        return torch.stack([score.view(len(fields), -1).mean(dim=1) for score in scores]).sum(dim=0)


@dataclass(frozen=True, slots=True, eq=False)
class SliceTrainer(Trainer):
    """The shared trainer with critics of slices."""

    def critic_step(self, batch: Batch, number: int) -> dict[str, Tensor]:
        """Tell crops of the micrograph from slices of generated volumes."""
        with torch.no_grad():
            fake = self.seen(self.generator(batch.noises[0], batch.condition, self.batches.structures.size))
        distance = self.critic(batch.real, batch.condition).mean() - self.critic(fake, batch.condition).mean()
        penalties = []
        for critic, family in zip(self.networks[1].each, slices(fake), strict=True):
            few = family[torch.randperm(len(family))[: len(batch.real)].to(family.device)]
            between = torch.lerp(few, batch.real[: len(few)], batch.blend[: len(few)])
            penalties.append(self.slope_penalty(critic, between, between.new_zeros((len(few), 0))))
        return self.critic_update(distance, torch.stack(penalties).sum())

    def balanced(self, field: Tensor, adversarial: Tensor, batch: Batch, step: int) -> BalancedGradient:
        """What critics and objective ask of the field; the critics alone if this is SliceGAN's recipe."""
        if self.settings.data.named_losses:
            return Trainer.balanced(self, field, adversarial, batch, step)  # no super() in a class with slots
        (gradient,) = torch.autograd.grad(adversarial, field)
        nothing = field.new_zeros(())
        return BalancedGradient(gradient, gradient.norm(), nothing, nothing + 1, nothing, {})


def prepared(settings: Settings, fabric: Fabric, structures: Structures) -> SliceTrainer:
    """Networks, optimisers and objective of a run, on the device."""
    objective, (sections, _) = Objective.from_run(settings.run).to(fabric.device), read_sections(settings)
    torch.manual_seed(seed_of(settings.train.seed, 0, WEIGHTS))
    generator, critics = generator_of(settings, 0), SliceCritics(settings)
    batches = CropBatches(
        structures,
        torch.zeros((1, 0), device=fabric.device),
        targets_of_sections(objective, sections).to(fabric.device),
        generator.noise_shape(structures.size),
        batch=settings.train.batch,
        seed=settings.train.seed,
        device=fabric.device,
        rank=fabric.global_rank,
        processes=fabric.world_size,
        sections=sections,
        crops=settings.data.crops,
    )
    return equipped(SliceTrainer, settings, fabric, batches, objective, (generator, critics))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = trainer_parser("examples.one_micrograph.train", str(__doc__))
    parser.add_argument("--without-losses", action="store_true", help="SliceGAN's recipe: critics alone")
    parser.add_argument("--layer", type=int, help="in place of data.layer")
    options = parser.parse_args(argv)
    changes = {"named_losses": False} if options.without_losses else {}
    changes |= {} if options.layer is None else {"layer": options.layer}

    def work() -> int:
        settings = load(options.run, {"data": changes, **command_changes(options)}, SOURCES)
        folder = options.out or Path("runs") / options.run.stem
        return train(
            settings, folder, resume=options.resume, audit_only=options.audit, read=load_sections, prepare=prepared
        )

    return exit_code(work, debug=options.debug)


if __name__ == "__main__":
    sys.exit(main())
