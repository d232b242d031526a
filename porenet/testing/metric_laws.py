"""What every metric obeys. Each law takes a case and a volume."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from porenet.interface import Grid, Undefined, Volume
from porenet.testing.case import Case
from porenet.testing.loss_laws import exponent_of_um

Law = Callable[[Case, Volume], None]


def named_values(case: Case, volume: Volume) -> None:
    """A mapping from names to finite floats, or to `Undefined` with a reason."""
    result = case.measure(volume)
    case.expect(isinstance(result, Mapping) and result, f"returned {result!r:.60}, not a mapping with values")
    for key, value in result.items():
        case.expect(isinstance(key, str), f"has a key that is not a string: {key!r}")
        fine = value.reason if isinstance(value, Undefined) else type(value) is float and math.isfinite(value)
        case.expect(fine, f"gives {key} = {value!r}; a value is a finite float or Undefined(reason)")
        units = case.spec.unit
        case.expect(isinstance(units, str) or key in units, f"gives {key!r}, for which its Spec has no unit")


def same_twice(case: Case, volume: Volume) -> None:
    """The same volume gives the same numbers."""
    case.expect(case.measure(volume) == case.measure(volume), "gives different numbers for the same volume")


def phases_may_be_reordered(case: Case, volume: Volume) -> None:
    """Phases are known by name: other labels for the same phases give the same values."""
    phases = volume.grid.phases
    grid = Grid((*phases[1:], phases[0]), volume.grid.voxel_um, volume.grid.periodic)  # every label moves
    turned = (volume.labels.astype(int) - 1) % len(phases)
    here, there = case.measure(volume), case.measure(Volume(turned, grid))
    case.expect(_close(here, there, 1.0), f"gives {here}, and {there} once the labels come in another order")


def unit_is_true(case: Case, volume: Volume) -> None:
    """Voxels twice as large change each value as its unit says."""
    grid = volume.grid
    doubled = Grid(grid.phases, tuple(2 * edge for edge in grid.voxel_um), grid.periodic)  # type: ignore[arg-type]
    here, there = case.measure(volume), case.measure(Volume(volume.labels, doubled))
    case.expect(set(here) == set(there), f"gives {here}, and {there} for voxels twice as large")
    for key in here:
        unit = case.spec.unit if isinstance(case.spec.unit, str) else case.spec.unit[key]
        factor = 2.0 ** exponent_of_um(unit)
        case.expect(
            _close({key: here[key]}, {key: there[key]}, factor),
            f"declares the unit {unit}, but voxels twice as large turn {key} = {here[key]} into {there[key]}",
        )


def _close(first: Mapping[str, object], second: Mapping[str, object], factor: float) -> bool:
    if set(first) != set(second):
        return False
    for key, value in first.items():
        other = second[key]
        if isinstance(value, float) and isinstance(other, float):
            if not np.isclose(value * factor, other, rtol=1e-6, atol=1e-12):
                return False
        elif type(value) is not type(other):
            return False
    return True


LAWS: tuple[Law, ...] = (named_values, same_twice, phases_may_be_reordered, unit_is_true)
