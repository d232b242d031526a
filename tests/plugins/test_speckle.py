"""Voxel-fine speckle with the right fractions: who is met by it, and whose witness says so."""

import warnings

import pytest
import torch
from porenet_estimators.interfaces import crofton_densities

from porenet import Objective
from porenet.errors import BlindTerm
from porenet.gradient_audit.states import hand_made_states
from porenet.interface import Grid, Volume
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


def structure(shift=0):
    """Channels of three phases, as an audit has them."""
    intact = hand_made_states(GRID, 16)["one_hot"].field.argmax(dim=1)
    return intact.roll(shift, dims=3)


def speckled(labels):
    """Every other voxel replaced by its mirror image along y: of even sides the fractions stay exact."""
    z, y, x = torch.meshgrid(*map(torch.arange, labels.shape[1:]), indexing="ij")
    return torch.where((z + y + x) % 2 == 1, labels.flip(2), labels)


def one_hot(labels):
    return torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).float().contiguous()


def gaps(terms, targets=None):
    objective = Objective(GRID, terms)
    measured = objective.targets_of(structure())
    return objective.gaps(one_hot(speckled(structure())), measured if targets is None else targets(measured))


TV = {"loss": "ssa", "params": {"estimator": "tv"}}


def test_speckle_keeps_the_fractions_and_has_many_times_the_area():
    intact, speckle = structure(), speckled(structure())
    assert torch.equal(torch.bincount(intact.flatten()), torch.bincount(speckle.flatten()))
    areas = [crofton_densities(Volume(labels[0].numpy().astype("uint8"), GRID)).sum() for labels in (intact, speckle)]
    assert areas[1] > 5 * areas[0]
    assert torch.equal(speckle, hand_made_states(GRID, 16)["speckle"].field.argmax(dim=1))


def test_total_variation_is_met_by_speckle_and_its_witness_says_so():
    with pytest.warns(BlindTerm) as caught:
        gap = gaps([TV])["ssa"]
    assert gap.hard < 2.5e-3
    assert (gap.blind, gap.fooled) == (True, False)
    assert gap.witness > 5
    message = str(caught[0].message)
    assert f"whose ssa by crofton is {gap.witness:.3g} times that of the structures behind its targets" in message
    assert message.endswith("Leave out estimator = 'tv': the default, 'guarded', sees it.")


# No structures behind the targets: areas by Crofton that no real structure has beside its own total variation.
def test_so_it_is_with_targets_of_unknown_structures():
    with pytest.warns(BlindTerm, match="times what the term reads, which no real structure has"):
        gap = gaps([TV], lambda measured: Targets(dict(measured), measured.estimators))["ssa"]
    assert (gap.blind, gap.witness) == (True, None)


@pytest.mark.parametrize("loss", ["ssa", "dpb", "tpb", "tpb_active"])
def test_no_default_is_met_by_speckle(loss):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gap = gaps([{"loss": loss}])[loss]
    assert gap.hard > 0.1
    assert gap.witness > 3 or loss == "tpb_active"  # of which the speckle has none: nothing in it is joined to a face
    assert not gap.blind


def test_a_distribution_has_the_witness_of_its_descriptor():
    term = {"loss": "distribution", "params": {"descriptor": "ssa", "params": {"estimator": "tv"}}}
    objective = Objective(GRID, [term])
    targets = objective.targets_of(torch.cat([structure(seed) for seed in (0, 3)]))
    fields = one_hot(torch.cat([speckled(structure(seed)) for seed in (0, 3)]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BlindTerm)
        assert objective.gaps(fields, targets)["distribution"].witness > 5
    assert objective.gaps(one_hot(structure()), targets)["distribution"].witness == pytest.approx(1, abs=0.3)


def test_the_structure_itself_is_believed():
    objective = Objective(GRID, [{"loss": loss} for loss in ("ssa", "dpb", "tpb", "tpb_active")])
    for gap in objective.gaps(one_hot(structure()), objective.targets_of(structure())).values():
        assert gap.hard == pytest.approx(0, abs=1e-9)
        assert (gap.witness, gap.blind) == (1.0, False)
