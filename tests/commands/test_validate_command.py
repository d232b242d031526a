"""`porenet validate` on losses that refuse only when they are built."""

import json

import pytest
from click.testing import CliRunner

import porenet
from porenet.cli import main
from porenet.errors import ConfigError

RUN = """[grid]
phases = ["Ni", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[objective]
[[objective.terms]]
loss = "tpb"

[[objective.terms]]
loss = "vf"

[[objective.terms]]
loss = "first_passage"
params = { phase = "pore", inlet = "z_min", outlet = "z_min" }
"""


def test_all_that_building_refuses_is_told_at_once_with_its_lines(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RUN)
    done = CliRunner().invoke(main, ["validate", str(path)])
    assert done.exit_code == 2
    assert "2 problems" in done.stderr
    assert "line 6, objective.terms[0]: tpb: three phases meet at a triple line, the grid has 2" in done.stderr
    assert "line 14, objective.terms[2].params.outlet: inlet and outlet are the same face, 'z_min'" in done.stderr


def test_a_run_with_a_base_is_checked_and_blamed_as_one(tmp_path):
    base, path = tmp_path / "base.toml", tmp_path / "run.toml"
    base.write_text(RUN)
    path.write_text('base = "base.toml"\n')
    done = CliRunner().invoke(main, ["validate", str(path)])
    assert done.exit_code == 2
    assert f"{path}: 2 problems\n  - {base}, line 6, objective.terms[0]: tpb: three phases" in done.stderr
    problems = json.loads(CliRunner().invoke(main, ["validate", str(path), "--json"]).stdout)["problems"]
    assert [problem["where"] for problem in problems] == [
        f"{base}: objective.terms[0]",
        f"{base}: objective.terms[2].params.outlet",
    ]
    path.write_text('base = "base.toml"\n[[objective.terms]]\nloss = "vf"\n')
    assert f"Based on: {base}" in CliRunner().invoke(main, ["validate", str(path)]).stdout
    data = json.loads(CliRunner().invoke(main, ["validate", str(path), "--json"]).stdout)
    assert (data["bases"], [term["label"] for term in data["terms"]]) == ([str(base)], ["vf"])


def test_terms_composed_in_python_are_told_at_once_too():
    grid = porenet.Grid(phases=("Ni", "pore"), voxel_um=(0.1, 0.1, 0.1))
    one_face = {"phase": "pore", "inlet": "z_min", "outlet": "z_min"}
    with pytest.raises(ConfigError) as refusal:
        porenet.Objective(grid, [{"loss": "tpb"}, {"loss": "first_passage", "params": one_face}])
    assert [one.path for one in refusal.value.problems] == ["objective.terms[0]", "objective.terms[1].params.outlet"]
