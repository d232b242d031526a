"""The generator and the critic: fully convolutional, of any number of phases, conditional on descriptors.

Geometry. Each block enlarges twice and convolves without padding, n -> 2n - 2; the last gives up one voxel more on each
side, n -> 2n - 4. So k blocks make the edge 2^k (s - 2) of a latent edge s: five of them 32 s - 64, as published (64 at
s = 4, 96 at s = 5). An edge in between is cropped out of the middle of the next larger one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from porenet import Volume, generation
from porenet.config import Table
from porenet.errors import InputError
from porenet.generation import (
    SOURCES,
    EnlargingConv,
    HeldNetworks,
    RefinedFields,
    SkewedFields,
    channels_of,
    fields_in,
    hold_fractions,
    read_checkpoint,
)  # fmt: skip

from .settings import Settings, load_trained

CHOICE = generation.GLOBAL + 1
"""Purpose of a seed: the noise that the step which is kept is chosen on; no evaluation has it."""
PRESETS = {
    # https://github.com/Fangedan/GAN-PH: generator 512-256-128-64-P from 100 channels of noise, critic 64-128-256-512
    "published": {"latent": 100, "generator": [512, 256, 128, 64], "critic": [64, 128, 256, 512]},
    "small": {"latent": 16, "generator": [64, 32, 16], "critic": [16, 32, 64]},
}


class ChannelScale(nn.Module):
    """What is left of batch norm without the batch: a factor and an offset for each of so many channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, field: Tensor) -> Tensor:
        """``(B, channels, Z, Y, X)``, the same shape."""
        return field * self.weight.view(-1, 1, 1, 1) + self.bias.view(-1, 1, 1, 1)


class Generator(nn.Module):
    """Noise and condition to probabilities.

    Args:
        phases: P.
        condition: length C of the condition vector; may be 0.
        latent: channels L of the noise.
        channels: of the blocks; one more block, of P channels, follows.
        fractions_at: where in the condition the P volume fractions begin that the argmax is to hold; it is free unless
            given.
        joins: what joins the phases that are not to be cut; they are free unless given.
        fields: fitted fields that the network changes; it makes structures out of nothing else unless given.
        batch_norm: whether its blocks take mean and spread of the batch away.
    """

    def __init__(
        self,
        phases: int,
        condition: int,
        *,
        latent: int,
        channels: Sequence[int],
        fractions_at: int | None = None,
        joins: HeldNetworks | None = None,
        fields: SkewedFields | None = None,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        self.latent, self.condition = latent, condition
        self.fractions = None if fractions_at is None else slice(fractions_at, fractions_at + phases)
        widths = [latent + condition, *channels]
        norm = nn.BatchNorm3d if batch_norm else ChannelScale
        self.blocks = nn.ModuleList(
            # Batch norm takes the mean away, so a bias would do nothing; a scale has one of its own.
            nn.Sequential(EnlargingConv(before, after, bias=False), norm(after), nn.ReLU(inplace=True))
            for before, after in itertools.pairwise(widths)
        )
        self.head = EnlargingConv(widths[-1], phases)
        self.joins = joins
        self.refined = None if fields is None else RefinedFields(fields, condition, self.head)

    def forward(self, noise: Tensor, condition: Tensor, size: Sequence[int] | None = None) -> Tensor:
        """Probabilities ``(B, P, Z, Y, X)``, float32.

        Args:
            noise: ``(B, L, z, y, x)``, with fields ``(B, N)``, see `noise_shape`.
            condition: ``(B, C)``, dimensionless.
            size: (Z, Y, X) to crop to, voxels; all there is unless given. Fields need it.
        """
        if self.refined is not None:
            if size is None:
                raise InputError("a generator of fields needs the size of its structures", where="size")
            coefficients, noise = self.refined.parted(noise, self.latent_shape(size))
        field = torch.cat([noise, constant(condition, noise.shape[2:])], dim=1)
        for block in self.blocks:
            field = block(field)
        edges = tuple(size or (2 * edge - 4 for edge in field.shape[2:]))
        logits = self.head.middle(field, edges).float()
        if self.refined is not None:
            logits = self.refined(coefficients, logits, condition)
        if self.fractions is not None:
            logits = hold_fractions(logits, condition[:, self.fractions])
        if self.joins is not None:
            logits = self.joins(logits)
        return logits.softmax(dim=1)

    def noise_shape(self, size: Sequence[int]) -> tuple[int, ...]:
        """Of the noise of a structure, without the batch."""
        latent = self.latent_shape(size)
        return latent if self.refined is None else self.refined.noise_shape(size, latent)

    def latent_shape(self, size: Sequence[int]) -> tuple[int, ...]:
        """``(L, z, y, x)``: the smallest noise whose field holds the size."""
        factor = 2 ** (len(self.blocks) + 1)
        return (self.latent, *(math.ceil(edge / factor) + 2 for edge in size))


class Critic(nn.Module):
    """Probabilities and condition to a score: strided convolutions of 4 voxels, and a head over what is left.

    Args:
        phases: P.
        condition: length C of the condition vector; may be 0.
        channels: of the strided convolutions; as many as the size can be halved are used.
        size: (Z, Y, X) of the fields, voxels; (Y, X) for a critic of slices.
    """

    def __init__(self, phases: int, condition: int, *, channels: Sequence[int], size: Sequence[int]) -> None:
        super().__init__()
        convolution = nn.Conv3d if len(size) == 3 else nn.Conv2d
        layers: list[nn.Module] = []
        edges, before = list(size), phases + condition
        for after in channels:
            if min(edges) < 2:
                break
            layers += [convolution(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
            edges, before = [edge // 2 for edge in edges], after
        self.layers = nn.Sequential(*layers, convolution(before, 1, tuple(edges)))

    def forward(self, field: Tensor, condition: Tensor) -> Tensor:
        """Scores ``(B,)``, float32.

        Args:
            field: ``(B, P, Z, Y, X)``, or ``(B, P, Y, X)`` of slices.
            condition: ``(B, C)``, dimensionless.
        """
        score: Tensor = self.layers(torch.cat([field, constant(condition, field.shape[2:])], dim=1))
        return score.flatten().float()


def generator_of(settings: Settings, condition: int, fields: SkewedFields | None = None) -> Generator:
    """The generator of a run, with torch's global generator for its weights; ``condition``: length C of its vector."""
    table, grid = settings.network, settings.run.grid
    preset, phases = PRESETS[table.preset], len(grid.phases)
    return Generator(
        phases,
        condition,
        latent=table.latent or preset["latent"],
        channels=table.generator or preset["generator"],
        fractions_at=table.condition.index("vf") * phases if table.hold_vf else None,
        joins=HeldNetworks(channels_of(settings.run), grid.periodic) if table.hold_networks else None,
        fields=fields,
        batch_norm=table.batch_norm,
    )


def critic_of(settings: Settings, size: Sequence[int], condition: int) -> Critic:
    """A critic of volumes, or of slices if the size is (Y, X), voxels; see `generator_of`."""
    table = settings.network
    channels = table.critic or PRESETS[table.preset]["critic"]
    return Critic(len(settings.run.grid.phases), condition, channels=channels, size=size)


def constant(condition: Tensor, shape: Sequence[int]) -> Tensor:
    """A vector as constant channels: ``(B, C)`` -> ``(B, C, z, y, x)``, or of as many axes as the shape has."""
    return condition.view(*condition.shape, *(1 for _ in shape)).expand(*condition.shape, *shape)


def scorer(
    generator: Generator, settings: Settings, structures: generation.Structures, rows: Tensor
) -> Callable[[], float]:
    """What scores the generator as it is: the mean of the published S-values against the training structures."""
    from porenet.evaluation import RealStructures, Scorer

    volumes = [Volume(labels.numpy(), structures.grid) for labels in structures.training]
    names = {f"training_{number}": number for number in range(len(volumes))}
    real = Scorer(RealStructures.of(volumes, names=list(names), reservoirs=settings.run.reservoirs))
    seed = generation.seed_of(settings.train.seed, 1, CHOICE) % 2**32

    def generate(seed: int, asked: Any) -> Tensor:
        return generation.sampled_labels(generator, rows[names[asked.name]][None], structures.size, seed=seed)[0]

    return lambda: real.scores_of(generate, n=settings.train.choose_from, seed=seed).s_value


def trained_generator(folder: Path, sources: Mapping[str, type[Table]] = SOURCES) -> tuple[Settings, Generator, int]:
    """The run of a run folder, its generator, and how many steps it was trained for; ``sources``: see `settings.load`.

    Where a run chooses its step, the generator is that of the best one.

    Raises:
        InputError: there is no checkpoint, or it cannot be read.
    """
    path = folder / "checkpoint.pt"
    if not path.exists():
        raise InputError("there is no checkpoint", where=str(folder), fix="Name a folder that train.py wrote (--out).")
    settings, state = load_trained(folder, sources), read_checkpoint(path)
    descriptors = len(settings.run.grid.phases) * len(settings.network.condition)  # of a checkpoint that does not say
    chosen = state.get("choice", {}).get("best") or {"step": state["step"], "state": state["generator"]}
    fields = fields_in(state["generator"], settings.run.grid)
    generator = generator_of(settings, state.get("condition", descriptors), fields)
    generator.load_state_dict(chosen["state"])
    return settings, generator, chosen["step"]
