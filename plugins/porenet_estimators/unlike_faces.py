"""How unlike neighbouring voxels are, summed over their faces: one quantity behind surface areas and isolation.

On a CPU a compiled loop (`face_kernels`) reads the field once for the value and once for the gradient and keeps nothing
between; anywhere else it is torch, with the same gradient written by hand. ``PORENET_FUSED=0`` in the environment asks
for torch everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from porenet.errors import InputError
from porenet.fused import in_threads, loops_run_on
from porenet.slopes import with_slope

Form = Literal["product", "absolute"]
Outer = Literal["nothing", "empty", "copy"]

ARGUMENTS = "int first, int channels, float[] weights, bool[] periodic, str outer, str form"
TWICE = "the faces between unlike voxels can be differentiated once; their gradient cannot"
GRAIN = 2**18
"""Voxels below which a thread of its own costs more than it saves."""


def unlike_faces(
    field: Tensor,
    weights: tuple[float, float, float],
    periodic: tuple[bool, bool, bool],
    *,
    form: Form = "product",
    outer: Outer = "nothing",
    channel: int | None = None,
) -> Tensor:
    """Weighted sum over the faces between voxels of how unlike the two are, per phase.

    A second derivative is refused.

    Args:
        field: ``(B, P, Z, Y, X)``, probabilities, dimensionless.
        weights: weight of a face across each axis (z, y, x), any unit.
        periodic: per axis (z, y, x), whether the last voxel and the first share a face.
        form: unlikeness of neighbours p and q: ``product`` p (1 - q) + q (1 - p), or ``absolute`` |p - q|.
        outer: value of an open face of the box: 0 (``nothing``); p, as if probability 0 lay behind it (``empty``); p (1
            - p), half that of a face to a copy of the voxel (``copy``). For the product only.
        channel: channel of one phase, the only one that is read; all phases if None.

    Returns:
        ``(B, P)``, or ``(B, 1)`` for one phase, unit of the weights, >= 0, at least float32.

    Raises:
        ValueError: ``absolute`` with an ``outer`` other than ``nothing``.
        InputError: the field has another rank, or not that channel.
    """
    if form == "absolute" and outer != "nothing":
        raise ValueError("outer must be 'nothing' with form='absolute': a value behind an open face has no distance")
    field = field.to(torch.promote_types(field.dtype, torch.float32))
    first, channels = (0, field.shape[1] if field.ndim == 5 else 0) if channel is None else (channel, 1)
    _check_channels(field, first, channels)
    if loops_run_on(field.device.type):
        field = field.contiguous()  # here: value and gradient would each make a copy of a field of channels_last_3d
        sums: Tensor = _fused_with_slope(field, first, channels, weights, periodic, outer, form)
    else:
        sums = _in_torch(field, first, channels, weights, periodic, outer, form)[0]
    return sums


@torch.library.custom_op(
    "porenet::unlike_faces", mutates_args=(), device_types="cpu", schema=f"(Tensor field, {ARGUMENTS}) -> Tensor"
)
def _fused(
    field: Tensor, first: int, channels: int, weights: Sequence[float], periodic: Sequence[bool], outer: str, form: str
) -> Tensor:
    from porenet_estimators import face_kernels

    _check_channels(field, first, channels)
    sums = field.new_empty(len(field), channels)
    _in_threads(face_kernels.sums, field, first, channels, weights, periodic, outer, form, sums.numpy())
    return sums


@torch.library.custom_op(
    "porenet::unlike_faces_gradient",
    mutates_args=(),
    device_types="cpu",
    schema=f"(Tensor scale, Tensor field, {ARGUMENTS}) -> Tensor",
)
def _fused_gradient(
    scale: Tensor,
    field: Tensor,
    first: int,
    channels: int,
    weights: Sequence[float],
    periodic: Sequence[bool],
    outer: str,
    form: str,
) -> Tensor:
    from porenet_estimators import face_kernels

    _check_channels(field, first, channels)
    gradient = field.new_empty(field.shape)
    gradient[:, :first] = 0
    gradient[:, first + channels :] = 0
    scales = scale.contiguous().numpy()  # of a sum it comes expanded
    _in_threads(face_kernels.slopes, field, first, channels, weights, periodic, outer, form, scales, gradient.numpy())
    return gradient


def _check_channels(field: Tensor, first: int, channels: int) -> None:
    """The compiled loop checks no index: a channel that is not there would be read beyond the tensor."""
    if field.ndim != 5 or 0 in field.shape:
        raise InputError(
            f"shape (B, P, Z, Y, X) without an empty axis was expected, not {tuple(field.shape)}", where="field"
        )
    if not 0 <= first <= first + channels <= field.shape[1]:
        last = first + channels - 1
        raise InputError(f"channels {first} to {last} were asked for, of {field.shape[1]} phases", where="field")


def _in_threads(
    kernel: Any,
    field: Tensor,
    first: int,
    channels: int,
    weights: Sequence[float],
    periodic: Sequence[bool],
    outer: str,
    form: str,
    *arrays: Any,
) -> None:
    values = field.contiguous().numpy()
    settings = (
        tuple(values.dtype.type(weight) for weight in weights),
        tuple(periodic),
        ("nothing", "empty", "copy").index(outer),
        form == "absolute",
    )

    def run(start: int, stop: int) -> None:
        kernel(values, first, start, stop, *settings, *arrays)

    entries = len(field) * channels
    voxels = entries * field[0, 0].numel()
    in_threads(run, entries, voxels=voxels, grain=GRAIN, threads=torch.get_num_threads())


@_fused.register_fake
def _(field: Tensor, first: int, channels: int, *_: Any) -> Tensor:
    _check_channels(field, first, channels)
    return field.new_empty(len(field), channels)


@_fused_gradient.register_fake
def _(_scale: Tensor, field: Tensor, *_: Any) -> Tensor:
    return field.new_empty(field.shape)


_fused_with_slope = with_slope(_fused, _fused_gradient, refusal=TWICE)


def _sums_and_slope(
    field: Tensor,
    first: int,
    channels: int,
    weights: tuple[float, float, float],
    periodic: tuple[bool, bool, bool],
    outer: Outer,
    form: Form,
) -> tuple[Tensor, Tensor]:
    part = field.narrow(1, first, channels)
    return _absolute(part, weights, periodic) if form == "absolute" else _product(part, weights, periodic, outer)


def _gradient_in_torch(scale: Tensor, slope: Tensor, before: int, after: int) -> Tensor:
    """The gradient of all channels, 0 in those before and after the slope's."""
    gradient = slope * scale[:, :, None, None, None]
    return pad(gradient, (0,) * 6 + (before, after)) if before or after else gradient


def _slope_and_place(inputs: tuple[Any, ...], outputs: tuple[Tensor, ...]) -> tuple[Tensor, int, int]:
    field, first, channels, *_ = inputs
    return outputs[1], first, field.shape[1] - first - channels


_in_torch = with_slope(_sums_and_slope, _gradient_in_torch, reads=_slope_and_place, refusal=TWICE)


def _product(
    field: Tensor, weights: tuple[float, float, float], periodic: tuple[bool, bool, bool], outer: Outer
) -> tuple[Tensor, Tensor]:
    # Each voxel pays p times what its neighbours hold of other phases: both shares of every pair, and no term of the
    # sum is negative, whatever is rounded. The slope is twice that of the neighbours, less the faces that counted.
    complement = 1 - field
    others = torch.zeros_like(field)
    faces = torch.zeros((1,) * 5, dtype=field.dtype, device=field.device)
    outside = {"nothing": 0.0, "empty": 1.0, "copy": None}[outer]
    for axis, (weight, wraps) in enumerate(zip(weights, periodic, strict=True), start=2):
        size = field.shape[axis]
        behind = _extend(complement, axis, wraps, outside)
        others.add_(behind.narrow(axis, 0, size), alpha=weight).add_(behind.narrow(axis, 2, size), alpha=weight)
        line = torch.ones_like(faces).repeat_interleave(size, dim=axis)
        behind = _extend(line, axis, wraps, outside)
        faces = faces + weight * (behind.narrow(axis, 0, size) + behind.narrow(axis, 2, size))
    sums = (field * others).sum(dim=(2, 3, 4))
    return sums, others.mul_(2).sub_(faces)


def _absolute(
    field: Tensor, weights: tuple[float, float, float], periodic: tuple[bool, bool, bool]
) -> tuple[Tensor, Tensor]:
    sums = torch.zeros(field.shape[:2], dtype=field.dtype, device=field.device)
    slope = torch.zeros_like(field)
    for axis, (weight, wraps) in enumerate(zip(weights, periodic, strict=True), start=2):
        size = field.shape[axis]
        behind = _extend(field, axis, wraps, None)
        rise = behind.narrow(axis, 1, size + 1) - behind.narrow(axis, 0, size + 1)
        # The first and the last are one face if the axis is periodic, and none, of two like voxels, if it is not.
        sums = sums + weight * torch.linalg.vector_norm(rise.narrow(axis, 0, size), ord=1, dim=(2, 3, 4))
        signs = rise.sign_()
        slope.add_(signs.narrow(axis, 0, size), alpha=weight).sub_(signs.narrow(axis, 1, size), alpha=weight)
    return sums, slope


def _extend(field: Tensor, axis: int, wraps: bool, outside: float | None) -> Tensor:
    """One layer more on both sides: from the other end, of a value, or a copy of the outermost."""
    first, last = field.narrow(axis, 0, 1), field.narrow(axis, field.shape[axis] - 1, 1)
    if wraps:
        first, last = last, first
    elif outside is not None:
        first = last = torch.full_like(first, outside)
    return torch.cat([first, field, last], dim=axis)
