"""Readings of a term: its values and its gradient on a field, on a batch and on the hand-made states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from porenet.config import Term
from porenet.gradient_audit.blindness import doubted_states
from porenet.gradient_audit.records import FLAT, OnState, Push
from porenet.gradient_audit.states import State
from porenet.objective import Objective, is_fooled
from porenet.relaxation import relaxed
from porenet.targets import Targets, targets_measured

MET = 1e-6
"""Value at or below which a term that declares no tolerance counts as met, in its unit."""
ROUNDING = 8
"""Number of machine epsilons above which the gradients of two phases count as different."""
DRAWS = 20260
"""Seed of gumbel(T), set again before each reading, so that every term reads the same draw."""
ROUNDED = 1e-4
"""A quantity of the flat probabilities below this share of that of the intact channels is a rounding error."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Values and gradient of a term on a field.

    Attributes:
        values: ``(B,)`` or ``(1,)``, float64; None if the loss raised an exception.
        gradient: gradient of their mean at the field, ``(B, P, Z, Y, X)``, at least float32; None if there is none.
        hard: the values on the argmax.
        requires_grad: ``requires_grad`` of the values.
        error: the exception of the loss; empty if there was none.
    """

    values: Tensor | None = None
    gradient: Tensor | None = None
    hard: Tensor | None = None
    requires_grad: bool = False
    error: str = ""

    @property
    def finite(self) -> bool:
        """Whether values and gradient are finite, where present."""
        return all(tensor is None or bool(tensor.isfinite().all()) for tensor in (self.values, self.gradient))


def read(
    objective: Objective, index: int, field: Tensor, targets: Mapping[str, Tensor], *, reads: str | None = None
) -> Reading:
    """Evaluate a term on a field that stands for the generator's output.

    The field is a leaf, so a gradient at it can only come from the loss; ``requires_grad`` of a value can come from a
    frozen network, a parameter, a target.

    Args:
        objective: objective of the term.
        index: place of the term in ``objective.terms``.
        field: ``(B, P, Z, Y, X)``, dimensionless.
        targets: as for `Objective`.
        reads: relaxation in which the term reads the field; default: its own.
    """
    reads = reads or objective.terms[index].reads
    leaf = field.detach().clone().requires_grad_()
    try:
        values = _values(objective, index, leaf, targets, reads)
        claimed = values.requires_grad
        gradient = torch.autograd.grad(values.mean(), leaf, allow_unused=True)[0] if claimed else None
        with torch.no_grad():
            hard = _values(objective, index, field.detach(), targets, "straight_through")
    except Exception as error:  # any exception of a plugin: the other terms are still audited
        return Reading(error=f"{type(error).__name__}: {error}")
    if gradient is not None:
        gradient = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
    return Reading(values.detach().double(), gradient, hard.double(), claimed)


def separating_voxels(gradient: Tensor) -> Tensor:
    """Voxels in which the gradient differs between phases: a softmax passes no other gradient.

    Args:
        gradient: gradient at the probabilities, ``(B, P, Z, Y, X)``.

    Returns:
        ``(B, Z, Y, X)`` bool.
    """
    spread = gradient.amax(dim=1) - gradient.amin(dim=1)
    return spread > ROUNDING * torch.finfo(gradient.dtype).eps * gradient.abs().amax(dim=1)


def at_logits(probabilities: Tensor, gradient: Tensor) -> Tensor:
    """The gradient at the logits, ``p (g - sum p g)``, from that at the probabilities; ``(B, P, Z, Y, X)``."""
    field = probabilities.detach().to(gradient.dtype)
    return field * (gradient - (field * gradient).sum(dim=1, keepdim=True))


def tolerance_of(term: Term) -> float:
    """Value at or below which the term counts as met, in the unit of its loss."""
    declared = term.component.spec.tolerance
    return MET if declared is None else declared


def norm(tensors: Iterable[Tensor]) -> float | None:
    """Euclidean norm of all tensors together; None if not finite."""
    # In float64: squares of float32 gradients below 1e-19 would vanish.
    squares = (tensor.double().square().sum() for tensor in tensors)
    return number(sum(squares, torch.zeros((), dtype=torch.float64)).sqrt())


def number(value: Tensor) -> float | None:
    """A scalar as plain data; None if not finite."""
    plain = float(value)
    return plain if math.isfinite(plain) else None


def on_states(
    objective: Objective, index: int, states: Mapping[str, State], targets: Mapping[str, Tensor]
) -> dict[str, OnState]:
    """One term on every state.

    A term with a descriptor gets targets that can be met: on the flat probabilities their own descriptor, which tests
    whether an undecided field can meet the term at all; elsewhere that of the intact channels. Other terms get the
    first target of the batch.

    Args:
        objective: objective of the term.
        index: place of the term in ``objective.terms``.
        states: states by name, ``one_hot`` among them.
        targets: targets of the batch.
    """
    term, loss = objective.terms[index], objective.losses[index]
    first = _first(targets)
    try:
        intact = _own_targets(term, loss, states["one_hot"].field)
        # For a term that reads the structure, the target is that of the probabilities, so that it is not met there.
        reads = "soft" if term.reads == "straight_through" else term.reads
        undecided = _own_targets(term, loss, _relaxed(reads, states[FLAT].field))
    except Exception as error:  # a plugin's descriptor
        return dict.fromkeys(states, OnState(error=f"{type(error).__name__}: {error}"))
    for key, target in undecided.items():
        # A filter's rounding error on a constant must not become a target: relative to it, 0 would be far off.
        undecided[key] = torch.where(target.abs() <= ROUNDED * intact[key].abs().max(), 0, target)
    doubted = doubted_states(objective, index, states)
    return {
        name: _on_state(objective, index, state, first | (undecided if name == FLAT else intact), doubted.get(name))
        for name, state in states.items()
    }


def _on_state(
    objective: Objective, index: int, state: State, targets: Mapping[str, Tensor], witness: float | None
) -> OnState:
    term = objective.terms[index]
    # A decided field is the same in every relaxation; that sharpen and gumbel, like a softmax, pass no gradient there
    # says nothing about the term.
    reads = "soft" if state.kind == "one_hot" else term.reads
    reading = read(objective, index, state.field, targets, reads=reads)
    if reading.values is None or reading.hard is None:
        return OnState(error=reading.error)
    value, hard = number(reading.values.mean()), number(reading.hard.mean())
    tolerance = tolerance_of(term)
    gradient = reading.gradient if reading.finite else None
    cut = {} if state.gap is None or state.channel is None else _in_gap(state.gap, state.channel, gradient)
    return OnState(
        value=value,
        hard=hard,
        met=value is not None and value <= tolerance,
        fooled=is_fooled(tolerance, value, hard),
        witness=None if witness is None or math.isinf(witness) else witness,
        blind=witness is not None and hard is not None and hard <= tolerance,
        finite=reading.finite,
        reached=0.0 if gradient is None else float(separating_voxels(gradient).double().mean()),
        declared=_declared(term, state),
        **cut,
    )


def _in_gap(gap: Tensor, channel: int, gradient: Tensor | None) -> dict[str, Any]:
    """Effect of a step against the gradient where a channel is cut."""
    voxels = float(gap.double().mean())
    if gradient is None:
        return {"gap_voxels": voxels, "gap_push": "none"}
    apart = (gradient - gradient.mean(dim=1, keepdim=True))[0].double()
    inside, total = apart[:, gap], float(apart.abs().sum())
    step = -float(inside[channel].sum())
    # A term of another phase has no gradient on this channel, so its gradient in the gap does not concern the cut.
    concerned = bool(gradient[0, channel][gap].any()) and abs(step) > 1e-9 * total
    push: Push = "none" if not concerned else "closes" if step > 0 else "widens"
    share = float(inside.abs().sum()) / total if total else None
    return {"gap_voxels": voxels, "gap_gradient": share, "gap_push": push}


def _first(targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Targets of the first sample; a reference sample stays whole."""
    whole = targets.whole if isinstance(targets, Targets) else frozenset()
    return {key: value if key in whole or not value.ndim else value[:1] for key, value in targets.items()}


def _own_targets(term: Term, loss: Any, field: Tensor) -> dict[str, Tensor]:
    """The targets that a field gives by the term's own descriptor, under their keys and under the label of the term."""
    if len(term.needs) != 1:
        return {}
    (key,) = term.needs
    measured = targets_measured(loss, key, field)
    if measured is None:
        measured = {"vf": field.mean(dim=(2, 3, 4))} if key == "vf" else {}
    return measured | {term.label + name.removeprefix(key): target for name, target in measured.items()}


def _declared(term: Term, state: State) -> str:
    """Why the plugin expects no gradient on this state; empty if it does expect one."""
    declared = term.component.spec.dead_states
    names = [state.kind]
    if state.kind == "flat" and bool((state.field == 0.5).any()):
        names.append("half")  # type: ignore[arg-type]
    if term.reads == "straight_through":
        names.append("one_hot")
    return next((declared[name] for name in names if name in declared), "")


def _relaxed(reads: str, field: Tensor) -> Tensor:
    """The field in a relaxation, the same on every call."""
    torch.manual_seed(DRAWS)
    return relaxed(reads, field)


def _values(objective: Objective, index: int, field: Tensor, targets: Mapping[str, Tensor], reads: str) -> Tensor:
    torch.manual_seed(DRAWS)
    return objective.term_values(index, field, targets, as_read=reads)
