"""Laws of every loss on its gradient: it reaches the logits, is finite and agrees with finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from porenet.interface import Grid
from porenet.testing.case import Case
from porenet.testing.fields import DEAD_STATES, SMALLEST, flat, one_hot

Law = Callable[..., None]

LEAST_SENSITIVITY = 1e-4
"""Sensitivity above which a gradient reaches the logits: relative change of the loss if each logit changes by 1, per
undecided share of the field, because a softmax passes on next to nothing at a decided voxel. Rounding errors stay below
it where the slopes of a flat field are 0, as do gradients that are equal for all phases; a loss that trains has a
hundred times as much on the fields that are drawn here."""
DEAD_SENSITIVITY = 1e-2
"""Sensitivity below which a declared dead state counts as dead: a product of three probabilities keeps 4e-3 where two
are `SMALLEST`."""
STEP = 1e-5
"""Of finite differences of the gradient, in probability."""


def gradient_reaches_logits(case: Case, grid: Grid, field: Tensor) -> None:
    """Wherever the value is above 0, the gradient at the generator's logits is finite and not all zero.

    States that the Spec declares dead are exempt. ``requires_grad`` proves nothing: the published surface-area loss had
    it and trained nothing. Nor does a gradient at the field: one that is equal for all phases vanishes in the softmax.
    """
    field, values, gradient = _at_logits(case, grid, field)
    case.expect(values.grad_fn is not None, "is detached from the field: no gradient can reach the generator")
    case.expect(gradient is not None, "does not depend on the field: no gradient can reach the generator")
    gradient = cast(Tensor, gradient)
    case.expect(gradient.isfinite().all(), "has a gradient at the logits that is not finite")
    for value, sensitivity, exempt in _samples(case, field, values, gradient):
        case.expect(
            sensitivity > LEAST_SENSITIVITY or exempt or value <= (case.spec.tolerance or 1e-6),
            f"is {value:.3g} with a gradient of zero at the logits of a field {_in_words(field)}",
        )


def declared_dead_states_are_dead(case: Case) -> None:
    """In each state that the Spec declares dead, some field gives a value above 0 and no gradient at the logits."""
    phases = len(case.phases)
    for state in case.spec.dead_states:
        if state == "one_hot":
            labels = torch.arange(60, device="cpu").view(1, 3, 4, 5) % phases
            fields = [one_hot(labels, phases), one_hot(torch.zeros_like(labels), phases)]
        else:
            rest = 0.5 / (phases - 1)
            halves = [[0.5 if phase == half else rest for phase in range(phases)] for half in range(phases)]
            others = [[1 / phases] * phases, [2 * (phase + 1) / phases / (phases + 1) for phase in range(phases)]]
            fields = [flat(shares, (3, 4, 5)) for shares in (halves if state == "half" else others + halves)]
        dead = False
        for field in fields:
            for wraps in (False, True):
                grid = Grid(case.phases, (0.1, 0.2, 0.1), (wraps,) * 3)
                probabilities, values, gradient = _at_logits(case, grid, field)
                if gradient is not None:
                    samples = _samples(case, probabilities, values, gradient)
                    dead |= any(value > 1e-6 and sensitivity < DEAD_SENSITIVITY for value, sensitivity, _ in samples)
        case.expect(dead, f"is declared dead where the field is {state}, but a gradient reaches the logits there")


def gradient_is_finite_everywhere(case: Case, grid: Grid, field: Tensor) -> None:
    """The gradient at the field is finite too, on flat, one-hot and collapsed fields, at probabilities of 0 and 1."""
    field = field.clone().requires_grad_()
    values = case.values(field, grid)
    if values.grad_fn is None:
        return  # `gradient_reaches_logits` reports it
    (gradient,) = torch.autograd.grad(values.sum(), field, allow_unused=True)
    case.expect(gradient is None or gradient.isfinite().all(), "has a gradient that is not finite")


def gradient_matches_finite_differences(case: Case, grid: Grid, field: Tensor) -> None:
    """The gradient agrees with finite differences in float64."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    try:
        torch.autograd.gradcheck(lambda leaf: loss(leaf, targets), field.clone().requires_grad_(), fast_mode=True)
    except RuntimeError as error:  # gradcheck's GradcheckError, or an output that is not differentiable
        case.expect(False, f"has a wrong gradient: {' '.join(str(error).split())[:300]}")


def second_derivative_is_right_or_refused(case: Case, grid: Grid, field: Tensor) -> None:
    """The derivative of the gradient agrees with finite differences in float64, or asking for it raises."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    direction = torch.arange(field.numel(), dtype=field.dtype).cos().view_as(field)

    def gradient_at(place: Tensor, create_graph: bool = False) -> tuple[Tensor, Tensor]:
        leaf = place.clone().requires_grad_()
        values = loss(leaf, targets)
        if values.grad_fn is None:
            return leaf, torch.zeros_like(leaf)  # `gradient_reaches_logits` reports it
        (gradient,) = torch.autograd.grad(values.sum(), leaf, create_graph=create_graph, allow_unused=True)
        return leaf, torch.zeros_like(leaf) if gradient is None else gradient

    leaf, gradient = gradient_at(field, create_graph=True)
    second: Tensor | None = None
    if gradient.requires_grad:  # else it counts as constant wherever it is added to another one
        try:
            (second,) = torch.autograd.grad((gradient * direction).sum(), leaf, retain_graph=True, allow_unused=True)
        except RuntimeError:
            _expect_refusals(case, gradient, lambda field: loss(field, targets).sum(), field)
            return
    second = torch.zeros_like(field) if second is None else second
    ahead, behind = (gradient_at(field + step * direction)[1] for step in (STEP, -STEP))
    expected = (ahead - behind) / (2 * STEP)
    off = float((second - expected).norm())
    case.expect(
        off <= 1e-4 * float(expected.norm()) + 1e-6 * (1 + float(gradient.detach().norm())),
        f"has a wrong second derivative: along a direction its norm is {float(second.norm()):.3g}, that of finite "
        f"differences {float(expected.norm()):.3g}, and they differ by {off:.3g}",
    )


def _expect_refusals(case: Case, gradient: Tensor, total: Callable[[Tensor], Tensor], field: Tensor) -> None:
    """What ``autograd.grad`` refuses, the other ways to a second derivative refuse as well."""
    ways: dict[str, Callable[[], object]] = {
        "backward": lambda: gradient.sum().backward(),  # type: ignore[no-untyped-call]
        "torch.func.grad": lambda: torch.func.grad(lambda field: torch.func.grad(total)(field).sum())(field),
    }
    for name, differentiate in ways.items():
        try:
            differentiate()
        except RuntimeError:
            continue
        case.expect(False, f"refuses a second derivative in autograd.grad, and not in {name}")


def _at_logits(case: Case, grid: Grid, field: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """The field that the logits give, the values, and the gradient at the logits, None if there is none."""
    logits = field.clamp_min(SMALLEST).log().requires_grad_()
    probabilities = logits.softmax(dim=1)
    values = case.loss(grid)(case.as_read(probabilities), case.targets_for(field, grid))
    gradient = None
    if values.grad_fn is not None:
        (gradient,) = torch.autograd.grad(values.sum(), logits, allow_unused=True)
    return probabilities.detach(), values, gradient


def _samples(case: Case, field: Tensor, values: Tensor, gradient: Tensor) -> list[tuple[float, float, bool]]:
    """Value, sensitivity and exemption, per sample or once for a batchwise loss."""
    undecided = (1 - field.amax(dim=1)).mean(dim=(1, 2, 3))
    moved = gradient.abs().sum(dim=(1, 2, 3, 4))
    values = values.detach()
    exempt = [
        any(matches(soft) or matches(read) for state, matches in DEAD_STATES.items() if state in case.spec.dead_states)
        for soft, read in zip(field, case.as_read(field), strict=True)
    ]
    if case.spec.batchwise:
        values, moved, undecided, exempt = (
            values.sum(0, True),
            moved.sum(0, True),
            undecided.mean(0, True),
            [all(exempt)],
        )
    sensitivities = moved / (values * undecided).clamp_min(torch.finfo(values.dtype).tiny)
    return list(zip(values.tolist(), sensitivities.tolist(), exempt, strict=True))


def _in_words(field: Tensor) -> str:
    states = [name for name, matches in DEAD_STATES.items() if all(map(matches, field))]
    return f"of shape {tuple(field.shape)}" + (f" that is {' and '.join(states)}" if states else "")


LAWS: tuple[Law, ...] = (
    gradient_reaches_logits,
    declared_dead_states_are_dead,
    gradient_is_finite_everywhere,
    gradient_matches_finite_differences,
    second_derivative_is_right_or_refused,
)
