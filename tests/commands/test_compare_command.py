"""`porenet compare`: tables to verdicts, and what it refuses to compare."""

import csv
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.comparison import compare
from porenet.measurement import Journal


@pytest.fixture(autouse=True)
def few_permutations(monkeypatch):
    """What is tested here is not the statistics."""
    monkeypatch.setitem(compare.__kwdefaults__, "n_permutations", 99)


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def table(path, values, **fields):
    """A table with one quantity: ``vf pore`` unless fields say otherwise."""
    row = {
        "metric": "vf", "provider": "porenet", "key": "pore", "unit": "1", "params": {}, "voxel_um": [0.1, 0.1, 0.1],
        "shape": [8, 8, 8], "phases": ["Ni", "pore"],
    } | fields  # fmt: skip
    origins = row.pop("origins", [None] * len(values))
    with Journal(path, {}, {f"v{number}": "" for number in range(len(values))}) as journal:
        for number, (value, origin) in enumerate(zip(values, origins, strict=True)):
            undefined = "nothing spans" if value is None else None
            measurement = {"volume": f"v{number}", "value": value, "undefined": undefined, "origin": origin}
            journal.add(f"v{number}", [row | measurement])
        journal.finish()
    return path


@pytest.fixture
def tables(tmp_path):
    rng = np.random.default_rng(1)
    real = table(tmp_path / "real.json", rng.normal(0.3, 0.02, 50).tolist())
    same = table(tmp_path / "same.json", rng.normal(0.3, 0.02, 50).tolist())
    worse = table(tmp_path / "worse.json", rng.normal(0.4, 0.02, 50).tolist())
    return real, same, worse


def compared(*arguments):
    done = run("compare", *arguments, "--n-boot", 200, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_one_distribution_is_ok_and_another_fails(tables):
    real, same, worse = tables
    found = {(one["run"], one["score"]): one for one in compared(real, same, worse)["comparisons"]}
    assert found["same", "s_value"]["verdict"] == "OK"
    assert found["same", "s_value_scaled"]["verdict"] == "OK"
    assert found["worse", "s_value_scaled"]["verdict"] == "Fail"
    one = found["same", "s_value"]
    assert one["low"] < one["value"] < one["high"]
    assert one["low"] < one["ceiling"] < 1
    assert set(one["components"]) == {"f_mu", "f_sigma", "f_KS"}
    assert (one["n_valid"], one["n_total"]) == (100, 100)


def test_the_score_is_that_of_the_samples(tables, tmp_path):
    from porenet import create_score
    from porenet.measurement import read_table

    real, same, _ = tables
    samples = [[row["value"] for row in read_table(path)] for path in (real, same)]
    one, _ = compared(real, same)["comparisons"]
    assert one["score"] == "s_value"
    assert one["value"] == pytest.approx(create_score("s_value")(*samples).value, abs=1e-15)


def test_each_run_has_a_summary_and_its_rows_and_the_way_from_first_to_last_is_told(tables):
    real, same, worse = tables
    done = run("compare", real, worse, same, "--n-boot", 200)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "worse: 50 generated against 50 real, 1 quantity"
    assert re.fullmatch(r"0 match, 1 differs, 0 undecided\. Joint test p = 0\.\d+\.", lines[1])
    assert re.fullmatch(r"Differ: vf pore [45]\.\d sd higher", lines[2])
    assert re.search(r"^vf pore .*0\.3\d\d ± 0\.0\d+ .*differs$", done.stdout, re.MULTILINE)
    assert "same: 50 generated against 50 real, 1 quantity" in lines
    assert "worse → same: 1 of 1 quantity closer to the real structures, 0 farther" in lines
    assert "▼ closer" in done.stdout
    assert "▲ farther" in run("compare", real, same, worse, "--n-boot", 200).stdout


def test_s_values_are_a_line_and_a_table_for_the_asking(tables):
    real, same, worse = tables
    line = "Published S-values: worse 0 of 1, same 1 of 1 at or above 0.85 (--score s_value shows them)"
    done = run("compare", real, worse, same, "--n-boot", 200)
    assert line in done.stdout
    assert "ceiling" not in done.stdout
    done = run("compare", real, worse, same, "--n-boot", 200, "--score", "s_value")
    assert re.search(r"quantity .* worse → same +ceiling +defined", done.stdout)
    assert "▲" in done.stdout
    assert "s_value_scaled" not in done.stdout


def test_what_matches_is_folded_into_a_line(tables):
    real, same, _ = tables
    values = {row["volume"]: row["value"] for row in json.loads(same.read_text())}
    copy = table(same.with_name("copy.json"), list(values.values()) * 3)
    done = run("compare", real, copy, "--n-boot", 200)
    assert "Match: vf pore (--all lists all)" in done.stdout
    assert "verdict" not in done.stdout
    done = run("compare", real, copy, "--n-boot", 200, "--all")
    assert re.search(r"^vf pore .* match$", done.stdout, re.MULTILINE)


def test_the_tables_of_decisions_fit_on_a_page_whatever_the_names(tmp_path):
    rng = np.random.default_rng(1)
    params = {"estimator": "a long word of its own " * 3}
    name = "run of " + "many steps and " * 6
    tables = [
        table(tmp_path / f"{stem}.json", (scale * rng.normal(1, 0.5, 30)).tolist(), key="pore" * 20, params=params)
        for stem, scale in (("real", 1e9), (name, 3e9), ("2", 1e-9))
    ]
    shown = run("compare", *tables, "--n-boot", 200, "--all").stdout
    assert max(map(len, shown.splitlines())) <= 100
    assert name.replace(" ", "") in re.sub(r"\s", "", shown)
    assert "pore" * 5 in shown


def test_json_holds_every_number_of_the_decision(tables):
    real, _, worse = tables
    decision = compared(real, worse, "--tolerance", 0.4, "--spread", 2)["decisions"]["worse"]
    (row,) = decision["decisions"]
    assert (row["label"], decision["labels"]["Fail"], row["why"][:10]) == ("Fail", 1, "location +")
    assert row["lower"] < row["distance"] < row["upper"]
    assert row["spread_low"] < row["spread"] < row["spread_high"]
    assert row["p"] == row["p_holm"] <= 0.02
    assert (row["tolerance_sd"], row["tolerance_spread"]) == (decision["tolerance"], decision["spread"]) == (0.4, 2)
    assert decision["joint"]["p"] <= 0.02
    assert set(decision["neighbourhood"]) >= {"coverage", "precision", "near_copies"}


@pytest.mark.parametrize(("shared", "label"), [(10, "undecided"), (25, "withheld")])
def test_bytes_of_training_volumes_are_told_first_and_half_of_them_silence_all(tables, shared, label):
    real, same, _ = tables
    for path, hashes in ((real, range(50)), (same, [*range(shared), *range(100, 149 - shared), 100])):
        rows = [row | {"sha256": str(sha)} for row, sha in zip(json.loads(path.read_text()), hashes, strict=True)]
        path.write_text(json.dumps(rows))
    done = run("compare", real, same, "--n-boot", 200)
    first, second, *_ = done.stdout.splitlines()
    assert first == f"{shared} of 50 volumes of same are byte for byte training volumes"
    assert second == "1 of 50 volumes of same is a repeat of another of them"
    data = compared(real, same)
    (row,) = data["decisions"]["same"]["decisions"]
    assert (row["label"] == "withheld") == (label == "withheld")
    assert row["blocks_generated"] == 49, "a repeat is no further structure"
    assert {entry["verdict"] == "withheld" for entry in data["comparisons"]} == {label == "withheld"}
    assert len(data["files"]["same"]["copies"]) == shared


def test_below_twenty_there_is_no_verdict(tmp_path):
    values = np.linspace(0.2, 0.4, 19).tolist()
    real, few = table(tmp_path / "real.json", values), table(tmp_path / "few.json", values)
    data = compared(real, few)
    assert {one["verdict"] for one in data["comparisons"]} == {"withheld"}
    assert "19 independent structures; a verdict needs 20" in data["comparisons"][0]["reason"]


def test_overlapping_cubes_count_once(tmp_path):
    values = np.linspace(0.2, 0.4, 40).tolist()
    origins = [{"source": "electrode", "corner": [0, 0, i // 10]} for i in range(40)]
    real = table(tmp_path / "real.json", values, origins=origins)
    other = table(tmp_path / "other.json", values)
    reasons = {one["reason"] for one in compared(real, other)["comparisons"]}
    assert reasons == {"1 independent structure; a verdict needs 20"}


def test_one_cube_of_another_size_frees_none_of_the_others(tmp_path):
    values = np.linspace(0.2, 0.4, 40).tolist()
    origins = [{"source": "electrode", "corner": [0, 0, i // 10]} for i in range(40)]
    tables = []
    for name in ("real", "other"):
        path = table(tmp_path / f"{name}.json", values, origins=origins)
        rows = json.loads(path.read_text())
        rows[3]["shape"] = [8, 8, 7]
        path.write_text(json.dumps(rows))
        tables.append(path)
    reasons = {one["reason"] for one in compared(*tables)["comparisons"]}
    assert reasons == {"1 independent structure; a verdict needs 20"}


def test_volumes_of_another_voxel_inside_a_run_are_refused(tmp_path):
    values = np.linspace(0.2, 0.4, 30).tolist()
    real, mixed = table(tmp_path / "real.json", values), table(tmp_path / "mixed.json", values)
    rows = json.loads(mixed.read_text())
    for one in rows[:10]:
        one["voxel_um"] = [0.05, 0.05, 0.05]
    mixed.write_text(json.dumps(rows))
    done = run("compare", real, mixed)
    assert done.exit_code == 2
    assert "vf pore: voxel_um [0.1, 0.1, 0.1] against [0.05, 0.05, 0.05]" in done.stderr


def test_the_order_of_the_rows_does_not_matter(tables, tmp_path):
    real, same, _ = tables
    rows = json.loads(same.read_text())
    (tmp_path / "shuffled.json").write_text(json.dumps(rows[::-1]))
    here, there = compared(real, same)["comparisons"], compared(real, tmp_path / "shuffled.json")["comparisons"]
    for one, other in zip(here, there, strict=True):
        assert {**one, "run": ""} == {**other, "run": ""}


def test_from_python_paths_may_be_texts(tables):
    import porenet

    real, same, _ = tables
    result = porenet.compare(str(real), {"mine": str(same)}, n_boot=100)
    assert {one.run for one in result.comparisons} == {"mine"}


def test_undefined_values_are_counted_and_shown(tmp_path):
    rng = np.random.default_rng(0)
    real = table(tmp_path / "real.json", rng.normal(3, 0.2, 50).tolist())
    lost = table(tmp_path / "lost.json", [None] * 47 + [3.0, 3.1, 2.9])
    found = {one["score"]: one for one in compared(real, lost)["comparisons"]}
    assert (found["s_value"]["n_valid"], found["s_value"]["n_total"]) == (53, 100)
    assert found["s_value_scaled"]["value"] < 0.1
    assert found["s_value_scaled"]["verdict"] == "Fail"
    assert found["s_value"]["verdict"] == "withheld", "the published score would call three of fifty OK"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"params": {"estimator": "faces"}}, "vf pore: estimator crofton against faces"),
        ({"unit": "um^-1"}, "vf pore: unit 1 against um^-1"),
        ({"voxel_um": [0.2, 0.1, 0.1]}, "vf pore: voxel_um [0.1, 0.1, 0.1] against [0.2, 0.1, 0.1]"),
        ({"provider": "stranger"}, "vf pore: provider porenet against stranger"),
    ],
)
def test_numbers_made_differently_are_refused(tmp_path, fields, words):
    values = np.linspace(0, 1, 25).tolist()
    real = table(tmp_path / "real.json", values, params={"estimator": "crofton"})
    other = table(tmp_path / "other.json", values, **({"params": {"estimator": "crofton"}} | fields))
    done = run("compare", real, other)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "real.json" in done.stderr
    assert "other.json" in done.stderr


def test_sizes_that_differ_are_noted(tmp_path):
    values = np.linspace(0, 1, 25).tolist()
    real = table(tmp_path / "real.json", values)
    other = table(tmp_path / "other.json", values, shape=[16, 16, 16])
    (note,) = compared(real, other)["notes"]
    assert "volumes of different sizes" in note
    assert "8x8x8" in note


def test_volumes_of_one_layer_beside_thicker_ones_are_noted(tmp_path):
    values = np.linspace(0, 1, 25).tolist()
    real = table(tmp_path / "real.json", values)
    layers = [table(tmp_path / f"layer{number}.json", values, shape=[1, 64, 64]) for number in range(2)]
    sizes, thin = compared(real, layers[0])["notes"]
    assert "different sizes" in sizes
    assert "layer0 has volumes one voxel thick along z: there surfaces and lines per volume are those of a sec" in thin
    assert compared(*layers)["notes"] == []


def test_what_is_measured_on_one_side_only_is_noted(tmp_path):
    values = np.linspace(0, 1, 25).tolist()
    real = tmp_path / "real.csv"
    with Journal(real, {}, {f"v{number}": "" for number in range(len(values))}) as journal:
        for number, value in enumerate(values):
            row = {
                "metric": "vf",
                "provider": "porenet",
                "unit": "1",
                "params": {},
                "voxel_um": [0.1, 0.1, 0.1],
                "shape": [8, 8, 8],
            }
            journal.add(
                f"v{number}", [row | {"volume": f"v{number}", "key": key, "value": value} for key in ("pore", "Ni")]
            )
        journal.finish()
    other = table(tmp_path / "other.json", values)
    assert compared(real, other)["notes"] == ["not measured in other: vf Ni"]


@pytest.mark.parametrize(
    ("values", "score", "expected"),
    [([0.3] * 25, "s_value", 1.0), ([0.3] * 25, "s_value_scaled", 1.0)],
)
def test_constant_samples_have_an_answer(tmp_path, values, score, expected):
    real, same = table(tmp_path / "real.json", values), table(tmp_path / "same.json", values)
    found = {one["score"]: one["value"] for one in compared(real, same)["comparisons"]}
    assert found[score] == expected


def test_samples_of_one_have_an_answer(tmp_path):
    real, one = table(tmp_path / "real.json", [0.3]), table(tmp_path / "one.json", [0.4])
    data = compared(real, one)
    assert {row["verdict"] for row in data["comparisons"]} == {"withheld"}


@pytest.mark.parametrize("ending", ["md", "csv", "json"])
def test_reports(tables, tmp_path, ending):
    real, same, worse = tables
    report = tmp_path / f"report.{ending}"
    assert run("compare", real, worse, same, "--n-boot", 200, "-o", report).exit_code == 0
    text = report.read_text()
    if ending == "json":
        assert len(json.loads(text)["comparisons"]) == 4
    elif ending == "csv":
        rows = list(csv.DictReader(text.splitlines()))
        assert {row["run"] for row in rows} == {"worse", "same"}
        assert 0 <= float(rows[0]["lower"]) <= float(rows[0]["upper"])
        assert float(rows[0]["s_value.value"]) <= 1
    else:
        heading, rule, *lines = [line for line in text.splitlines() if line.startswith("|")]
        assert heading.count("|") == rule.count("|") == lines[0].count("|")
        assert "s_value_scaled" in text
        assert "- worse: 50 generated against 50 real, 1 quantity" in text


def test_the_plot_is_a_picture_of_the_samples(tables, tmp_path):
    pytest.importorskip("matplotlib")
    real, same, worse = tables
    picture = tmp_path / "plot.png"
    assert run("compare", real, same, worse, "--n-boot", 200, "--plot", picture).exit_code == 0
    from PIL import Image

    with Image.open(picture) as plot:
        pixels = np.asarray(plot.convert("L"))
    assert pixels.std() > 10, "not blank"
    wrong = run("compare", real, same, "--n-boot", 200, "--plot", tmp_path / "plot.xyz")
    assert wrong.exit_code == 2
    assert "a picture ends in .png, .svg, .pdf" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.json"], "nowhere.json: cannot be read"),
        (["real.json", "--score", "s_valeu"], "no score is called 's_valeu'; did you mean 's_value'?"),
        (["real.json", "-m", "tpb"], "holds no values of tpb"),
        (["real.json", "-m", "other:vf"], "holds no values of other:vf"),
        (["broken.json"], "broken.json: is not a porenet table"),
        (["same.json", "-o", "report.xlsx"], "a report ends in .md, .csv, .json"),
        (["same.json", "--copies-of", "real"], "go together"),
        (["same.json", "-o", "nowhere/report.md"], "cannot be written there"),
        (["same.json", "-o", "same.json"], "is one of the tables to compare"),
        ([], "Missing argument 'RUNS...'"),
    ],
)
def test_a_mistake_is_one_message(tables, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.json").write_text("{")
    done = run("compare", "real.json", *arguments, "--n-boot", 100)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output


def test_a_volume_that_is_there_twice_is_refused(tables, tmp_path):
    real, *_ = tables
    rows = json.loads(real.read_text())
    (tmp_path / "twice.json").write_text(json.dumps([*rows, rows[0]]))
    done = run("compare", real, tmp_path / "twice.json")
    assert done.exit_code == 2
    assert "holds v0 twice for vf pore" in done.stderr


def test_copies_of_training_structures_are_found(tables, tmp_path):
    import porenet.formats as formats
    from porenet import Grid, Volume

    real, same, _ = tables
    rng = np.random.default_rng(3)
    grid = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
    for name in ("training", "generated"):
        (tmp_path / name).mkdir()
    for number in range(4):
        labels = rng.integers(0, 3, (12, 12, 12), dtype=np.uint8)
        formats.write(Volume(labels, grid), tmp_path / "training" / f"t{number}.npz")
        copy = np.roll(labels, 3, axis=2) if number == 1 else rng.integers(0, 3, (12, 12, 12), dtype=np.uint8)
        formats.write(Volume(copy, grid), tmp_path / "generated" / f"g{number}.npz")
    folders = ["--copies-of", tmp_path / "training", "--copies-in", tmp_path / "generated"]
    copies = compared(real, same, *folders)["copies"]
    assert [name for name, one in copies.items() if one["copied"]] == ["g1.npz"]
    assert copies["g1.npz"]["nearest"] == "t1.npz"
    assert copies["g1.npz"]["similarity"] == pytest.approx(1)
    told = run("compare", real, same, "--n-boot", 100, *folders).stdout
    assert "1 of 4 generated structures is a copy of a training structure." in told
