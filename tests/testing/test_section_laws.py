"""The laws of sections reject what is wrong on sections alone, each component by the law made for it."""

import numpy as np
import pytest
from torch import nn

from porenet.interface import AXES, Axis, Spec
from porenet.testing import Case, LawBroken, laws_for

MEASURED, READ, SLICES = (
    "sections_are_measured_in_their_plane",
    "sections_are_read_in_their_plane",
    "slices_are_compared_by_their_mean",
)


def case_of(component, *, params=None, **fields):
    kind = "loss" if isinstance(component, type) else "metric"
    target = f"{__name__}:{component.__qualname__}"
    common = {"name": "component", "kind": kind, "target": target, "summary": "Under test.", "unit": "1", "api": 1}
    return Case(Spec(**(common | {"dims": (2, 3)} | fields)), params=params or {})


def sides(volume, axes):
    """Sides between unlike pixels across each axis, times the area or length of one, um^-1."""
    labels, edges = volume.labels.astype(int), volume.grid.voxel_um
    steps = (np.count_nonzero(np.diff(labels, axis=axis)) / edges[axis] for axis in axes)
    return {"all": float(sum(steps)) / labels.size}


def perimeter(volume):
    return sides(volume, (0, 1, 2))


def along_x(volume):
    return sides(volume, (2,))


def across(volume, *, axis: Axis = "z"):
    return {f"all.{axis}": sides(volume, (AXES.index(axis),))["all"]}


def with_free_faces(volume):
    return {"all": perimeter(volume)["all"] + 2 / (len(volume.labels) * volume.grid.voxel_um[0])}


def per_volume(volume):
    return {"all": perimeter(volume)["all"] / volume.grid.voxel_um[0]}


def without_keys(volume):
    return {"other": 1.0}


class Perimeter(nn.Module):
    """Squared relative error of the perimeter per area of the first phase, from products of neighbours."""

    axes = (0, 1, 2)

    def __init__(self, grid):
        super().__init__()
        self.edges = grid.voxel_um

    def steps(self, first, axis):
        size = first.shape[axis + 1]
        low, high = first.narrow(axis + 1, 0, size - 1), first.narrow(axis + 1, 1, size - 1)
        return (low * (1 - high) + high * (1 - low)).sum(dim=(1, 2, 3))

    def descriptor(self, probabilities):
        first = probabilities[:, 0]
        counts = [self.steps(first, axis) / self.edges[axis] for axis in self.axes]
        return (sum(counts) / first[0].numel()).unsqueeze(1)

    def from_descriptor(self, values, targets):
        return (values / targets["perimeter"] - 1).square().squeeze(1)

    def forward(self, probabilities, targets):
        return self.from_descriptor(self.descriptor(probabilities), targets)


class OnItsOwnBack(Perimeter):
    """Every voxel is its own neighbour across the layer."""

    def steps(self, first, axis):
        last = first.roll(1, axis + 1)
        return (last * (1 - first) + first * (1 - last)).sum(dim=(1, 2, 3))


class AcrossTheLayer(Perimeter):
    """It knows the z direction alone, in which a section has nothing."""

    axes = (0,)

    def descriptor(self, probabilities):
        return super().descriptor(probabilities) + 0.1


class ByWidth(Perimeter):
    axes = (2,)


class MeanOfErrors(Perimeter):
    """Its error of a mean descriptor is not that of the field."""

    def forward(self, probabilities, targets):
        return (self.descriptor(probabilities) / targets["perimeter"]).log().square().squeeze(1)


class OfTheBatch(Perimeter):
    """Its descriptor depends on the slices beside it."""

    def descriptor(self, probabilities):
        values = super().descriptor(probabilities)
        return values + 0.1 * values.mean(dim=0)


class SquaredTarget(Perimeter):
    """Its target is a function of the descriptor, so that the mean of slices does not meet their mean target."""

    def target_of(self, probabilities):
        return {"perimeter": self.descriptor(probabilities) ** 2}

    def from_descriptor(self, values, targets):
        return (values**2 / targets["perimeter"] - 1).square().squeeze(1)


METRICS = [
    pytest.param(along_x, "um^-1", {}, "for the transposed section", id="along x alone"),
    pytest.param(with_free_faces, "um^-1", {}, "with another edge across the plane", id="faces of the layer"),
    pytest.param(per_volume, "um^-1", {}, "of pixels twice as large, in um", id="per volume"),
    pytest.param(without_keys, {"all": "1"}, {}, "for which its Spec has no unit", id="no unit"),
]
LOSSES = [
    (OnItsOwnBack, READ, "with another edge across the plane"),
    (AcrossTheLayer, READ, "has no finite gradient|has a gradient of 0|has no gradient"),
    (ByWidth, READ, "for the transposed field"),
    (MeanOfErrors, SLICES, "by from_descriptor"),
    (OfTheBatch, SLICES, "one by one"),
    (SquaredTarget, SLICES, "where the mean of slices is compared with the mean target"),
]


@pytest.mark.parametrize("params", [{}, {"axis": "x"}])
def test_right_metrics_of_sections_obey(params):
    metric, unit = (across, "um^-1") if params else (perimeter, "um^-1")
    assert laws_for(case_of(metric, unit=unit, params=params))[MEASURED]() == ""


@pytest.mark.parametrize(("metric", "unit", "params", "words"), METRICS)
def test_wrong_metrics_break_the_law_of_sections(metric, unit, params, words):
    with pytest.raises(LawBroken, match=words):
        laws_for(case_of(metric, unit=unit, params=params))[MEASURED]()


def test_a_right_loss_of_sections_obeys():
    laws = laws_for(case_of(Perimeter, needs=("perimeter",)))
    assert [laws[name]() for name in (READ, SLICES)] == ["", ""]


@pytest.mark.parametrize(("loss", "law", "words"), LOSSES)
def test_wrong_losses_break_the_law_of_sections_or_of_slices(loss, law, words):
    laws = laws_for(case_of(loss, needs=("perimeter",)))
    with pytest.raises(LawBroken, match=words):
        laws[law]()


def test_laws_of_sections_leave_components_of_volumes_alone():
    for component in (perimeter, Perimeter):
        laws = laws_for(case_of(component, dims=(3,), unit="1"))
        assert not {MEASURED, READ, SLICES} & set(laws)
