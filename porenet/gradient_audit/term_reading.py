"""One term on one field: its values, and the gradient that comes back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from porenet.config import Term
from porenet.errors import InputError
from porenet.objective import Objective, targets_for
from porenet.relaxation import relaxed

MET = 1e-6
"""A term that declares no tolerance counts as met at or below this."""
ROUNDING = 8
"""Machine epsilons by which the gradients of two phases must differ to count as different."""
DRAWS = 20260
"""Seed of gumbel(T), set anew before each reading: whoever is shown a field is shown the same draw."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a term makes of a field.

    Attributes:
        values: ``(B,)`` or ``(1,)``, float64; None if the loss raised.
        gradient: of their mean at the field, ``(B, P, Z, Y, X)``, at least float32; None if none came back.
        hard: the values on the argmax.
        requires_grad: what torch claims of the values.
        error: what the loss raised; empty if nothing.
    """

    values: Tensor | None = None
    gradient: Tensor | None = None
    hard: Tensor | None = None
    requires_grad: bool = False
    error: str = ""

    @property
    def finite(self) -> bool:
        """Whether values and gradient are, as far as there are any."""
        return all(one is None or bool(one.isfinite().all()) for one in (self.values, self.gradient))


def read(
    objective: Objective, index: int, field: Tensor, targets: Mapping[str, Tensor], *, reads: str | None = None
) -> Reading:
    """Evaluate a term on a field that stands for the generator's output.

    The field is a leaf, so a gradient at it can only come from the loss; ``requires_grad`` of a value can come from a
    frozen network, a parameter, a target.

    Args:
        objective: whose term it is.
        index: which one.
        field: ``(B, P, Z, Y, X)``, dimensionless.
        targets: as for `Objective`.
        reads: a relaxation to show it instead of its own.
    """
    reads = reads or objective.terms[index].reads
    leaf = field.detach().clone().requires_grad_()
    try:
        values = _values(objective, index, reads, leaf, targets)
        claimed = values.requires_grad
        gradient = torch.autograd.grad(values.mean(), leaf, allow_unused=True)[0] if claimed else None
        with torch.no_grad():
            hard = _values(objective, index, "straight_through", field.detach(), targets)
    except Exception as error:  # a plugin's, whatever it is: the other terms still want their audit
        return Reading(error=f"{type(error).__name__}: {error}")
    if gradient is not None:
        gradient = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
    return Reading(values.detach().double(), gradient, hard.double(), claimed)


def shown(reads: str, field: Tensor) -> Tensor:
    """The field as a relaxation shows it, the same on every call."""
    torch.manual_seed(DRAWS)
    return relaxed(reads, field)


def told_apart(gradient: Tensor) -> Tensor:
    """Voxels in which the gradient tells one phase from another: a softmax passes no other.

    Args:
        gradient: ``(B, P, Z, Y, X)``.

    Returns:
        ``(B, Z, Y, X)`` bool.
    """
    spread = gradient.amax(dim=1) - gradient.amin(dim=1)
    return spread > ROUNDING * torch.finfo(gradient.dtype).eps * gradient.abs().amax(dim=1)


def at_logits(probabilities: Tensor, gradient: Tensor) -> Tensor:
    """The gradient at the logits, ``p (g - sum p g)``, of one at the probabilities; ``(B, P, Z, Y, X)``."""
    field = probabilities.detach().to(gradient.dtype)
    return field * (gradient - (field * gradient).sum(dim=1, keepdim=True))


def tolerance_of(term: Term) -> float:
    """At or below it the term counts as met, in the unit of its loss."""
    declared = term.component.spec.tolerance
    return MET if declared is None else declared


def norm(tensors: Iterable[Tensor]) -> float | None:
    """Euclidean norm of all of them together; None if not finite."""
    # In float64: squares of float32 gradients below 1e-19 would vanish.
    return number(sum((one.double().square().sum() for one in tensors), torch.zeros((), dtype=torch.float64)).sqrt())


def number(value: Tensor) -> float | None:
    """A scalar as plain data; None if not finite."""
    plain = float(value)
    return plain if math.isfinite(plain) else None


def _values(objective: Objective, index: int, reads: str, field: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
    term = objective.terms[index]
    values = objective.losses[index](shown(reads, field), targets_for(term, objective.terms, targets))
    expected = (1,) if term.component.spec.batchwise else (len(field),)
    if not isinstance(values, Tensor) or tuple(values.shape) != expected:
        got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise InputError(f"the loss returned {got} where {expected} was expected")
    return values
