"""Laws of every loss under the transforms of torch: each gives what a plain call gives, or refuses.

A loss may lack a transform: a law that holds then says which, and why.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from porenet.interface import Grid
from porenet.testing.case import Case
from porenet.testing.fields import every_kind

Law = Callable[..., str | None]

SIZE = (5, 4, 4)
"""Voxels of the fields."""


def func_grad_is_right_or_refused(case: Case) -> str | None:
    """``torch.func.grad`` and ``jacrev`` give the gradient that ``backward`` gives, or raise."""
    loss, field, targets = _prepared(case)
    _, expected = _plainly(loss, field, targets)

    def total(field: Tensor) -> Tensor:
        values: Tensor = loss(field, targets)
        return values.sum()

    return _each(
        case,
        {
            "func.grad": lambda: [torch.func.grad(total)(field)],
            "jacrev": lambda: [torch.func.jacrev(lambda field: loss(field, targets))(field).sum(dim=0)],
        },
        [expected],
    )


def vmap_is_right_or_refused(case: Case) -> str | None:
    """``torch.func.vmap`` over the samples, or over batches, gives their values and gradients, or raises.

    Over batches it gives a batchwise loss one value per batch.
    """
    loss, field, targets = _prepared(case)
    if case.spec.batchwise:
        batches = torch.stack([field, field.flip(2)])
        each = [_plainly(loss, batch, targets) for batch in batches]
        gradients = torch.func.vmap(torch.func.grad(lambda field: loss(field, targets).sum()))
        return _each(
            case,
            {"vmap": lambda: [torch.func.vmap(lambda field: loss(field, targets))(batches), gradients(batches)]},
            [torch.stack(parts) for parts in zip(*each, strict=True)],
        )

    def sample(field: Tensor, targets: dict[str, Tensor]) -> Tensor:
        values: Tensor = loss(field[None], {key: value[None] for key, value in targets.items()})
        return values[0]

    rows = [slice(place, place + 1) for place in range(len(field))]
    alone = [_plainly(loss, field[row], {key: value[row] for key, value in targets.items()}) for row in rows]
    return _each(
        case,
        {
            "vmap": lambda: [
                torch.func.vmap(sample)(field, targets),
                torch.func.vmap(torch.func.grad(sample))(field, targets),
            ]
        },
        [torch.cat(parts) for parts in zip(*alone, strict=True)],
    )


def compiled_is_right_or_refused(case: Case) -> str | None:
    """``torch.compile(fullgraph=True)`` gives the same value and gradient, or raises."""
    loss, field, targets = _prepared(case)
    expected = _plainly(loss, field, targets)

    def compiled() -> Sequence[Tensor]:
        torch._dynamo.reset()  # what other cases left counts against the number of graphs of one function
        return _plainly(torch.compile(loss, backend="eager", fullgraph=True), field, targets)

    return _each(case, {"compile(fullgraph=True)": compiled}, expected)


def exported_is_right_or_refused(case: Case) -> str | None:
    """``torch.export`` gives a program of the same values, whose gradient is right or refused; or raises."""
    loss, field, targets = _prepared(case)
    expected, gradient = _plainly(loss, field, targets)
    program: list[Callable[..., Tensor]] = []

    def exported() -> Sequence[Tensor]:
        program.append(torch.export.export(loss, (field, targets), strict=False).module())
        return [program[0](field, targets)]

    missing = _each(case, {"export": exported}, [expected])
    if missing is None:
        leaf = field.clone().requires_grad_()
        values = program[0](leaf, targets)
        try:
            (of_program,) = torch.autograd.grad(values.sum(), leaf)
        except RuntimeError:
            return None
        _expect_close(case, "the gradient of an exported program", [of_program], [gradient])
    return missing


def _prepared(case: Case) -> tuple[Any, Tensor, dict[str, Tensor]]:
    """The loss, a field of four samples, float64, and its targets."""
    grid = Grid(case.phases, (0.1, 0.2, 0.1), (False, True, False))
    field = every_kind(len(case.phases), ("generic", "near_one_hot", "flat", "one_hot"), SIZE)
    return case.loss(grid), field, case.targets_for(field, grid)


def _plainly(loss: Callable[..., Tensor], field: Tensor, targets: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Values of a loss, and the gradient of their sum; 0 where there is none."""
    leaf = field.clone().requires_grad_()
    values = loss(leaf, targets)
    gradient = None
    if values.grad_fn is not None:
        (gradient,) = torch.autograd.grad(values.sum(), leaf, allow_unused=True)
    return values.detach(), torch.zeros_like(field) if gradient is None else gradient


def _each(case: Case, transforms: dict[str, Callable[[], Sequence[Tensor]]], expected: Sequence[Tensor]) -> str | None:
    """Try each transform; which of them are missing, in words."""
    missing = []
    for name, run in transforms.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                results = run()
        except Exception as error:
            missing.append(f"has no {name} ({type(error).__name__}: {' '.join(str(error).split()):.100})")
            continue
        _expect_close(case, name, results, expected)
    return "; ".join(missing) or None


def _expect_close(case: Case, name: str, results: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    for result, wanted in zip(results, expected, strict=True):
        most = float(wanted.abs().max())
        if not wanted.isfinite().all():
            continue  # `gradient_is_finite_everywhere` reports it
        off = float((result.detach() - wanted).abs().max())
        case.expect(
            off <= max(1e-6, case.rtol) * (most or 1.0),
            f"gives another result by {name}: it differs by {off:.3g}, of {most:.3g} at most",
        )


LAWS: tuple[Law, ...] = (
    func_grad_is_right_or_refused,
    vmap_is_right_or_refused,
    compiled_is_right_or_refused,
    exported_is_right_or_refused,
)
