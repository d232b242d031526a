"""Laws of components that are defined on sections, grids of two dimensions. Each law takes a case.

Parameters of a case that name z are tried with y in its place, as their defaults are on a section.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from porenet.errors import ConfigError
from porenet.interface import Grid, Undefined, Volume
from porenet.registry import schema
from porenet.registry.dimensions import in_plane
from porenet.targets import targets_measured
from porenet.testing.case import Case
from porenet.testing.fields import every_kind
from porenet.testing.known_targets import FACTOR
from porenet.testing.laws.units import exponent_of_um

Law = Callable[..., str | None]

EDGES = (0.25, 0.1)
"""Edges of the pixels (y, x), um."""
SIDES = (7, 6)
_SWAPPED = {f"{axis}{end}": f"{other}{end}" for axis, other in ("yx", "xy") for end in ("", "_min", "_max")}
SCALES, REACHES = "value_scales_with_its_unit", "gradient_reaches_logits"
"""Laws of volumes; what is declared to break one is not tried for it on sections."""
ONLY_VOLUMES = "no section: its parameters are those of volumes"


def sections_are_measured_in_their_plane(case: Case) -> str | None:
    """On a section it has finite values or `Undefined`, scales with its unit, and depends on nothing across the plane.

    Nor on the order of the axes: the transposed section, with y and x exchanged in parameters and keys, gives the same.
    """
    here = on_sections(case)
    if here is None:
        return ONLY_VOLUMES
    for section in _sections(case):
        values = here.measure(section)
        _expect_values(case, values)
        if SCALES not in case.deviations:
            _expect_scaled(case, values, here.measure(Volume(section.array, scaled(section.grid))))
        thinner = here.measure(Volume(section.labels, _with_layer_edge(section.grid)))
        _expect_equal(case, values, thinner, "with another edge across the plane, which a section does not have")
        turned = _transposed(case, here).measure(Volume(section.array.T, transposed_grid(section.grid)))
        renamed = {_exchanged_key(key, values): value for key, value in turned.items()}
        _expect_equal(case, values, renamed, "for the transposed section, with y and x exchanged")
    return None


def sections_are_read_in_their_plane(case: Case) -> str | None:
    """On fields of sections it has a value >= 0 per sample and a gradient, and depends on nothing across the plane.

    ``(B, P, Y, X)`` and ``(B, P, 1, Y, X)`` give the same, and so does the transposed field with y and x exchanged in
    the parameters; the value scales with the unit for sections.
    """
    here = on_sections(case)
    if here is None:
        return ONLY_VOLUMES
    grid, field = section_grid_of(case), section_field(case)
    loss, targets = here.loss(grid), here.targets_for(field, grid)
    leaf = field.clone().requires_grad_()
    values: Tensor = loss(leaf, targets)
    case.expect(
        tuple(values.shape) == ((1,) if case.spec.batchwise else (len(field),)) and bool((values >= 0).all()),
        f"gives {values.tolist()} for {len(field)} sections",
    )
    flat = loss(field.squeeze(2), targets)
    _expect_near(case, values, flat, "for the same field as (B, P, Y, X)")
    if REACHES not in case.deviations:
        _expect_gradient(case, values, leaf)
    if SCALES not in case.deviations:
        unit = str(case.spec.unit_in(2))
        doubled = here.values(field, scaled(grid))
        _expect_near(case, values * 2.0 ** exponent_of_um(unit), doubled, f"in {unit}, of pixels twice as large")
    turned = _transposed(case, here)
    thinner = here.loss(_with_layer_edge(grid))(field, targets)
    _expect_near(case, values, thinner, "with another edge across the plane, which a section does not have")
    other = turned.loss(transposed_grid(grid))
    values = loss(field, _measured(case, loss, field) or targets)
    swapped = other(_turned(field), _measured(case, other, _turned(field)) or targets)
    _expect_near(case, values, swapped, "for the transposed field, with y and x exchanged")
    return None


def section_grid_of(case: Case) -> Grid:
    """The grid of the sections on which a case is tried; open."""
    return Grid(case.phases, EDGES)  # type: ignore[arg-type]


def section_field(case: Case) -> Tensor:
    """Fields of sections, ``(B, P, 1, Y, X)``, float64: a generic one, one next to a structure, and a structure."""
    sides = [max(side, case.min_side) for side in SIDES]
    return every_kind(len(case.phases), ("generic", "near_one_hot", "one_hot"), (1, *sides))


def scaled(grid: Grid) -> Grid:
    """The grid with edges twice as long."""
    return Grid(grid.phases, tuple(2 * edge for edge in grid.edges_um), grid.wraps)  # type: ignore[arg-type]


def transposed_grid(grid: Grid) -> Grid:
    """The grid of the transposed sections."""
    return Grid(grid.phases, grid.edges_um[::-1], grid.wraps[::-1])  # type: ignore[arg-type]


def _with_layer_edge(grid: Grid) -> Grid:
    """The grid, whose layer has another third edge than porenet gives it.

    It lies between the other two, as that does: a Gaussian may be as wide as the longest edge, whichever that is.
    """
    other = dataclasses.replace(grid)
    object.__setattr__(other, "voxel_um", (0.75 * grid.voxel_um[0], *grid.voxel_um[1:]))
    return other


def on_sections(case: Case) -> Case | None:
    """The case with parameters for sections; None if it has none."""
    component, hints = case.spec.resolve(), _hints(case)
    params = {name: _without_repeats(in_plane(value, hints.get(name))) for name, value in case.params.items()}
    try:
        values = schema.validated(component, case.spec.kind, params, grid=section_grid_of(case), path=str(case))
    except ConfigError:
        return None
    return dataclasses.replace(case, params=values)


def _without_repeats(value: object) -> object:
    """Faces of a section where those of a volume were named: all six become four."""
    hashable = isinstance(value, tuple) and all(isinstance(entry, str) for entry in value)
    return tuple(dict.fromkeys(value)) if hashable else value  # type: ignore[call-overload]


def _transposed(case: Case, here: Case) -> Case:
    """The case with y and x exchanged in the parameters that name axes or faces."""
    hints = _hints(case)
    names = {name for name, hint in hints.items() if in_plane("z", hint) == "y" or in_plane("z_min", hint) == "y_min"}
    exchanged = {name: _exchanged(value) if name in names else value for name, value in here.params.items()}
    return dataclasses.replace(here, params=exchanged)


def _hints(case: Case) -> dict[str, Any]:
    fields = schema.parameters(case.spec.resolve(), case.spec.kind).model_fields
    return {str(field.alias or name): field.annotation for name, field in fields.items()}


def _exchanged(value: object) -> object:
    if isinstance(value, str):
        return _SWAPPED.get(value, value)
    if isinstance(value, Mapping):
        return {name: _exchanged(entry) for name, entry in value.items()}
    return type(value)(map(_exchanged, value)) if isinstance(value, list | tuple) else value


def _turned(field: Tensor) -> Tensor:
    return field.transpose(3, 4).contiguous()


def _measured(case: Case, loss: Any, field: Tensor) -> dict[str, Tensor]:
    """Targets that exceed what the loss measures on the last sample, a structure; empty if it measures nothing."""
    if len(case.needs) != 1 or case.spec.batchwise:
        return {}
    targets = targets_measured(loss, case.needs[0], field[-1:]) or {}
    return {key: FACTOR * value.expand(len(field), *value.shape[1:]) for key, value in targets.items()}


def _exchanged_key(key: str, known: Iterable[str]) -> str:
    """``pore.y``, ``pore.y1``, ``pore.y_min`` with the other axis, and a lag ``(y,x)um`` or its opposite."""
    lag = re.search(r"\((-?[\d.e-]+),(-?[\d.e-]+)\)", key)
    if lag:
        places = [f"({sign * float(lag[2]) + 0.0:g},{sign * float(lag[1]) + 0.0:g})" for sign in (1, -1)]
        names = [key.replace(lag[0], place) for place in places]
        return next((name for name in names if name in known), key)
    return re.sub(r"(?<=\.)([yx])(?=\d|_|\.|@|$)", lambda axis: _SWAPPED[axis[1]], key)


def _sections(case: Case) -> Iterator[Volume]:
    """Noise, with a channel of each phase along an axis, open and periodic along one axis."""
    rng = np.random.default_rng(25)
    for number, wraps in enumerate(((False, False), (False, True))):
        labels = rng.integers(len(case.phases), size=SIDES, dtype=np.uint8)
        labels[:, number] = len(case.phases) - 1
        labels[number + 3] = 0
        yield Volume(labels, Grid(case.phases, EDGES, wraps))  # type: ignore[arg-type]


def _expect_values(case: Case, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        fine = value.reason if isinstance(value, Undefined) else type(value) is float and math.isfinite(value)
        case.expect(fine, f"gives {key} = {value} of a section")
        unit = case.spec.unit_in(2)
        case.expect(isinstance(unit, str) or key in unit, f"gives {key!r} of a section, for which its Spec has no unit")


def _expect_scaled(case: Case, values: Mapping[str, Any], doubled: Mapping[str, Any]) -> None:
    units = case.spec.unit_in(2)
    factors = {key: 2.0 ** exponent_of_um(units if isinstance(units, str) else units[key]) for key in values}
    scaled_values = {
        key: value if isinstance(value, Undefined) else value * factors[key] for key, value in values.items()
    }
    _expect_equal(case, scaled_values, doubled, f"of pixels twice as large, in {units}")


def _expect_equal(case: Case, values: Mapping[str, Any], others: Mapping[str, Any], when: str) -> None:
    for key, value in values.items():
        other: Any = others.get(key)
        same = type(value) is type(other) and (
            isinstance(value, Undefined) or math.isclose(value, other, rel_tol=max(1e-6, case.rtol), abs_tol=1e-12)
        )
        case.expect(same, f"gives {key} = {value} of a section, and {other} {when}")


def _expect_gradient(case: Case, values: Tensor, leaf: Tensor) -> None:
    case.expect(values.grad_fn is not None, "has no gradient on sections")
    (gradient,) = torch.autograd.grad(values.sum(), leaf, allow_unused=True)
    case.expect(gradient is not None and gradient.isfinite().all(), "has no finite gradient on sections")
    met = float(values.detach()[0]) <= case.tolerance
    case.expect(met or float(gradient[0].abs().max()) > 0, "has a gradient of 0 on a generic field of sections")


def _expect_near(case: Case, values: Tensor, others: Tensor, when: str) -> None:
    near = values.shape == others.shape and torch.allclose(values, others, rtol=max(1e-6, case.rtol), atol=1e-12)
    case.expect(near, f"gives {values.tolist()} of sections, and {others.tolist()} {when}")
