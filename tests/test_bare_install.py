"""What porenet does without torch: its import is blocked where it is installed; in `make test-bare` it is absent."""

import importlib.util
import json
import subprocess
import sys

import pytest
from checkout import ROOT

COMMANDS = {
    "synthesize": "synthesize real --count 2 --shape 12,12,12",
    "another": "synthesize made --count 2 --shape 12,12,12 --seed 7",
    "measure": "measure real --grid real/grid.toml -o real.json --workers 1",
    "compare": "compare real made --grid real/grid.toml -m vf --workers 1",
    "convert": "convert real/structure_0001.npz cube.vti --grid real/grid.toml",
    "page": "page cube.vti --grid real/grid.toml -o page.html",
    "list-plugins": "list-plugins --kind loss",
    "list for machines": "list-plugins --json",
    "show": "show tortuosity",
    "show for machines": "show tpb_active --kind loss --json",
    "init": "init run.toml",
    "validate": "validate run.toml",
    "validate a wrong run": "validate wrong.toml",
    "audit": "audit run.toml",
    "reconstruct": "reconstruct cube.vti --grid real/grid.toml -o copies",
    "check": "check vf --kind metric",
}
NEED_TORCH = {"validate", "audit", "reconstruct", "check"}
WRONG = """
[grid]
phases = ["Ni", "pore"]
voxel_um = [1, 1, 1]

[[objective.terms]]
loss = "maximin"
params = { phase = "por", margin = 2.0, outlets = 3 }
"""
SCRIPT = """
import json, pathlib, sys
pathlib.Path("wrong.toml").write_text({wrong!r})
if {blocked}:
    sys.modules["torch"] = None
from click.testing import CliRunner
from porenet import registry
from porenet.cli import main

for component in registry.installed().components:
    if component.spec.kind != "loss" and component.provider.name == "porenet":
        component.load()
done = {{name: CliRunner().invoke(main, words.split()) for name, words in {commands!r}.items()}}
print(json.dumps({{name: [result.exit_code, result.stdout, result.stderr] for name, result in done.items()}}))
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Exit code, output and errors of each command, without torch."""
    script = SCRIPT.format(blocked=importlib.util.find_spec("torch") is not None, commands=COMMANDS, wrong=WRONG)
    folder = tmp_path_factory.mktemp("bare")
    process = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - NEED_TORCH - {"validate a wrong run"}))
def test_what_measures_works(done, name):
    code, output, errors = done[name]
    assert code == 0, output + errors
    assert "Traceback" not in output + errors


@pytest.mark.parametrize("name", sorted(NEED_TORCH))
def test_what_trains_names_the_extra(done, name):
    code, output, errors = done[name]
    assert code == 2, output
    extra = "testing" if name == "check" else "torch"
    words = f"porenet {name} needs torch, which is not installed. pip install 'porenet[{extra}]'"
    assert words in errors
    assert "fault of porenet" not in errors
    if name == "audit":
        page = " ".join((ROOT / "docs" / "start.md").read_text(encoding="utf-8").split())
        assert f"$ porenet audit run.toml {' '.join(errors.split())} ```" in page


def test_the_parameters_of_a_run_are_checked(done):
    code, _, errors = done["validate a wrong run"]
    assert code == 2
    for words in ("did you mean 'pore'?", "margin: must be less than 1, not 2.0", "outlets: unknown key; did you mean"):
        assert words in errors


def test_every_loss_is_listed_and_marked(done):
    lines = [line for line in done["list-plugins"][1].splitlines() if line.startswith("loss ")]
    assert len(lines) > 15
    assert all(" needs torch: " in line for line in lines)
    components = json.loads(done["list for machines"][1])["components"]
    assert {entry["missing"] for entry in components if entry["kind"] == "loss"} == {"torch"}
    assert {entry["missing"] for entry in components if entry["kind"] != "loss"} == {None}


def test_a_loss_is_explained_from_its_source(done):
    shown = done["show"][1]
    for words in ("needs", "pip install 'porenet[torch]'", "kmin", "number >= 1e-15, <= 0.01", "Known defects:"):
        assert words in shown
    (component,) = json.loads(done["show for machines"][1])["components"]
    assert component["missing"] == "torch"
    assert list(component["parameters"]["properties"])[1:] == [
        "reservoirs", "estimator", "sigma", "temperature", "margin",
    ]  # fmt: skip
