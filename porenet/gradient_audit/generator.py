"""The generator of an audit: its parameters by group, its output and its state; a small generator for runs without."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from porenet.errors import InputError, Wording
from porenet.gradient_audit.reading import norm
from porenet.gradient_audit.records import GeneratorSummary
from porenet.gradient_audit.states import flat_fractions
from porenet.interface import Grid
from porenet.synthetic.gaussian_field import gaussian_field

DECIDED = 0.999
"""Largest probability above which a voxel passes hardly any gradient to the logits."""
SUM_TOLERANCE = 0.01
"""Permitted deviation of the sum over the phases from 1, as large as that of a softmax in bfloat16."""

Groups = Mapping[str, Iterable[Tensor]]
LATENT = 8
"""Channels of the noise."""
SPREAD = 2.0
"""Factor on the logits: an untrained field is then undecided, yet differs from voxel to voxel."""
FEATURES_PER_BOX = 8
"""Correlation lengths along the shortest edge of a structure."""


def at_parameters(
    probabilities: Tensor, gradient: Tensor, parameters: Mapping[str, list[Tensor]]
) -> dict[str, float | None]:
    """Norm at each group of parameters of a gradient given at the probabilities; None if not finite."""
    flat = [parameter for group in parameters.values() for parameter in group]
    if not flat or not probabilities.requires_grad:
        return dict.fromkeys(parameters, 0.0)
    gradients = iter(
        torch.autograd.grad(probabilities, flat, gradient.to(probabilities.dtype), retain_graph=True, allow_unused=True)
    )
    return {
        name: norm(part for part in itertools.islice(gradients, len(group)) if part is not None)
        for name, group in parameters.items()
    }


def parameters_of(generator: object, groups: Groups | None) -> dict[str, list[Tensor]]:
    """Trainable parameters by group; empty groups are left out."""
    if groups is not None:
        parameters = {name: _trainable(group) for name, group in groups.items()}
    else:
        parameters = _parts(generator, "") if isinstance(generator, nn.Module) else {}
    return {name: group for name, group in parameters.items() if group}


def _parts(module: nn.Module, name: str) -> dict[str, list[Tensor]]:
    children = {key: child for key, child in module.named_children() if any(True for _ in child.parameters())}
    own = _trainable(module.parameters(recurse=False))
    if len(children) == 1 and not own:  # a wrapper: DDP, torch.compile, a lone nn.Sequential
        ((key, child),) = children.items()
        return _parts(child, f"{name}{key}.")
    if not children:
        return {name.rstrip(".") or type(module).__name__: own}
    own_group = {f"{name}(own)": own} if own else {}
    return own_group | {f"{name}{key}": _trainable(child.parameters()) for key, child in children.items()}


def _trainable(parameters: Iterable[Tensor]) -> list[Tensor]:
    return [parameter for parameter in parameters if parameter.requires_grad]


def summary_of(
    grid: Grid, generator: object, probabilities: Tensor, parameters: Mapping[str, list[Tensor]]
) -> GeneratorSummary:
    """Summary of the audited generator."""
    field = probabilities.detach().float()
    phases = grid.phases
    winners = torch.bincount(field.argmax(dim=1).flatten(), minlength=len(phases)).double()
    shares = (winners / winners.sum()).tolist()
    return GeneratorSummary(
        name=type(generator).__name__,
        groups={name: sum(parameter.numel() for parameter in group) for name, group in parameters.items()},
        shape=tuple(field.shape),
        attached=probabilities.requires_grad,
        decided=float((field.amax(dim=1) > DECIDED).double().mean()),
        fractions=dict(zip(phases, field.mean(dim=(0, 2, 3, 4)).tolist(), strict=True)),
        hard_fractions=dict(zip(phases, shares, strict=True)),
    )


def refuse_output(probabilities: object, grid: Grid) -> None:
    """Check that the generator's output is a field of probabilities, ``(B, P, Z, Y, X)``, of sections ``(B, P, Y, X)``.

    Raises:
        InputError: another type or shape, not finite, below 0, or not adding up to 1 over the phases.
    """
    phases, where = grid.phases, "the generator's output"
    axes = "Z, Y, X" if grid.dims == 3 else "Y, X"
    wanted = f"probabilities of shape (B, {len(phases)}, {axes}) for the phases {', '.join(phases)} were expected"
    if not isinstance(probabilities, Tensor) or not probabilities.is_floating_point():
        raise InputError(f"{wanted}, not {type(probabilities).__name__}", where=where)
    shape = tuple(probabilities.shape)
    layered = grid.dims == 2 and len(shape) == 5 and shape[2] == 1
    if not (len(shape) == grid.dims + 2 or layered) or shape[1] != len(phases) or 0 in shape:
        raise InputError(f"{wanted}, not {shape}", where=where)
    field = probabilities.detach().float()
    if not bool(field.isfinite().all()):
        raise InputError("it is not finite", where=where, fix="Look at the generator before its losses.")
    excess = float((field.sum(dim=1) - 1).abs().max())
    if excess > SUM_TOLERANCE or float(field.min()) < 0:
        raise InputError(
            f"it does not add up to 1 over the phases (off by {excess:.2g}), or is below 0",
            where=where,
            fix="Are these logits? Give the audit the softmax over dim = 1, as the losses get it.",
        )


@contextmanager
def left_alone(generator: object) -> Iterator[None]:
    """Restore random generators and running statistics afterwards."""
    buffers = [(buffer, buffer.clone()) for buffer in generator.buffers()] if isinstance(generator, nn.Module) else []
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)


class SmallGenerator(nn.Module):
    """Noise to probabilities: two convolutions, two enlargements, a head, a softmax; 7,527 parameters for three phases.

    Its weights come from its own seed and leave torch's global generator as it was.

    Args:
        phases: P, the number of phases.
        shape: ``(Z, Y, X)`` of the fields, voxels.
        seed: seed of the weights and of the noise.
        width: channels of the hidden layers.
    """

    def __init__(self, phases: int, shape: Sequence[int], *, seed: int = 0, width: int = 12) -> None:
        super().__init__()
        self.shape, self.seed = tuple(shape), seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.coarse = nn.Sequential(nn.Conv3d(LATENT, width, 3, padding=1), nn.GroupNorm(1, width), nn.ReLU())
            self.fine = nn.Sequential(nn.Conv3d(width, width, 3, padding=1), nn.GroupNorm(1, width), nn.ReLU())
            self.head = nn.Conv3d(width, phases, 3, padding=1)

    def noise(self, batch: int) -> Tensor:
        """Input noise ``(B, LATENT, Z / 4, Y / 4, X / 4)``, the same on every call."""
        source = torch.Generator().manual_seed(self.seed)
        small = [-(-size // 4) for size in self.shape]
        drawn = torch.randn((batch, LATENT, *small), generator=source)
        return drawn.to(next(self.parameters()).device)

    def forward(self, noise: Tensor) -> Tensor:
        """Probabilities ``(B, P, Z, Y, X)`` from noise ``(B, LATENT, z, y, x)`` of any size."""
        half = [-(-size // 2) for size in self.shape]
        coarse = functional.interpolate(self.coarse(noise), size=half)
        fine = functional.interpolate(self.fine(coarse), size=self.shape)
        logits: Tensor = SPREAD * self.head(fine)
        return logits.softmax(dim=1)


OWN_TARGETS = Wording(
    "Compute it yourself and call porenet.audit(objective, generator, (inputs, targets)).",
    "Audit it in Python, with targets of your own: porenet audit --help shows how.",
)
"""What to do where a target cannot be measured on `training_structures`."""


def training_structures(grid: Grid, shape: Sequence[int], *, count: int, seed: int = 0) -> Tensor:
    """Plurigaussian structures of any number of phases, in place of measured ones.

    As `porenet.synthetic.plurigaussian`, with one more field per additional phase: each phase is cut from the voxels
    that the phases before it left. Mean volume fractions are those of `flat_fractions`: 0.36, 0.34, 0.30 for three
    phases.

    Args:
        grid: phases, voxel edges (um), boundaries.
        shape: ``(Z, Y, X)``, voxels; of sections that of their layer.
        count: number of structures.
        seed: seed of the fields.

    Returns:
        ``(count, Z, Y, X)`` int64 labels, in the order of ``grid.phases``.
    """
    sizes = (shape[0], shape[1], shape[2])
    sides_um = [size * edge for size, edge in zip(sizes, grid.voxel_um, strict=True)]
    length_um = min(sides_um[-grid.dims :]) / FEATURES_PER_BOX
    fractions = flat_fractions(len(grid.phases))
    left = list(itertools.accumulate(reversed(fractions)))[::-1]
    rng = np.random.default_rng(seed)
    last = len(fractions) - 1
    labels = np.full((count, *sizes), last, dtype=np.int64)
    for structure in labels:
        for label in range(last):
            cut = NormalDist().inv_cdf(left[label + 1] / left[label])
            field = gaussian_field(sizes, voxel_um=grid.voxel_um, length_um=length_um, periodic=grid.periodic, rng=rng)
            for slab, values in field:
                part = structure[slab]
                part[(part == last) & (values > cut)] = label
    return torch.from_numpy(labels)
