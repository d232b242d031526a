"""Laws of every loss on how it runs: dtypes, devices, inputs and random state left alone, no memory of former calls."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import pad

from porenet.interface import Grid, InputError
from porenet.registry.field_guard import METHODS
from porenet.testing.case import Case
from porenet.testing.laws.component import random_state

Law = Callable[..., None]


def inputs_are_untouched(case: Case, grid: Grid, field: Tensor) -> None:
    """Neither the field nor the targets are changed in place."""
    targets = case.targets_for(field, grid)
    before = field.clone(), {key: value.clone() for key, value in targets.items()}
    case.loss(grid)(field, targets)
    case.expect(torch.equal(field, before[0]), "changes the field in place")
    case.expect(list(targets) == list(before[1]), "adds or removes targets")
    for key, value in targets.items():
        alike = torch.equal(value.isnan(), before[1][key].isnan()) and torch.equal(
            value.nan_to_num(), before[1][key].nan_to_num()
        )
        case.expect(alike, f"changes the target {key!r} in place")


def same_input_gives_same_result(case: Case, grid: Grid, field: Tensor) -> None:
    """The same field gives the same value, whatever other fields the loss was called with before."""
    loss, fresh, targets = case.loss(grid), case.loss(grid), case.targets_for(field, grid)
    first = loss(field, targets)
    other = field.flip(2).roll(1, dims=1)
    for instance in (loss, fresh):
        instance(other, targets)
    for again in (loss(field, targets), fresh(field, targets)):
        case.expect(
            torch.allclose(first, again, rtol=1e-12, atol=0),
            f"gives {first.tolist()}, and {again.tolist()} for the same field",
        )


def random_state_is_untouched(case: Case, grid: Grid, field: Tensor) -> None:
    """The loss draws nothing from a global random generator, so that an additional term does not change a training."""
    field = field.clone().requires_grad_()
    targets = case.targets_for(field.detach(), grid)
    before = random_state()
    values = case.loss(grid)(field, targets)
    if values.grad_fn is not None:
        torch.autograd.grad(values.sum(), field, allow_unused=True)
    for name, state in random_state().items():
        case.expect(state == before[name], f"draws from the global random generator of {name}, or sets it")


def memory_layout_does_not_matter(case: Case, grid: Grid, field: Tensor) -> None:
    """A field in another memory layout gives the same value: channels last, axes swapped, part of a larger tensor."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    expected = loss(field, targets)
    layouts = {
        "with its channels last": field.contiguous(memory_format=torch.channels_last_3d),
        "with its axes z and x swapped in memory": field.transpose(2, 4).contiguous().transpose(2, 4),
        "that is part of a larger tensor": pad(field, (1, 1) * 3)[..., 1:-1, 1:-1, 1:-1],
    }
    for layout, other in layouts.items():
        values = loss(other, targets)
        case.expect(
            torch.allclose(values, expected, rtol=case.rtol, atol=1e-12),
            f"gives {values.tolist()} for a field {layout}, and {expected.tolist()} for the same field in order",
        )


def other_fields_are_refused(case: Case, grid: Grid, field: Tensor) -> None:
    """A field of other phases or axes, of integers or without a voxel is an InputError, for its descriptor as well."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    doors: dict[str, Callable[[Tensor], object]] = {"": lambda field: loss(field, targets)}
    doors |= {f" by its {name}": getattr(loss, name) for name in METHODS if hasattr(loss, name)}
    others = {
        "without its last phase": field[:, :-1],
        "with a phase more": torch.cat([field, field[:, :1]], dim=1),
        "without a batch axis": field[0],
        "of integers": field.long(),
        "without a voxel": field[..., :0],
    }
    for (door, call), (name, other) in product(doors.items(), others.items()):
        try:
            values = call(other)
        except InputError:
            continue
        except Exception as error:
            case.expect(False, f"raises {type(error).__name__}, not InputError, for a field {name}{door}: {error}")
        case.expect(False, f"returns {values} for a field {name}{door}")


def float32_is_close(case: Case, grid: Grid, field: Tensor) -> None:
    """A float32 field gives the float64 value to 1e-3, in float32 or float64; a float64 field gives float64."""
    single = field.float()
    values, exact = case.values(single, grid), case.values(single.double(), grid)
    case.expect(values.dtype in (torch.float32, torch.float64), f"returned {values.dtype} for a float32 field")
    case.expect(exact.dtype == torch.float64, f"returned {exact.dtype} for a float64 field")
    case.expect(
        torch.allclose(values.double(), exact, rtol=1e-3, atol=1e-5),
        f"gives {values.tolist()} in float32 where float64 gives {exact.tolist()}",
    )


def half_precision_is_finite(case: Case, grid: Grid, field: Tensor) -> None:
    """A bfloat16 field gives a finite value within 5 % or 0.01 of the float64 value, in float32 or float64."""
    half = field.to(torch.bfloat16)
    targets = case.targets_for(half.double(), grid)
    values, exact = case.loss(grid)(half, targets), case.values(half.double(), grid)
    case.expect(values.dtype in (torch.float32, torch.float64), f"returned {values.dtype} for a bfloat16 field")
    case.expect(
        torch.allclose(values.double(), exact.double(), rtol=0.05, atol=0.01),
        f"gives {values.tolist()} in bfloat16 where float64 gives {exact.tolist()}",
    )


def device_of_the_field_is_used(case: Case, grid: Grid, field: Tensor) -> None:
    """The loss computes on the field's device, whatever the default one; forward and backward on a GPU if present."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    expected = loss(field, targets)
    values: Tensor | None = None
    try:
        # Tensors on the meta device hold no numbers and cannot be combined with others.
        with torch.device("meta"):
            values = loss(field, targets)
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        case.expect(False, f"fails if the default device is not that of the field: {reason}")
    _expect_there(case, values, expected, "on the CPU while the default device is another")
    if torch.cuda.is_available():
        moved = {key: value.cuda() for key, value in targets.items()}
        try:
            leaf = field.cuda().requires_grad_()
            values = loss(leaf, moved)
            if values.grad_fn is not None:
                torch.autograd.grad(values.sum(), leaf, allow_unused=True)
        except Exception as error:
            case.expect(False, f"fails on a GPU: {' '.join(str(error).split())[:200]}")
        _expect_there(case, values, expected, "on a GPU", "cuda")


def _expect_there(case: Case, values: Tensor | None, expected: Tensor, where: str, device: str = "cpu") -> None:
    actual = getattr(getattr(values, "device", None), "type", None)
    case.expect(actual == device and values is not None, f"returned a value on {actual} for a field {where}")
    if values is not None:
        case.expect(
            torch.allclose(values.cpu(), expected, rtol=1e-6, atol=1e-9),
            f"gives {values.tolist()} {where}, and {expected.tolist()} otherwise",
        )


LAWS: tuple[Law, ...] = (
    inputs_are_untouched,
    same_input_gives_same_result,
    random_state_is_untouched,
    memory_layout_does_not_matter,
    other_fields_are_refused,
    float32_is_close,
    half_precision_is_finite,
    device_of_the_field_is_used,
)
