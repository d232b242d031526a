"""The command line: what people and machines read, and how mistakes end."""

import json
import os
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from porenet import registry
from porenet.cli import main

HEAVY = ("torch", "numba", "scipy", "numpy", "pydantic")


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def in_a_process(site, *command):
    """Run Python with the fake site, and nothing of the test's own process."""
    environ = os.environ | {"PYTHONPATH": str(site.folder), "PORENET_PLUGINS": "probe"}
    return subprocess.run([sys.executable, *command], env=environ, capture_output=True, text=True, check=False)


def test_listing_shows_what_a_spec_says(fakes):
    listed = run("list-plugins")
    assert listed.exit_code == 0
    (row,) = [line for line in listed.stdout.splitlines() if " squared " in line]
    for word in ("loss", "squared", "porenet 1.0", "1", "3", "The fake squared."):
        assert word in row


def test_listing_one_kind(fakes):
    listed = run("list-plugins", "--kind", "score", "--json")
    assert [one["name"] for one in json.loads(listed.stdout)["components"]] == ["same"]


@pytest.mark.torch
def test_listing_for_machines_is_complete(fakes):
    data = json.loads(run("list-plugins", "--json").stdout)
    (squared,) = [one for one in data["components"] if one["name"] == "squared"]
    assert squared == {
        "kind": "loss",
        "name": "squared",
        "provider": "porenet",
        "version": "1.0",
        "target": "fake_components:Squared",
        "summary": "The fake squared.",
        "unit": "1",
        "dims": [3],
        "unit_2d": "",
        "note_2d": "",
        "api": 1,
        "source": "",
        "weight": 3.0,
        "needs": ["level"],
        "needs_when": {},
        "optional": [],
        "reads": "run",
        "batchwise": False,
        "twin": None,
        "tolerance": None,
        "witness": None,
        "blind_when": {},
        "deviations": {},
        "dead_states": {},
        "storage": None,
        "limits": None,
        "transform": None,
        "resolution": 0.0,
        "on_request": False,
        "streamed": "",
        "missing": None,
        "default": True,
    }
    assert data["faults"] == []


def test_listing_imports_nothing_heavy(site):
    site.add("probe", "@hookimpl\ndef porenet_specs():\n    yield spec('probe')")
    code = (
        "import sys\nfrom porenet.cli import main\n"
        "code = main(['list-plugins'], standalone_mode=False)\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = in_a_process(site, "-c", code)
    assert "probe 1.0" in done.stdout, done.stderr
    assert "HEAVY []" in done.stdout


def test_a_real_process_lists_and_closes_a_pipe_quietly(site):
    site.add("probe", "@hookimpl\ndef porenet_specs():\n    yield spec('probe')")
    done = in_a_process(site, "-m", "porenet", "list-plugins", "--json")
    assert "probe" in [one["name"] for one in json.loads(done.stdout)["components"]]
    shell = f"{sys.executable} -m porenet list-plugins --json | head -c 1"
    environ = os.environ | {"PYTHONPATH": str(site.folder)}
    piped = subprocess.run(["bash", "-c", shell], env=environ, capture_output=True, text=True, check=False)
    assert (piped.stdout, piped.stderr) == ("{", "")


def test_show_explains_a_component(fakes):
    shown = run("show", "mean", "--kind", "loss")
    assert shown.exit_code == 0
    for words in (
        "loss mean: The fake mean.",
        "porenet 1.0",
        "Mean probability of a phase, to a power.",
        "'plain' | 'fancy'",
        "integer >= 1",
        "a phase of the grid",
        "list of ('z_min' | 'z_max'",
    ):
        assert words in shown.stdout


def test_show_tells_how_a_comparison_takes_a_metric_and_a_score(fakes):
    def fact(name, label):
        (line,) = [line for line in run("show", *name).stdout.splitlines() if line.startswith(f"{label} ")]
        return line.removeprefix(label).strip()

    assert fact(["mean", "--kind", "metric"], "compared") == "by logarithms"
    assert fact(["mean", "--kind", "metric"], "resolution") == "differences below 2 do not matter"
    assert fact(["voxels"], "compared") == "as measured"
    assert fact(["voxels"], "resolution") == "any difference may matter"
    assert fact(["same"], "limits") == "OK from 0.9, Marginal from 0.5, else Fail"


def test_show_gives_every_kind_of_a_name(fakes):
    shown = run("show", "mean")
    assert "loss mean" in shown.stdout
    assert "metric mean" in shown.stdout


def test_show_for_machines_has_the_json_schema(fakes):
    (data,) = json.loads(run("show", "mean", "--kind", "loss", "--json").stdout)["components"]
    assert data["parameters"]["properties"]["power"] == {
        "default": 1,
        "minimum": 1,
        "title": "Power",
        "type": "integer",
    }
    assert data["parameters"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "meen"], "no component is called 'meen'; did you mean 'mean'?"),
        (["show"], "Missing argument 'NAME'"),
        (["list-plugins", "--kind", "los"], "'los' is not one of 'loss', 'metric', 'score'"),
        (["lst-plugins"], "No such command 'lst-plugins'"),
        (["validate", "nowhere.toml"], "nowhere.toml: cannot be read: No such file or directory"),
        (["new-plugin", "not a name"], "'not a name' is not a valid name of a package"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(fakes, arguments, words):
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.output


def test_debug_shows_the_traceback(fakes):
    assert "no component is called" in str(run("--debug", "show", "meen").exception)


def test_a_fault_of_porenet_itself_is_admitted(fakes, monkeypatch):
    monkeypatch.setattr("porenet.commands.listing.catalogue", lambda *_: 1 / 0)
    done = run("list-plugins", "--json")
    assert done.exit_code == 1
    assert "unexpected ZeroDivisionError" in done.stderr
    assert "--debug" in done.stderr


RUN = """
[grid]
phases = ["solid", "pore"]
voxel_um = [0.1, 0.2, 0.3]

[objective]
relax = "soft"

[[objective.terms]]
loss = "mean"
stop = 40
ramp = 10

[train]
steps = 3
"""


@pytest.mark.torch
def test_validate_shows_the_terms(fakes, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RUN)
    done = run("validate", str(path))
    assert done.exit_code == 0
    for words in ("solid, pore", "0.1 x 0.2 x 0.3 um (z, y, x)", "porenet:mean", "0 to 40, ramp 10", "[train]"):
        assert words in done.stdout
    data = json.loads(run("validate", str(path), "--json").stdout)
    assert data["passed_through"] == ["train"]
    assert data["terms"][0]["params"] == {"phase": "pore", "power": 1, "mode": "plain", "faces": ["z_min"]}


def test_validate_tells_every_mistake_with_its_line(fakes, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RUN.replace('"mean"', '"meen"').replace('"soft"', '"sof"'))
    done = run("validate", str(path))
    assert done.exit_code == 2
    assert "2 problems" in done.stderr
    (relax,) = [line for line in done.stderr.splitlines() if "objective.relax" in line]
    assert relax.strip().startswith("- line 7, objective.relax: must be 'soft', 'straight_through', 'sharpen(T)'")
    assert relax.endswith("not 'sof'; did you mean 'soft'?")
    assert "line 10, objective.terms[0].loss: no loss is called 'meen'; did you mean 'mean'?" in done.stderr


def test_every_command_has_help_that_says_more_than_its_name():
    for name, command in main.commands.items():
        shown = run(name, "--help")
        assert shown.exit_code == 0
        assert len(command.help) > 40


def test_names_and_options_complete(fakes):
    complete = ShellComplete(main, {}, "porenet", "_PORENET_COMPLETE")

    def offered(*words, incomplete):
        return [item.value for item in complete.get_completions(list(words), incomplete)]

    assert offered("show", incomplete="me") == ["mean"]
    assert "porenet:voxels" in offered("show", incomplete="porenet:v")
    assert offered("list-plugins", "--kind", incomplete="") == ["loss", "metric", "score", "format"]
    assert offered(incomplete="list") == ["list-plugins"]
    assert offered("check", incomplete="me") == ["mean"]
    options = (("measure", "-m", "metric"), ("compare", "-m", "metric"), ("measure", "--format", "format"))
    for command, option, kind in (*options, ("compare", "--score", "score")):
        names = {component.spec.name for component in registry.installed().components if component.spec.kind == kind}
        assert set(offered(command, option, incomplete="")) == names
    metrics = offered("measure", "-m", incomplete="")
    assert offered("measure", "-m", incomplete=f"{metrics[0]},") == [f"{metrics[0]},{name}" for name in metrics[1:]]
    assert offered("measure", "-p", incomplete=metrics[0][:2])[0] == f"{metrics[0]}."
    assert offered("measure", "-p", incomplete=f"{metrics[0]}.") == []


def test_a_shell_gets_its_completion_script():
    environ = os.environ | {"_PORENET_COMPLETE": "bash_source"}
    code = "from porenet.cli import main; main(prog_name='porenet')"
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert "complete -o nosort -F _porenet_completion porenet" in done.stdout


def test_version():
    from importlib.metadata import version

    assert run("--version").stdout == f"porenet {version('porenet')}\n"
