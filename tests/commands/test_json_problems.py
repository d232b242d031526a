"""With ``--json`` every command prints one JSON document, whatever ends it; its ``problems`` say what went wrong."""

import json

import click
import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.commands.console import echo_json
from porenet.errors import ConfigError, InputError, PluginError, Problem, Wording

JSON_COMMANDS = sorted(
    name for name, command in main.commands.items() if any("--json" in param.opts for param in command.params)
)
KEYS = ["kind", "where", "line", "message", "fix"]
ENDINGS = {
    "usage": (click.UsageError("--this goes with --that."), 2, "UsageError", "--this goes with --that."),
    "input": (InputError("it is wrong", where="a.npy", fix="Mend it."), 2, "InputError", "it is wrong"),
    "plugin": (PluginError("it failed", where="metric x"), 1, "PluginError", "it failed"),
    "fault": (ZeroDivisionError("of nothing"), 1, "ZeroDivisionError", "of nothing"),
    "memory": (MemoryError(), 1, "MemoryError", ""),
    "interrupt": (KeyboardInterrupt(), 1, "Interrupted", "interrupted"),
    "odd text": (ValueError("\udcff \x1b[31m \x00"), 1, "ValueError", "\udcff \x1b[31m \x00"),
}


def required(command):
    """A word for each argument and option that a command cannot do without."""
    needed = [param for param in main.commands[command].params if param.required]
    return [word for param in needed for word in ([] if isinstance(param, click.Argument) else param.opts[:1]) + ["x"]]


every_command = pytest.mark.parametrize("command", JSON_COMMANDS)


def document(text):
    """The only document of a text, without NaN or Infinity, which are no JSON."""

    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def ending_with(monkeypatch, command, error):
    """Let a command raise an error instead of its work."""

    def callback(**_options):
        raise error

    monkeypatch.setattr(main.commands[command], "callback", callback)


def problems_in(done):
    """The problems of a failed command; its document holds nothing else, and its exit code."""
    data = document(done.stdout)
    assert list(data) == ["exit_code", "problems"]
    assert data["exit_code"] == done.exit_code
    assert [list(problem) for problem in data["problems"]] == [KEYS] * len(data["problems"])
    assert data["problems"]
    return data["problems"]


def test_the_commands_with_json_are_known():
    known = [
        "audit", "check", "compare", "convert", "evaluate", "list-plugins", "measure", "page", "reconstruct",
        "show", "validate",
    ]  # fmt: skip
    assert known == JSON_COMMANDS


@every_command
@pytest.mark.parametrize("ending", ENDINGS)
def test_whatever_ends_a_command_is_a_document(command, ending, monkeypatch):
    error, code, kind, message = ENDINGS[ending]
    ending_with(monkeypatch, command, error)
    plain, done = (CliRunner().invoke(main, [command, *required(command), *extra]) for extra in ([], ["--json"]))
    assert (plain.exit_code, plain.stdout) == (code, "")
    assert (done.exit_code, done.stderr) == (code, plain.stderr)
    (problem,) = problems_in(done)
    assert (problem["kind"], problem["message"]) == (kind, message)


@every_command
@pytest.mark.parametrize("wrong", [["--json", "--bogus"], ["--bogus", "--json"], ["--json=1"]])
def test_wrong_usage_is_a_document(command, wrong):
    done = CliRunner().invoke(main, [command, *wrong])
    (problem,) = problems_in(done)
    assert (done.exit_code, problem["kind"]) == (2, "UsageError")
    assert wrong[0].partition("=")[0] in problem["message"] or "--bogus" in problem["message"]


@pytest.mark.parametrize("command", [command for command in JSON_COMMANDS if required(command)])
def test_no_argument_is_a_document(command):
    (problem,) = problems_in(CliRunner().invoke(main, [command, "--json"]))
    assert problem["kind"] == "UsageError"
    assert problem["where"] == f"porenet {command}"
    assert "Missing argument" in problem["message"]
    assert problem["fix"] == f"See porenet {command} --help."


@pytest.mark.parametrize("arguments", [["--bogus", "show", "--json"], ["shwo", "x", "--json"], ["init", "x", "--json"]])
def test_json_is_understood_where_the_command_is_not(arguments):
    (problem,) = problems_in(CliRunner().invoke(main, arguments))
    assert problem["kind"] == "UsageError"
    assert "No such" in problem["message"]


def test_json_behind_two_hyphens_is_a_name():
    done = CliRunner().invoke(main, ["show", "--", "--json"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'--json'" in done.stderr


def test_every_mistake_of_a_file_is_a_problem(tmp_path):
    run = tmp_path / "run.toml"
    run.write_text('[grid]\nphases = ["a"]\nvoxel_um = 3\n[[objective.terms]]\nloss = "vf"\nweight = -1\n')
    done = CliRunner().invoke(main, ["validate", str(run), "--json"])
    problems = problems_in(done)
    assert {problem["kind"] for problem in problems} == {"ConfigError"}
    assert [(problem["where"], problem["line"]) for problem in problems] == [
        (f"{run}: grid.voxel_um", 3),
        (f"{run}: objective.terms[0].weight", 6),
    ]
    assert problems[1]["message"] == "must be greater than 0, not -1"
    assert done.exit_code == 2


def test_problems_speak_the_command_line(monkeypatch):
    argument = Wording("Grid.voxel_um", "--voxel-um")
    ending_with(monkeypatch, "show", InputError("it is wrong", where=argument, fix=Wording("x=1", "--x 1")))
    done = CliRunner().invoke(main, ["show", "x", "--json"])
    (problem,) = problems_in(done)
    assert (problem["where"], problem["fix"]) == ("--voxel-um", "--x 1")
    assert done.stderr == "Error: --voxel-um: it is wrong. --x 1\n"


def test_debug_raises_the_error_behind_the_document(monkeypatch):
    ending_with(monkeypatch, "show", ConfigError([Problem("a", "is wrong")]))
    done = CliRunner().invoke(main, ["--debug", "show", "x", "--json"])
    assert isinstance(done.exception, ConfigError)
    assert problems_in(done)[0]["where"] == "a"


def test_a_command_that_fails_after_its_document_prints_no_second_one(monkeypatch):
    def callback(**_options):
        echo_json({"answer": 1})
        raise ZeroDivisionError

    monkeypatch.setattr(main.commands["show"], "callback", callback)
    done = CliRunner().invoke(main, ["show", "x", "--json"])
    assert done.exit_code == 1
    assert document(done.stdout) == {"answer": 1, "problems": []}


def test_numbers_that_are_not_finite_are_null(monkeypatch):
    values = {"nan": float("nan"), "nested": [{"inf": np.float64("inf")}, (1.5, -np.inf)]}
    monkeypatch.setattr(main.commands["show"], "callback", lambda **_options: echo_json(values))
    done = CliRunner().invoke(main, ["show", "x", "--json"])
    assert document(done.stdout) == {"nan": None, "nested": [{"inf": None}, [1.5, None]], "problems": []}


@pytest.mark.parametrize("arguments", [["list-plugins"], ["show", "vf"]])
def test_a_result_has_no_problems(arguments):
    data = document(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert data["problems"] == []
    assert data["components"]


def test_a_volume_that_fails_is_a_problem_beside_the_values_of_the_others(tmp_path):
    np.save(tmp_path / "good.npy", np.arange(8, dtype=np.uint8).reshape(2, 2, 2) % 2)
    np.save(tmp_path / "bad.npy", np.full((2, 2, 2), 7, np.uint8))
    grid = ["--phases", "a=0,b=1", "--voxel-um", "1", "--workers", "1", "-m", "vf", "--json"]
    done = CliRunner().invoke(main, ["measure", str(tmp_path), *grid])
    assert done.exit_code == 1
    data = document(done.stdout)
    assert {row["volume"] for row in data["rows"]} == {"good.npy"}
    (problem,) = data["problems"]
    assert (problem["kind"], problem["where"]) == ("PartialFailure", "bad.npy")
    assert problem["message"] == data["errors"]["bad.npy"][0]
    assert "--phases a=0,b=1,NAME=7" in problem["message"]


def test_a_comparison_that_fails_is_a_problem_beside_the_others(tmp_path, monkeypatch):
    rows = [
        {"volume": str(i), "metric": "vf", "key": "Ni", "value": i / 30, "unit": "1", "params": {}} for i in range(25)
    ]
    table = tmp_path / "a.json"
    table.write_text(json.dumps(rows))
    arguments = ["compare", str(table), str(table), "--score", "s_value", "--n-boot", "100", "--json"]

    def fails(*_arguments, **_options):
        raise PluginError("failed", where="score s_value")

    monkeypatch.setattr("porenet.comparison.run_scores.ceiling", fails)
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    problems = document(done.stdout)["problems"]
    assert [problem["kind"] for problem in problems] == ["PartialFailure"] * 2, "both published scores"
    assert problems[0]["message"] == "vf Ni of a: score s_value: failed"
