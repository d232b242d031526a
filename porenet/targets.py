"""What a loss aims at: tensors by key, with the estimator that each was measured with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from porenet.errors import InputError

ROUNDING = 64
"""A target below this many times the resolution of its dtype, in units of the scale, counts as 0."""


class Targets(Mapping[str, Tensor]):
    """Targets that know how they were measured.

    A plain mapping of tensors serves wherever this does; only the estimators are then anybody's guess. Faces read 1.5
    times the area that total variation reads, so a loss refuses a target of another estimator than its own.

    Args:
        values: key -> tensor: ``vf`` (B, P) fractions, ``ssa`` (B, P) um^-1, ``tpb`` (B,) um^-2, and whatever else the
            losses need; NaN means undefined and is masked.
        estimators: key -> name of the estimator, where one is known.
        whole: keys whose rows are a reference sample rather than one a structure of the batch.

    Raises:
        InputError: a value is no tensor, or an estimator belongs to no key.
    """

    def __init__(
        self,
        values: Mapping[str, Tensor],
        estimators: Mapping[str, str] | None = None,
        whole: frozenset[str] | set[str] = frozenset(),
    ) -> None:
        for key, value in values.items():
            if not isinstance(value, Tensor):
                raise InputError(f"a tensor was expected, not {type(value).__name__}", where=f"targets[{key!r}]")
        for key in {*(estimators or {}), *whole} - set(values):
            raise InputError(f"there is no target {key!r} to say this of", where="Targets")
        self._values, self.estimators, self.whole = dict(values), dict(estimators or {}), frozenset(whole)

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
        return f"Targets({', '.join(parts)})"

    def to(self, device: torch.device | str) -> Targets:
        """The same on another device."""
        return self._changed({key: value.to(device) for key, value in self.items()})

    def rows(self, index: Tensor | slice) -> Targets:
        """Those of some structures, in the order of the index; reference samples stay whole."""
        return self._changed({key: value if key in self.whole else value[index] for key, value in self.items()})

    def _changed(self, values: Mapping[str, Tensor]) -> Targets:
        return Targets(values, self.estimators, self.whole)


def target_like(targets: Mapping[str, Tensor], key: str, descriptor: Tensor, *, estimator: str | None = None) -> Tensor:
    """The target of a descriptor, checked.

    Args:
        targets: as a loss is given them.
        key: one that the loss needs.
        descriptor: ``(B, K)``, in the unit of the target.
        estimator: what the descriptor is measured with.

    Returns:
        ``(B, K)``, in the descriptor's dtype; NaN where it is NaN or infinite: undefined.

    Raises:
        InputError: another shape, or another estimator.
    """
    target = targets[key]
    where = f"targets[{key!r}]"
    if target.shape == descriptor.shape[:1] and descriptor.shape[1] == 1:
        target = target.unsqueeze(1)
    short = f" or ({len(descriptor)},)" if descriptor.shape[1] == 1 else ""
    if target.shape != descriptor.shape:
        raise InputError(
            f"shape {tuple(descriptor.shape)}{short}, one row a sample, was expected, not {tuple(target.shape)}",
            where=where,
        )
    found = targets.estimators.get(key) if isinstance(targets, Targets) else None
    if estimator is not None and found is not None and found != estimator:
        raise InputError(
            f"measured with the estimator {found!r}, and the loss measures with {estimator!r}",
            where=where,
            fix=f"Measure the target with {estimator!r}, or give the loss estimator = {found!r}.",
        )
    target = target.to(descriptor.dtype)
    return torch.where(target.isfinite(), target, torch.nan)


def relative_error(value: Tensor, target: Tensor, *, scale: float) -> Tensor:
    """How far a quantity with a unit is from its target, without the unit.

    Args:
        value: any shape, any unit.
        target: the same shape and unit; NaN where undefined.
        scale: of the same unit; stands for the target where that is 0, or no more than rounding beside it.

    Returns:
        ``(value - target) / target``, dimensionless; 0 where the target is undefined.
    """
    undefined = target.isnan()
    known = torch.where(undefined, torch.ones_like(target), target)
    # What a filter leaves of a field without the quantity is rounding, and no target to be relative to.
    nothing = known.abs() <= ROUNDING * torch.finfo(known.dtype).eps * scale
    divisor = torch.where(nothing, torch.full_like(known, scale), known)
    return torch.where(undefined, torch.zeros_like(value), (value - known) / divisor)
