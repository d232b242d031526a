"""What an objective refuses: fields that are none, and values that a loss must not return."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from porenet.config import Term
from porenet.errors import InputError, NonFiniteTerm, PluginError

OFF_BY = 0.02
"""How far from 1 the mean sum of the phases may be: half precision, and no logits."""


def refuse_field(probabilities: object, phases: tuple[str, ...]) -> None:
    """Refuse what has not the type and shape of a field.

    Raises:
        InputError: says what was expected.
    """
    if not isinstance(probabilities, Tensor) or not probabilities.is_floating_point():
        got = probabilities.dtype if isinstance(probabilities, Tensor) else type(probabilities).__name__
        raise InputError(f"a tensor of floating-point numbers was expected, not {got}", where="probabilities")
    if probabilities.ndim != 5 or probabilities.shape[1] != len(phases) or 0 in probabilities.shape:
        raise InputError(
            f"shape (B, {len(phases)}, Z, Y, X) for the phases {', '.join(phases)} was expected, "
            f"not {tuple(probabilities.shape)}",
            where="probabilities",
        )


def refuse_shape(term: Term, values: object, batch: int) -> None:
    """Refuse what a loss returns if it is not one value a sample, or one of the batch where its Spec says so.

    Raises:
        PluginError: names the term.
    """
    expected = (1,) if term.component.spec.batchwise else (batch,)
    if not isinstance(values, Tensor) or tuple(values.shape) != expected:
        got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise PluginError(
            f"the loss returned {got} where {expected} was expected",
            where=f"term {term.label} ({term.component.full_name})",
            fix="A loss returns one value a sample and leaves the averaging to the objective.",
        )


def refuse_unsound(term: Term, shown: Tensor, error: InputError) -> None:
    """Say of a loss that refused a field that is not finite what is wrong: the field.

    Raises:
        NonFiniteTerm: names the term.
    """
    if not shown.isfinite().all():
        raise NonFiniteTerm(
            f"not finite: the probabilities themselves, which {term.label} refuses",
            where="objective",
            fix="Look at the learning rate first.",
        ) from error


def refuse_non_finite(means: Sequence[tuple[str, Tensor]], probabilities: Tensor, when: str = "") -> None:
    """Refuse terms and fields that are not finite, and fields whose phases do not add up to 1; waits for the device.

    Raises:
        NonFiniteTerm: names the terms.
        InputError: the phases do not add up.
    """
    # The field too: under straight_through a NaN is decoded to no phase and no term would show it. Its mean is not
    # finite wherever it is not, costs one pass, and tells logits from probabilities.
    values = torch.stack([probabilities.detach().mean(dtype=torch.float32), *(mean.float() for _, mean in means)])
    field, *terms = values.tolist()
    if torch.isfinite(values).all():
        total = field * probabilities.shape[1]
        if abs(total - 1) > OFF_BY:
            raise InputError(
                f"the phases add up to {total:.3g} in the mean, not to 1",
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
        fix="Look at the learning rate and the targets of that term first.",
    )
