"""What a fit of skewed fields found: its parameters, how well they fit, and new structures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from porenet.errors import InputError, argument
from porenet.interface import AXES, Axis, Volume
from porenet.synthetic.squared_fields import skewed_fields
from porenet.synthetic.truth import OPEN, random_numbers

SKEWS = (-1.0, 4.0)
"""Least and largest skew of a fit."""
SHORTEST_LENGTH = 1.0
"""Voxel edges: least length of a fit."""
RESOLVED_LENGTH = 2.0
"""Voxel edges: features of shorter lengths have hardly a shape."""


@dataclass(frozen=True, slots=True)
class FittedFields:
    """Skewed fields that were fitted to real volumes.

    Attributes:
        phases: phase names.
        voxel_um: voxel edges (z, y, x), um.
        lengths_um: correlation length of each phase's field, um.
        skews: c of each phase, dimensionless; 0 of the matrix, the phase with the largest fraction.
        window: ``(Z, Y, X)`` of the windows of the volumes, voxels.
        axis: the axis along which connectivity was fitted.
        fractions: volume fractions of each window, ``(N, P)``.
        surfaces_per_um: surface areas by voxel faces of each window, um^-1, ``(N, P)``.
        connectivity: mean share of each phase that is joined from face to face, in the windows and in the last half of
            the rounds, ``(2, P)``.
        surface_ratios: mean surface area of each phase in the last half of the rounds by that of the windows, ``(P,)``.
        seed: of the fit.
    """

    phases: tuple[str, ...]
    voxel_um: tuple[float, float, float]
    lengths_um: tuple[float, ...]
    skews: tuple[float, ...]
    window: tuple[int, int, int]
    axis: Axis
    fractions: tuple[tuple[float, ...], ...]
    surfaces_per_um: tuple[tuple[float, ...], ...]
    connectivity: tuple[tuple[float, ...], tuple[float, ...]]
    surface_ratios: tuple[float, ...]
    seed: int

    @property
    def notes(self) -> list[str]:
        """What a reader of the fit should know: parameters at a bound, surfaces or connectivity that were not met."""
        return [*_bounds(self), *_misses(self)]

    def draw(
        self,
        seed: int,
        *,
        shape: Sequence[int] | None = None,
        fractions: Sequence[float] | None = None,
        surfaces: Mapping[str, float] | None = None,
        candidates: int = 1,
        periodic: Sequence[bool] = OPEN,
    ) -> Volume:
        """A new structure.

        Args:
            seed: seed of the structure, 0 or more.
            shape: ``(Z, Y, X)``, voxels; default: that of the windows. A larger one is as much like the volumes.
            fractions: volume fraction of each phase; default: those of a window, chosen by the seed.
            surfaces: surface area of each phase by voxel faces, um^-1; default, with ``candidates`` above 1 and without
                ``fractions``: those of the same window.
            candidates: structures drawn for one, of which the one nearest to the surfaces stays; 8 is a good number.
            periodic: per axis (z, y, x), whether the structure wraps.

        Raises:
            InputError: an argument is not as `skewed_fields` describes it.
        """
        random_numbers(seed, "FittedFields.draw")
        if shape is not None and len(shape) == 2:
            raise InputError(
                f"three numbers of voxels (z, y, x) were expected, not {shape!r}",
                where=argument("shape", of="FittedFields.draw"),
                fix="A section of a structure is a layer of it.",
            )
        row = int(np.random.default_rng([seed, 1]).integers(len(self.fractions)))
        if fractions is None and surfaces is None and candidates != 1:
            areas = zip(self.phases, self.surfaces_per_um[row], strict=True)
            surfaces = {phase: area for phase, area in areas if area > 0}  # a window may lack a phase
        return skewed_fields(
            self.window if shape is None else shape,
            voxel_um=self.voxel_um,
            lengths_um=self.lengths_um,
            skews=self.skews,
            fractions=drawable(self.fractions[row]) if fractions is None else fractions,
            seed=seed,
            surfaces=surfaces,
            candidates=candidates,
            periodic=periodic,
            phases=self.phases,
        )

    def to_dict(self) -> dict[str, Any]:
        """The fit in words of JSON; `from_dict` takes it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> FittedFields:
        """The fit that `to_dict` wrote, or the same from JSON.

        Raises:
            InputError: a key is missing, or its value is not as described.
        """
        where = "FittedFields.from_dict"
        if not isinstance(written, Mapping):
            raise InputError(f"what to_dict wrote was expected, not {written!r:.60}", where=where)
        try:
            fit = cls(**{name: _tuples(written[name]) for name in cls.__dataclass_fields__})
        except KeyError as key:
            raise InputError(f"{key} is missing", where=where) from None
        if not _is_whole(fit):
            raise InputError("its values are not numbers for each of its phases", where=where)
        return fit


def drawable(fractions: Sequence[float]) -> tuple[float, ...]:
    """Volume fractions of a structure, which may lack a phase, as ones above 0 that add up to 1 to the last digit."""
    raised = [max(fraction, 1e-9) for fraction in fractions]
    return tuple(fraction / math.fsum(raised) for fraction in raised)


def _is_whole(fit: FittedFields) -> bool:
    """Whether there is a number for each phase, and for each window."""
    tables = (fit.phases, fit.fractions, fit.surfaces_per_um, fit.connectivity)
    if not all(isinstance(table, tuple) and table for table in tables) or len(fit.connectivity) != 2:
        return False
    if fit.axis not in AXES or type(fit.seed) is not int:
        return False
    rows = (fit.lengths_um, fit.skews, fit.surface_ratios, *fit.fractions, *fit.surfaces_per_um, *fit.connectivity)
    return (
        all(_are_numbers(row, len(fit.phases)) for row in rows)
        and _are_numbers(fit.voxel_um, 3)
        and _are_numbers(fit.window, 3)
        and len(fit.fractions) == len(fit.surfaces_per_um)
    )


def _are_numbers(row: Any, count: int) -> bool:
    return (
        isinstance(row, tuple)
        and len(row) == count
        and all(isinstance(number, int | float) and math.isfinite(number) for number in row)
    )


def _bounds(fit: FittedFields) -> list[str]:
    edge = max(fit.voxel_um)
    notes = []
    for name, length, skew in zip(fit.phases, fit.lengths_um, fit.skews, strict=True):
        if length < RESOLVED_LENGTH * edge:
            notes.append(f"{name}: its length is {length / edge:.2g} voxels, which hardly resolve a shape")
        if not SKEWS[0] + 0.05 < skew < SKEWS[1] - 0.05:
            notes.append(
                f"{name}: its skew is at the bound {skew:.2g}; such a network is not within reach of this form"
            )
    return notes


def _misses(fit: FittedFields) -> list[str]:
    notes = []
    for name, ratio, real, drawn in zip(fit.phases, fit.surface_ratios, *fit.connectivity, strict=True):
        if abs(ratio - 1) > 0.1:
            notes.append(f"{name}: its surface area is {ratio:.2f} times that of the volumes")
        if abs(real - drawn) > 0.1:
            notes.append(f"{name}: {drawn:.2f} of it is joined from face to face, {real:.2f} in the volumes")
    return notes


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
