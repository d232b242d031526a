"""Fields of probabilities: decided, undecided, flat, and the states in between that a generator passes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

import torch
from hypothesis import strategies as st
from torch import Tensor

from porenet.interface import DeadState
from porenet.testing.strategies import shapes

FieldKind = Literal["generic", "near_one_hot", "flat", "half", "one_hot", "collapsed"]
KINDS: tuple[FieldKind, ...] = get_args(FieldKind)

_FLAT_KINDS = ("flat", "half", "collapsed")

SMALLEST = 1e-4
"""Lower limit of the probabilities that are turned into logits; a generator's softmax gives no exact 0 either."""


@st.composite
def probability_fields(
    draw: st.DrawFn,
    phases: int = 3,
    kinds: Sequence[FieldKind] = KINDS,
    *,
    max_batch: int = 3,
    min_side: int = 1,
    max_side: int = 5,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    """Fields ``(B, P, Z, Y, X)`` that sum to 1 over P.

    ``generic``: every probability above 0. ``near_one_hot``: the same, but next to 0 outside one phase. ``flat``: the
    same probabilities everywhere, sometimes 1/P each. ``half``: flat, and one phase has exactly 0.5. ``one_hot``: a
    decoded structure. ``collapsed``: a structure of a single phase.

    Args:
        draw: passed by hypothesis.
        phases: P, 2 or more.
        kinds: kinds of fields to draw from.
        max_batch: largest B.
        min_side: shortest side, voxels.
        max_side: longest side, voxels.
        dtype: dtype of the field.
    """
    kind = draw(st.sampled_from(list(kinds)))
    size = draw(shapes(min_side, max_side))
    batch, seed = draw(st.integers(1, max_batch)), draw(st.integers(0, 2**31 - 1))
    shares = draw(_shares(phases, kind)) if kind in _FLAT_KINDS else ()
    return _field(kind, (batch, phases, *size), seed, shares).to(dtype).contiguous()


def every_kind(phases: int, kinds: Sequence[FieldKind], size: Sequence[int]) -> Tensor:
    """The same field whenever it is asked for: one sample of each kind, ``(B, P, Z, Y, X)``, float64.

    Args:
        phases: P, 2 or more.
        kinds: kind of each sample.
        size: ``(Z, Y, X)``, voxels.
    """
    shares = {
        "flat": [1 / phases] * phases,
        "half": _half((0, [1] * phases)),
        "collapsed": [1.0] + [0.0] * (phases - 1),
    }
    samples = [_field(kind, (1, phases, *size), 0, shares.get(kind, ())) for kind in kinds]
    return torch.cat(samples)


def _field(kind: FieldKind, shape: Sequence[int], seed: int, shares: Sequence[float]) -> Tensor:
    """A field of a kind; ``shares`` are those of a flat one."""
    if kind in _FLAT_KINDS:
        return flat(shares, shape[2:], batch=shape[0])
    logits = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    if kind == "one_hot":
        return one_hot(logits.argmax(dim=1), shape[1])
    if kind == "near_one_hot":
        field = (30 * logits).softmax(dim=1).clamp_min(1e-9)
        return field / field.sum(dim=1, keepdim=True)
    return logits.softmax(dim=1)


def flat(shares: Sequence[float], shape: Sequence[int], *, batch: int = 1) -> Tensor:
    """The same probabilities in every voxel.

    Args:
        shares: one per phase, summing to 1.
        shape: ``(Z, Y, X)``, voxels.
        batch: B.

    Returns:
        ``(B, P, Z, Y, X)``, float64.
    """
    column = torch.tensor(shares, dtype=torch.float64).view(1, -1, 1, 1, 1)
    return column.expand(batch, len(shares), *shape).clone()


def one_hot(labels: Tensor, phases: int) -> Tensor:
    """A structure as a one-hot field.

    Args:
        labels: ``(B, Z, Y, X)``, 0 to ``phases`` - 1.
        phases: P.

    Returns:
        ``(B, P, Z, Y, X)``, float64.
    """
    field = torch.zeros(len(labels), phases, *labels.shape[1:], dtype=torch.float64)
    return field.scatter_(1, labels.unsqueeze(1), 1)


def undecoded(phases: int, lowest: int) -> list[float]:
    """Shares of a flat field that has every phase in its mean and a single phase in its argmax.

    (0.36, 0.34, 0.30) for three phases with the last one lowest: this field met a volume-fraction loss, and the decoded
    structure had no pore.

    Args:
        phases: P.
        lowest: the phase with the smallest share; never the argmax.
    """
    # For three phases 18 and 17 of 50, and 15 for the last: the published numbers.
    weights = [18 - rank / max(1, phases - 2) for rank in range(phases - 1)]
    weights.insert(lowest, 15.0)
    return [weight / sum(weights) for weight in weights]


def is_flat(field: Tensor) -> bool:
    """Whether every voxel of ``(P, Z, Y, X)`` has the same probabilities."""
    return bool(((field - field[:, :1, :1, :1]).abs() < 1e-9).all())


def is_half(field: Tensor) -> bool:
    """Whether ``(P, Z, Y, X)`` is flat and some phase has a probability of 0.5."""
    return is_flat(field) and bool(((field[:, 0, 0, 0] - 0.5).abs() < 1e-9).any())


def is_one_hot(field: Tensor) -> bool:
    """Whether every probability of ``(P, Z, Y, X)`` is 0 or 1, or as close as `SMALLEST` permits."""
    return bool(((field < 2 * SMALLEST) | (field > 1 - 2 * SMALLEST * len(field))).all())


DEAD_STATES: Mapping[DeadState, Callable[[Tensor], bool]] = {"flat": is_flat, "half": is_half, "one_hot": is_one_hot}
"""Test of one sample for each state that a Spec may declare dead."""


def _shares(phases: int, kind: FieldKind) -> st.SearchStrategy[list[float]]:
    """Shares of a flat field of a kind."""
    if kind == "collapsed":
        return st.integers(0, phases - 1).map(lambda single: [float(phase == single) for phase in range(phases)])
    parts = st.lists(st.integers(1, 9), min_size=phases, max_size=phases)
    if kind == "half":
        return st.tuples(st.integers(0, phases - 1), parts).map(_half)
    return st.just([1 / phases] * phases) | parts.map(lambda weights: [weight / sum(weights) for weight in weights])


def _half(drawn: tuple[int, list[int]]) -> list[float]:
    """One phase has 0.5, the others share the rest."""
    chosen, parts = drawn
    rest = sum(parts) - parts[chosen]
    return [0.5 if phase == chosen else 0.5 * part / rest for phase, part in enumerate(parts)]
