"""The demo shows what it says, and the study's table says what its evaluations say."""

import json
import re
import subprocess
import sys

import pytest
from checkout import ROOT

from examples.wgan_gp.study import QUANTITIES, done, key_of, quantities, table


def demo(out):
    words = [sys.executable, "-m", "docs.generators.demo", "--out", out]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_demo_ends_in_a_picture_and_shows_the_failure_and_what_mends_it(tmp_path):
    out = tmp_path / "runs" / "demo"
    done = demo(out)
    assert done.returncode == 0, done.stderr
    assert (out / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert 'id="scene"' in (out / "page.html").read_text(encoding="utf-8")
    report = json.loads((out / "evaluation" / "evaluation.json").read_text(encoding="utf-8"))
    blocked = {run: found["pore"]["count"] for run, found in report["without_network"].items()}
    assert blocked["real"] <= 5
    # 32, 16, 4 of 50 where it was written; D joins what is cut, 4 to 8 of 50 in five seeds.
    assert blocked["a"] >= 15
    assert blocked["a"] > blocked["b"] > blocked["c"]
    assert blocked["c"] <= blocked["a"] / 3
    assert [one["count"] for one in report["without_network"]["d"].values()] == [0, 0, 0]
    assert report["joined"]["d"]["count"] <= min(15, blocked["b"] - 1)
    assert f"{report['joined']['d']['count']} had a phase joined by its generator" in done.stdout
    assert max(map(abs, report["condition_misses"]["d"]["vf"].values())) < 0.002
    pore = {run: report["volume_fraction"][run]["pore"] for run in ("a", "b", "c")}
    assert pore["a"]["soft"] == pytest.approx(0.26, abs=0.03)
    assert pore["a"]["decoded"] < 0.6 * pore["a"]["soft"]
    lines = dict(re.findall(r"^  (real|run [ABCD]) +(\d+) of 50", done.stdout, re.MULTILINE))
    assert {name[-1].lower() if name != "real" else name: int(count) for name, count in lines.items()} == blocked
    (fields,) = re.findall(r"^  fields +(\d+) of 50 .*not trained; S (0\.\d+)$", done.stdout, re.MULTILINE)
    trained = [float(score) for score in re.findall(r"^  run [ABCD] .*; S (0\.\d+)$", done.stdout, re.MULTILINE)]
    assert len(trained) == 4
    assert int(fields[0]) <= 8
    assert float(fields[1]) > max(trained)
    for words in (
        "ssa_severed is dead",
        "vf is fooled",
        "$ python -m examples.wgan_gp.train examples/wgan_gp/run_a.toml",
        "picture.png",
    ):
        assert words in done.stdout + done.stderr


def test_the_demo_leaves_other_folders_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    done = demo(tmp_path / "mine")
    assert done.returncode == 1
    assert "mine holds something else than a demo" in done.stderr
    assert (tmp_path / "mine" / "thesis.txt").exists()


def report(score, share):
    rows = [
        {"metric": metric, "key": key, "score": "s_value", "value": score}
        for metric, key in (("connectivity", "pore"), ("connectivity", "Ni"), ("tpb", "active"), ("tpb", "total"))
    ]
    rows.append({"metric": "connectivity", "key": "YSZ", "score": "s_value", "value": None})
    return {
        "comparisons": rows,
        "mean_scores": {"x": {name: {"value": score} for name in ("s_value", "s_value_scaled")}},
        "without_network": {
            run: {phase: {"share": value} for phase in ("pore", "Ni", "YSZ")}
            for run, value in (("real", 0.5), ("x", share))
        },
        "condition_misses": {"x": {"vf": {"pore": share, "Ni": -2 * share}, "ssa": {"pore": share}}},
        "spread": {"x": {"vf pore": score, "tpb total": 1.0}},
    }


def test_the_table_of_a_study_by_hand():
    reports = {
        ("a", 0): report(0.5, 0.6),
        ("a", 1): report(0.6, 0.8),
        ("a", 2): report(0.9, 0.7),
        ("b", 0): report(0.7, 0.1),
        ("b", 1): report(0.7, 0.1),
        ("b", 2): report(0.8, 0.0),
    }
    values = {key_of(name, seed, 60): quantities(found) for (name, seed), found in reports.items()}
    lines = table(values, ["a", "b"], range(3), 60).splitlines()
    assert lines[0] == "|  | a | b | b - a |"
    assert len(lines) == 2 + len(QUANTITIES)
    by_title = {line.split(" | ")[0].strip("| "): line for line in lines[2:]}
    # b - a of the seeds: 0.2, 0.1, -0.1; paired, and not the difference of the medians.
    assert by_title["S, active TPB"] == (
        "| S, active TPB | 0.60 [0.50, 0.90] | 0.70 [0.70, 0.80] | +0.10 [-0.10, +0.20] |"
    )
    assert by_title["without a pore network"].endswith("| -0.70 [-0.70, -0.50] |")
    assert by_title["largest miss of a volume fraction"].startswith(
        "| largest miss of a volume fraction | 1.40 [1.20, 1.60] |"
    )
    assert by_title["least scatter over the real"].startswith("| least scatter over the real | 0.60 [0.50, 0.90] |")
    # Undefined counts as no similarity at all.
    assert by_title["S, YSZ connectivity"].startswith("| S, YSZ connectivity | 0.00 [0.00, 0.00] |")


def test_a_kept_evaluation_is_used_again_only_for_what_it_is_of(tmp_path):
    run = tmp_path / "run_x.toml"
    run.write_text("a run")
    found = report(0.5, 0.1) | {"reference": {"set": "training"}}
    (tmp_path / "run_x-0-60.json").write_text(json.dumps({"run": "a run", "report": found}))
    assert done(run, 0, 60, tmp_path, "training") == found
    with pytest.raises(SystemExit, match="compares with training structures"):
        done(run, 0, 60, tmp_path, "held_out")
    run.write_text("another run")
    with pytest.raises(SystemExit, match=r"is of another run_x\.toml"):
        done(run, 0, 60, tmp_path, "training")


def test_the_table_of_chosen_pairs_and_rows():
    values = {key_of(name, 0, 60): {"x": value, "y": 0.0} for name, value in (("a", 1.0), ("b", 3.0), ("c", 6.0))}
    lines = table(values, ["a", "b", "c"], [0], 60, pairs=[("a", "c")], titles=["x"]).splitlines()
    assert lines[0] == "|  | a | b | c | c - a |"
    assert lines[2:] == ["| x | 1.00 | 3.00 | 6.00 | +5.00 |"]  # one seed has no range
