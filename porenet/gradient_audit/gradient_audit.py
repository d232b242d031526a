"""Which term reaches which parameter of a generator, and what each term does on states whose faults are known.

``requires_grad`` is no evidence: the published surface-area loss had it, and was computed on a detached tensor. What
counts is the gradient at the generator's output. Nor is a small value: probabilities can meet what their argmax misses.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from porenet.config import Run
from porenet.errors import InputError
from porenet.gradient_audit.audited_generator import (
    Groups,
    at_parameters,
    left_alone,
    parameters_of,
    refuse_output,
    summary_of,
)
from porenet.gradient_audit.findings import findings
from porenet.gradient_audit.records import Audit, OnState, Pair, TermAudit
from porenet.gradient_audit.small_generator import SmallGenerator, training_structures
from porenet.gradient_audit.state_reading import on_states
from porenet.gradient_audit.states import State, states
from porenet.gradient_audit.term_reading import at_logits, norm, number, read, told_apart, tolerance_of
from porenet.objective import Objective, refuse_missing, weight_at
from porenet.objective.soft_hard_gap import is_fooled

FIGHT = -0.3
"""Two terms fight below this cosine: their gradients are more than 107 degrees apart."""
STATE_SIDES = (8, 24)
"""Edges of the hand-made states, voxels: those of the generator's field within these limits, wider for many phases."""


def audit(
    objective: Objective,
    generator: Callable[..., Tensor],
    batch: tuple[Any, Mapping[str, Tensor]],
    *,
    groups: Groups | None = None,
    step: int = 0,
) -> Audit:
    """Follow every term of an objective to the generator's parameters, and try it on hand-made states.

    Nothing is trained and nothing is left behind: no ``.grad``, no changed running statistics, no used-up random
    numbers. Terms outside their schedule are audited too.

    Args:
        objective: what the generator is trained for.
        generator: gives probabilities ``(B, P, Z, Y, X)`` when it is called with the inputs; usually an ``nn.Module``.
        batch: ``(inputs, targets)``: a tensor or a tuple of arguments for the generator, and targets as for
            `Objective`.
        groups: parameters to report together; by default each part of the generator that has parameters is a group.
        step: generator step, for the weights of the schedule.

    Returns:
        The audit; ``findings`` says in words what it means, ``failed`` whether something cannot train.

    Raises:
        InputError: the batch is not as described, a target is missing, or the generator gives no probabilities.

    Example:
        >>> import porenet, torch
        >>> grid = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
        >>> objective = porenet.Objective(grid, [{"loss": "vf", "weight": 1000}], relax="soft")
        >>> generator = torch.nn.Sequential(torch.nn.Conv3d(4, 3, 3, padding=1), torch.nn.Softmax(dim=1))
        >>> batch = (torch.randn(2, 4, 8, 8, 8), {"vf": torch.tensor([[0.36, 0.34, 0.30]]).expand(2, 3)})
        >>> porenet.audit(objective, generator, batch).fooled
        ('vf',)
    """
    inputs, targets = _checked(objective, batch)
    refuse_missing(objective.terms, targets)
    with left_alone(generator), torch.inference_mode(False), torch.enable_grad():
        probabilities = generator(*inputs)
        refuse_output(probabilities, objective.grid)
        parameters = parameters_of(generator, groups)
        least = max(STATE_SIDES[0], math.isqrt(len(objective.grid.phases)) + 2)  # room for a channel of every phase
        shape = [max(least, min(side, STATE_SIDES[1])) for side in probabilities.shape[2:]]
        shown = states(objective.grid, shape, device=probabilities.device)
        terms, gradients = [], {}
        for index in range(len(objective.terms)):
            found, gradient = _on_batch(objective, index, probabilities, targets, parameters, step)
            terms.append(_with_states(found, on_states(objective, index, shown, targets)))
            if gradient is not None:
                gradients[found.label] = gradient
    summary = summary_of(objective.grid, generator, probabilities, parameters)
    cosines = _cosines(gradients)
    return Audit(summary, tuple(terms), cosines, _told(shown), findings(summary, terms, cosines, list(shown.values())))


def audit_run(run: Run, *, size: int = 16, batch: int = 4, seed: int = 0, device: str = "cpu") -> Audit:
    """Audit the objective of a run with a small generator, on targets of synthetic structures.

    Args:
        run: from `porenet.config.load_run`.
        size: edge of the fields, voxels.
        batch: number of samples.
        seed: of the generator and of the structures.
        device: a torch device.

    Raises:
        InputError: there is no such device, or a term's target cannot be measured on a structure.
    """
    try:
        place = torch.device(device)
        torch.empty(1, device=place).item()  # that of a meta tensor fails too: nothing can be read there
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"cannot be used: {str(error).splitlines()[0]}", where=f"device {device!r}") from None
    shape = (size, size, size)
    objective = Objective.from_run(run).to(place)
    labels = training_structures(run.grid, shape, count=batch, seed=seed)
    try:
        targets = objective.targets_of(labels.to(place))
    except InputError as error:
        fix = f"{error.fix} In Python: porenet.audit(objective, generator, (inputs, targets))."
        raise InputError(error.what, where=error.where, fix=fix.strip()) from error
    generator = SmallGenerator(len(run.grid.phases), shape, seed=seed).to(place)
    return audit(objective, generator, (generator.noise(batch), targets))


def _on_batch(
    objective: Objective,
    index: int,
    probabilities: Tensor,
    targets: Mapping[str, Tensor],
    parameters: Mapping[str, list[Tensor]],
    step: int,
) -> tuple[TermAudit, Tensor | None]:
    """The audit of a term without its states, and its gradient at the logits."""
    term = objective.terms[index]
    spec = term.component.spec
    reading = read(objective, index, probabilities, targets)
    found = TermAudit(
        label=term.label,
        loss=term.component.full_name,
        unit=str(spec.unit),
        reads=term.reads,
        always_reads=spec.reads != "run",
        weight=term.weight,
        weight_now=weight_at(term, step),
        start=term.start,
        stop=term.stop,
        tolerance=tolerance_of(term),
        requires_grad=reading.requires_grad,
        finite=reading.finite,
        error=reading.error,
        deviations=dict(spec.deviations),
    )
    if reading.values is None or reading.hard is None:
        return found, None
    value, hard = number(reading.values.mean()), number(reading.hard.mean())
    found = replace(
        found,
        value=value,
        hard_value=hard,
        weighted_value=None if value is None else term.weight * value,
        met=bool((reading.values <= found.tolerance).all()),
        fooled=("batch",) if is_fooled(found.tolerance, value, hard) else (),
    )
    if not reading.finite:
        return found, None
    gradient = torch.zeros_like(probabilities.detach()) if reading.gradient is None else reading.gradient
    reached = told_apart(gradient)
    reached_samples = reached.any().view(1) if spec.batchwise else reached.flatten(1).any(dim=1)
    missed = (reading.values > found.tolerance) & ~reached_samples
    logits = at_logits(probabilities, gradient)
    weighted = norm([logits])
    found = replace(
        found,
        probability_gradient=norm([gradient]),
        logit_gradient=weighted,
        weighted_gradient=None if weighted is None else term.weight * weighted,
        groups=at_parameters(probabilities, gradient, parameters),
        reached=float(reached.double().mean()),
        unreached_samples=int(missed.sum()),
        dead=bool(missed.any()) and not bool(reached.any()),
    )
    return found, logits


def _with_states(found: TermAudit, shown: Mapping[str, OnState]) -> TermAudit:
    """The audit with what the term does on the states.

    A term that is met on the batch owes no gradient there. It is dead all the same if it has none on any state that
    it does not meet, but for those where its plugin says so.
    """
    owing = [one for one in shown.values() if one.value is not None and not (one.met or one.declared)]
    asleep = found.met and found.reached == 0 and bool(owing) and not any(one.reached for one in owing)
    fooled = (*found.fooled, *(name for name, one in shown.items() if one.fooled))
    return replace(found, states=shown, dead=found.dead or asleep, fooled=fooled)


def _cosines(gradients: Mapping[str, Tensor]) -> tuple[Pair, ...]:
    directions = {}
    for label, gradient in gradients.items():
        length = norm([gradient])
        if length:
            directions[label] = (gradient / length).flatten()
    pairs = []
    for (first, one), (second, other) in itertools.combinations(directions.items(), 2):
        cosine = float(one @ other)
        pairs.append(Pair(first, second, cosine, cosine < FIGHT))
    return tuple(pairs)


def _told(shown: Mapping[str, State]) -> dict[str, str]:
    return {name: state.summary for name, state in shown.items()}


def _checked(objective: object, batch: object) -> tuple[tuple[Any, ...], Mapping[str, Tensor]]:
    if not isinstance(objective, Objective):
        raise InputError(f"a porenet.Objective was expected, not {type(objective).__name__}", where="audit.objective")
    if not (isinstance(batch, tuple | list) and len(batch) == 2 and isinstance(batch[1], Mapping)):
        raise InputError(
            f"a pair (inputs of the generator, mapping of targets) was expected, not {type(batch).__name__}",
            where="audit.batch",
        )
    inputs, targets = batch
    return (tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)), targets
