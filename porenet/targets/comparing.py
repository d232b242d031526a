"""What a loss compares a descriptor with: its target, checked, and the error relative to it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from porenet.errors import AssumedTarget, InputError
from porenet.targets.targets import Targets

OF_SECTIONS = (
    "A quantity per area is not one per volume: convert it with targets.to_3d(assume='same in z, y and x'), or compare "
    "it with slices (planes = 'zyx')."
)
ROUNDING = 64
"""A target below this many times the resolution of its dtype, in units of the scale, counts as 0."""


def target_like(
    targets: Mapping[str, Tensor],
    key: str,
    descriptor: Tensor,
    *,
    estimator: str | None = None,
    dims: int | None = None,
) -> Tensor:
    """The target of a descriptor, with shape, estimator and dimensions checked.

    Args:
        targets: targets as a loss receives them: ``(B, K)``, one row per sample; or one for all samples, ``(1, K)`` or
            ``(K,)``. Where K is 1 also ``(B,)``, ``(1,)`` and ``()``.
        key: a key that the loss needs.
        descriptor: ``(B, K)``, in the unit of the target.
        estimator: estimator of the descriptor.
        dims: dimensions of the structures that the descriptor measures; None: those that the guard of the loss has
            checked.

    Returns:
        ``(B, K)``, in the descriptor's dtype and on its device; NaN where it is NaN or infinite: undefined.

    Raises:
        InputError: another shape, another estimator, or structures of other dimensions.
    """
    where = f"targets[{key!r}]"
    target = _per_sample(targets[key], descriptor.shape, where)
    declared = targets.estimators.get(key) if isinstance(targets, Targets) else None
    if estimator is not None and declared is not None and declared != estimator:
        raise InputError(
            f"measured with the estimator {declared!r}, and the loss measures with {estimator!r}",
            where=where,
            fix=f"Measure the target with {estimator!r}, or give the loss estimator = {declared!r}.",
        )
    if dims is not None:
        refuse_other_dims(targets, dims, where=where)
    target = target.to(device=descriptor.device, dtype=descriptor.dtype)
    return torch.where(target.isfinite(), target, torch.nan)


def refuse_other_dims(targets: object, dims: int, *, where: str = "targets") -> None:
    """Check that targets were measured on structures of some dimensions; those that do not say so pass.

    Args:
        targets: as a loss receives them.
        dims: of the structures that the loss measures.
        where: place of the error.

    Raises:
        InputError: they were measured on structures of others.
    """
    if isinstance(targets, Targets) and targets.dims != dims:
        raise InputError(
            f"measured on {targets.dims}-D structures, and the loss measures {dims}-D ones",
            where=where,
            fix=OF_SECTIONS if targets.dims == 2 else "Measure the target on sections.",
        )


def _per_sample(target: Tensor, shape: torch.Size, where: str) -> Tensor:
    """A target as ``(B, K)``, where its shape leaves no doubt."""
    samples, columns = shape
    if columns == 1 and target.shape in ((samples,), (1,), ()):
        target = target.reshape(-1, 1)
    elif columns > 1 and target.shape == (columns,):
        target = target.unsqueeze(0)
    if target.ndim != 2 or target.shape[0] not in (1, samples) or target.shape[1] != columns:
        short = f" or ({samples},)" if columns == 1 else ""
        everywhere = "one number" if columns == 1 else f"({columns},)"
        raise InputError(
            f"shape {tuple(shape)}{short}, one row per sample, or {everywhere} for all of them was expected, not "
            f"{tuple(target.shape)}",
            where=where,
        )
    return target.expand(shape)


def guard_like(
    targets: Mapping[str, Tensor], key: str, descriptor: Tensor, *, estimator: str, assumed: Tensor, measure: str
) -> Tensor:
    """The target of a guard, an optional part ``NEED.guard`` of a target, or what is assumed in its place.

    Args:
        targets: targets as a loss receives them.
        key: of the guard.
        descriptor: ``(B, K)``, in the unit of the target.
        estimator: estimator of the guard.
        assumed: ``(B, K)``, taken with a warning (`porenet.errors.AssumedTarget`) where there is no such target.
        measure: what the guard is, and what is assumed, for the warning: ``areas by heat; 1.25 times 'ssa' is taken``.

    Returns:
        ``(B, K)``; NaN where undefined.

    Raises:
        InputError: another shape, or another estimator.
    """
    if key in targets:
        return target_like(targets, key, descriptor, estimator=estimator)
    if not torch.compiler.is_compiling():
        warnings.warn(
            f"the target {key!r} is missing ({measure}). Measure it with Objective.targets_of on real structures.",
            AssumedTarget,
            stacklevel=2,
        )
    return assumed


def relative_error(value: Tensor, target: Tensor, *, scale: float) -> Tensor:
    """Relative error of a quantity with a unit.

    Args:
        value: any shape, any unit.
        target: the same shape and unit; NaN where undefined.
        scale: in the same unit; replaces the target as divisor where the target is 0 or a rounding error beside it.

    Returns:
        ``(value - target) / target``, dimensionless; 0 where the target is undefined.
    """
    undefined = target.isnan()
    known = torch.where(undefined, torch.ones_like(target), target)
    # On a field without the quantity a filter leaves rounding errors, which must not become the divisor.
    nothing = known.abs() <= ROUNDING * torch.finfo(known.dtype).eps * scale
    divisor = torch.where(nothing, torch.full_like(known, scale), known)
    return torch.where(undefined, torch.zeros_like(value), (value - known) / divisor)
