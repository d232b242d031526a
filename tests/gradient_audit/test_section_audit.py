"""The audit of runs of sections."""

import pytest
import torch

import porenet
from porenet.config import run_of
from porenet.errors import InputError
from porenet.gradient_audit import audit_run, hand_made_states
from porenet.interface import Grid, Volume

pytest.importorskip("porenet_statistics")

GRID = Grid(("Ni", "YSZ", "pore"), (0.05, 0.1))


def test_a_run_of_sections_is_audited_on_sections():
    terms = [{"loss": "vf", "weight": 1}, {"loss": "tpb", "weight": 1}]
    run = run_of(
        {"grid": {"phases": list(GRID.phases), "voxel_um": list(GRID.edges_um)}, "objective": {"terms": terms}}
    )
    audit = audit_run(run, size=12, batch=2)
    assert audit.generator.shape == (2, 3, 1, 12, 12)
    assert [term.states["one_hot"].met for term in audit.terms] == [True, True]
    assert audit.states["severed_pore"] == "the stripes, that of pore cut by 2 rows of Ni"


def test_stripes_cross_and_meet_in_points_and_a_severed_one_does_not_cross():
    states = hand_made_states(GRID, (12, 15))
    intact, severed = (
        Volume(states[name].field.argmax(dim=1)[0].numpy(), GRID) for name in ("one_hot", "severed_pore")
    )
    crosses = porenet.metrics.percolates(intact)
    assert [crosses[f"{phase}.y"] for phase in GRID.phases] == [1, 1, 1]
    assert porenet.metrics.percolates(severed)["pore.y"] == 0
    assert porenet.metrics.tpb(intact)["total"] > 0
    with pytest.raises(InputError, match="two numbers of voxels, 4 or more, were expected"):
        hand_made_states(GRID, (12, 12, 12))
    with pytest.raises(InputError, match="no room for a stripe of each of 5 phases"):
        hand_made_states(Grid(tuple("abcde"), 0.1, dims=2), 4)


def test_a_generator_of_volumes_is_refused_for_sections():
    objective = porenet.Objective(GRID, ["vf"])
    batch = torch.rand(2, 3, 6, 7).softmax(dim=1), {"vf": torch.full((2, 3), 1 / 3)}
    assert porenet.audit(objective, torch.nn.Softmax(dim=1), batch).generator.shape == (2, 3, 1, 6, 7)
    with pytest.raises(InputError, match=r"shape \(B, 3, Y, X\).*were expected, not \(2, 3, 4, 6, 7\)"):
        porenet.audit(objective, lambda field: field, (torch.rand(2, 3, 4, 6, 7), batch[1]))
