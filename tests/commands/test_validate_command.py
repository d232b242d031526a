"""`porenet validate` on losses that refuse only when they are built."""

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


def test_terms_composed_in_python_are_told_at_once_too():
    grid = porenet.Grid(phases=("Ni", "pore"), voxel_um=(0.1, 0.1, 0.1))
    one_face = {"phase": "pore", "inlet": "z_min", "outlet": "z_min"}
    with pytest.raises(ConfigError) as refusal:
        porenet.Objective(grid, [{"loss": "tpb"}, {"loss": "first_passage", "params": one_face}])
    assert [one.path for one in refusal.value.problems] == ["objective.terms[0]", "objective.terms[1].params.outlet"]
