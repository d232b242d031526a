"""What every loss obeys. Each law takes a case and a field ``(B, P, Z, Y, X)`` in float64."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from porenet.interface import Grid, InputError, Volume
from porenet.testing.case import Case

Law = Callable[[Case, Tensor], None]


def one_value_a_sample(case: Case, field: Tensor) -> None:
    """Shape ``(B,)``, or ``(1,)`` if batchwise; floating point, finite, >= 0, attached to the field."""
    field = field.clone().requires_grad_()
    values = case.values(field)
    expected = (1,) if case.spec.batchwise else (len(field),)
    case.expect(isinstance(values, Tensor), f"returned {type(values).__name__}, not a tensor")
    case.expect(tuple(values.shape) == expected, f"returned shape {tuple(values.shape)}, not {expected}")
    case.expect(values.is_floating_point(), f"returned {values.dtype}, not a floating-point type")
    case.expect(values.isfinite().all(), f"is not finite: {values.tolist()}")
    case.expect((values >= 0).all(), f"is negative: {values.tolist()}")


def gradient_reaches_logits(case: Case, field: Tensor) -> None:
    """Wherever the value is above 0, the gradient arrives at the generator's logits: finite, and not all zero.

    Looking at ``requires_grad`` would not do: the published surface-area loss had it and trained nothing.
    """
    logits = field.log().requires_grad_()
    values = case.values(logits.softmax(dim=1))
    case.expect(values.grad_fn is not None, "is detached from the field: no gradient can reach the generator")
    (gradient,) = torch.autograd.grad(values.sum(), logits, allow_unused=True)
    case.expect(gradient is not None, "does not depend on the field: no gradient can reach the generator")
    case.expect(gradient.isfinite().all(), "has a gradient that is not finite")
    for value, sample in zip(values.expand(len(field)), gradient, strict=True):
        dead = value > 1e-6 and not (sample.abs() > 1e-12).any()
        case.expect(not dead, f"is {value:.3g} with a gradient of zero at the logits")


def gradient_is_finite_everywhere(case: Case, field: Tensor) -> None:
    """Uniform, one-hot and collapsed fields have finite gradients too."""
    field = field.clone().requires_grad_()
    values = case.values(field)
    if values.grad_fn is None:
        return  # `gradient_reaches_logits` says so
    (gradient,) = torch.autograd.grad(values.sum(), field, allow_unused=True)
    case.expect(gradient is None or gradient.isfinite().all(), "has a gradient that is not finite")


def gradient_is_right(case: Case, field: Tensor) -> None:
    """The gradient agrees with finite differences in float64."""
    loss, targets = case.loss(), case.targets_for(field)
    try:
        torch.autograd.gradcheck(lambda one: loss(one, targets), field.clone().requires_grad_(), fast_mode=True)
    except RuntimeError as error:  # gradcheck's GradcheckError, or an output that is not differentiable
        case.expect(False, f"has a wrong gradient: {' '.join(str(error).split())[:300]}")


def samples_are_independent(case: Case, field: Tensor) -> None:
    """A sample's value does not depend on the rest of the batch."""
    if case.spec.batchwise:
        return
    together = case.values(field)
    alone = torch.cat([case.values(field[i : i + 1]) for i in range(len(field))])
    case.expect(
        torch.allclose(together, alone, rtol=1e-9, atol=1e-12),
        f"gives {together.tolist()} for a batch and {alone.tolist()} for its samples one by one",
    )


def inputs_are_untouched(case: Case, field: Tensor) -> None:
    """Neither the field nor the targets are changed in place."""
    targets = case.targets_for(field)
    before = field.clone(), {key: value.clone() for key, value in targets.items()}
    case.loss()(field, targets)
    case.expect(torch.equal(field, before[0]), "changes the field in place")
    case.expect(list(targets) == list(before[1]), "adds or removes targets")
    for key, value in targets.items():
        case.expect(torch.equal(value, before[1][key]), f"changes the target {key!r} in place")


def phases_may_be_reordered(case: Case, field: Tensor) -> None:
    """Phases are known by name: another order of channels gives the same value."""
    order = [*range(1, len(case.phases)), 0]  # every channel moves; reversed, the middle one would not
    turned = Grid(phases=tuple(case.phases[i] for i in order), voxel_um=case.grid().voxel_um)
    targets = case.targets_for(field)
    permuted = {
        key: value[:, order] if value.ndim == 2 and value.shape[1] == len(order) else value
        for key, value in targets.items()
    }
    here, there = case.loss()(field, targets), case.loss(turned)(field[:, order], permuted)
    case.expect(
        torch.allclose(here, there, rtol=1e-9, atol=1e-12),
        f"gives {here.tolist()}, and {there.tolist()} once the phases come in another order",
    )


def half_precision_is_finite(case: Case, field: Tensor) -> None:
    """A bfloat16 field gives a finite value close to the float64 one."""
    half = field.to(torch.bfloat16)
    values, exact = case.values(half).double(), case.values(half.double())
    case.expect(
        torch.allclose(values, exact, rtol=0.05, atol=0.01),
        f"gives {values.tolist()} in bfloat16 where float64 gives {exact.tolist()}",
    )


def unit_is_true(case: Case, field: Tensor) -> None:
    """Voxels twice as large change the value as its unit says."""
    if not isinstance(case.spec.unit, str):
        return
    small, large = case.grid((0.5, 0.5, 0.5)), case.grid((1.0, 1.0, 1.0))
    first = case.loss(small)(field, case.targets_for(field, small))
    second = case.loss(large)(field, case.targets_for(field, large))
    expected = first * 2.0 ** exponent_of_um(case.spec.unit)
    case.expect(
        torch.allclose(second, expected, rtol=1e-6, atol=1e-12),
        f"declares the unit {case.spec.unit}, but voxels twice as large turn {first.tolist()} into {second.tolist()}",
    )


def descriptor_equals_twin(case: Case, field: Tensor) -> None:
    """On a decoded structure the descriptor is the metric named as its twin."""
    if case.spec.twin is None:
        return
    if case.twin is None:
        raise InputError(f"the loss names the twin {case.spec.twin!r}", where=str(case), fix="Give Case(twin=Spec).")
    loss = case.loss()
    case.expect(hasattr(loss, "descriptor"), f"names the twin {case.spec.twin!r} but has no descriptor")
    labels = field.argmax(dim=1)
    hard = torch.zeros_like(field).scatter_(1, labels.unsqueeze(1), 1)
    soft = loss.descriptor(hard)
    for one, structure in zip(soft, labels.numpy().astype(np.uint8), strict=True):
        measured = [float(value) for value in case.twin.resolve()(Volume(structure, case.grid())).values()]
        case.expect(
            np.allclose(one.tolist(), measured, rtol=1e-6, atol=1e-9),
            f"describes a structure as {one.tolist()}, the metric {case.spec.twin} as {measured}",
        )


def exponent_of_um(unit: str) -> int:
    """The power of um in a unit such as ``um^-1``; 0 for ``1``."""
    powers = re.findall(r"(?:^| )um(?:\^(-?\d+))?(?= |$)", unit)
    return sum(int(power or 1) for power in powers)


GENERIC: tuple[Law, ...] = (gradient_reaches_logits, gradient_is_right)
"""Laws for fields whose probabilities are all above 0."""
ANY: tuple[Law, ...] = (
    one_value_a_sample,
    gradient_is_finite_everywhere,
    samples_are_independent,
    inputs_are_untouched,
    phases_may_be_reordered,
    half_precision_is_finite,
    unit_is_true,
    descriptor_equals_twin,
)
"""Laws for every field."""
LAWS: tuple[Law, ...] = tuple(itertools.chain(ANY, GENERIC))
