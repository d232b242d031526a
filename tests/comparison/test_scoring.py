"""Scores of others: whatever one of them does is named, and the other comparisons are made all the same."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

import porenet
from porenet.cli import main
from porenet.comparison import compare
from porenet.comparison.scoring import GuardedScore
from porenet.errors import InputError, PluginError
from porenet.interface import Similarity, Undefined
from porenet.measurement import write_table
from porenet.registry import Registry, registry

SOUND = Similarity(0.5, {"part": 0.25}, 60, 60, (0.0, 1.0))


def similarity(**changes):
    fields = {name: getattr(SOUND, name) for name in ("value", "components", "n_valid", "n_total", "attainable")}
    return Similarity(**(fields | changes))


@pytest.fixture
def offer(monkeypatch):
    """``offer(name, function)``: a score beside porenet's own, in this test alone."""
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    for module in (porenet.registry, registry):
        monkeypatch.setattr(module, "installed", lambda: own)

    def score(name, function):
        function.__name__ = name
        porenet.register(function, kind="score", unit="1", summary="Of a test.")
        return GuardedScore(name)

    return score


@pytest.fixture
def tables(tmp_path):
    """A reference table and one of a run, of 30 volumes each."""
    rng, paths = np.random.default_rng(0), []
    for name in ("real", "run"):
        rows = [
            {"volume": f"{name}_{i}", "metric": "vf", "provider": "porenet", "key": "Ni", "value": float(value),
             "unit": "1", "params": {}, "voxel_um": [0.1] * 3, "shape": [8, 8, 8]}
            for i, value in enumerate(rng.normal(0.3, 0.02, 30))
        ]  # fmt: skip
        paths.append(tmp_path / f"{name}.json")
        write_table(paths[-1], rows)
    return paths


def failing(reference, generated):
    raise ZeroDivisionError("by nothing")


def leaving(reference, generated):
    raise SystemExit(3)


WRONG = [
    (failing, "failed: ZeroDivisionError: by nothing"),
    (leaving, r"failed: calls sys\.exit\(3\)"),
    (lambda reference, generated: 0.5, r"returned 0\.5, not a porenet\.interface\.Similarity"),
    (lambda reference, generated: similarity(value=math.nan), "returned the value nan, not a finite number"),
    (lambda reference, generated: similarity(value=math.inf), "returned the value inf, not a finite number"),
    (lambda reference, generated: similarity(value=True), "returned the value True, not a finite number"),
    (lambda reference, generated: similarity(value="0.5"), "returned the value '0.5', not a finite number"),
    (lambda reference, generated: similarity(value=1.5), r"the value 1\.5, outside of its attainable range 0 to 1"),
    (lambda reference, generated: similarity(value=-0.1), "outside of its attainable range"),
    (lambda reference, generated: similarity(attainable=(1.0, 0.0)), "an attainable range of"),
    (lambda reference, generated: similarity(attainable=0.5), "an attainable range of"),
    (lambda reference, generated: similarity(components={"part": math.nan}), "components .*, not names with finite"),
    (lambda reference, generated: similarity(components=None), "components None"),
    (lambda reference, generated: similarity(n_valid=-1), "n_valid = -1"),
]


@pytest.mark.parametrize(("function", "words"), WRONG)
def test_what_a_score_does_wrong_is_named_and_the_others_go_on(offer, tables, function, words):
    wrong = offer("wrong", lambda reference, generated: function(reference, generated))
    with pytest.raises(PluginError, match=r"score wrong: .*" + words):
        wrong([0.1, 0.2], [0.1, 0.3])
    result = compare(tables[0], {"run": tables[1]}, scores=("wrong", "s_value"), n_boot=100)
    assert [entry.score for entry in result.comparisons] == ["s_value"]
    assert len(result.errors) == 1
    assert result.errors[0].startswith("vf Ni of run: score wrong: ")


def test_the_command_says_so_and_ends_in_1(offer, tables, tmp_path):
    offer("wrong", lambda reference, generated: similarity(value=math.nan))
    words = ["compare", *map(str, tables), "--score", "wrong", "--score", "s_value", "--n-boot", "100"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "error: vf Ni of run: score wrong: returned the value nan" in done.stderr
    assert "s_value" in done.stdout
    report = tmp_path / "report.json"
    done = CliRunner().invoke(main, [*words, "--json", "-o", str(report)])
    assert done.exit_code == 1
    for text in (done.stdout, report.read_text()):
        assert "NaN" not in text
        data = json.loads(text)
        assert len(data["comparisons"]) == len(data["errors"]) == 1
    together = CliRunner().invoke(
        main, ["compare", *map(str, tables), "--score", "wrong,s_value", "--n-boot", "100", "--json"]
    )
    assert json.loads(together.stdout)["comparisons"] == data["comparisons"]
    CliRunner().invoke(main, [*words, "-o", str(report.with_suffix(".md"))])
    assert "- error: vf Ni of run: score wrong" in report.with_suffix(".md").read_text()


def test_a_sound_score_passes_and_so_does_an_undefined_one(offer):
    assert offer("sound", lambda reference, generated: SOUND)([0.1], [0.2]) == SOUND
    undefined = similarity(value=Undefined("too few"))
    assert offer("undefined", lambda reference, generated: undefined)([0.1], [0.2]) == undefined


def test_what_a_score_refuses_in_words_stays_its_refusal(offer):
    def refusing(reference, generated):
        raise InputError("two samples were expected")

    with pytest.raises(InputError, match="two samples were expected"):
        offer("refusing", refusing)([], [])


@pytest.mark.parametrize(
    "wrong", [lambda *_: np.zeros(3), lambda *counts: np.full(len(counts[-1]), np.inf), lambda *_: [][0]]
)
def test_resamples_are_looked_at_too(offer, tables, wrong):
    def quick(reference, generated):
        return SOUND

    quick.resampled = wrong
    offer("quick", quick)
    (error,) = compare(tables[0], {"run": tables[1]}, scores=("quick",), n_boot=100).errors
    assert "score quick: " in error
