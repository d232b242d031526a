"""The table of scores: what porenet compare wrote, cell by cell; and files that are none."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.comparison import compare
from porenet.errors import InputError
from porenet.page.comparison_table import comparison_table


@pytest.fixture(autouse=True)
def few_permutations(monkeypatch):
    """What is tested here is not the statistics."""
    monkeypatch.setitem(compare.__kwdefaults__, "n_permutations", 99)


def table_of(path, mean, count=30, metric="vf"):
    rows = [
        {"volume": f"{number}.npz", "metric": metric, "key": "pore", "value": value, "unit": "1"}
        for number, value in enumerate(np.random.default_rng(0).normal(mean, 0.01, count).tolist())
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def compared(*arguments):
    done = CliRunner().invoke(main, ["compare", *map(str, arguments), "--n-boot", "100"])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def tables(tmp_path):
    return [
        table_of(tmp_path / f"{name}.json", mean, count)
        for name, mean, count in (("real", 0.30, 30), ("run_a", 0.15, 30), ("run_b", 0.30, 12))
    ]


@pytest.mark.parametrize("way", ["-o", "--json"])
def test_every_cell_is_that_of_the_comparison(tables, tmp_path, way):
    path = tmp_path / "comparison.json"
    if way == "-o":
        compared(*tables, "-o", path)
    else:
        path.write_text(compared(*tables, "--json"), encoding="utf-8")
    rows = json.loads(path.read_text(encoding="utf-8"))["comparisons"]
    found = comparison_table(path)
    assert found["reference"] == "the reference structures"
    assert found["columns"] == ["run_a", "run_b"]
    assert [(row["quantity"], row["score"]) for row in found["rows"]] == [
        ("vf pore", "s_value"), ("vf pore", "s_value_scaled")
    ]  # fmt: skip
    for line in found["rows"]:
        ceilings = [f"{one['ceiling']:.2f}" for one in rows if one["score"] == line["score"]]
        assert line["ceiling"] == "{} (run_a); {} (run_b)".format(*ceilings)  # of 30 structures, and of 12
        for run, cell in zip(found["columns"], line["cells"], strict=True):
            (row,) = (one for one in rows if (one["run"], one["score"]) == (run, line["score"]))
            assert {key: cell[key] for key in ("value", "low", "high")} == {
                key: row[key] for key in cell if key in row and key in ("value", "low", "high")
            }
            assert cell["verdict"] == (None if row["verdict"] == "withheld" else row["verdict"])
            assert cell["reason"] == (row["reason"] or None)
    assert found["rows"][0]["cells"][0]["verdict"] == "Fail"
    decided = json.loads(path.read_text(encoding="utf-8"))["decisions"]
    assert found["summaries"] == [decided[run]["summary"] for run in found["columns"]]
    ((differs, withheld),) = (line["cells"] for line in found["decisions"])
    assert (differs["label"], differs["word"], withheld["word"]) == ("Fail", "differs", "withheld")
    (row,) = decided["run_a"]["decisions"]
    assert [differs[name] for name in ("distance", "lower", "upper", "why")] == [
        row[name] for name in ("distance", "lower", "upper", "why")
    ]
    assert found["rows"][0]["cells"][1]["reason"] == "12 independent structures; a verdict needs 20"


def row(run="a", **changes):
    known = {"run": run, "metric": "tpb", "key": "total", "params": {}, "unit": "um^-2", "score": "s_value"}
    return known | {"value": 0.9, "low": 0.8, "high": 0.95, "ceiling": 0.93, "verdict": "OK", "reason": ""} | changes


def written(tmp_path, data):
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_an_evaluation_says_what_it_compares_with(tmp_path):
    reference = {"data": "held-out structures of synthetic cubes of 24^3", "count": 50}
    found = comparison_table(written(tmp_path, {"reference": reference, "comparisons": [row(), row("b")]}))
    assert found["reference"] == "held-out structures of synthetic cubes of 24^3"
    assert found["rows"][0]["ceiling"] == "0.93"


def test_what_was_measured_in_two_ways_is_told_apart_and_what_was_not_is_no_blank(tmp_path):
    rows = [row(params={"estimator": way, "active": "spanning"}) for way in ("edges", "coarea")]
    rows.append(
        row("b", params={"estimator": "edges", "active": "spanning"}, value=None, undefined="all are undefined")
    )
    found = comparison_table(written(tmp_path, {"comparisons": rows}))
    assert [line["quantity"] for line in found["rows"]] == [
        "tpb total (estimator=edges)",
        "tpb total (estimator=coarea)",
    ]
    undefined, missing = (line["cells"][1] for line in found["rows"])
    assert (undefined["value"], undefined["reason"]) == (None, "all are undefined")
    assert (missing["value"], missing["reason"]) == (None, "not measured")


def test_the_published_quantities_come_first(tmp_path):
    known = [
        ("connectivity", "pore"),
        ("connectivity", "Ni"),
        ("connectivity", "YSZ"),
        ("tpb", "active"),
        ("tpb", "total"),
    ]
    others = [("vf", "pore"), ("connectivity", "pore.isolated"), ("tpb", "unknown")]
    rows = [
        row(metric=metric, key=key, score=score)
        for metric, key in [*others, *reversed(known)]
        for score in ("s_value_scaled", "s_value")
    ]
    found = comparison_table(written(tmp_path, {"comparisons": rows}))["rows"]
    assert [line["quantity"] for line in found if line["published"]] == [f"{metric} {key}" for metric, key in known]
    assert [line["published"] for line in found] == [True] * 5 + [False] * 11
    assert {line["score"] for line in found[:5]} == {"s_value"}
    assert found[5]["quantity"] == "vf pore"  # the rest as it was
    assert found[0]["unit"] == "µm⁻²"


def test_a_column_that_has_nothing_says_why(tmp_path):
    rows = [
        row(low=None, high=None, ceiling=None, interval_undefined="one block", ceiling_undefined="one block"),
        row("b", low=None, high=None, ceiling=None),  # of a version that gave no reason
    ]
    (line,) = comparison_table(written(tmp_path, {"comparisons": rows}))["rows"]
    assert line["ceiling"] == "one block (a); not known (b)"
    assert [cell["no_interval"] for cell in line["cells"]] == ["one block", "not known"]


def decision(label, key="total", **changes):
    numbers = {"distance": 0.4, "lower": 0.1, "upper": 0.8, "why": "shape", "reason": "p = 0.1", "needed": None}
    return {"metric": "tpb", "key": key, "unit": "um^-2", "params": {}, "label": label} | numbers | changes


def test_what_differs_comes_first_and_what_matches_in_every_run_is_folded(tmp_path):
    labels = {"total": ("OK", "OK"), "active": ("OK", "undecided"), "unknown": ("undecided", "Fail")}
    decisions = {
        run: {"summary": [f"{run}: 3"], "decisions": [decision(pair[place], key) for key, pair in labels.items()]}
        for place, run in enumerate("ab")
    }
    decisions["b"]["decisions"].append(decision("withheld", "inactive", distance=float("nan")))
    found = comparison_table(written(tmp_path, {"comparisons": [], "decisions": decisions}))
    assert found["columns"] == ["a", "b"]
    assert [(line["quantity"], line["folded"]) for line in found["decisions"]] == [
        ("tpb unknown", False), ("tpb active", False), ("tpb inactive", False), ("tpb total", True)
    ]  # fmt: skip
    first, second = found["decisions"][2]["cells"]
    assert (first, second["word"], second["distance"]) == (
        {"label": None, "word": "not measured"}, "withheld", None
    )  # fmt: skip


@pytest.mark.parametrize("rows", [None, 3, [3], [{}], [decision(["OK"])], [decision("maybe")], [decision("OK", 3)]])
def test_decisions_of_another_version_are_passed_over(tmp_path, rows):
    data = {"comparisons": [row()], "decisions": {"a": {"decisions": rows}, "b": 3}}
    assert comparison_table(written(tmp_path, data))["decisions"] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no comparisons of porenet"),
        ('{"comparisons": []}', "holds no comparisons of porenet"),
        ('{"comparisons": [{"run": "a"}]}', "Write the comparison with porenet compare -o comparison.json"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"some\.json") as caught:
        comparison_table(path)
    assert message in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        comparison_table(tmp_path / "none.json")
