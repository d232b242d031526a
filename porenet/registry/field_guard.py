"""The guard of a loss: it is called with a field of its grid, or refuses it in words; one target serves all samples."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from porenet.errors import InputError
from porenet.interface import Grid, Spec
from porenet.registry.thin_fields import LayersCrossed
from porenet.targets import Targets, per_sample, refuse_other_dims


def check_field(probabilities: object, phases: Sequence[str], dims: int = 3) -> None:
    """Check that probabilities are a floating-point tensor ``(B, P, Z, Y, X)`` with one channel per phase.

    Looks at type and shape alone: it costs microseconds, waits for no device, compiles and exports.

    Args:
        probabilities: what a loss is called with.
        phases: names, in channel order.
        dims: 2 for sections, ``(B, P, Y, X)``, or as losses get them, ``(B, P, 1, Y, X)``.

    Raises:
        InputError: another type, rank or number of channels, or an empty axis.
    """
    if not isinstance(probabilities, Tensor) or not probabilities.is_floating_point():
        got = probabilities.dtype if isinstance(probabilities, Tensor) else type(probabilities).__name__
        raise InputError(f"a tensor of floating-point numbers was expected, not {got}", where="probabilities")
    shape = probabilities.shape
    layered = dims == 2 and len(shape) == 5 and shape[2] == 1
    if not (len(shape) == dims + 2 or layered) or shape[1] != len(phases) or 0 in shape:
        axes = "Y, X" if dims == 2 else "Z, Y, X"
        of_sections = dims == 3 and len(shape) == 4 and shape[1] == len(phases)
        raise InputError(
            f"shape (B, {len(phases)}, {axes}) for the phases {', '.join(phases)} was expected, not {tuple(shape)}",
            where="probabilities",
            fix="Fields of sections have a grid of two edges, voxel_um=(y, x)." if of_sections else "",
        )


def layered_field(probabilities: Tensor) -> Tensor:
    """A field of sections ``(B, P, Y, X)`` as losses read it, ``(B, P, 1, Y, X)``; any other as it is."""
    return probabilities.unsqueeze(2) if probabilities.ndim == 4 else probabilities


_is_exporting: Callable[[], bool] = getattr(torch.compiler, "is_exporting", lambda: False)  # torch 2.6 has none


def without_gradient_in_export(field: Tensor) -> Tensor:
    """The field; detached in ``torch.export``, so that the exported program refuses to be differentiated.

    It holds plain operations and no hand-written slope, so that its gradients would be wrong, or a part of them.

    Args:
        field: ``(B, P, Z, Y, X)``, dimensionless.
    """
    return field.detach() if _is_exporting() else field


METHODS = ("descriptor", "target_of")
"""Methods of a loss that take a field, as the loss itself does."""


def guarded(loss: Any, grid: Grid, spec: Spec) -> Any:
    """The loss, which from now on checks the field before it computes; so do its `METHODS`.

    So are the dimensions of targets that its ``from_descriptor`` compares. A field of a single layer is refused where
    the loss measures what crosses it.

    A target with a single row is repeated for every sample, and moved to the device of the field.

    Args:
        loss: an ``nn.Module``; anything else is returned as it is.
        grid: phases of the fields.
        spec: of the loss; the targets of a batchwise loss are reference samples, whose rows are not samples.
    """
    if isinstance(loss, nn.Module):
        reads, layers = bool(spec.needs or spec.optional), LayersCrossed(loss, grid, spec.name)
        loss.register_forward_pre_hook(_Guard(grid, layers, reads_targets=reads), with_kwargs=True)
        loss.register_forward_pre_hook(_detached_in_export, with_kwargs=True)
        if not spec.batchwise:
            loss.register_forward_pre_hook(_TargetFit((*spec.needs, *spec.optional)), with_kwargs=True)
        for name in METHODS:
            method = getattr(loss, name, None)
            if isinstance(method, nn.Module):
                method.register_forward_pre_hook(_Guard(grid, layers), with_kwargs=True)
            elif inspect.ismethod(method) and method.__self__ is loss:
                setattr(loss, name, _GuardedMethod(loss, method.__func__, _Guard(grid, layers)))
        compare = getattr(loss, "from_descriptor", None)
        if inspect.ismethod(compare) and compare.__self__ is loss:
            loss.from_descriptor = _GuardedComparison(loss, compare.__func__, grid.dims)  # type: ignore[assignment]
    return loss


def _detached_in_export(_loss: nn.Module, positional: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """A forward pre-hook: `without_gradient_in_export`, of a field that has been checked."""
    if not _is_exporting():
        return None
    if not positional and "probabilities" not in named:
        return None
    if positional:
        return (without_gradient_in_export(positional[0]), *positional[1:]), named
    return (), {**named, "probabilities": without_gradient_in_export(named["probabilities"])}


class _Guard:
    """A forward pre-hook, which gives sections their layer; a class, so that a guarded loss can be pickled."""

    def __init__(self, grid: Grid, layers: LayersCrossed, *, reads_targets: bool = False) -> None:
        self.phases, self.dims, self.layers, self.reads_targets = grid.phases, grid.dims, layers, reads_targets

    def __call__(self, _loss: nn.Module, positional: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if not (positional or "probabilities" in named):  # without either, the call itself says what is missing
            return None
        field = positional[0] if positional else named["probabilities"]
        check_field(field, self.phases, self.dims)
        self.layers(field.shape)
        if self.reads_targets:
            refuse_other_dims(positional[1] if len(positional) > 1 else named.get("targets"), self.dims)
        if field.ndim == 5:
            return None
        if positional:
            return (layered_field(field), *positional[1:]), named
        return (), {**named, "probabilities": layered_field(field)}


class _TargetFit:
    """A forward pre-hook that gives targets a row per sample and moves them to the device of the field."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys

    def __call__(self, _loss: nn.Module, positional: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if not (positional or "probabilities" in named):
            return None
        field = positional[0] if positional else named["probabilities"]
        if len(positional) > 1:
            return (field, _fitted(positional[1], field, self.keys), *positional[2:]), named
        if "targets" in named:
            return tuple(positional), {**named, "targets": _fitted(named["targets"], field, self.keys)}
        return None


def _fitted(targets: Any, field: Tensor, keys: tuple[str, ...]) -> Any:
    """The targets, with a row per sample and on the device of the field; unchanged where nothing has to be done."""
    if not isinstance(targets, Mapping):
        return targets
    # Loops, not generators or comprehensions: torch 2.6 compiles neither in a hook.
    fitted, fits = {}, True
    for key in keys:
        value = targets.get(key)
        if isinstance(value, Tensor):
            fits = fits and value.device == field.device and not (value.ndim > 1 and len(value) == 1 < len(field))
            fitted[key] = value
    if fits:
        return targets
    if isinstance(targets, Targets):
        return targets.for_samples(len(field), field.device)
    for key, value in fitted.items():
        fitted[key] = per_sample(value, len(field), field.device)
    return {**targets, **fitted}


class _GuardedMethod:
    """A method of a loss behind the guard; it holds the function of the class, so that a loss is pickled and copied."""

    def __init__(self, loss: nn.Module, function: Callable[..., Any], guard: _Guard) -> None:
        self.loss, self.function, self.guard = loss, function, guard

    def __call__(self, *positional: Any, **named: Any) -> Any:
        positional, named = self.guard(self.loss, positional, named) or (positional, named)
        positional, named = _detached_in_export(self.loss, positional, named) or (positional, named)
        return self.function(self.loss, *positional, **named)


class _GuardedComparison:
    """``from_descriptor`` of a loss behind the guard: targets of structures of other dimensions are refused."""

    def __init__(self, loss: nn.Module, function: Callable[..., Any], dims: int) -> None:
        self.loss, self.function, self.dims = loss, function, dims

    def __call__(self, values: Tensor, targets: Mapping[str, Tensor]) -> Any:
        refuse_other_dims(targets, self.dims)
        return self.function(self.loss, values, targets)
