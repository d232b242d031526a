"""Quantities whose slope is written by hand: the one place where a value and its slope become a differentiable call.

A quantity is two functions. ``value(*inputs)`` returns it, or a tuple that begins with it; the rest of the tuple has no
gradient. ``slope(gradient, *reads(inputs, outputs))`` turns the gradient of the quantity into those of the leading
inputs. ``reads`` picks what the slope is computed from, tensors first; by default the inputs. These tensors are what
stays in memory between the two passes.

A slope has no derivative of its own. With a ``refusal``, a second derivative raises that message however it is asked
for. Without one, torch refuses it in ``backward`` alone, where the gradient that comes in depends on the fields itself;
``autograd.grad`` leaves the term out and says nothing.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Arguments = tuple[Any, ...]
Reads = Callable[[Arguments, Arguments], Arguments]


class Operator(Protocol):
    """What ``torch.library.custom_op`` makes of a function."""

    def __call__(self, *inputs: Any) -> Any:
        """The operator, applied."""

    def register_autograd(self, backward: Callable[..., Any], /, *, setup_context: Callable[..., Any] | None) -> None:
        """Give the operator a gradient."""


def register_slope(value: Operator, slope: Operator, *, refusal: str, reads: Reads | None = None) -> None:
    """Make one custom operator of torch the slope of another.

    Args:
        value: its inputs are a field and settings, which are no tensors.
        slope: returns the gradient of the field. The field must be among its inputs, if only to tie the gradient to it:
            torch would take the two for independent, and let the gradient be differentiated.
        refusal: message of the ``RuntimeError`` for a second derivative.
        reads: see `porenet.slopes`.
    """

    def keep(ctx: Any, inputs: Arguments, output: Any) -> None:
        _keep(ctx, reads, inputs, _as_tuple(output))

    def backward(ctx: Any, gradient: Tensor | None, *_: Tensor | None) -> tuple[Tensor | None, ...]:
        return _gradients(ctx, slope, gradient)

    def refuse(ctx: Any, *gradients: Tensor) -> None:  # noqa: ARG001
        raise RuntimeError(refusal)

    value.register_autograd(backward, setup_context=keep)
    slope.register_autograd(refuse, setup_context=None)


def with_slope(
    value: Callable[..., Any], slope: Callable[..., Any], *, refusal: str | None = None, reads: Reads | None = None
) -> Callable[..., Tensor]:
    """A differentiable quantity out of two functions in torch, neither of which autograd looks into.

    Args:
        value: of tensors and settings.
        slope: returns one gradient, or a tuple of them, for the leading inputs of the value.
        refusal: message of the ``RuntimeError`` for a second derivative.
        reads: see `porenet.slopes`.

    Returns:
        A function of the inputs of the value, positional, that returns the quantity alone.
    """

    def keep(ctx: Any, inputs: Arguments, output: Any) -> None:
        outputs = _as_tuple(output)
        if len(outputs) > 1:
            ctx.mark_non_differentiable(*outputs[1:])
        _keep(ctx, reads, inputs, outputs, [] if refusal is None else _tensors_of(inputs))

    def backward(ctx: Any, gradient: Tensor | None, *_: Tensor | None) -> tuple[Tensor | None, ...]:
        gradients = _gradients(ctx, slope, gradient)
        if refusal is None or not torch.is_grad_enabled():  # enabled only where a second derivative is wanted
            return gradients
        fields = ctx.saved_tensors[ctx.read :]
        return tuple(each if each is None else _Once.apply(each, refusal, *fields) for each in gradients)  # type: ignore[no-untyped-call]

    body = {
        "__module__": value.__module__,
        "forward": staticmethod(value),
        "setup_context": staticmethod(keep),
        "backward": staticmethod(once_differentiable(backward) if refusal is None else backward),
    }
    function: Any = types.new_class(
        value.__name__, (torch.autograd.Function,), exec_body=lambda names: names.update(body)
    )

    def quantity(*inputs: Any) -> Tensor:
        return _as_tuple(function.apply(*inputs))[0]  # type: ignore[no-any-return]

    return quantity


class _Once(torch.autograd.Function):
    """Ties a gradient to the fields, of which torch would take it to be independent, to refuse its derivative."""

    @staticmethod
    def forward(gradient: Tensor, refusal: str, *fields: Tensor) -> Tensor:
        return gradient.view_as(gradient)

    @staticmethod
    def setup_context(ctx: Any, inputs: Arguments, output: Tensor) -> None:
        ctx.refusal = inputs[1]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> None:
        raise RuntimeError(ctx.refusal)


def _keep(ctx: Any, reads: Reads | None, inputs: Arguments, outputs: Arguments, fields: Sequence[Tensor] = ()) -> None:
    """Save what the slope reads, and after it the fields that its gradient is tied to."""
    arguments = inputs if reads is None else reads(inputs, outputs)
    tensors = _tensors_of(arguments)
    ctx.arity, ctx.read, ctx.settings = len(inputs), len(tensors), arguments[len(tensors) :]
    ctx.set_materialize_grads(False)  # of what has no gradient: as large as the field, and all 0
    ctx.save_for_backward(*tensors, *fields)


def _gradients(ctx: Any, slope: Callable[..., Any], gradient: Tensor | None) -> tuple[Tensor | None, ...]:
    """One gradient per input of the value; None for the settings."""
    if gradient is None:
        return (None,) * ctx.arity  # type: ignore[no-any-return]
    gradients = _as_tuple(slope(gradient, *ctx.saved_tensors[: ctx.read], *ctx.settings))
    return *gradients, *[None] * (ctx.arity - len(gradients))


def _as_tuple(output: Any) -> Arguments:
    return output if isinstance(output, tuple) else (output,)


def _tensors_of(arguments: Arguments) -> list[Tensor]:
    return [argument for argument in arguments if isinstance(argument, Tensor)]
