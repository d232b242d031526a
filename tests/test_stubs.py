"""The types of losses and metrics: as the signatures are, and an error of a type checker where a call is wrong."""

import os
import subprocess
import sys

import pytest
from checkout import ROOT

pytest.importorskip("porenet_statistics")

from docs.generators import component_stubs

WRONG = """\
import numpy
import porenet
import torch

grid = porenet.Grid(("Ni", "pore"), (1, 1, 1))
loss = porenet.losses.isolation(grid, phase="pore")
value: torch.Tensor = loss(torch.zeros(1, 2, 4, 4, 4))
porenet.losses.ssa(grid, estimator="faces", relax="sharpen(0.5)", reduction="none")
values = porenet.metrics.vf(numpy.zeros((2, 2, 2), bool), phases=("a", "b"), voxel_um=0.1)
porenet.metrics.vf(torch.zeros(2, 2, 2), phases={"a": 0, "b": [1, 2]}, voxel_um=(1, 1, 1))["a"]
porenet.losses.isolation(grid, phse="pore")
porenet.losses.ssa(grid, estimator="face")
porenet.losses.isolatoin(grid)
porenet.metrics.tpb(numpy.zeros((2, 2, 2)), phase_triple=("a", "b"))
"""
ERRORS = [
    (11, 'Unexpected keyword argument "phse" for "isolation"; did you mean "phase"?'),
    (12, 'Argument "estimator" to "ssa" has incompatible type "Literal[\'face\']"'),
    (13, 'Module has no attribute "isolatoin"; maybe "isolation"?'),
    (14, 'Argument "phase_triple" to "tpb" has incompatible type'),
]


def test_the_stubs_are_what_the_signatures_say():
    assert component_stubs.main(["--check"]) == 0


def test_a_renamed_parameter_is_noticed(monkeypatch, tmp_path, capsys):
    place = tmp_path / "losses" / "__init__.pyi"
    place.parent.mkdir()
    stub = component_stubs.PLACES["loss"].read_text(encoding="utf-8")
    monkeypatch.setattr(component_stubs, "PLACES", {"loss": place})
    monkeypatch.setattr(component_stubs, "ROOT", tmp_path)
    monkeypatch.setattr(component_stubs, "stub", lambda kind: stub)
    assert component_stubs.main([]) == 0
    assert component_stubs.main(["--check"]) == 0
    place.write_text(stub.replace("phase_triple", "phases"), encoding="utf-8")
    assert component_stubs.main(["--check"]) == 1
    assert "is not what the signatures say: run make generate" in capsys.readouterr().err


@pytest.mark.slow
def test_a_type_checker_finds_a_wrong_keyword_literal_and_name(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-incremental", "--follow-imports=silent", str(script)]
    environ = os.environ | {"MYPYPATH": os.pathsep.join(map(str, (ROOT, ROOT / "plugins")))}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(lines) == len(ERRORS), done.stdout + done.stderr
    for line, (number, words) in zip(sorted(lines), sorted(ERRORS), strict=True):
        assert line.startswith(f"script.py:{number}: ")
        assert words in line, line
