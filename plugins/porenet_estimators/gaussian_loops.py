"""Gaussians of fields of probabilities in compiled loops, as operators of torch: float32 on a CPU.

What is read of a smoothed field is computed together with its gradient, where one is wanted, so that backward is a
product and of smoothed fields and slopes only rows ever exist. Elsewhere, in double precision, and with
``PORENET_FUSED=0``, the forms of `gaussian_fields` run in torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from porenet.fused import in_threads, loops_run_on
from porenet.slopes import fold_samples, transforming, unfold_samples, with_slope
from porenet_estimators.gaussian import BoxFilter, Periodic, Widths

GRAIN = 2**17
"""Voxels below which a thread of its own costs more than it saves."""
NOT_READ = np.zeros((0,) * 5, np.float32)
OWN_VALUES, GIVEN_VALUES = (0, 4, 8), (12, 13, 14)
"""Rows of `gaussian_kernels.read` whose product a line's density has: the smoothed fields, or others in their place."""


def in_loops(field: Tensor) -> bool:
    """Whether a field goes through the compiled loops."""
    if field.dtype != torch.float32 or not loops_run_on(field.device.type) or 0 in field.shape:
        return False
    # Compiled, torch would look into an operator for the gradient that a transform asks for, and find none.
    return not (torch.compiler.is_dynamo_compiling() and transforming())


def wants_gradient(*fields: Tensor | None) -> bool:
    """Whether a gradient may be asked for; in a transform no tensor says so."""
    if not torch.is_grad_enabled():
        return False
    return transforming() or any(field is not None and field.requires_grad for field in fields)


def lengths(
    field: Tensor,
    periodic: Periodic,
    widths: Widths,
    weights: Sequence[float],
    fades: float,
) -> Tensor:
    """Mean over the voxels of the length of each channel's smoothed slope.

    Args:
        field: ``(B, C, Z, Y, X)``, float32, any unit.
        periodic: per axis (z, y, x), whether it wraps.
        widths: standard deviation along (z, y, x), voxels.
        weights: of the slopes along (z, y, x).
        fades: length below which the gradient of a slope fades.

    Returns:
        ``(B, C)``, float32; can be differentiated once.
    """
    means: Tensor = _lengths_with_slope(field, periodic, widths, weights, fades, wants_gradient(field))[0]
    return means


def lines(
    triple: Tensor,
    counted: Tensor | None,
    periodic: Periodic,
    widths: Sequence[Widths],
    shares: Sequence[float],
    weights: Sequence[float],
    fades: float,
) -> Tensor:
    """Mean over the voxels of the product of three smoothed fields and of their slopes' cross product, added up.

    Args:
        triple: ``(B, 3, Z, Y, X)``, float32, dimensionless.
        counted: ``(B, 3 R, Z, Y, X)``, what is multiplied in place of the smoothed fields, for each Gaussian.
        periodic: per axis (z, y, x), whether it wraps.
        widths: standard deviation of each of R Gaussians along (z, y, x), voxels.
        shares: factor of each reading.
        weights: of the cross product along (z, y, x).
        fades: length of the cross product below which its gradient fades.

    Returns:
        ``(B,)``, float32; can be differentiated once.
    """
    flat = [width for each in widths for width in each]
    settings = periodic, flat, list(shares), list(weights), fades, wants_gradient(triple, counted)
    length: Tensor = (_counted_lines if counted is not None else _own_lines)(triple, counted, *settings)[0]
    return length


def smooth(field: Tensor, periodic: Periodic, widths: Widths) -> Tensor:
    """`gaussian_fields.smooth` in compiled loops; can be differentiated as often as wanted."""
    smoothed: Tensor = _Smooth.apply(field, periodic, widths, False)  # type: ignore[no-untyped-call]
    return smoothed


class _Smooth(torch.autograd.Function):
    # Linear: its gradient is the same passes in their adjoint form, and so on.
    @staticmethod
    def forward(field: Tensor, periodic: Periodic, widths: Widths, adjoint: bool) -> Tensor:
        smoothed: Tensor = _smooth(field, periodic, widths, adjoint)
        return smoothed

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, ctx.periodic, ctx.widths, ctx.adjoint = inputs

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        back: Tensor = _Smooth.apply(gradients[0], ctx.periodic, ctx.widths, not ctx.adjoint)  # type: ignore[no-untyped-call]
        return back, None, None, None

    @staticmethod
    def vmap(info: Any, dims: tuple[Any, ...], field: Tensor, *settings: Any) -> tuple[Tensor, int]:
        (folded,) = fold_samples(info.batch_size, dims[:1], (field,))
        smoothed: Tensor = _Smooth.apply(folded, *settings)  # type: ignore[no-untyped-call]
        return unfold_samples(info.batch_size, smoothed), 0


@torch.library.custom_op(
    "porenet::gaussian_smooth",
    mutates_args=(),
    device_types="cpu",
    schema="(Tensor field, bool[] periodic, float[] widths, bool adjoint) -> Tensor",
)
def _smooth(field: Tensor, periodic: Sequence[bool], widths: Sequence[float], adjoint: bool) -> Tensor:
    from porenet_estimators import gaussian_kernels

    smoothed = field.new_empty(field.shape)
    values, out = field.contiguous().flatten(0, 1).numpy(), smoothed.flatten(0, 1).numpy()
    box = BoxFilter(field.shape[2:], periodic, widths)
    whole = box.layers(0, box.depth), -1, values.shape[2:], box.wraps, box.passes

    def run(start: int, stop: int) -> None:
        gaussian_kernels.smooth(values, start, stop, *whole, adjoint, out)

    _in_threads(run, values)
    return smoothed


@_smooth.register_fake
def _(field: Tensor, *_: Any) -> Tensor:
    return field.new_empty(field.shape)


@torch.library.custom_op(
    "porenet::gaussian_lengths",
    mutates_args=(),
    device_types="cpu",
    schema="(Tensor field, bool[] periodic, float[] widths, float[] weights, float fades, bool gradient)"
    " -> (Tensor, Tensor)",
)
def _lengths(
    field: Tensor,
    periodic: Sequence[bool],
    widths: Sequence[float],
    weights: Sequence[float],
    fades: float,
    gradient: bool,
) -> tuple[Tensor, Tensor]:
    back = _place_of_gradient(field, gradient)
    values, slopes = (part.contiguous().flatten(0, 1).unsqueeze(1).numpy() for part in (field, back))
    share = 1 / values[0, 0].size
    sums = _read(values, NOT_READ, periodic, widths, None, (weights, fades), share * gradient, False, slopes, NOT_READ)
    return torch.from_numpy(share * sums).view(field.shape[:2]).to(field.dtype), back


@_lengths.register_fake
def _(field: Tensor, *settings: Any) -> tuple[Tensor, Tensor]:
    return field.new_empty(field.shape[:2]), _place_of_gradient(field, settings[-1])


@torch.library.custom_op(
    "porenet::gaussian_lines",
    mutates_args=(),
    device_types="cpu",
    schema="(Tensor triple, Tensor? counted, bool[] periodic, float[] widths, float[] shares, float[] weights,"
    " float fades, bool gradient) -> (Tensor, Tensor, Tensor)",
)
def _lines(
    triple: Tensor,
    counted: Tensor | None,
    periodic: Sequence[bool],
    widths: Sequence[float],
    shares: Sequence[float],
    weights: Sequence[float],
    fades: float,
    gradient: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    back = _place_of_gradient(triple, gradient)
    values, slopes = triple.contiguous().numpy(), back.numpy()
    length, of_counted = np.zeros(len(values)), []
    for reading, share in enumerate(shares):
        given, of_given, product = NOT_READ, NOT_READ, OWN_VALUES
        if counted is not None:
            given, product = counted[:, 3 * reading : 3 * reading + 3].contiguous().numpy(), GIVEN_VALUES
            of_given = np.empty_like(given) if gradient else NOT_READ
            of_counted.append(torch.from_numpy(of_given))
        mean = share / values[0, 0].size
        of_axes = widths[3 * reading : 3 * reading + 3]
        length += mean * _read(
            values, given, periodic, of_axes, product, (weights, fades), mean * gradient, reading > 0, slopes, of_given
        )
    given_back = counted is not None and gradient
    of_all = torch.cat(of_counted, dim=1) if given_back else _place_of_gradient(triple, False)
    return torch.from_numpy(length).to(triple.dtype), back, of_all


@_lines.register_fake
def _(triple: Tensor, counted: Tensor | None, *settings: Any) -> tuple[Tensor, Tensor, Tensor]:
    gradient = settings[-1]
    of_all = triple if counted is None else counted
    return (
        triple.new_empty(len(triple)),
        _place_of_gradient(triple, gradient),
        _place_of_gradient(of_all, gradient and counted is not None),
    )


def _place_of_gradient(field: Tensor, gradient: bool) -> Tensor:
    """Room for a gradient of a field, or none."""
    return field.new_empty(field.shape if gradient else (*field.shape[:2], 0, 0, 0))


def _read(
    values: Any,
    given: Any,
    periodic: Sequence[bool],
    widths: Sequence[float],
    product: Any,
    settings: tuple[Sequence[float], float],
    scale: float,
    added: bool,
    slopes: Any,
    of_given: Any,
) -> Any:
    """Sums of `gaussian_kernels.read`, ``(B,)``, over whole volumes."""
    from porenet_estimators import gaussian_kernels

    box = BoxFilter(values.shape[2:], periodic, widths)
    whole = box.layers(0, box.depth), -1, values.shape[3:], box.wraps, box.passes
    products = np.array([product] if product else np.zeros((0, 3)), np.intp)
    weights, fades = settings
    floors = np.array([box.rounding(weights) ** 2, fades], np.float32)
    sums = np.zeros((len(values), 1))

    numbers = np.array(weights, np.float32), floors, np.float32(scale)

    def run(start: int, stop: int) -> None:
        gaussian_kernels.read(values, given, start, stop, *whole, products, *numbers, sums, added, slopes, of_given)

    _in_threads(run, values)
    return sums[:, 0]


def _in_threads(run: Callable[[int, int], None], values: Any) -> None:
    in_threads(run, len(values), voxels=values.size, grain=GRAIN, threads=torch.get_num_threads())


def _of_unit(gradient: Tensor, *units: Tensor) -> tuple[Tensor, ...]:
    each = gradient.reshape(*gradient.shape, *(1,) * (units[0].ndim - gradient.ndim))
    return tuple(unit * each for unit in units)


_lengths_with_slope = with_slope(
    _lengths,
    _of_unit,
    reads=lambda _, outputs: outputs[1:],
    refusal="a total variation can be differentiated once; its gradient can not",
)
LINES_TWICE = "a length of triple line can be differentiated once; its gradient can not"
_own_lines = with_slope(_lines, _of_unit, reads=lambda _, outputs: outputs[1:2], refusal=LINES_TWICE)
_counted_lines = with_slope(_lines, _of_unit, reads=lambda _, outputs: outputs[1:], refusal=LINES_TWICE)
