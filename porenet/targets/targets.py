"""Targets of losses: tensors by key, with the estimator by which each was measured."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from numbers import Integral

import torch
from torch import Tensor

from porenet.errors import InputError
from porenet.targets.standard_errors import refuse_unsound_errors
from porenet.targets.stereology import CHORD, PARTS, factor_of, refuse_assumption, refuse_fine


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
        uncertainty: key -> standard error of the values, in their shape and unit, 0 or more, where it is known.

    Raises:
        InputError: a value is not a tensor, ``estimators``, ``whole`` or ``uncertainty`` names a key that is not in
            ``values``, an uncertainty has another shape than its values, is negative or NaN (on a GPU only an objective
            looks at it), or ``dims`` is neither 2 nor 3.
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

        Raises:
            InputError: there is no such row.
        """
        if isinstance(index, Integral) or (isinstance(index, Tensor) and index.ndim == 0):
            index = operator.index(index)  # of numpy and of torch too
            self._refuse_row(index)
            index = slice(index, index + 1 or None)
        return self._each(lambda name, value: value if name in self.whole else value[index])

    def for_samples(self, count: int, device: torch.device | str) -> Targets:
        """The same targets on a device, a single row repeated for a number of samples; reference samples stay whole."""
        return self._each(lambda name, value: per_sample(value, 1 if name in self.whole else count, device))

    def _refuse_row(self, index: int) -> None:
        counts = {len(value) for name, value in self.items() if name not in self.whole and value.ndim}
        if counts and not -min(counts) <= index < min(counts):
            raise InputError(f"no row {index}: there are {min(counts)}", where="Targets.rows")

    def to_3d(self, *, assume: str) -> Targets:
        """Targets of volumes out of those of sections, each by the factor of its estimator.

        Faces of voxels 3/2, edges 3 (identities of counts, over sections across z, y and x); areas by ``tv`` and
        ``heat`` 4/pi, lengths by ``coarea`` and ``triple`` 2 (isotropic structures); fractions, lineal paths and
        two-point probabilities by distance 1. The uncertainty is converted too; that of the assumption is not in it.

        Args:
            assume: ``"same in z, y and x"``, what the conversion assumes of the structure.

        Raises:
            InputError: another assumption, targets of volumes, a quantity that a section does not show, features too
                fine for the factor (a mean chord below 5 voxels, or an unknown one), or a negative uncertainty.
        """
        refuse_assumption(assume)
        refuse_unsound_errors(self._values, self.uncertainty)
        if self.dims == 3:
            raise InputError("these are targets of volumes already", where="Targets.to_3d")
        estimators = {key: self.estimators.get(key) for key in self if key not in (CHORD, PARTS)}
        factors = {key: factor_of(key, name) for key, name in estimators.items()}
        chords = self._values[CHORD].flatten().tolist() if CHORD in self else None
        refuse_fine(estimators, chords)
        parts = {PARTS: self._values[PARTS]} if PARTS in self else {}
        return Targets(
            {key: self._values[key] * factor for key, factor in factors.items()} | parts,
            self.estimators,
            self.whole - {CHORD},
            uncertainty={key: error * factors[key] for key, error in self.uncertainty.items()},
        )

    def interval(self, key: str, level: float = 0.95) -> tuple[Tensor, Tensor]:
        """Confidence interval of a target that was measured on sections, by Student's t.

        Args:
            key: of the target.
            level: between 0 and 1.

        Returns:
            Lower and upper ends, in the shape and unit of the target.

        Raises:
            InputError: no uncertainty of this target is known, it is negative, or the level is not between 0 and 1.
        """
        from scipy.special import stdtrit  # which training needs not

        if key not in self.uncertainty or PARTS not in self:
            raise InputError("no uncertainty is known", where=f"targets[{key!r}]", fix="Measure it on sections.")
        refuse_unsound_errors(self._values, {key: self.uncertainty[key]})
        if not 0 < level < 1:
            raise InputError(f"a level between 0 and 1 was expected, not {level!r}", where="level", fix="Such as 0.95.")
        half = self.uncertainty[key] * float(stdtrit(float(self[PARTS].max()) - 1, (1 + level) / 2))
        return self[key] - half, self[key] + half

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
        refuse_unsound_errors(self._values, self.uncertainty, waits_for_device=False)
        if self.dims not in (2, 3):
            raise InputError(f"2 or 3 was expected, not {self.dims!r}", where="dims")


def per_sample(value: Tensor, count: int, device: torch.device | str) -> Tensor:
    """A target on a device, ``(1, K)`` repeated for a number of samples; any other shape stays as it is.

    A number for all samples, ``(1,)``, too: repeated, it might be taken for a value per column, if there are as many.
    """
    value = value.to(device)
    return value.expand(count, *value.shape[1:]) if value.ndim > 1 and value.shape[0] == 1 else value
