"""What a term does on the hand-made states."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from porenet.config import Term
from porenet.gradient_audit.records import OnState, Push
from porenet.gradient_audit.states import State
from porenet.gradient_audit.term_reading import number, read, shown, told_apart, tolerance_of
from porenet.objective import Objective
from porenet.objective.soft_hard_gap import is_fooled
from porenet.targets import Targets

ROUNDED = 1e-4
"""Share of the intact channels' quantity below which that of the fixture is a rounding error."""


def on_states(
    objective: Objective, index: int, states: Mapping[str, State], targets: Mapping[str, Tensor]
) -> dict[str, OnState]:
    """One term on every state.

    A term with a descriptor is given targets that can be met: on the fixture what the fixture itself shows as
    probabilities, for that asks whether an undecided field can meet the term at all; elsewhere those of the intact
    channels. Other terms get the first target of the batch.

    Args:
        objective: whose term it is.
        index: which one.
        states: by name, ``one_hot`` among them.
        targets: of the batch.
    """
    term, loss = objective.terms[index], objective.losses[index]
    first = _first(targets)
    try:
        intact = _own_target(term, loss, states["one_hot"].field)
        # A term that reads the structure is asked for what the probabilities hold: not being met is the point.
        seen = "soft" if term.reads == "straight_through" else term.reads
        undecided = _own_target(term, loss, shown(seen, states["fixture"].field))
    except Exception as error:  # a plugin's descriptor
        return dict.fromkeys(states, OnState(error=f"{type(error).__name__}: {error}"))
    for key, target in undecided.items():
        # What a filter leaves of a constant is no quantity to aim at: relative to it, 0 would be far off.
        undecided[key] = torch.where(target.abs() <= ROUNDED * intact[key].abs().max(), 0, target)
    return {
        name: _on_state(objective, index, state, first | (undecided if name == "fixture" else intact))
        for name, state in states.items()
    }


def _on_state(objective: Objective, index: int, state: State, targets: Mapping[str, Tensor]) -> OnState:
    term = objective.terms[index]
    # A decided field looks the same in every relaxation; that sharpen and gumbel pass no gradient there, as a softmax
    # does not either, says nothing of the term.
    reads = "soft" if state.kind == "one_hot" else term.reads
    reading = read(objective, index, state.field, targets, reads=reads)
    if reading.values is None or reading.hard is None:
        return OnState(error=reading.error)
    value, hard = number(reading.values.mean()), number(reading.hard.mean())
    tolerance = tolerance_of(term)
    found = OnState(
        value=value,
        hard=hard,
        met=value is not None and value <= tolerance,
        fooled=is_fooled(tolerance, value, hard),
        finite=reading.finite,
        declared=_declared(term, state),
    )
    gradient = reading.gradient if reading.finite else None
    if gradient is not None:
        found = dataclasses.replace(found, reached=float(told_apart(gradient).double().mean()))
    if state.gap is None or state.channel is None:
        return found
    return dataclasses.replace(found, **_in_gap(state.gap, state.channel, gradient))


def _in_gap(gap: Tensor, channel: int, gradient: Tensor | None) -> dict[str, Any]:
    """What a step against the gradient does where a channel is cut."""
    voxels = float(gap.double().mean())
    if gradient is None:
        return {"gap_voxels": voxels, "gap_push": "none"}
    apart = (gradient - gradient.mean(dim=1, keepdim=True))[0].double()
    inside, total = apart[:, gap], float(apart.abs().sum())
    step = -float(inside[channel].sum())
    # A term about another phase has none on this channel; what it leaves of the gap is no opinion on the cut.
    concerned = bool(gradient[0, channel][gap].any()) and abs(step) > 1e-9 * total
    push: Push = "none" if not concerned else "closes" if step > 0 else "widens"
    share = float(inside.abs().sum()) / total if total else None
    return {"gap_voxels": voxels, "gap_gradient": share, "gap_push": push}


def _first(targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Targets of the first sample; a reference sample stays whole."""
    whole = targets.whole if isinstance(targets, Targets) else frozenset()
    return {key: value if key in whole or not value.ndim else value[:1] for key, value in targets.items()}


def _own_target(term: Term, loss: Any, field: Tensor) -> dict[str, Tensor]:
    """What a field would be a target for, by the term's own descriptor, under the key and the label of the term."""
    needs = term.needs
    describe = getattr(loss, "target_of", None) or getattr(loss, "descriptor", None)
    if len(needs) != 1 or (describe is None and needs != ("vf",)):
        return {}
    with torch.no_grad():
        target = field.mean(dim=(2, 3, 4)) if describe is None else describe(field)
    return {needs[0]: target, term.label: target}


def _declared(term: Term, state: State) -> str:
    """Why the plugin expects no gradient on this state; empty if it does expect one."""
    declared = term.component.spec.dead_states
    names = [state.kind]
    if state.kind == "flat" and bool((state.field == 0.5).any()):
        names.append("half")  # type: ignore[arg-type]
    if term.reads == "straight_through":
        names.append("one_hot")
    return next((declared[name] for name in names if name in declared), "")
