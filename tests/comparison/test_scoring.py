"""Scores of others: whatever one of them does is named, and the other comparisons are made all the same."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

import porenet
from porenet.cli import main
from porenet.comparison import compare, score_footnotes, score_lines
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


class Hostile:
    """Fails wherever it is looked at."""

    def __repr__(self):
        raise OSError("no text")

    def __len__(self):
        raise KeyError("no length")


class HostileError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def wordless(reference, generated):
    raise HostileError


def of_nobody(reference, generated):
    raise InputError("two ranges were expected", where="score range")


def greedy(reference, generated):
    reference.clear()
    generated.append(1e9)
    return sound(reference, generated)


def sound(reference, generated, **changes):
    size = len(reference) + len(generated)
    return similarity(**({"n_valid": size, "n_total": size} | changes))


def wrong(**changes):
    return lambda reference, generated: sound(reference, generated, **changes)


WRONG = {
    "failing": (failing, "failed: ZeroDivisionError: by nothing"),
    "leaving": (leaving, r"failed: calls sys\.exit\(3\)"),
    "wordless": (wordless, "failed: HostileError$"),
    "number": (lambda reference, generated: 0.5, r"gave 0\.5, not a porenet\.interface\.Similarity"),
    "nothing": (lambda reference, generated: None, "gave None, not a porenet"),
    "hostile": (lambda reference, generated: Hostile(), "failed: OSError: no text"),
    "hostile_value": (wrong(value=Hostile()), "failed: OSError: no text"),
    "hostile_parts": (wrong(components=Hostile()), "failed: OSError: no text"),
    "nan": (wrong(value=math.nan), "gave the value nan, not a finite number"),
    "infinite": (wrong(value=math.inf), "gave the value inf, not a finite number"),
    "huge": (wrong(value=10**400), "gave the value 1000.*, not a finite number"),
    "true": (wrong(value=True), "gave the value True, not a finite number"),
    "text": (wrong(value="0.5"), "gave the value '0.5', not a finite number"),
    "above": (wrong(value=1.5), r"the value 1\.5, outside of its attainable range 0 to 1"),
    "below": (wrong(value=-0.1), "outside of its attainable range"),
    "reversed": (wrong(attainable=(1.0, 0.0)), "an attainable range of 1 to 0, not within 0 to 1"),
    "wide": (wrong(value=3, attainable=(0.0, 5.0)), "an attainable range of 0 to 5, not within 0 to 1"),
    "no_range": (wrong(attainable=0.5), "an attainable range of 0.5, not two numbers"),
    "nan_part": (wrong(components={"part": math.nan}), "components .*, not names with finite"),
    "huge_part": (wrong(components={"part": 10**400}), "components .*, not names with finite"),
    "no_parts": (wrong(components=None), "components None"),
    "negative": (wrong(n_valid=-1), "n_valid = -1"),
    "more_than_all": (wrong(n_valid=1000), "n_valid = 1000 and n_total = .*, not two counts"),
    "half_of_all": (wrong(n_valid=30, n_total=30), "n_total = 30 for samples of 60 values together"),
    "no_reason": (wrong(value=Undefined(None)), "Undefined with the reason None, not a text"),
}


def test_what_a_score_does_wrong_is_named_and_the_others_go_on(offer, tables):
    def own(function):
        return lambda reference, generated: function(reference, generated)

    guarded = {name: offer(name, own(function)) for name, (function, _) in WRONG.items()}
    ours, yours = ([0.1, 0.2] * 15, [0.1, 0.3] * 15)
    for name, (_, words) in WRONG.items():
        with pytest.raises(PluginError, match=rf"score {name}: .*{words}"):
            guarded[name](ours, yours)
    result = compare(tables[0], {"run": tables[1]}, scores=tuple(WRONG), n_boot=100, n_permutations=99)
    assert [entry.score for entry in result.comparisons] == ["s_value", "s_value_scaled"]
    assert [failure.score for failure in result.failures] == list(WRONG)
    assert all(error.startswith("vf Ni of run: score ") for error in result.errors)


def test_a_score_cannot_change_the_samples(offer):
    ours, yours = [0.1, 0.2], [0.3]
    with pytest.raises(PluginError, match="n_total = 2 for samples of 3"):
        offer("greedy", greedy)(ours, yours)
    assert (ours, yours) == ([0.1, 0.2], [0.3])


def test_what_a_score_refuses_concerns_its_own_rows_only(offer, tables):
    offer("picky", of_nobody)
    result = compare(tables[0], {"run": tables[1]}, scores=("picky",), n_boot=100, n_permutations=99)
    assert result.errors == ("vf Ni of run: score picky: refuses the samples: score range: two ranges were expected",)
    assert len(result.decisions["run"].decisions) == 1


def test_a_score_without_limits_is_a_number_without_a_verdict(offer, tables):
    offer("plain", lambda reference, generated: sound(reference, generated))
    result = compare(tables[0], {"run": tables[1]}, scores=("plain",), n_boot=100, n_permutations=99)
    (*_, plain) = result.comparisons
    assert (plain.verdict.label, plain.similarity.value) == ("withheld", 0.5)
    (line,) = score_lines(result, ("plain",))
    assert line[3] == "0.500 [0.500, 0.500]"
    assert score_footnotes(result, ("plain",)) == []


def test_the_command_says_so_and_ends_in_1(offer, tables, tmp_path):
    offer("wrong", wrong(value=math.nan))
    report = tmp_path / "report.json"
    words = ["compare", *map(str, tables), "--score", "wrong,s_value", "--n-boot", "100"]
    done = CliRunner().invoke(main, [*words, "-o", str(report.with_suffix(".md"))])
    assert done.exit_code == 1
    assert "error: vf Ni of run: score wrong: gave the value nan" in done.stderr
    assert "score wrong: gave the value nan" in done.stdout, "the row of the table"
    assert "- error: vf Ni of run: score wrong" in report.with_suffix(".md").read_text()
    done = CliRunner().invoke(main, [*words, "--json", "-o", str(report)])
    assert done.exit_code == 1
    for text in (done.stdout, report.read_text()):
        assert "NaN" not in text
        data = json.loads(text)
        assert [row["score"] for row in data["comparisons"]] == ["s_value", "s_value_scaled"]
        assert len(data["errors"]) == 1


def test_a_sound_score_passes_and_so_does_an_undefined_one(offer):
    assert offer("sound", lambda reference, generated: sound(reference, generated))([0.1], [0.2]) == similarity(
        n_valid=2, n_total=2
    )
    undefined = similarity(value=Undefined("too few"), n_valid=0, n_total=2)
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
        return sound(reference, generated)

    quick.resampled = wrong
    offer("quick", quick)
    (error,) = compare(tables[0], {"run": tables[1]}, scores=("quick",), n_boot=100, n_permutations=99).errors
    assert "score quick: " in error
