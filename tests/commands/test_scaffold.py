"""What `init` and `new-plugin` write."""

import json
import tomllib
from typing import get_args

import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.commands.scaffold import write_plugin, write_run
from porenet.config import parse_run
from porenet.errors import ConfigError, InputError
from porenet.interface import Kind


def test_init_writes_once_and_never_over(tmp_path):
    path = tmp_path / "my.toml"
    first = CliRunner().invoke(main, ["init", str(path)])
    assert first.exit_code == 0
    assert f"porenet validate {path}" in first.stdout
    text = path.read_text()
    again = CliRunner().invoke(main, ["init", str(path)])
    assert again.exit_code == 2
    assert "already exists and is left unchanged" in again.stderr
    assert path.read_text() == text


def test_the_run_is_wrong_only_in_the_losses_that_a_bare_core_lacks(fakes, tmp_path):
    write_run(tmp_path / "run.toml")
    with pytest.raises(ConfigError) as caught:
        parse_run((tmp_path / "run.toml").read_text())
    assert [problem.path for problem in caught.value.problems] == ["objective.terms[0].loss", "objective.terms[1].loss"]


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_run(tmp_path / "file" / "run.toml")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_new_plugin_writes_a_whole_distribution(tmp_path, kind):
    written = write_plugin("porenet-corners", tmp_path, kind=kind)
    assert sorted(str(path.relative_to(tmp_path)) for path in written) == [
        "porenet-corners/README.md",
        "porenet-corners/porenet_corners/__init__.py",
        "porenet-corners/porenet_corners/corners.py",
        "porenet-corners/pyproject.toml",
        "porenet-corners/tests/test_conformance.py",
    ]
    for path in written:
        assert "$" not in path.read_text()
    project = tomllib.loads((tmp_path / "porenet-corners" / "pyproject.toml").read_text())["project"]
    assert project["description"] == f"The {kind} corners for porenet."
    assert any(library.startswith("porenet[torch]>=") for library in project["dependencies"]) == (kind == "loss")


# What its wheel and its own tests do, tests/test_third_party.py tries.
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("loss", marks=[pytest.mark.slow, pytest.mark.torch]),
        *(pytest.param(kind, marks=pytest.mark.torch) for kind in get_args(Kind)[1:]),
    ],
)
def test_a_new_plugin_obeys_every_law_as_written(site, use, monkeypatch, kind):
    write_plugin("porenet-corners", site.folder, kind=kind)
    monkeypatch.syspath_prepend(site.folder / "porenet-corners")
    site.add("porenet-corners", "", entry_points="[porenet]\ncorners = porenet_corners\n")
    use(site.registry())
    checked = CliRunner().invoke(main, ["check", "porenet-corners", "--json"])
    assert checked.exit_code == 0, checked.output
    checks = json.loads(checked.stdout)["checks"]
    assert {(entry["kind"], entry["name"], entry["result"]) for entry in checks} == {(kind, "corners", "holds")}
    assert len(checks) >= 8
    assert CliRunner().invoke(main, ["list-plugins"]).exit_code == 0
    assert "corners" in CliRunner().invoke(main, ["show", "corners"]).stdout


def test_a_plugin_may_name_its_loss(tmp_path):
    written = write_plugin("My.Plugin", tmp_path, component="sharp_edges")
    assert tmp_path / "My.Plugin" / "my_plugin" / "sharp_edges.py" in written
    assert "class SharpEdges" in (tmp_path / "My.Plugin" / "my_plugin" / "sharp_edges.py").read_text()


@pytest.mark.parametrize(
    ("name", "component", "words"),
    [
        ("two words", None, "not a valid name of a package"),
        ("../escape", None, "not a valid name of a package"),
        ("", None, "not a valid name of a package"),
        ("porenet", None, "cannot be named 'porenet'"),
        ("porenet-2d", None, "not a valid name of a loss"),
        ("porenet-x", "Bad-Name", "not a valid name of a loss"),
        ("porenet-class", None, "not a valid name of a loss"),
    ],
)
def test_new_plugin_refuses_names_that_cannot_work(tmp_path, name, component, words):
    with pytest.raises(InputError, match=words):
        write_plugin(name, tmp_path, component=component)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "component", "taken"),
    [
        ("loss", "phase", "Phase"),
        ("loss", "squared_distance", "squared_distance"),
        ("metric", "math", "math"),
        ("metric", "np", "np"),
        ("score", "conformance", "conformance"),
        ("format", "stored_array", "StoredArray"),
    ],
)
def test_a_component_cannot_take_a_name_that_its_skeleton_uses(tmp_path, kind, component, taken):
    with pytest.raises(InputError, match=f"the skeleton itself uses the name '{taken}'. Choose another one"):
        write_plugin("porenet-corners", tmp_path, kind=kind, component=component)
    assert list(tmp_path.iterdir()) == []


def test_new_plugin_leaves_an_existing_folder_alone(tmp_path):
    (tmp_path / "porenet-corners").mkdir()
    with pytest.raises(InputError, match="already exists"):
        write_plugin("porenet-corners", tmp_path)
