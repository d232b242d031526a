"""From the values of terms per sample to a sum to minimise."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from porenet.config import Term
from porenet.errors import InputError

Reduction = Literal["mean", "none"]


def refuse_reduction(reduction: str) -> None:
    """Check the name of a reduction.

    Raises:
        InputError: it is neither ``mean`` nor ``none``.
    """
    if reduction not in get_args(Reduction):
        raise InputError(f"'mean' or 'none' was expected, not {reduction!r}", where="reduction")


def weights_of_samples(weights: object, field: Tensor, terms: tuple[Term, ...], *, check: bool) -> Tensor | None:
    """Weights of the samples, on the field's device; None if there are none.

    Args:
        weights: ``(B,)``, dimensionless, >= 0.
        field: ``(B, P, Z, Y, X)``.
        terms: terms of the objective.
        check: whether to look at the numbers, which waits for the device.

    Raises:
        InputError: another shape or type, a weight that is negative or not finite, or a batchwise term.
    """
    if weights is None:
        return None
    for term in terms:
        if term.component.spec.batchwise:
            raise InputError(
                f"{term.label} has one value per batch, and no samples that could be weighed",
                where="sample_weights",
                fix="Leave the weights out, or give that term an objective of its own.",
            )
    if not isinstance(weights, Tensor) or weights.shape != field.shape[:1] or weights.is_complex():
        got = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
        raise InputError(
            f"a tensor of shape ({len(field)},), one weight per sample, was expected, not {got}", where="sample_weights"
        )
    weights = weights.detach().to(field.device, torch.promote_types(field.dtype, torch.float32))
    if check and not bool((weights.isfinite() & (weights >= 0)).all()):
        raise InputError(
            f"weights are finite and not negative, and these from {float(weights.min()):.3g} to "
            f"{float(weights.max()):.3g}",
            where="sample_weights",
        )
    return weights


def reduced(values: Tensor, batch: int, weights: Tensor | None, reduction: str) -> Tensor:
    """The value of a term that enters the sum.

    Args:
        values: ``(B,)``, or ``(1,)`` of a batchwise loss.
        batch: B.
        weights: ``(B,)``, of the samples; 1 if None.
        reduction: ``mean`` or ``none``.

    Returns:
        The mean over the batch; with ``none`` ``(B,)``, whose mean it is.
    """
    if weights is not None:
        values = values * weights
    return values.mean() if reduction == "mean" else values.expand(batch)
