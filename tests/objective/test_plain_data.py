"""An objective as plain data, and from it."""

import json

import pytest
import torch

from porenet.interface import Grid
from porenet.objective import Objective

pytestmark = pytest.mark.usefixtures("fakes")

GRID = Grid(("Ni", "YSZ", "pore"), (0.5, 0.1, 1.0), (False, True, False))
ROWS = [
    {"loss": "mean", "label": "mean.of Ni", "weight": 5, "start": 10, "params": {"phase": "Ni", "faces": ("z_max",)}},
    {"loss": "squared", "ramp": 4},
    {"loss": "soft_only", "weight": 1},
]
TEXTS = {
    "run.toml": """
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.5, 0.1, 1.0]
periodic = [false, true, false]
[objective]
relax = "sharpen(0.5)"
[[objective.terms]]
loss = "mean"
[objective.terms.params]
phase = "Ni"
""",
    "run.yaml": """
grid: {phases: [Ni, YSZ, pore], voxel_um: [0.5, 0.1, 1.0]}
objective: {check_every: 0, gather: false, terms: {mean: 3, other: {loss: mean, stop: 9}, squared: }}
""",
    "run.json": '{"grid": {"phases": ["a", "b"], "voxel_um": [1, 1, 1]}, "objective": {"terms": ["squared"]}}',
}


def objectives(folder):
    yield Objective(GRID, ROWS, relax="gumbel(0.5)", check_every=7, gather=False)
    yield Objective(GRID, {"mean": {"phase": "Ni"}, "squared": 3})
    yield Objective.from_run(
        {"grid": {"phases": ("a", "b"), "voxel_um": (1, 1, 1)}, "objective": {"terms": ["squared"]}}
    )
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
        yield Objective.from_run(folder / name)


def test_to_dict_is_a_fixed_point(tmp_path):
    for objective in objectives(tmp_path):
        tables = objective.to_dict()
        read = Objective.from_run(json.loads(json.dumps(tables)))
        assert read.to_dict() == tables
        assert (read.grid, read.terms, read.check_every, read.gather) == (
            objective.grid, objective.terms, objective.check_every, objective.gather,
        )  # fmt: skip
        (tmp_path / "again.json").write_text(json.dumps(tables))
        assert Objective.from_run(str(tmp_path / "again.json")).to_dict() == tables


def test_everything_is_written_out():
    tables = Objective(GRID, ROWS, check_every=7).to_dict()
    assert tables["grid"] == {
        "phases": ["Ni", "YSZ", "pore"],
        "voxel_um": [0.5, 0.1, 1.0],
        "periodic": [False, True, False],
    }
    assert set(tables["porenet"]) == {"version", "api"}
    assert tables["objective"]["check_every"] == 7
    assert tables["objective"]["terms"][0] == {
        "loss": "porenet:mean", "label": "mean.of Ni", "weight": 5.0, "start": 10, "stop": None, "ramp": 0,
        "relax": "straight_through", "params": {"phase": "Ni", "power": 1, "mode": "plain", "faces": ["z_max"]},
    }  # fmt: skip
    assert tables["objective"]["terms"][2]["relax"] == "soft"


def test_labels_at_a_step():
    objective = Objective(GRID, [*ROWS, {"loss": "mean", "stop": 11}])
    assert objective.labels_at(0) == ("squared", "soft_only", "mean")
    assert objective.labels_at(10) == ("mean.of Ni", "squared", "soft_only", "mean")
    assert objective.labels_at(11) == ("mean.of Ni", "squared", "soft_only")
    assert set(objective(torch.full((1, 3, 2, 2, 2), 1 / 3), {"level": torch.zeros(1)}, 11)[1]) == set(
        objective.labels_at(11)
    )
