"""Which term reaches which parameter of a generator, and what each term does on states whose faults are known.

``requires_grad`` proves nothing: the published surface-area loss had it, and was computed on a detached tensor. The
gradient at the generator's output is what counts. A small value proves nothing either: probabilities can meet a target
that their argmax misses.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from porenet.config import Run, Term
from porenet.errors import InputError, argument
from porenet.gradient_audit.blindness import doubted_on_batch
from porenet.gradient_audit.findings import findings
from porenet.gradient_audit.generator import (
    OWN_TARGETS,
    Groups,
    SmallGenerator,
    at_parameters,
    left_alone,
    parameters_of,
    refuse_output,
    summary_of,
    training_structures,
)
from porenet.gradient_audit.reading import (
    Reading,
    at_logits,
    norm,
    number,
    on_states,
    read,
    separating_voxels,
    tolerance_of,
)
from porenet.gradient_audit.records import Audit, OnState, Pair, TermAudit
from porenet.gradient_audit.states import hand_made_states
from porenet.objective import Objective, is_fooled, refuse_missing, weight_at
from porenet.registry.field_guard import layered_field

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

    Nothing is trained or changed: no ``.grad``, no running statistics, no state of a random generator. Terms outside
    their schedule are audited too.

    Args:
        objective: the objective with which the generator is trained.
        generator: gives probabilities ``(B, P, Z, Y, X)``, or ``(B, P, Y, X)`` of sections, when it is called with the
            inputs; usually an ``nn.Module``.
        batch: ``(inputs, targets)``: a tensor or a tuple of arguments for the generator, and targets as for
            `Objective`.
        groups: parameters to report together; by default each part of the generator that has parameters is a group.
        step: generator step, for the weights of the schedule.

    Returns:
        The audit; its ``findings`` explain it in words, ``failed`` says whether something cannot train.

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
        probabilities = layered_field(probabilities)
        parameters = parameters_of(generator, groups)
        least = max(STATE_SIDES[0], math.isqrt(len(objective.grid.phases)) + 2)  # room for a channel of every phase
        shape = [max(least, min(side, STATE_SIDES[1])) for side in probabilities.shape[-objective.grid.dims :]]
        fields = hand_made_states(objective.grid, shape, device=probabilities.device)
        terms, gradients = [], {}
        for index, term in enumerate(objective.terms):
            reading = read(objective, index, probabilities, targets)
            gradient = _at_generator(term, reading, probabilities, parameters)
            on_fields = on_states(objective, index, fields, targets)
            doubted = doubted_on_batch(objective, index, probabilities, targets)
            terms.append(_audited(term, weight_at(term, step), reading, gradient, on_fields, doubted))
            if gradient is not None:
                gradients[term.label] = gradient.at_logits
    summary = summary_of(objective.grid, generator, probabilities, parameters)
    cosines = _cosines(gradients)
    return Audit(
        generator=summary,
        terms=tuple(terms),
        cosines=cosines,
        states={name: state.summary for name, state in fields.items()},
        findings=findings(summary, terms, cosines, list(fields.values())),
    )


def audit_run(run: Run, *, size: int = 16, batch: int = 4, seed: int = 0, device: str = "cpu") -> Audit:
    """Audit the objective of a run with a small generator, on targets of synthetic structures.

    Args:
        run: a run, as `porenet.config.load_run` returns it.
        size: edge of the fields, cubes or squares, voxels.
        batch: number of samples.
        seed: seed of the generator and of the structures.
        device: a torch device.

    Raises:
        InputError: there is no such device, or a term's target cannot be measured on a structure.
    """
    try:
        place = torch.device(device)
        torch.empty(1, device=place).item()  # fails on the meta device too, whose tensors hold no numbers
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"{device!r} cannot be used: {str(error).splitlines()[0]}", where=argument("device")) from None
    shape = (size if run.grid.dims == 3 else 1, size, size)
    objective = Objective.from_run(run).to(place)
    labels = training_structures(run.grid, shape, count=batch, seed=seed)
    try:
        targets = objective.targets_of(labels.to(place))
    except InputError as error:
        raise InputError(error.what, where=error.where, fix=OWN_TARGETS) from error
    generator = SmallGenerator(len(run.grid.phases), shape, seed=seed).to(place)
    return audit(objective, generator, (generator.noise(batch), targets))


@dataclass(frozen=True, eq=False)
class _Gradient:
    """The gradient of a term's mean value on the generator's batch.

    Attributes:
        at_logits: ``(B, P, Z, Y, X)``, what passes the softmax.
        size: Euclidean norm at the probabilities; None if not finite.
        at_groups: norm at each group of the generator's parameters; None if not finite.
        reached: share of the voxels in which it differs between phases.
        reached_samples: ``(B,)`` bool, or ``(1,)`` for a batchwise term: samples that it reaches at all.
    """

    at_logits: Tensor
    size: float | None
    at_groups: Mapping[str, float | None]
    reached: float
    reached_samples: Tensor


def _at_generator(
    term: Term, reading: Reading, probabilities: Tensor, parameters: Mapping[str, list[Tensor]]
) -> _Gradient | None:
    """The gradient that a reading sends to the generator; None if the term cannot be read there."""
    if reading.values is None or not reading.finite:
        return None
    gradient = torch.zeros_like(probabilities.detach()) if reading.gradient is None else reading.gradient
    voxels = separating_voxels(gradient)
    samples = voxels.any().view(1) if term.component.spec.batchwise else voxels.flatten(1).any(dim=1)
    return _Gradient(
        at_logits=at_logits(probabilities, gradient),
        size=norm([gradient]),
        at_groups=at_parameters(probabilities, gradient, parameters),
        reached=float(voxels.double().mean()),
        reached_samples=samples,
    )


def _audited(
    term: Term,
    weight_now: float,
    reading: Reading,
    gradient: _Gradient | None,
    on_fields: Mapping[str, OnState],
    doubted: bool,
) -> TermAudit:
    """The audit of a term, from its readings on the states and on the batch, whose argmax its witness may doubt."""
    spec, tolerance = term.component.spec, tolerance_of(term)
    value = hard = size = None
    met, unreached = False, 0
    if reading.values is not None and reading.hard is not None:
        value, hard = number(reading.values.mean()), number(reading.hard.mean())
        met = bool((reading.values <= tolerance).all())
        if gradient is not None:
            size = norm([gradient.at_logits])
            unreached = int(((reading.values > tolerance) & ~gradient.reached_samples).sum())
    reached = 0.0 if gradient is None else gradient.reached
    dead_on_batch = unreached > 0 and gradient is not None and not bool(gradient.reached_samples.any())
    fooled_on_batch = ("batch",) if is_fooled(tolerance, value, hard) else ()
    blind_on_batch = ("batch",) if doubted and hard is not None and hard <= tolerance else ()
    return TermAudit(
        label=term.label,
        loss=term.component.full_name,
        unit=str(spec.unit),
        reads=term.reads,
        planes=term.planes,
        always_reads=spec.reads != "run",
        weight=term.weight,
        weight_now=weight_now,
        start=term.start,
        stop=term.stop,
        tolerance=tolerance,
        value=value,
        hard_value=hard,
        weighted_value=None if value is None else term.weight * value,
        probability_gradient=None if gradient is None else gradient.size,
        logit_gradient=size,
        weighted_gradient=None if size is None else term.weight * size,
        groups={} if gradient is None else gradient.at_groups,
        reached=reached,
        unreached_samples=unreached,
        requires_grad=reading.requires_grad,
        finite=reading.finite,
        met=met,
        dead=dead_on_batch or (met and reached == 0 and _dead_on_states(on_fields.values())),
        fooled=(*fooled_on_batch, *(name for name, state in on_fields.items() if state.fooled)),
        blind=(*blind_on_batch, *(name for name, state in on_fields.items() if state.blind)),
        unseen=spec.blind_with(term.params),
        error=reading.error,
        deviations=dict(spec.deviations),
        states=on_fields,
    )


def _dead_on_states(on_fields: Iterable[OnState]) -> bool:
    """Whether a term has no gradient on any hand-made state that it does not meet.

    A term that is met on the batch need not have a gradient there. States that its plugin declares to be without
    gradient do not count.
    """
    unmet = [state for state in on_fields if state.value is not None and not (state.met or state.declared)]
    return bool(unmet) and not any(state.reached for state in unmet)


def _cosines(gradients: Mapping[str, Tensor]) -> tuple[Pair, ...]:
    directions = {}
    for label, gradient in gradients.items():
        length = norm([gradient])
        if length:
            directions[label] = (gradient / length).flatten()
    pairs = []
    for first, second in itertools.combinations(directions, 2):
        cosine = float(directions[first] @ directions[second])
        pairs.append(Pair(first, second, cosine, cosine < FIGHT))
    return tuple(pairs)


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
