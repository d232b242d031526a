"""What the uncertainty of targets allows: a value of a loss below which there is nothing to punish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from porenet.config import Term
from porenet.targets import Targets


def allowance_of(term: Term, loss: Any, targets: Mapping[str, Tensor]) -> Tensor | None:
    """Value of a loss on a structure that is one standard error off its target in every column.

    For a squared relative error that is the squared relative standard error.

    Args:
        term: the term.
        loss: its loss.
        targets: as the term sees them.

    Returns:
        ``(B,)`` or ``(1,)``, in the unit of the loss; None where no uncertainty of its targets is known, or the loss
        has no ``from_descriptor``.
    """
    if not isinstance(targets, Targets) or not any(key in targets.uncertainty for key in term.target_keys):
        return None
    compare: Any = getattr(loss, "from_descriptor", None)
    if compare is None:
        return None
    with torch.no_grad():
        read = {key: targets[key] for key in term.target_keys if key in targets}
        off = {key: value + targets.uncertainty.get(key, torch.zeros_like(value)) for key, value in read.items()}
        columns: Any = getattr(loss, "descriptor_of_targets", None)
        values = off[term.needs[0]] if columns is None else columns(off)
        return cast(Tensor, compare(values, targets))


def beyond_uncertainty(values: Tensor, term: Term, loss: Any, targets: Mapping[str, Tensor]) -> Tensor:
    """Values of a term less what its uncertain targets allow, at least 0; unchanged where nothing is uncertain.

    Args:
        values: ``(B,)``.
        term: the term.
        loss: its loss.
        targets: as the term sees them.
    """
    allowance = allowance_of(term, loss, targets)
    return values if allowance is None else (values - allowance.to(values)).relu()


def tolerance_of(term: Term, loss: Any, targets: Mapping[str, Tensor]) -> float | None:
    """At or below this value the term counts as met: the declared tolerance, or what its uncertain targets allow.

    Args:
        term: the term.
        loss: its loss.
        targets: as the term sees them.
    """
    declared = term.component.spec.tolerance
    allowance = None if declared is None else allowance_of(term, loss, targets)
    return declared if allowance is None or declared is None else max(declared, float(allowance.mean()))
