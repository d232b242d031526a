"""Runs in YAML, JSON and plain mappings: what they become, and every complaint about them, with its line."""

import json
from collections import UserDict, UserList

import numpy as np
import pytest

from porenet.config import build_terms, load_grid, load_run, run_of
from porenet.config.documents import language_of
from porenet.config.json_lines import json_lines
from porenet.config.term_rows import term_rows
from porenet.errors import ConfigError
from porenet.interface import API, Grid

pytestmark = [pytest.mark.usefixtures("fakes"), pytest.mark.torch]  # whose losses are modules of torch

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
TABLES = {
    "grid": {"phases": ["Ni", "YSZ", "pore"], "voxel_um": [0.1, 0.1, 0.1]},
    "objective": {
        "relax": "soft",
        "check_every": 0,
        "terms": [{"loss": "mean", "weight": 5, "params": {"phase": "Ni"}}, {"loss": "squared"}],
    },
    "train": {"steps": 3},
}
YAML = """\
grid: &grid
  phases: [Ni, YSZ, pore]
  voxel_um: [0.1, 0.1, 0.1]
objective:
  relax: soft
  check_every: 0
  terms:
    - loss: mean
      weight: 5
      params: {phase: Ni}
    - squared
train: {steps: 3}
"""


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"), [("run.yaml", YAML), ("run.YML", YAML), ("run.json", json.dumps(TABLES, indent=1))]
)
def test_a_run_is_the_same_in_every_language(tmp_path, name, text):
    run, plain = load_run(written(tmp_path, name, text)), run_of(TABLES)
    assert (run.grid, run.terms, run.check_every, run.others) == (plain.grid, plain.terms, 0, {"train": {"steps": 3}})
    assert load_grid(tmp_path / name).grid == run.grid


def problems(path):
    with pytest.raises(ConfigError) as caught:
        load_run(path)
    return [f"{one.line} {one.path}: {one.message}" for one in caught.value.problems]


SPOILT = [
    ("loss: mean", "loss: men", "objective.terms[0].loss: no loss is called 'men'; did you mean 'mean'?", 8),
    ("weight: 5", "weight: 1e3", "objective.terms[0].weight: must be a number, not '1e3'; YAML wants 1.0e+3", 9),
    ("weight: 5", "weight: -1.5E12", "objective.terms[0].weight: must be greater than 0, not -1500000000000.0", 9),
    (
        "weight: 5",
        "weight: '2.5E-3'",
        "objective.terms[0].weight: must be a number, not '2.5E-3'; YAML wants 2.5e-3",
        9,
    ),
    ("weight: 5", "ramp: 1e2", "objective.terms[0].ramp: must be an integer, not '1e2'; YAML wants 100", 9),
    ("weight: 5", "ramp: 1.5e0", "objective.terms[0].ramp: must be an integer, not '1.5e0'", 9),
    ("weight: 5", "weight: five", "objective.terms[0].weight: must be a number, not 'five'", 9),
    ("phase: Ni}", "phase: Nickel}", "objective.terms[0].params.phase: must be a phase of the grid", 10),
    ("- squared", "- sqared", "objective.terms[1].loss: no loss is called 'sqared'; did you mean 'squared'?", 11),
]


@pytest.mark.parametrize(("old", "new", "complaint", "line"), SPOILT)
def test_a_mistake_in_yaml_has_its_line(tmp_path, old, new, complaint, line):
    text = YAML.replace(old, new).replace("-1.5E12", "-1.5e+12")
    (problem,) = problems(written(tmp_path, "run.yaml", text))
    assert problem.startswith(f"{line} {complaint}")


def test_a_mistake_in_json_has_its_line(tmp_path):
    tables = {**TABLES, "objective": {"terms": ["mean", {"loss": "squared", "weight": -1, "stop": 0}]}}
    path = written(tmp_path, "run.json", json.dumps(tables, indent=2))
    lines = {json.loads(line.strip(" ,").partition(":")[0]): number for number, line in enumerate(
        path.read_text().splitlines(), 1) if line.strip().startswith('"') and ":" in line}  # fmt: skip
    assert problems(path) == [
        f"{lines['weight']} objective.terms[1].weight: must be greater than 0, not -1",
        f"{lines['stop']} objective.terms[1].stop: must be greater than or equal to 1, not 0",
    ]


def test_lines_of_json_by_hand():
    text = '{"a": {"b": [1,\n {"c\\n": "x, ]"},\n [2,\n3]], "d": {}},\n"e": []}'
    assert json_lines(text) == {
        "a": 1, "a.b": 1, "a.b[0]": 1, "a.b[1]": 2, "a.b[1].c\n": 2, "a.b[2]": 3, "a.b[2][0]": 3, "a.b[2][1]": 4,
        "a.d": 4, "e": 5,
    }  # fmt: skip


@pytest.mark.parametrize("text", [json.dumps(TABLES, indent=3), json.dumps(TABLES), '{"a":[[],{},[{"b":null}]]}', "{}"])
def test_lines_of_json_are_those_that_yaml_finds(text):
    assert json_lines(text) == language_of("run.yaml").lines(text)


def test_a_key_of_its_own_goes_before_one_that_is_merged():
    text = "base: &base\n  weight: 3\n  x: 1\nterm:\n  <<: *base\n  weight: 4\n"
    assert language_of("a.yml").read(text)["term"] == {"weight": 4, "x": 1}
    lines = language_of("a.yml").lines(text)
    assert (lines["term.weight"], lines["term.x"]) == (6, 3)


BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcde", "bcdef", strict=True)
)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("run.yaml", "grid: 1\ngrid: 2\n", "YAML: line 2: the key 'grid' is there twice"),
        ("run.json", '{"grid": 1,\n "grid": 2}', "JSON: the key 'grid' is there twice"),
        ("run.yaml", "grid: &a [1, *a]\n", "YAML: line 1: grid[1] holds itself by an alias"),
        ("run.yaml", BOMB, "YAML: more than 100,000 entries, counting those of aliases"),
        ("run.yaml", "grid: [\n", "YAML: while parsing a flow node"),
        ("run.yaml", "a: !!python/object:os.system x", "YAML: could not determine a constructor"),
        ("run.yaml", "- vf\n", "YAML: must hold tables, not ['vf']"),
        ("run.yaml", "", "YAML: must hold tables, not None"),
        ("run.json", "[1]", "JSON: must hold tables, not [1]"),
        ("run.json", "{", "JSON: Expecting property name"),
        ("run.json", "[" * 100_000, "JSON: maximum recursion depth exceeded"),
        ("run.yaml", "a: 2024-99-99", "YAML: month must be in 1..12"),
    ],
)
def test_what_is_no_run(tmp_path, name, text, complaint):
    (problem,) = problems(written(tmp_path, name, text))
    assert problem.startswith(f"None {complaint}")


def test_the_contract_of_a_run_that_was_written_down():
    assert run_of({**TABLES, "porenet": {"version": "0.1.0", "api": API}}).others == {"train": {"steps": 3}}
    with pytest.raises(
        ConfigError, match=r"porenet\.api: was written for contract 9 \(porenet 7\.1\), and this porenet"
    ):
        run_of({**TABLES, "porenet": {"version": "7.1", "api": 9}})


# Terms in short.

FULL = [
    {"loss": "mean", "weight": 5.0, "params": {"phase": "Ni"}},
    {"loss": "squared"},
    {"loss": "mean", "label": "other", "start": 3, "weight": 1.5},
]


@pytest.mark.parametrize(
    "short",
    [
        {"mean": {"weight": 5, "params": {"phase": "Ni"}}, "squared": None,
         "other": {"loss": "mean", "start": 3, "weight": 1.5}},
        UserDict({"mean": UserDict({"weight": np.float32(5), "params": UserDict({"phase": "Ni"})}), "squared": None,
                  "other": UserDict({"loss": "mean", "start": 3, "weight": 1.5})}),
        UserList([UserDict(FULL[0]), "squared", FULL[2]]),
        [FULL[0], "porenet:squared", FULL[2]],
    ],
)  # fmt: skip
def test_short_terms_stand_for_rows(short):
    assert build_terms(short, "soft", GRID) == build_terms(FULL, "soft", GRID)


def test_a_parameter_may_be_called_params():
    _, row, place = term_rows({"distribution": {"descriptor": "ssa", "params": {"estimator": "tv"}}}, "terms")[0]
    assert row == {"loss": "distribution", "params": {"descriptor": "ssa", "params": {"estimator": "tv"}}}
    assert place == "terms.distribution"


def test_a_number_is_a_weight_and_a_mapping_holds_parameters():
    (mean, squared) = build_terms({"mean": {"phase": "Ni"}, "squared": 7}, "soft", GRID)
    assert (mean.params["phase"], mean.weight, squared.weight) == ("Ni", 2.0, 7.0)


@pytest.mark.parametrize(
    ("short", "complaint"),
    [
        ({"loss": "mean"}, "objective.terms: no loss is called 'loss'; a single term is written [{'loss': 'mean'}]"),
        ("mean", "objective.terms: must be a list, not 'mean'; a single term is written ['mean']"),
        ({}, "objective.terms: needs at least 1, not {}"),
        (7, "objective.terms: must be a list of terms, or a table of them by name, not 7"),
        ({"mean": True}, "objective.terms.mean: must be a weight, a table or nothing, not True"),
        ({"mean": "1e3"}, "objective.terms.mean: must be a weight, a table or nothing, not '1e3'; YAML wants 1.0e+3"),
        ({"mean": "much"}, "objective.terms.mean: must be a weight, a table or nothing, not 'much'"),
        ({"men": 3}, "objective.terms.men.loss: no loss is called 'men'; did you mean 'mean'?"),
        ({"mean": -1}, "objective.terms.mean.weight: must be greater than 0, not -1"),
        ({"mean": {"phse": "Ni"}}, "objective.terms.mean.phse: unknown key; did you mean 'phase'?"),
        ({"mean": {"start": 3}}, "mean.start: is a key of a term, and these are parameters; beside keys of a term"),
        ({"a": {"loss": "mean", "label": "b"}, "b": {"loss": "mean"}}, "b.label: 'b' is already the label of terms.a"),
    ],
)  # fmt: skip
def test_short_terms_that_are_refused(short, complaint):
    with pytest.raises(ConfigError) as caught:
        build_terms(short, "soft", GRID)
    assert complaint in str(caught.value)
