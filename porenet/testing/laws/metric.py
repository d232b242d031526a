"""Laws of every metric. Each law takes a case and a volume."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from porenet.interface import AXES, Grid, Undefined, Volume
from porenet.testing.case import Case
from porenet.testing.exact_bodies import BRICKS, CUBIC, Answer, Body, bodies
from porenet.testing.laws.component import params_survive_toml_and_json, random_state
from porenet.testing.laws.sections import sections_are_measured_in_their_plane
from porenet.testing.laws.streaming import streams
from porenet.testing.laws.units import exponent_of_um

Law = Callable[..., str | None]


def values_are_finite_or_undefined(case: Case, volume: Volume) -> None:
    """The metric returns a mapping from names to finite floats or to `Undefined` with a reason."""
    result = case.measure(volume)
    case.expect(isinstance(result, Mapping) and result, f"returned {result!r:.60}, not a mapping with values")
    for key, value in result.items():
        case.expect(isinstance(key, str), f"has a key that is not a string: {key!r}")
        fine = value.reason if isinstance(value, Undefined) else type(value) is float and math.isfinite(value)
        kind = type(value).__name__
        case.expect(fine, f"gives {key} = {value} ({kind}); a value is a finite float or Undefined(reason)")
        units = case.spec.unit
        case.expect(isinstance(units, str) or key in units, f"gives {key!r}, for which its Spec has no unit")


def same_input_gives_same_result(case: Case, volume: Volume) -> None:
    """The same volume gives the same numbers, and no global random generator is drawn from."""
    before = random_state()
    first, second = case.measure(volume), case.measure(Volume(volume.labels, volume.grid))
    case.expect(first == second, f"gives different numbers for the same volume: {first} and {second}")
    for name, state in random_state().items():
        case.expect(state == before[name], f"draws from the global random generator of {name}, or sets it")


def inputs_are_untouched(case: Case, volume: Volume) -> None:
    """The labels are not changed in place."""
    labels = volume.labels.copy()
    before = labels.copy()
    case.measure(Volume(labels, volume.grid))
    case.expect(np.array_equal(labels, before), "changes the labels in place")


def phases_may_be_reordered(case: Case, volume: Volume) -> None:
    """Phases are identified by name: other labels for the same phases give the same values."""
    phases = volume.grid.phases
    grid = Grid((*phases[1:], phases[0]), volume.grid.voxel_um, volume.grid.periodic)  # every label moves
    turned = (volume.labels.astype(int) - 1) % len(phases)
    _expect_same(case, volume, Volume(turned, grid), "for another order of the labels")


def value_scales_with_its_unit(case: Case, volume: Volume) -> None:
    """Doubling the voxel edges changes each value as its unit requires."""
    grid = volume.grid
    doubled = Grid(grid.phases, tuple(2 * edge for edge in grid.voxel_um), grid.periodic)  # type: ignore[arg-type]
    here, there = case.measure(volume), case.measure(Volume(volume.labels, doubled))
    case.expect(set(here) == set(there), f"gives {here}, and {there} for voxels twice as large")
    for key in here:
        unit = case.spec.unit if isinstance(case.spec.unit, str) else case.spec.unit[key]
        factor = 2.0 ** exponent_of_um(unit)
        case.expect(
            _close({key: here[key]}, {key: there[key]}, factor, case.rtol),
            f"declares the unit {unit}, but voxels twice as large turn {key} = {here[key]} into {there[key]}",
        )


def flips_change_nothing(case: Case, volume: Volume) -> None:
    """A volume and its mirror image along each axis give the same values."""
    for axis, name in enumerate(AXES):
        turned = Volume(np.flip(volume.labels, axis), volume.grid)
        _expect_same(case, volume, turned, f"once the volume is flipped along {name}")


def rolls_change_nothing(case: Case, volume: Volume) -> None:
    """On a fully periodic grid, a volume rolled along any axis gives the same values."""
    grid = Grid(volume.grid.phases, volume.grid.voxel_um, (True, True, True))
    for axis, name in enumerate(AXES):
        turned = Volume(np.roll(volume.labels, 1, axis), grid)
        _expect_same(case, Volume(volume.labels, grid), turned, f"once a periodic volume is rolled along {name}")


def memory_layout_does_not_matter(case: Case, volume: Volume) -> None:
    """Labels in Fortran order, with strides, read-only or of another integer type give the same values."""
    strided = np.repeat(volume.labels, 2, axis=2)[:, :, ::2]
    locked = volume.labels.copy()
    locked.flags.writeable = False
    layouts: dict[str, Any] = {
        "in Fortran order": np.asfortranarray(volume.labels),
        "with strides": strided,
        "read-only": locked,
        "as int64": volume.labels.astype(np.int64),
    }
    for name, labels in layouts.items():
        _expect_same(case, volume, Volume(labels, volume.grid), f"for the same labels {name}")


def exact_bodies_have_exact_values(case: Case) -> None:
    """Slab, cube, prisms, checkerboard, straight and severed channels give the values calculated by hand."""
    for body, answer in answers(case):
        measured = case.measure(body.volume)
        for key, exact in answer.values.items():
            case.expect(key in measured, f"has no {key!r} for the {body}; it must be {exact:.6g}")
            value = measured[key]
            fine = isinstance(value, float) and np.isclose(value, exact, rtol=max(1e-6, case.rtol), atol=1e-9)
            case.expect(fine, f"gives {key} = {value} for the {body}; it must be {exact:.6g}")


def answers(case: Case) -> Iterator[tuple[Body, Answer]]:
    """The bodies, and their answers for the metric of a case with the parameters of the case."""
    signature = inspect.signature(case.spec.resolve())
    parameters = signature.parameters.items()
    defaults = {name: parameter.default for name, parameter in parameters if parameter.default is not parameter.empty}
    asked = defaults | dict(case.params)
    for body in (*case.bodies, *bodies(BRICKS), *bodies(CUBIC)):
        for answer in body.answers:
            if answer.metric == case.spec.name and asked == defaults | dict(answer.params):
                yield body, answer


def applies(law: Law, case: Case) -> bool:
    """Whether a law applies to a case.

    The law of slabs needs a metric that is measured so, that of exact bodies a body with an answer for the metric.
    """
    if law is sections_are_measured_in_their_plane:
        return 2 in case.spec.dims
    if law is streams:
        return bool(case.spec.streamed)
    return law is not exact_bodies_have_exact_values or any(True for _ in answers(case))


def _expect_same(case: Case, volume: Volume, other: Volume, when: str) -> None:
    here, there = case.measure(volume), case.measure(other)
    case.expect(_close(here, there, 1.0, case.rtol), f"gives {here}, and {there} {when}")


def _close(first: Mapping[str, object], second: Mapping[str, object], factor: float, rtol: float) -> bool:
    if set(first) != set(second):
        return False
    for key, value in first.items():
        other = second[key]
        if isinstance(value, float) and isinstance(other, float):
            if not np.isclose(value * factor, other, rtol=rtol, atol=1e-12):
                return False
        elif type(value) is not type(other):
            return False
    return True


LAWS: tuple[Law, ...] = (
    values_are_finite_or_undefined,
    same_input_gives_same_result,
    inputs_are_untouched,
    phases_may_be_reordered,
    value_scales_with_its_unit,
    flips_change_nothing,
    rolls_change_nothing,
    memory_layout_does_not_matter,
    exact_bodies_have_exact_values,
    sections_are_measured_in_their_plane,
    streams,
    params_survive_toml_and_json,
)
