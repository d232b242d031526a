"""Checks of the fields given to an objective, and of the values that its losses return."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from porenet.config import Term
from porenet.errors import InputError, NonFiniteTerm, PluginError

SUM_TOLERANCE = 0.02
"""Permitted deviation from 1 of the mean sum over the phases: enough for half precision, too little for logits."""


def refuse_shape(term: Term, values: object, batch: int) -> None:
    """Check that a loss returned one value per sample, or one per batch if its Spec says ``batchwise``.

    Raises:
        PluginError: another type or shape; names the term.
    """
    expected = (1,) if term.component.spec.batchwise else (batch,)
    if not isinstance(values, Tensor) or tuple(values.shape) != expected:
        got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise PluginError(
            f"the loss returned {got} where {expected} was expected",
            where=f"term {term.label} ({term.component.full_name})",
            fix="A loss returns one value per sample and leaves the averaging to the objective.",
        )


def refuse_unsound(term: Term, field: Tensor, error: InputError) -> None:
    """After a loss refused a field, check whether the field is finite.

    Raises:
        NonFiniteTerm: the field is not finite; names the term.
    """
    if not field.isfinite().all():
        raise NonFiniteTerm(
            f"not finite: the probabilities themselves, which {term.label} refuses",
            where="objective",
            fix="Check the learning rate first.",
        ) from error


def refuse_non_finite(means: Sequence[tuple[str, Tensor]], probabilities: Tensor, when: str = "") -> None:
    """Check that terms and field are finite and that the phases add up to 1; waits for the device.

    Raises:
        NonFiniteTerm: a term or the field is not finite; names them.
        InputError: the phases do not add up to 1.
    """
    # The field too: straight_through decodes a NaN to no phase, so that no term would show it. The mean of the field is
    # not finite if any value is not, costs one pass, and distinguishes logits from probabilities.
    values = torch.stack([probabilities.detach().mean(dtype=torch.float32), *(mean.float() for _, mean in means)])
    field, *terms = values.tolist()
    if torch.isfinite(values).all():
        total = field * probabilities.shape[1]
        if abs(total - 1) > SUM_TOLERANCE:
            raise InputError(
                f"the phases add up to {total:.3g} on average, not to 1",
                where="probabilities",
                fix="Are these logits? Pass logits.softmax(dim=1).",
            )
        return
    broken = [f"{label} = {value}" for (label, _), value in zip(means, terms, strict=True) if value - value != 0]
    if field - field != 0:
        broken.append("the probabilities themselves are not finite")
    raise NonFiniteTerm(
        f"not finite{when}: {', '.join(dict.fromkeys(broken))}",
        where="objective",
        fix="Check the learning rate and the targets of that term first.",
    )
