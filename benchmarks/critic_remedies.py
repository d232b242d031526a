"""Critics that differ from that of run E: a penalty on real structures only, and one that sees how a batch scatters."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from examples.wgan_gp.settings import Settings
from examples.wgan_gp.train import Trainer, equipped, prepared
from porenet.generation import Batch, StridedCritic, constant_channels

GAMMA = 1.0
"""Weight of half the squared slope at real structures (R1)."""


class RealSlopeTrainer(Trainer):
    """Logistic losses and R1, the squared slope of the critic at real structures (https://arxiv.org/abs/1801.04406)."""

    def critic_step(self, batch: Batch, number: int) -> dict[str, Tensor]:
        """Tell real from generated, with no slope where the real ones are."""
        with torch.no_grad():
            fake = self.seen(self.generator(batch.noises[0], batch.condition, self.batches.structures.size))
        real = batch.real.requires_grad_()
        of_real, of_fake = self.critic(torch.cat([real, fake]), torch.cat([batch.condition] * 2)).chunk(2)
        (slope,) = torch.autograd.grad(of_real.sum(), real, create_graph=True)
        penalty = slope.flatten(1).square().sum(dim=1).mean()
        loss = softplus(-of_real).mean() + softplus(of_fake).mean() + GAMMA / 2 * penalty
        self.of_critic.zero_grad()
        self.fabric.backward(loss)
        self.of_critic.step()
        distance = (of_real.mean() - of_fake.mean()).detach()
        return {"critic": loss.detach(), "gradient_penalty": penalty.detach(), "distance": distance}


class SpreadCritic(nn.Module):
    """A critic whose head also sees by how much a batch scatters (https://arxiv.org/abs/1710.10196).

    Args:
        critic: its layers are taken.
        batch: structures per group.
    """

    def __init__(self, critic: StridedCritic, batch: int) -> None:
        super().__init__()
        *layers, head = critic.layers
        self.layers, self.batch = nn.Sequential(*layers), batch
        self.head = nn.Conv3d(head.in_channels + 1, 1, head.kernel_size)

    def forward(self, field: Tensor, condition: Tensor) -> Tensor:
        """Scores ``(B,)`` of fields ``(B, P, Z, Y, X)``, group by group."""
        seen = self.layers(torch.cat([field, constant_channels(condition, field.shape[2:])], dim=1))
        groups = seen.view(-1, min(self.batch, len(seen)), *seen.shape[1:])
        spread = (groups.var(dim=1, unbiased=False) + 1e-8).sqrt().flatten(1).mean(dim=1)
        channel = spread.repeat_interleave(groups.shape[1]).view(-1, 1, 1, 1, 1).expand(-1, 1, *seen.shape[2:])
        score: Tensor = self.head(torch.cat([seen, channel], dim=1))
        return score.flatten().float()


def with_real_slope(settings: Settings, *args: Any) -> Trainer:
    """The trainer of a run, with R1 in place of its penalty."""
    trainer = prepared(settings, *args)
    return RealSlopeTrainer(**{field.name: getattr(trainer, field.name) for field in fields(trainer)})


def with_spread(settings: Settings, fabric: Any, *args: Any) -> Trainer:
    """The trainer of a run, with a critic that sees the spread of a batch."""
    trainer = prepared(settings, fabric, *args)
    generator, critic = trainer.networks
    networks = generator, SpreadCritic(critic, settings.train.batch).to(memory_format=torch.channels_last_3d)
    spread = equipped(Trainer, settings, fabric, trainer.batches, trainer.objective, networks)
    return Trainer(**{field.name: getattr(spread, field.name) for field in fields(spread)} | {"choice": trainer.choice})
