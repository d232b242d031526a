"""What every loss obeys: its gradient, where it must arrive, that it is finite, and that it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from porenet.interface import Grid
from porenet.testing.case import Case
from porenet.testing.fields import DEAD_STATES, SMALLEST, flat, one_hot

Law = Callable[..., None]

NOTHING = 1e-4
"""Of its value, what a loss must change by if each logit changes by 1, times the share that is undecided: at a decided
voxel a softmax passes on next to nothing. Rounding errors stay below it where the slopes of a flat field are 0, as does
what is equal for all phases; what lives has a hundred times as much on the fields that are drawn here."""
NEXT_TO_NOTHING = 1e-2
"""The same, of what is declared dead: a product of three probabilities keeps 4e-3 where two of them are `SMALLEST`."""


def gradient_reaches_logits(case: Case, grid: Grid, field: Tensor) -> None:
    """Wherever the value is above 0, the gradient arrives at the generator's logits: finite, and not all zero.

    Excused are the states that the Spec declares dead. Looking at ``requires_grad`` would not do: the published
    surface-area loss had it and trained nothing; nor at the field: what is equal for all phases dies in the softmax.
    """
    field, values, gradient = _at_logits(case, grid, field)
    case.expect(values.grad_fn is not None, "is detached from the field: no gradient can reach the generator")
    case.expect(gradient is not None, "does not depend on the field: no gradient can reach the generator")
    gradient = cast(Tensor, gradient)
    case.expect(gradient.isfinite().all(), "has a gradient at the logits that is not finite")
    for value, moves, excused in _samples(case, field, values, gradient):
        case.expect(
            moves > NOTHING or excused or value <= (case.spec.tolerance or 1e-6),
            f"is {value:.3g} with a gradient of zero at the logits of a field {_in_words(field)}",
        )


def declared_dead_states_are_dead(case: Case) -> None:
    """What its Spec declares dead is dead somewhere: above 0, and no gradient at the logits."""
    phases = len(case.phases)
    for state in case.spec.dead_states:
        if state == "one_hot":
            labels = torch.arange(60, device="cpu").view(1, 3, 4, 5) % phases
            fields = [one_hot(labels, phases), one_hot(torch.zeros_like(labels), phases)]
        else:
            halves = [[0.5 if one == two else 0.5 / (phases - 1) for two in range(phases)] for one in range(phases)]
            others = [[1 / phases] * phases, [2 * (one + 1) / phases / (phases + 1) for one in range(phases)]]
            fields = [flat(shares, (3, 4, 5)) for shares in (halves if state == "half" else others + halves)]
        found = False
        for field in fields:
            for wraps in (False, True):
                grid = Grid(case.phases, (0.1, 0.2, 0.1), (wraps,) * 3)
                shown, values, gradient = _at_logits(case, grid, field)
                if gradient is not None:
                    samples = _samples(case, shown, values, gradient)
                    found |= any(value > 1e-6 and moves < NEXT_TO_NOTHING for value, moves, _ in samples)
        case.expect(found, f"is declared dead where the field is {state}, but a gradient reaches the logits there")


def gradient_is_finite_everywhere(case: Case, grid: Grid, field: Tensor) -> None:
    """Flat, one-hot and collapsed fields have finite gradients at the field too, zeros and ones included."""
    field = field.clone().requires_grad_()
    values = case.values(field, grid)
    if values.grad_fn is None:
        return  # `gradient_reaches_logits` says so
    (gradient,) = torch.autograd.grad(values.sum(), field, allow_unused=True)
    case.expect(gradient is None or gradient.isfinite().all(), "has a gradient that is not finite")


def gradient_matches_finite_differences(case: Case, grid: Grid, field: Tensor) -> None:
    """The gradient agrees with finite differences in float64."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    try:
        torch.autograd.gradcheck(lambda one: loss(one, targets), field.clone().requires_grad_(), fast_mode=True)
    except RuntimeError as error:  # gradcheck's GradcheckError, or an output that is not differentiable
        case.expect(False, f"has a wrong gradient: {' '.join(str(error).split())[:300]}")


def _at_logits(case: Case, grid: Grid, field: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
    """The field that comes out of the logits, the values, and the gradient at the logits; None where there is none."""
    logits = field.clamp_min(SMALLEST).log().requires_grad_()
    probabilities = logits.softmax(dim=1)
    values = case.loss(grid)(case.shown(probabilities), case.targets_for(field, grid))
    gradient = None
    if values.grad_fn is not None:
        (gradient,) = torch.autograd.grad(values.sum(), logits, allow_unused=True)
    return probabilities.detach(), values, gradient


def _samples(case: Case, field: Tensor, values: Tensor, gradient: Tensor) -> list[tuple[float, float, bool]]:
    """For each sample, or for the batch as a whole: value, how much the logits move it, whether it is excused."""
    undecided = (1 - field.amax(dim=1)).mean(dim=(1, 2, 3))
    moved = gradient.abs().sum(dim=(1, 2, 3, 4))
    values = values.detach()
    excused = [
        any(matches(one) or matches(two) for state, matches in DEAD_STATES.items() if state in case.spec.dead_states)
        for one, two in zip(field, case.shown(field), strict=True)
    ]
    if case.spec.batchwise:
        values, moved, undecided, excused = (
            values.sum(0, True),
            moved.sum(0, True),
            undecided.mean(0, True),
            [all(excused)],
        )
    moves = moved / (values * undecided).clamp_min(torch.finfo(values.dtype).tiny)
    return list(zip(values.tolist(), moves.tolist(), excused, strict=True))


def _in_words(field: Tensor) -> str:
    states = [name for name, matches in DEAD_STATES.items() if all(map(matches, field))]
    return f"of shape {tuple(field.shape)}" + (f" that is {' and '.join(states)}" if states else "")


LAWS: tuple[Law, ...] = (
    gradient_reaches_logits,
    declared_dead_states_are_dead,
    gradient_is_finite_everywhere,
    gradient_matches_finite_differences,
)
