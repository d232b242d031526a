"""The law of losses that ask for percolation: what it is tried on, and whom it finds out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from torch import nn

from porenet.interface import AXES, FACES, Grid, InputError, Spec
from porenet.testing import Case, LawBroken, grids, laws_for
from porenet.testing.laws.topology import joins, nearly_joined

LAW = "met_only_if_the_argmax_percolates"
PAIRS = [(inlet, outlet) for inlet in FACES for outlet in FACES if inlet != outlet]
DIAGONAL = np.ones((3, 3, 3), bool)


def layer(array, face):
    return np.take(array, 0 if face.endswith("min") else -1, axis=AXES.index(face[0]))


def touching(mask, inlet, outlet, structure=None):
    """Whether a component of a mask in an open box touches two faces, by scipy."""
    pieces, _ = ndimage.label(mask, structure)
    return bool((set(layer(pieces, inlet).flat) & set(layer(pieces, outlet).flat)) - {0})


class Crossing(nn.Module):
    """1 unless the structure crosses; what the wrong ones read instead is theirs."""

    def __init__(self, grid, *, phase: str = "pore", inlet: str = "z_min", outlet: str = "z_max"):
        super().__init__()
        self.grid, self.channel, self.inlet, self.outlet = grid, grid.index(phase), inlet, outlet

    def voxels(self, probabilities):
        return probabilities.argmax(dim=1) == self.channel

    def crosses(self, mask):
        labels = np.where(mask, self.channel, (self.channel + 1) % len(self.grid.phases)).astype(np.uint8)
        return joins(labels, self.grid, self.grid.phases[self.channel], self.inlet, self.outlet)

    def forward(self, probabilities, targets):
        met = [self.crosses(mask) for mask in self.voxels(probabilities).numpy()]
        return 1 - torch.tensor(met, dtype=torch.float64)


class HighProbability(Crossing):
    """Above 1 / P is not above the others."""

    def voxels(self, probabilities):
        return probabilities[:, self.channel] > 0.4


class Ties(Crossing):
    """A tie goes to the lower phase."""

    def voxels(self, probabilities):
        return probabilities[:, self.channel] >= probabilities.amax(dim=1)


class AcrossEdges(Crossing):
    def crosses(self, mask):
        return touching(mask, self.inlet, self.outlet, DIAGONAL)


class AroundTheBox(Crossing):
    """Takes both faces of a periodic axis for neighbours."""

    def crosses(self, mask):
        axis = AXES.index(self.inlet[0])
        twice = np.concatenate([mask, mask], axis) if self.grid.periodic[axis] else mask
        return touching(mask, self.inlet, self.outlet) or (twice is not mask and bool(layer(mask, self.inlet).any()))


class BothFaces(Crossing):
    """As the face hinge: what lies between is not looked at."""

    def crosses(self, mask):
        return bool(layer(mask, self.inlet).any() and layer(mask, self.outlet).any())


class OneFace(Crossing):
    def crosses(self, mask):
        return bool(layer(mask, self.inlet).any())


class OtherAxis(Crossing):
    def crosses(self, mask):
        return touching(mask, "x_min", "x_max")


class OneVoxelShort(Crossing):
    """Met within a tolerance that lets a gap pass."""

    def crosses(self, mask):
        return touching(mask, self.inlet, self.outlet) or touching(
            ndimage.binary_dilation(mask), self.inlet, self.outlet
        )


def case_of(component, **fields):
    spec = Spec(
        api=1, kind="loss", name="crossing", target=f"{__name__}:{component.__name__}", summary="Under test.", unit="1"
    )
    return Case(spec, **({"percolates": ("pore", "z_min", "z_max")} | fields))


@pytest.mark.parametrize("phases", [("pore", "solid"), ("a", "pore", "b", "c", "d")])
@pytest.mark.parametrize(("inlet", "outlet"), PAIRS)
def test_a_right_loss_obeys_it_between_all_faces(inlet, outlet, phases):
    case = case_of(
        Crossing, phases=phases, params={"inlet": inlet, "outlet": outlet}, percolates=("pore", inlet, outlet)
    )
    laws_for(case, shrink=False)[LAW]()


@pytest.mark.parametrize(
    "component", [HighProbability, Ties, AcrossEdges, AroundTheBox, BothFaces, OneFace, OtherAxis, OneVoxelShort]
)
def test_a_loss_that_is_met_otherwise_is_found_out(component):
    with pytest.raises(LawBroken, match=r"is met \(0, .* whose argmax has no pore that joins z_min to z_max"):
        laws_for(case_of(component), shrink=False)[LAW]()


def test_it_is_asked_of_those_alone_that_claim_it():
    assert LAW in laws_for(case_of(Crossing))
    assert LAW not in laws_for(case_of(Crossing, percolates=None))


def test_a_phase_that_is_not_on_the_grid_is_named():
    with pytest.raises((InputError, ValueError), match="gravel"):
        laws_for(case_of(Crossing, percolates=("gravel", "z_min", "z_max")))[LAW]()


@given(grids(), st.sampled_from(PAIRS), st.data())
def test_joined_is_what_scipy_says_of_a_box_with_copies_at_its_periodic_sides(grid, faces, data):
    inlet, outlet = faces
    channel = data.draw(st.integers(0, len(grid.phases) - 1))
    field = data.draw(nearly_joined(len(grid.phases), channel, inlet, outlet))
    for labels in field.argmax(dim=1).numpy().astype(np.uint8)[:4]:
        mask = labels == channel
        copies = 1
        for axis, wraps in enumerate(grid.periodic):
            if wraps and AXES[axis] not in (inlet[0], outlet[0]):
                # A way may go around several times before it arrives: as often as there are slices.
                copies = 2 * mask.shape[axis] + 1
                mask = np.concatenate([mask] * copies, axis)
        assert joins(labels, grid, grid.phases[channel], inlet, outlet) == touching(mask, inlet, outlet)


@given(st.integers(2, 5), st.sampled_from(PAIRS), st.data())
def test_the_fields_are_probabilities_and_hold_both_answers(phases, faces, data):
    field = data.draw(nearly_joined(phases, 0, *faces))
    assert torch.allclose(field.sum(dim=1), torch.ones((), dtype=torch.float64))
    assert (field >= 0).all()


@pytest.mark.parametrize("faces", [("z_min", "z_max"), ("x_max", "y_min")])
def test_a_few_draws_hold_both_answers(faces):
    grid = Grid(("Ni", "YSZ", "pore"), (1, 1, 1))
    answers = []

    @settings(max_examples=10, derandomize=True, database=None)  # as few as the kit may draw, and the same each time
    @given(nearly_joined(3, 2, *faces))
    def look(field):
        answers.extend(joins(one, grid, "pore", *faces) for one in field.argmax(dim=1).numpy().astype(np.uint8))

    look()
    assert 0.15 < np.mean(answers) < 0.85
