"""Laws of every loss on its values. Each law takes a case, a grid and a field ``(B, P, Z, Y, X)`` in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from porenet.interface import Grid, InputError, Undefined, Volume
from porenet.testing.case import Case
from porenet.testing.fields import flat, one_hot, undecoded
from porenet.testing.laws import component, gradient, running, thin, topology, transforms, witness
from porenet.testing.laws.sections import sections_are_read_in_their_plane
from porenet.testing.laws.slices import slices_are_compared_by_their_mean, takes_planes
from porenet.testing.laws.units import exponent_of_um

Law = Callable[..., str | None]


def one_value_per_sample(case: Case, grid: Grid, field: Tensor) -> None:
    """The loss returns shape ``(B,)``, or ``(1,)`` if batchwise; floating point, finite, >= 0."""
    values = case.values(field, grid)
    expected = (1,) if case.spec.batchwise else (len(field),)
    case.expect(isinstance(values, Tensor), f"returned {type(values).__name__}, not a tensor")
    case.expect(tuple(values.shape) == expected, f"returned shape {tuple(values.shape)}, not {expected}")
    case.expect(values.is_floating_point(), f"returned {values.dtype}, not a floating-point type")
    case.expect(values.isfinite().all(), f"is not finite: {values.tolist()}")
    case.expect((values >= 0).all(), f"is negative: {values.tolist()}")


def not_met_by_flat_probabilities(case: Case) -> None:
    """The loss is not met by a flat field that has the target volume fractions and decodes to a single phase.

    The field is (0.36, 0.34, 0.30), with the smallest share for the phase of the loss. A loss that is met there is met
    by structures without that phase.
    """
    about = case.params.get("phase")
    lowest = case.phases.index(about) if about in case.phases else len(case.phases) - 1
    field = flat(undecoded(len(case.phases), lowest), (5, 4, 6), batch=2)
    for wraps in (False, True):
        grid = Grid(case.phases, (0.1, 0.2, 0.1), (wraps,) * 3)
        targets = case.targets_for(field, grid)
        if "vf" in targets:
            targets["vf"] = field.mean(dim=(2, 3, 4))
        values = case.loss(grid)(case.as_read(field), targets)
        case.expect(
            (values.abs() > case.tolerance).all(),
            f"is met ({values.tolist()}, at most {case.tolerance:g}) by the same undecided probabilities everywhere, "
            f"of which the argmax holds no {case.phases[lowest]}",
        )


def samples_are_independent(case: Case, grid: Grid, field: Tensor) -> None:
    """A sample's value does not depend on the rest of the batch."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    together = loss(field, targets)
    alone = torch.cat([loss(field[i : i + 1], _rows(targets, slice(i, i + 1))) for i in range(len(field))])
    case.expect(
        torch.allclose(together, alone, rtol=case.rtol, atol=1e-12),
        f"gives {together.tolist()} for a batch and {alone.tolist()} for its samples one by one",
    )


def batch_may_be_reordered(case: Case, grid: Grid, field: Tensor) -> None:
    """Samples in another order give the same values in that order; a batchwise loss gives the same value."""
    loss, targets = case.loss(grid), case.targets_for(field, grid)
    order = torch.arange(len(field), device=field.device).roll(1)
    here = loss(field, targets)
    there = loss(field[order], targets if case.spec.batchwise else _rows(targets, order))
    expected = here if case.spec.batchwise else here[order]
    case.expect(
        torch.allclose(there, expected, rtol=case.rtol, atol=1e-12),
        f"gives {expected.tolist()}, and {there.tolist()} for the samples in that order",
    )


def phases_may_be_reordered(case: Case, grid: Grid, field: Tensor) -> None:
    """Phases are identified by name: another order of the channels gives the same value."""
    if _is_tied(field):
        return  # the argmax of a tie is the lower channel, whichever phase that is
    order = [*range(1, len(grid.phases)), 0]  # every channel moves; reversed, the middle one would not
    turned = Grid(tuple(grid.phases[i] for i in order), grid.voxel_um, grid.periodic)
    here, there = case.values(field, grid), case.values(field[:, order], turned)
    case.expect(
        torch.allclose(here, there, rtol=case.rtol, atol=1e-12),
        f"gives {here.tolist()}, and {there.tolist()} for another order of the phases",
    )


def value_scales_with_its_unit(case: Case, grid: Grid, field: Tensor) -> None:
    """Doubling the voxel edges changes the value as its unit requires."""
    unit = str(case.spec.unit)
    doubled = Grid(grid.phases, tuple(2 * edge for edge in grid.voxel_um), grid.periodic)  # type: ignore[arg-type]
    first, second = case.values(field, grid), case.values(field, doubled)
    case.expect(
        torch.allclose(second, first * 2.0 ** exponent_of_um(unit), rtol=case.rtol, atol=1e-12),
        f"declares the unit {unit}, but voxels twice as large turn {first.tolist()} into {second.tolist()}",
    )


def descriptor_equals_twin(case: Case, grid: Grid, field: Tensor) -> None:
    """On a decoded structure the descriptor equals the metric named as twin, called with the loss's ``twin_params``."""
    if case.twin is None:
        raise InputError(f"the loss names the twin {case.spec.twin!r}", where=str(case), fix="Give Case(twin=Spec).")
    loss = case.loss(grid)
    case.expect(hasattr(loss, "descriptor"), f"names the twin {case.spec.twin!r} but has no descriptor")
    params = getattr(loss, "twin_params", {})
    labels = field.argmax(dim=1)
    soft = loss.descriptor(one_hot(labels, field.shape[1]))
    for row, structure in zip(soft, labels.numpy().astype(np.uint8), strict=True):
        measured = case.twin.resolve()(Volume(structure, grid), **params)
        keys = tuple(getattr(loss, "twin_keys", measured))
        missing = [key for key in keys if key not in measured]
        case.expect(not missing, f"names the twin keys {keys}, but the metric {case.spec.twin} has no {missing}")
        case.expect(row.shape == (len(keys),), f"describes a sample in shape {tuple(row.shape)}, not ({len(keys)},)")
        wanted = [measured[key] for key in keys]
        # For a value that the metric calls undefined, the descriptor may be any number or NaN.
        defined = [i for i, value in enumerate(wanted) if not isinstance(value, Undefined)]
        values = [wanted[i] for i in defined]
        rounding = 1e-6 * max(map(abs, values), default=0.0)  # of float32, in which the largest is summed
        close = np.allclose([float(row[i]) for i in defined], values, rtol=case.rtol, atol=max(1e-9, rounding))
        case.expect(close, f"describes a structure as {row.tolist()}, the metric {case.spec.twin} as {wanted} ({grid})")


def applies(law: Law, case: Case) -> bool:
    """Whether a law applies to a case; independence of samples, for one, does not to a batchwise loss."""
    if law is samples_are_independent:
        return not case.spec.batchwise
    if law in (descriptor_equals_twin, thin.single_layers_are_refused_where_the_twin_is_undefined):
        return case.spec.twin is not None
    if law is sections_are_read_in_their_plane:
        return 2 in case.spec.dims
    if law is slices_are_compared_by_their_mean:
        return takes_planes(case)
    if law is witness.met_means_met:
        return witness.applies(case)
    if law is topology.met_only_if_the_argmax_percolates:
        return case.percolates is not None and not case.spec.batchwise
    return law is not gradient.declared_dead_states_are_dead or bool(case.spec.dead_states)


def _rows(targets: dict[str, Tensor], index: Tensor | slice) -> dict[str, Tensor]:
    return {key: value[index] for key, value in targets.items()}


def _is_tied(field: Tensor) -> bool:
    first, second = field.topk(2, dim=1).values.unbind(dim=1)
    return bool((first - second < 1e-12).any())


LAWS: tuple[Law, ...] = (
    one_value_per_sample,
    not_met_by_flat_probabilities,
    topology.met_only_if_the_argmax_percolates,
    *gradient.LAWS,
    samples_are_independent,
    batch_may_be_reordered,
    phases_may_be_reordered,
    value_scales_with_its_unit,
    descriptor_equals_twin,
    thin.single_layers_are_refused_where_the_twin_is_undefined,
    sections_are_read_in_their_plane,
    slices_are_compared_by_their_mean,
    witness.met_means_met,
    *running.LAWS,
    *transforms.LAWS,
    component.params_survive_toml_and_json,
)
