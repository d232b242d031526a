"""Targets of losses: tensors by key, with the estimator by which each was measured."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from porenet.errors import AssumedTarget, InputError

ROUNDING = 64
"""A target below this many times the resolution of its dtype, in units of the scale, counts as 0."""


class Targets(Mapping[str, Tensor]):
    """Targets with the estimators by which they were measured.

    A plain mapping of tensors can be used wherever this can, but its estimators are unknown. Counting faces gives 1.5
    times the area that total variation gives, so a loss refuses a target of another estimator than its own.

    Args:
        values: key -> tensor: ``vf`` (B, P) fractions, ``ssa`` (B, P) um^-1, ``tpb`` (B,) um^-2, and others that the
            losses need; NaN means undefined and is masked.
        estimators: key -> name of the estimator, where one is known.
        whole: keys, and labels of witnesses, whose rows are a reference sample rather than one per structure of the
            batch.
        witnesses: label of a term -> values of its witness (`porenet.interface.Witness`) on the same structures,
            ``(B, K)`` in the unit of that metric.
        dims: of the structures that they were measured on: 3, or 2 for sections.
        uncertainty: key -> standard error of the values, in their shape and unit, where it is known.

    Raises:
        InputError: a value is not a tensor, ``estimators``, ``whole`` or ``uncertainty`` names a key that is not in
            ``values``, an uncertainty has another shape than its values, or ``dims`` is neither 2 nor 3.
    """

    def __init__(
        self,
        values: Mapping[str, Tensor],
        estimators: Mapping[str, str] | None = None,
        whole: frozenset[str] | set[str] = frozenset(),
        witnesses: Mapping[str, Tensor] | None = None,
        *,
        dims: int = 3,
        uncertainty: Mapping[str, Tensor] | None = None,
    ) -> None:
        self._values, self.estimators, self.whole = dict(values), dict(estimators or {}), frozenset(whole)
        self.witnesses, self.dims, self.uncertainty = dict(witnesses or {}), dims, dict(uncertainty or {})
        self._refuse()

    def __getitem__(self, key: str) -> Tensor:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        parts = [
            f"{key}: {tuple(value.shape)}" + (f" by {self.estimators[key]}" if key in self.estimators else "")
            for key, value in self.items()
        ]
        witnessed = f"; witnesses: {', '.join(self.witnesses)}" if self.witnesses else ""
        return f"Targets({', '.join(parts)}{witnessed}{'; 2-D' if self.dims == 2 else ''})"

    def _repr_html_(self) -> str:
        from porenet.interface.notebook_views import targets_html

        return targets_html(self)

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Targets:
        """The same targets on another device."""
        return self._each(lambda _, value: value.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Targets:
        """The same targets in pinned memory, as ``DataLoader(pin_memory=True)`` asks for."""
        return self._each(lambda _, value: value.pin_memory())

    def rows(self, index: Tensor | slice | int) -> Targets:
        """Targets of some structures, in the order of the index; of one structure, a single row.

        Reference samples stay whole. ``torch.utils.data.default_collate`` puts the rows of several structures together
        again.
        """
        if isinstance(index, int):
            index = slice(index, index + 1 or None)
        return self._each(lambda name, value: value if name in self.whole else value[index])

    def for_samples(self, count: int, device: torch.device | str) -> Targets:
        """The same targets on a device, a single row repeated for a number of samples; reference samples stay whole."""
        return self._each(lambda name, value: per_sample(value, 1 if name in self.whole else count, device))

    def _each(self, function: Callable[[str, Tensor], Tensor]) -> Targets:
        """The same targets, each tensor replaced by the function of its name and itself."""
        values, witnesses, uncertainty = (
            {name: function(name, value) for name, value in tensors.items()}
            for tensors in (self._values, self.witnesses, self.uncertainty)
        )
        return Targets(values, self.estimators, self.whole, witnesses, dims=self.dims, uncertainty=uncertainty)

    def _refuse(self) -> None:
        """Check the arguments."""
        parts = {"targets": self._values, "witnesses": self.witnesses, "uncertainty": self.uncertainty}
        for part, tensors in parts.items():
            for key, value in tensors.items():
                if not isinstance(value, Tensor):
                    raise InputError(f"a tensor was expected, not {type(value).__name__}", where=f"{part}[{key!r}]")
        for key in ({*self.estimators} | (self.whole - set(self.witnesses))) - set(self._values):
            raise InputError(f"estimators or whole name the key {key!r}, which has no target", where="Targets")
        for key, error in self.uncertainty.items():
            target = self._values.get(key)
            if target is None or error.shape != target.shape:
                what = "no target has this key" if target is None else f"the target has shape {tuple(target.shape)}"
                raise InputError(f"{what}, the error {tuple(error.shape)}", where=f"uncertainty[{key!r}]")
        if self.dims not in (2, 3):
            raise InputError(f"2 or 3 was expected, not {self.dims!r}", where="dims")


def per_sample(value: Tensor, count: int, device: torch.device | str) -> Tensor:
    """A target on a device, ``(1, K)`` repeated for a number of samples; any other shape stays as it is.

    A number for all samples, ``(1,)``, too: repeated, it might be taken for a value per column, if there are as many.
    """
    value = value.to(device)
    return value.expand(count, *value.shape[1:]) if value.ndim > 1 and value.shape[0] == 1 else value


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
            fix="A quantity per area is not one per volume: measure the target on structures of the same dimensions.",
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
