"""Hand-made fields with known faults, on which a loss shows what it can and cannot detect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from porenet.gradient_audit.records import FLAT, SPECKLE
from porenet.gradient_audit.section_stripes import stripes
from porenet.interface import Grid, InputError

SHORTEST = 4
"""Smallest number of voxels along an axis: a gap of `GAP` slices with one slice on either side."""
GAP = 2
"""Number of slices by which a severed channel is cut."""
MOST_PHASES = 4
"""Largest number of phases that are lost or cut in turn; of a grid with more, the last ones."""


@dataclass(frozen=True, eq=False)
class State:
    """One hand-made field.

    Attributes:
        name: ``uniform``, ``flat_probabilities``, ``one_hot``, ``speckle``, ``collapsed_pore``, ``severed_pore``.
        summary: what the field is, in one line.
        kind: ``flat``: the same probabilities in every voxel; ``one_hot``: decided.
        field: ``(1, P, Z, Y, X)``, sums to 1 over P, dimensionless.
        phase: the phase that is lost or cut; empty where none is.
        channel: its index; None where there is none.
        gap: ``(Z, Y, X)`` bool, the voxels that a cut took from the phase; None where there is no cut.
    """

    name: str
    summary: str
    kind: Literal["flat", "one_hot"]
    field: Tensor
    phase: str = ""
    channel: int | None = None
    gap: Tensor | None = None


def hand_made_states(
    grid: Grid, shape: int | Sequence[int] = 16, *, device: torch.device | str | None = None
) -> dict[str, State]:
    """The hand-made states of a grid, the same on every call.

    Args:
        grid: the phases; any number.
        shape: ``(Z, Y, X)``, or the edge of a cube, voxels; each at least `SHORTEST`; of sections ``(Y, X)``, or the
            edge of a square.
        device: device of the fields.

    Returns:
        By name: ``uniform`` (1/P everywhere); ``flat_probabilities`` (the same everywhere, near uniform, strictly
        decreasing, so that the argmax is the first phase alone: (0.36, 0.34, 0.30) for three); ``one_hot`` (straight
        channels along z, one per phase, so that every phase percolates; the first and any two neighbours of the others
        meet along a line); ``speckle`` (the channels with their mirror image along y in every other voxel: the same
        volume fractions, and to a Gaussian filter nearly the same surface, of which there is several times as much);
        and for each phase ``collapsed_PHASE`` (its channel given to another phase) and
        ``severed_PHASE`` (its channel cut by a gap of two slices in the middle). On sections the channels are stripes
        along y with islands between them, so that phases meet in points.

    Raises:
        InputError: the shape is too small, or too narrow for a channel of every phase.
    """
    sizes = (shape,) * grid.dims if isinstance(shape, int) else tuple(shape)
    if len(sizes) != grid.dims or not all(isinstance(size, int) and size >= SHORTEST for size in sizes):
        count = "two" if grid.dims == 2 else "three"
        raise InputError(f"{count} numbers of voxels, {SHORTEST} or more, were expected, not {shape!r}", where="shape")
    sizes = (1, *sizes)[-3:]
    intact = _intact(grid, sizes).to(device)
    along, kind, layers = ("z", "channels", "slices") if grid.dims == 3 else ("y", "stripes", "rows")
    shares = ", ".join(f"{share:.2f}" for share in flat_fractions(len(grid.phases))[:4])
    dots = ", ..." if len(grid.phases) > 4 else ""
    without = f", with no {' and no '.join(grid.phases[1:])}" if len(grid.phases) <= 4 else ""
    states = [
        State("uniform", f"1/{len(grid.phases)} everywhere", "flat", _flat([1.0] * len(grid.phases), sizes, device)),
        State(
            FLAT,
            f"p = ({shares}{dots}) everywhere; its argmax is {grid.phases[0]} alone{without}",
            "flat",
            _flat(flat_fractions(len(grid.phases)), sizes, device),
        ),
        State("one_hot", f"straight {kind} along {along}, one per phase", "one_hot", _decided(intact, grid)),
        State(
            SPECKLE,
            f"the {kind}, every other voxel of them mirrored",
            "one_hot",
            _decided(_speckled(intact, 1 if grid.dims == 3 else 2), grid),
        ),
    ]
    between = torch.arange(sizes[3 - grid.dims], device=device) - (sizes[3 - grid.dims] - GAP) // 2
    inside = ((between >= 0) & (between < GAP)).view((-1, 1, 1) if grid.dims == 3 else (1, -1, 1))
    for label, phase in list(enumerate(grid.phases))[-MOST_PHASES:]:
        other = 1 if label == 0 else 0
        collapsed = intact.masked_fill(intact == label, other)
        gap = (intact == label) & inside
        severed = intact.masked_fill(gap, other)
        lost = f"the {kind}, that of {phase} lost to {grid.phases[other]}"
        cut = f"the {kind}, that of {phase} cut by {GAP} {layers} of {grid.phases[other]}"
        states.append(State(f"collapsed_{phase}", lost, "one_hot", _decided(collapsed, grid), phase, label))
        states.append(State(f"severed_{phase}", cut, "one_hot", _decided(severed, grid), phase, label, gap))
    return {state.name: state for state in states}


def flat_fractions(phases: int) -> tuple[float, ...]:
    """Flat probabilities that decode to the first phase alone, strictly decreasing, adding up to 1.

    Those of three phases are the published failure: they met the volume fractions (0.36, 0.34, 0.30) exactly, with no
    pore in the argmax. Those of other numbers of phases lie within 10 % of 1/P.
    """
    if phases == 3:
        return (0.36, 0.34, 0.30)
    return tuple((1.1 - 0.2 * phase / (phases - 1)) / phases for phase in range(phases))


def _intact(grid: Grid, sizes: tuple[int, ...]) -> Tensor:
    fractions = flat_fractions(len(grid.phases))
    return _channels(len(grid.phases), sizes) if grid.dims == 3 else stripes(fractions, (1, sizes[1], sizes[2]))


def _speckled(labels: Tensor, axis: int) -> Tensor:
    """The labels, in every other voxel those of the mirror image along an axis; an odd last row stays."""
    rows = labels.shape[axis] - labels.shape[axis] % 2
    places = torch.meshgrid(*(torch.arange(size, device=labels.device) for size in labels.shape), indexing="ij")
    odd = (places[0] + places[1] + places[2]) % 2 == 1
    turned, rest = labels.split_with_sizes([rows, labels.shape[axis] - rows], dim=axis)
    mirrored = torch.cat([turned.flip(axis), rest], dim=axis)
    return torch.where(odd, mirrored, labels)


def _flat(weights: Sequence[float], sizes: tuple[int, ...], device: torch.device | str | None) -> Tensor:
    row = torch.tensor([weight / math.fsum(weights) for weight in weights], dtype=torch.float32, device=device)
    return row.view(1, -1, 1, 1, 1).expand(1, -1, *sizes).contiguous()


def _decided(labels: Tensor, grid: Grid) -> Tensor:
    field = torch.zeros((1, len(grid.phases), *labels.shape), device=labels.device)
    return field.scatter_(1, labels[None, None], 1)


def _channels(phases: int, sizes: tuple[int, ...]) -> Tensor:
    """Labels ``(Z, Y, X)``: the first phase fills the upper rows of every slice, the others share the lower ones."""
    depth, rows, columns = sizes
    first, *others = flat_fractions(phases)
    lower = min(max(1, rows - round(first * rows)), rows - 1)
    free = lower * columns - len(others)
    if free < 0:
        raise InputError(
            f"slices of {rows} x {columns} voxels have no room for a channel of each of {phases} phases",
            where="shape",
            fix="Take a larger size.",
        )
    # Along x, column by column: neighbours meet under the first phase, in a line. Each gets one voxel, then its share.
    ends, share = [], 0.0
    for number, fraction in enumerate(others, start=1):
        share += fraction / sum(others)
        ends.append(number + round(share * free))
    order = torch.arange(lower * columns).view(columns, lower).T.contiguous()
    slice_ = torch.zeros((rows, columns), dtype=torch.int64)
    slice_[rows - lower :] = 1 + torch.bucketize(order, torch.tensor(ends), right=True)
    return slice_.expand(depth, rows, columns).clone()
