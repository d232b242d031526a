"""The operators behind `porenet.passage`, as torch sees them: autograd, ``torch.compile``, meta tensors, threads.

Faces go by number, 0 to 5 for ``porenet.interface.FACES``; fields are ``(B, Z, Y, X)`` float32 or float64. How a
value and its slope are joined: see `porenet.slopes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from porenet.errors import InputError
from porenet.fused import in_threads, loops_run_on
from porenet.passage import sweeps
from porenet.slopes import with_slope

Part = TypeVar("Part")

NO_COST = "finite values that are not negative were expected"
NO_LEVEL = "finite values were expected"
TWICE = "a cheapest path can be differentiated once; its gradient cannot"

GRAIN = 2**14
"""Voxels below which a thread of its own costs more than it saves."""


def travel(cost: Tensor, inlet: int, periodic: tuple[bool, ...]) -> Tensor:
    """As `porenet.passage.travel`."""
    totals: Tensor = _travel_with_slope(cost, inlet, periodic)[0]
    return totals


def cross(field: Tensor, inlet: int, outlet: int, periodic: tuple[bool, ...], highest: bool) -> Tensor:
    """As `porenet.passage.crossing`, or, for the highest level, `porenet.passage.connecting_level`."""
    levels: Tensor = _cross_with_slope(field, inlet, outlet, periodic, highest)[0]
    return levels


def path(cost: Tensor, inlet: int, outlet: int, periodic: tuple[bool, ...]) -> Tensor:
    """As `porenet.passage.cheapest_path`."""
    marks: Tensor = _cross(cost, inlet, outlet, periodic, False)[1]
    return marks.bool()


@torch.library.custom_op(
    "porenet::travel",
    mutates_args=(),
    schema="(Tensor cost, int inlet, bool[] periodic) -> (Tensor, Tensor, Tensor)",
)
def _travel(cost: Tensor, inlet: int, periodic: Sequence[bool]) -> tuple[Tensor, Tensor, Tensor]:
    totals, states, orders = _travel_like(cost)
    if not loops_run_on(cost.device.type):
        if cost.device.type == "cpu" and not ((cost >= 0) & cost.isfinite()).all():
            raise _unsound(highest=False)
        return sweeps.travel(cost, inlet, periodic), states, orders
    from porenet.passage import kernels

    ghosts = _ghosts(periodic)
    values = cost.detach().contiguous().numpy()

    def run(start: int, stop: int) -> bool:
        scratch = np.empty(states.shape[1], values.dtype), np.empty(states.shape[1], np.int32)
        return kernels.travel(  # type: ignore[no-any-return]
            values, start, stop, inlet, ghosts, scratch, totals.numpy(), states.numpy(), orders.numpy()
        )

    if not all(_in_threads(run, cost)):
        raise _unsound(highest=False)
    return totals, states, orders


@torch.library.custom_op(
    "porenet::travel_gradient",
    mutates_args=(),
    schema="(Tensor gradient, Tensor cost, Tensor totals, Tensor states, Tensor orders, int inlet, bool[] periodic)"
    " -> Tensor",
)
def _travel_gradient(
    gradient: Tensor,
    cost: Tensor,
    totals: Tensor,
    states: Tensor,
    orders: Tensor,
    inlet: int,
    periodic: Sequence[bool],
) -> Tensor:
    if not loops_run_on(cost.device.type):
        return sweeps.travel_gradient(gradient, totals, inlet, periodic)
    from porenet.passage import kernels

    summed = cost.new_empty(cost.shape)
    values = gradient.detach().contiguous().numpy()

    def run(start: int, stop: int) -> None:
        scratch = np.empty(states.shape[1], values.dtype)
        kernels.descend(values, start, stop, scratch, states.numpy(), orders.numpy(), summed.numpy())

    _in_threads(run, cost)
    return summed


@torch.library.custom_op(
    "porenet::cross",
    mutates_args=(),
    schema="(Tensor field, int inlet, int outlet, bool[] periodic, bool highest) -> (Tensor, Tensor)",
)
def _cross(field: Tensor, inlet: int, outlet: int, periodic: Sequence[bool], highest: bool) -> tuple[Tensor, Tensor]:
    if not loops_run_on(field.device.type):
        if field.device.type == "cpu" and not (field.isfinite().all() and (highest or (field >= 0).all())):
            raise _unsound(highest)
        return sweeps.cross(field, inlet, outlet, periodic, highest)
    from porenet.passage import kernels

    levels, marks = _cross_like(field)
    ghosts = _ghosts(periodic)
    ghosts[outlet] = kernels.GOAL
    values = field.detach().contiguous().numpy()

    def run(start: int, stop: int) -> bool:
        voxels, padded = _sizes(field)
        scratch = (
            np.empty(padded, values.dtype),
            np.empty(padded, np.int32),
            np.empty(voxels, np.int32),
            np.empty(padded, np.uint8),
        )
        return kernels.cross(  # type: ignore[no-any-return]
            values, start, stop, inlet, ghosts, highest, scratch, levels.numpy(), marks.numpy()
        )

    if not all(_in_threads(run, field)):
        raise _unsound(highest)
    return levels, marks


@torch.library.custom_op("porenet::cross_gradient", mutates_args=(), schema="(Tensor gradient, Tensor marks) -> Tensor")
def _cross_gradient(gradient: Tensor, marks: Tensor) -> Tensor:
    return gradient[:, None, None, None] * marks


def _unsound(highest: bool) -> InputError:
    return InputError(NO_LEVEL, where="field") if highest else InputError(NO_COST, where="cost")


def _ghosts(periodic: Sequence[bool]) -> Any:
    from porenet.passage import kernels

    return np.array([(kernels.WALL, kernels.WRAP)[wraps] for wraps in periodic], np.uint8).repeat(2)


def _sizes(field: Tensor) -> tuple[int, int]:
    """Voxels of a volume, alone and with the layer around it."""
    _, depth, height, width = field.shape
    return depth * height * width, (depth + 2) * (height + 2) * (width + 2)


def _in_threads(run: Callable[[int, int], Part], field: Tensor) -> list[Part]:
    return in_threads(run, len(field), voxels=field.numel(), grain=GRAIN, threads=torch.get_num_threads())


@_travel.register_fake
def _travel_like(cost: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
    # The tree is for the loops alone: the sweeps find it again when it is asked for. Whether the environment forbids
    # the loops must not show in a shape, since torch.compile keeps what it compiled.
    voxels, padded = _sizes(cost) if cost.device.type == "cpu" else (0, 0)
    return (
        cost.new_empty(cost.shape),
        cost.new_empty((len(cost), padded), dtype=torch.uint8),
        cost.new_empty((len(cost), voxels), dtype=torch.int32),
    )


@_cross.register_fake
def _cross_like(field: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    return field.new_empty(len(field)), field.new_empty(field.shape, dtype=torch.uint8)


@_travel_gradient.register_fake
def _(_gradient: Tensor, cost: Tensor, *_: Any) -> Tensor:
    return cost.new_empty(cost.shape)


@_cross_gradient.register_fake
def _(gradient: Tensor, marks: Tensor) -> Tensor:
    return gradient.new_empty(marks.shape)


_travel_with_slope = with_slope(
    _travel,
    _travel_gradient,
    reads=lambda inputs, outputs: (inputs[0], *outputs, *inputs[1:]),
    refusal=TWICE,
)
_cross_with_slope = with_slope(_cross, _cross_gradient, reads=lambda _, outputs: outputs[1:], refusal=TWICE)
