"""Quantities with a hand-written slope: a value and its slope become one differentiable call.

A quantity is two functions, in torch or custom operators of it. ``value(*inputs)`` returns the quantity, or a tuple
that begins with it; the rest of the tuple has no gradient. ``slope(gradient, *reads(inputs, outputs))`` turns the
gradient of the quantity into those of the leading inputs. ``reads`` picks what the slope is computed from, tensors
first; by default the inputs. These tensors are what stays in memory between the two passes.

Every tensor has the samples of a batch along its first axis, and they are independent: ``torch.func.vmap`` puts its own
axis and theirs together.

A slope has no derivative of its own: a second derivative raises the ``refusal`` however it is asked for. (torch's own
``once_differentiable`` refuses in ``backward`` alone: ``autograd.grad`` leaves the term out and says nothing. And a
gradient that is registered with an operator, by ``register_autograd``, is out of reach of ``torch.func.grad``.)

What torch differentiates as often as wanted, but not at the least cost, keeps that by `with_first_slope`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

Arguments = tuple[Any, ...]
Reads = Callable[[Arguments, Arguments], Arguments]


def with_slope(
    value: Callable[..., Any], slope: Callable[..., Any], *, refusal: str, reads: Reads | None = None
) -> Callable[..., Any]:
    """A differentiable quantity out of two functions, neither of which autograd looks into.

    Args:
        value: of tensors and settings.
        slope: returns one gradient, or a tuple of them, for the leading inputs of the value.
        refusal: message of the ``RuntimeError`` for a second derivative.
        reads: see `porenet.slopes`.

    Returns:
        A function with the inputs of the value, positional, and its outputs.
    """
    rule = _Rule(value, slope, refusal, reads)

    def quantity(*inputs: Any) -> Any:
        return _Quantity.apply(rule, *inputs)  # type: ignore[no-untyped-call]

    return quantity


def with_first_slope(
    plain: Callable[..., Tensor], value: Callable[..., Tensor], slope: Callable[..., Tensor]
) -> Callable[..., Tensor]:
    """A quantity that torch can differentiate, with a cheaper way to it and to its first gradient.

    Where a second derivative, a forward one, a transform of ``torch.func`` or a compiler asks, it is the plain form.

    Args:
        plain: of a tensor and settings, in operations of torch.
        value: the same quantity; autograd does not look into it.
        slope: of the gradient of the quantity, the tensor and the settings; returns the gradient of the tensor.

    Returns:
        A function with the inputs of the plain form, positional, and its output.
    """
    ways = _Ways(plain, value, slope)

    def quantity(field: Tensor, *settings: Any) -> Tensor:
        if torch.compiler.is_compiling() or transforming() or forward_ad._current_level >= 0:
            return plain(field, *settings)
        return _FirstSlope.apply(ways, field, *settings)  # type: ignore[no-any-return, no-untyped-call]

    return quantity


def fold_samples(size: int, dims: Sequence[Any], arguments: Arguments) -> Arguments:
    """Arguments under ``torch.func.vmap``, as of one larger batch.

    Args:
        size: of the axis that is mapped over, V.
        dims: where each argument has this axis; None where it has none.
        arguments: tensors, with the samples along the first of their other axes, and settings.

    Returns:
        The same, each tensor ``(V B, ...)``.

    Raises:
        RuntimeError: the tensors do not have the same number of samples.
    """
    tensors = [
        argument.unsqueeze(0).expand(size, *argument.shape) if dim is None else argument.movedim(dim, 0)
        for argument, dim in zip(arguments, dims, strict=True)
        if isinstance(argument, Tensor)
    ]
    if len({tuple(tensor.shape[1:2]) for tensor in tensors}) != 1 or tensors[0].ndim < 2:
        raise RuntimeError("vmap needs tensors with the samples of a batch along their first axis, the same in all")
    folded = iter(tensors)
    return tuple(next(folded).flatten(0, 1) if isinstance(argument, Tensor) else argument for argument in arguments)


def unfold_samples(size: int, output: Tensor) -> Tensor:
    """A tensor of a larger batch, ``(V B, ...)``, as ``(V, B, ...)``; undoes `fold_samples`.

    Args:
        size: V.
        output: the tensor.
    """
    return output.reshape(size, len(output) // size, *output.shape[1:])


def refuse_compiled_transform() -> None:
    """Stop ``torch.compile`` in a transform of ``torch.func``: it would look into a value and leave its slope out.

    Called by the ``forward`` of an ``autograd.Function``. Without ``fullgraph`` torch may go on without a graph.

    Raises:
        RuntimeError: this is compiled, in ``torch.func.grad`` or another of them.
    """
    if torch.compiler.is_dynamo_compiling() and transforming():
        raise RuntimeError(
            "torch.compile leaves hand-written slopes out of torch.func.grad and its like, so that gradients would be "
            "wrong: compile the function itself, and call backward or the transform on what is compiled"
        )


def transforming() -> bool:
    """Whether this runs in a transform of ``torch.func``, in which no tensor says that a gradient is wanted."""
    return torch._C._functorch.peek_interpreter_stack() is not None


transforming._dynamo_marked_constant = True  # type: ignore[attr-defined] # as torch.compiler.assume_constant_result does


@dataclass(frozen=True)
class _Rule:
    value: Callable[..., Any]
    slope: Callable[..., Any]
    refusal: str
    reads: Reads | None


class _Quantity(torch.autograd.Function):
    @staticmethod
    def forward(*arguments: Any) -> Any:
        refuse_compiled_transform()
        rule, *inputs = _without_context(arguments)
        return rule.value(*inputs)

    @staticmethod
    def setup_context(ctx: Any, inputs: Arguments, output: Any) -> None:
        (rule, *fields), outputs = inputs, _as_tuple(output)
        if len(outputs) > 1:
            ctx.mark_non_differentiable(*outputs[1:])
        arguments = tuple(fields) if rule.reads is None else rule.reads(tuple(fields), outputs)
        tensors = _tensors_of(arguments)
        # torch takes a gradient to be independent of all that its own function does not read.
        ties = [field for field in _tensors_of(fields) if all(field is not tensor for tensor in tensors)]
        ctx.rule, ctx.arity, ctx.read, ctx.settings = rule, len(fields), len(tensors), arguments[len(tensors) :]
        ctx.set_materialize_grads(False)  # of what has no gradient: as large as the field, and all 0
        ctx.save_for_backward(*tensors, *ties)

    @staticmethod
    def backward(ctx: Any, *of_outputs: Tensor | None) -> Arguments:
        if of_outputs[0] is None:
            return (None,) * (1 + ctx.arity)  # type: ignore[no-any-return]
        saved = ctx.saved_tensors
        slopes = _Slope.apply(ctx.rule, of_outputs[0], ctx.read, len(saved), *saved, *ctx.settings)  # type: ignore[no-untyped-call]
        gradients = _as_tuple(slopes)
        return None, *gradients, *[None] * (ctx.arity - len(gradients))

    @staticmethod
    def vmap(info: Any, dims: Arguments, *arguments: Any) -> tuple[Any, Any]:
        return _unfolded(info, _Quantity.apply(*fold_samples(info.batch_size, dims, arguments)))  # type: ignore[no-untyped-call]


class _Slope(torch.autograd.Function):
    @staticmethod
    def forward(*arguments: Any) -> Any:
        rule, gradient, read, saved, *rest = _without_context(arguments)
        return rule.slope(gradient, *rest[:read], *rest[saved:])

    @staticmethod
    def setup_context(ctx: Any, inputs: Arguments, output: Any) -> None:
        ctx.rule = inputs[0]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> None:
        raise RuntimeError(ctx.rule.refusal)

    @staticmethod
    def vmap(info: Any, dims: Arguments, *arguments: Any) -> tuple[Any, Any]:
        return _unfolded(info, _Slope.apply(*fold_samples(info.batch_size, dims, arguments)))  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class _Ways:
    plain: Callable[..., Tensor]
    value: Callable[..., Tensor]
    slope: Callable[..., Tensor]


class _FirstSlope(torch.autograd.Function):
    @staticmethod
    def forward(ways: _Ways, field: Tensor, *settings: Any) -> Tensor:
        return ways.value(field, *settings)

    @staticmethod
    def setup_context(ctx: Any, inputs: Arguments, output: Tensor) -> None:
        ctx.ways, field, *ctx.settings = inputs
        ctx.save_for_backward(field)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Arguments:
        (field,), (gradient,) = ctx.saved_tensors, gradients
        if torch.is_grad_enabled():  # a second derivative is asked for
            quantity = ctx.ways.plain(field, *ctx.settings)
            (of_field,) = torch.autograd.grad(quantity, field, gradient, create_graph=True)
        else:
            of_field = ctx.ways.slope(gradient, field, *ctx.settings)
        return None, of_field, *[None] * len(ctx.settings)


def _without_context(arguments: Arguments) -> Arguments:
    # torch.compile gives one to a function of any number of arguments, where no gradient is asked for.
    return arguments if isinstance(arguments[0], _Rule) else arguments[1:]


def _unfolded(info: Any, outputs: Any) -> tuple[Any, Any]:
    """Outputs for a batch of folded samples, and where each has the axis that is mapped over."""
    apart = tuple(unfold_samples(info.batch_size, output) for output in _as_tuple(outputs))
    return (apart, (0,) * len(apart)) if isinstance(outputs, tuple) else (apart[0], 0)


def _as_tuple(output: Any) -> Arguments:
    return output if isinstance(output, tuple) else (output,)


def _tensors_of(arguments: Sequence[Any]) -> list[Tensor]:
    return [argument for argument in arguments if isinstance(argument, Tensor)]
