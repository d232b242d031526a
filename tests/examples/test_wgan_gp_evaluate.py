"""Evaluation of trained runs: what it tells is what porenet measures on the structures that it leaves behind."""

import json
import shutil
import statistics
from pathlib import Path

import pytest
import torch
from scipy.stats import binomtest

import porenet
from examples.wgan_gp import train
from examples.wgan_gp.evaluate import evaluate, main
from examples.wgan_gp.evaluation_report import wilson
from examples.wgan_gp.settings import load_trained
from porenet import comparison, formats, synthetic
from porenet.generation import SAMPLES, batch_index, load_structures, read_checkpoint, seed_of, write_checkpoint
from porenet.measurement import read_table

CHECKPOINT = "checkpoint.pt"
TINY = (Path(__file__).parent / "tiny.toml").read_text(encoding="utf-8")
METRICS = ["vf", "ssa", "connectivity", "tpb", "tortuosity"]
FIVE = ["connectivity Ni", "connectivity YSZ", "connectivity pore", "tpb active", "tpb total"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two runs on the same data."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "run.toml").write_text(TINY)
    for name, seed in (("a", "0"), ("b", "1")):
        assert train.main([str(folder / "run.toml"), "--out", str(folder / name), "--seed", seed]) == 0
    return folder


@pytest.fixture(scope="module")
def evaluated(trained):
    """Both, evaluated together."""
    report, result = evaluate([trained / "a", trained / "b"], changes={"n": 4})
    return trained, report, result


@pytest.fixture
def run(trained, tmp_path):
    """A copy of the first run, for a test to spoil."""
    return shutil.copytree(trained / "a", tmp_path / "a", ignore=shutil.ignore_patterns("evaluation"))


def structures(folder: Path) -> list:
    return [formats.read(path) for path in sorted(folder.glob("*.npz"))]


def values(volumes: list, metric: str, key: str) -> list:
    rows = [row for volume in volumes for row in porenet.measure(volume, metric)]
    return [row["value"] for row in rows if row["key"] == key]


def held_out(folder: Path) -> list:
    settings = load_trained(folder)
    data = load_structures(settings.data, settings.run)
    return [porenet.Volume(one, data.grid) for one in data.held_out.numpy()]


@pytest.mark.parametrize("name", ["a", "b", "real"])
def test_numbers_are_porenets_own_of_the_structures_that_are_written(evaluated, name):
    folder, report, _ = evaluated
    volumes = held_out(folder / "a") if name == "real" else structures(folder / name / "evaluation" / name)
    assert len(volumes) == (2 if name == "real" else 4)
    assert {volume.labels.shape for volume in volumes} == {(16, 16, 16)}
    for phase in ("Ni", "YSZ", "pore"):
        lacking = values(volumes, "percolates", f"{phase}.z").count(0)
        entry = report["without_network"][name][phase]
        assert (entry["count"], entry["of"], entry["independent"]) == (lacking, len(volumes), len(volumes))
        mean = statistics.fmean(values(volumes, "vf", phase))
        assert report["volume_fraction"][name][phase]["decoded"] == pytest.approx(mean, rel=1e-12)
    for key in ("active", "total"):
        found = values(volumes, "tpb", key)
        entry = report["tpb"][name][key]
        assert (entry["mean"], entry["sd"]) == pytest.approx(
            (statistics.fmean(found), statistics.stdev(found)), rel=1e-9
        )


def test_misses_of_the_conditions_and_scatter_are_those_of_the_structures(evaluated):
    folder, report, _ = evaluated
    settings = load_trained(folder / "a")
    data = load_structures(settings.data, settings.run)
    index = batch_index(seed_of(0, 1, SAMPLES), 0, 4, len(data.training))
    asked = [porenet.Volume(one, data.grid) for one in data.training[index].numpy()]
    made, real = structures(folder / "b" / "evaluation" / "b"), held_out(folder / "a")
    for metric in ("vf", "ssa"):
        for phase in ("Ni", "YSZ", "pore"):
            got, wanted = (statistics.fmean(values(one, metric, phase)) for one in (made, asked))
            assert report["condition_misses"]["b"][metric][phase] == pytest.approx(got / wanted - 1, rel=1e-9)
    entry = report["spread"]["b"]
    assert {"vf pore", "ssa Ni", "connectivity YSZ", "tpb total"} <= set(entry)
    for name in ("vf pore", "tpb total"):
        got, wanted = (statistics.stdev(values(one, *name.split())) for one in (made, real))
        assert entry[name] == pytest.approx(got / wanted, rel=1e-9)


def test_scores_are_porenets_own_of_those_numbers(evaluated):
    folder, report, _ = evaluated
    real, made = held_out(folder / "a"), structures(folder / "b" / "evaluation" / "b")
    by_name = {(one["run"], f"{one['metric']} {one['key']}", one["score"]): one for one in report["comparisons"]}
    for score in ("s_value", "s_value_scaled"):
        function, found = porenet.create_score(score), []
        for name in FIVE:
            found.append(function(values(real, *name.split()), values(made, *name.split())).value)
            entry = by_name["b", name, score]
            assert entry["value"] == pytest.approx(found[-1], rel=1e-9)
            assert (entry["n_valid"], entry["n_total"], entry["verdict"]) == (6, 6, "withheld")
        entry = report["mean_scores"]["b"][score]
        assert entry["value"] == pytest.approx(statistics.fmean(found), rel=1e-9)
        assert entry["of"] == FIVE


def test_porenet_compare_reads_the_tables_and_agrees(evaluated):
    folder, report, _ = evaluated
    place = folder / "b" / "evaluation"
    again = comparison.compare(place / "real.json", {"b": place / "b.json"}, metrics=METRICS)
    assert [one.as_row() for one in again.comparisons] == [one for one in report["comparisons"] if one["run"] == "b"]
    assert again.decisions["b"].as_row().items() <= report["decisions"]["b"].items()
    hashes = {row["volume"]: row["sha256"] for row in read_table(place / "b.json")}
    assert hashes == {path.name: formats.fingerprint(path) for path in (place / "b").iterdir()}


def test_tables_show_every_run(evaluated, capsys):
    folder, report, _ = evaluated
    assert main([str(folder / "a"), str(folder / "b"), "--n", "4"]) == 0
    shown = capsys.readouterr().out
    lines = {line.split("  ")[0]: line for line in shown.splitlines()}
    headings = [line.split() for line in shown.splitlines() if line.startswith("quantity")]
    assert [names[3] for names in headings] == ["a", "b"]
    for name, decision in report["decisions"].items():
        assert f"{name}: 4 generated against 2 real" in shown
        assert decision["labels"]["withheld"] == len(decision["decisions"])
    assert "Published S-values: " in shown
    entry = report["without_network"]["b"]["pore"]
    assert f"{entry['count']} of 4 [{entry['low']:.2f}, {entry['high']:.2f}]" in lines["without a pore network along z"]
    entry = report["volume_fraction"]["b"]["Ni"]
    assert f"{entry['soft']:.3f} → {entry['decoded']:.3f}" in lines["vf Ni, probabilities → decoded"]
    assert f"{report['mean_scores']['b']['s_value']['value']:.3f}" in lines["mean s_value of 5: connectivity, tpb"]


def test_a_flat_field_shows_the_gap_between_probabilities_and_structure(run):
    state = read_checkpoint(run / CHECKPOINT)
    state["generator"]["head.weight"].zero_()
    state["generator"]["head.bias"].copy_(torch.tensor([0.36, 0.34, 0.30]).log())
    write_checkpoint(run / CHECKPOINT, state)
    report, _ = evaluate([run], changes={"n": 3})
    for phase, soft, decoded in (("Ni", 0.36, 1), ("YSZ", 0.34, 0), ("pore", 0.30, 0)):
        entry = report["volume_fraction"]["a"][phase]
        assert entry == pytest.approx({"soft": soft, "decoded": decoded, "gap": decoded - soft}, abs=1e-6)
        assert report["without_network"]["a"][phase]["count"] == (0 if decoded else 3)
    assert report["tpb"]["a"]["total"] == {"mean": 0, "sd": 0, "n": 3}


def test_what_held_networks_join_is_counted(write_run, tmp_path, capsys):
    reservoirs = '[grid.reservoirs]\nNi = "z_min"\nYSZ = "z_max"\npore = "z_min"\n\n[objective]'
    run = write_run(("[objective]", reservoirs), ("latent = 3", "latent = 3\nhold_networks = true"))
    folder = tmp_path / "x"
    assert train.main([str(run), "--out", str(folder)]) == 0
    state = read_checkpoint(folder / CHECKPOINT)
    state["generator"]["head.weight"].mul_(30)
    state["generator"]["head.bias"].copy_(torch.tensor([0.5, 0.5, -0.5]))  # too little pore
    write_checkpoint(folder / CHECKPOINT, state)
    capsys.readouterr()
    assert main([str(folder), "--n", "6", "-o", str(tmp_path / "held")]) == 0
    shown = capsys.readouterr().out
    text = (folder / "run.toml").read_text()
    (folder / "run.toml").write_text(text.replace("hold_networks = true", "hold_networks = false"))
    free, _ = evaluate([folder], changes={"n": 6}, out=tmp_path / "free")
    pairs = zip(structures(tmp_path / "held" / "x"), structures(tmp_path / "free" / "x"), strict=True)
    voxels = [int((one.labels != other.labels).sum()) for one, other in pairs]
    held = json.loads((tmp_path / "held" / "evaluation.json").read_text())
    few = [one for one in voxels if one]
    assert held["joined"] == {"x": {"count": len(few), "of": 6, "voxels": few}}
    assert few
    assert f"{len(few)} of 6, by {min(few)} to {max(few)} voxels" in shown
    assert [one["count"] for one in held["without_network"]["x"].values()] == [0, 0, 0]
    lacking = [one["count"] for one in free["without_network"]["x"].values()]
    assert max(lacking) <= len(few) <= sum(lacking)
    assert free["joined"] == {}


def test_the_same_seed_gives_the_same_structures_however_many(run, tmp_path):
    made = {}
    for name, changes in (("1", {}), ("2", {}), ("few", {"n": 2}), ("other", {"seed": 1})):
        evaluate([run], changes={"n": 3} | changes, out=tmp_path / name)
        made[name] = [one.labels.tobytes() for one in structures(tmp_path / name / "a")]
    assert made["1"] == made["2"]
    assert made["few"] == made["1"][:2]
    assert len({*made["1"], *made["other"]}) == 6


def test_an_evaluation_replaces_the_one_before_it(run):
    for n in (3, 2):
        evaluate([run], changes={"n": n})
    place = run / "evaluation"
    assert {one.name for one in place.iterdir()} == {"a", "a.json", "real.json", "evaluation.json"}
    assert len(structures(place / "a")) == 2


def test_json_has_everything_with_its_units(run, capsys):
    assert main([str(run), "--n", "2", "--against", "training", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert printed == json.loads((run / "evaluation" / "evaluation.json").read_text())
    assert (printed["reference"]["set"], printed["reference"]["count"], printed["reference"]["size"]) == (
        "training",
        6,
        16,
    )
    assert printed["runs"]["a"]["step"] == 6
    assert printed["units"]["tpb"] == "um^-2"
    assert {one["unit"] for one in printed["comparisons"] if one["metric"] == "ssa"} == {"um^-1"}


def test_a_larger_structure_is_marked_as_one(run, capsys):
    assert main([str(run), "--n", "2", "--size", "24"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("a (24^3)") == 2
    assert "volumes of different sizes, whose values spread differently" in shown
    assert {one.labels.shape for one in structures(run / "evaluation" / "a")} == {(24, 24, 24)}
    assert json.loads((run / "evaluation" / "evaluation.json").read_text())["runs"]["a"]["other_size"]


def test_overlapping_cubes_count_as_one_place(write_run, tmp_path):
    volume, _ = synthetic.plurigaussian(
        (32, 32, 112), voxel_um=(0.05, 0.05, 0.05), length_um=0.3, fractions=[0.36, 0.34, 0.3], seed=0
    )
    formats.write(volume, tmp_path / "volume.npz")
    source = 'source = "volumes"\npath = "volume.npz"\ncoarsen = 2\nstride = 8\nguard = 0\n'
    changes = [('source = "synthetic"\n', source), ("count = 6\nheld_out = 2\nlength_um = 0.3\n", "")]
    path = write_run(*changes, ("steps = 6", "steps = 1"))
    assert train.main([str(path), "--out", str(tmp_path / "out")]) == 0
    report, _ = evaluate([tmp_path / "out"], changes={"n": 2}, against="training")
    # 56 voxels along x, 17 held out: cubes of 16 begin at 0, 8 and 16, the first two in one box of 16
    entry = report["without_network"]["real"]["pore"]
    assert (entry["of"], entry["independent"]) == (3, 2)
    rows = read_table(tmp_path / "out" / "evaluation" / "real.json")
    assert sorted({tuple(row["origin"]["corner"]) for row in rows}) == [(0, 0, 0), (0, 0, 8), (0, 0, 16)]


def test_two_phases_have_no_triple_phase_boundary(write_run, tmp_path, capsys):
    path = write_run(('["Ni", "YSZ", "pore"]', '["solid", "pore"]'), ("steps = 6", "steps = 1"))
    assert train.main([str(path), "--out", str(tmp_path / "out")]) == 0
    assert main([str(tmp_path / "out"), "--n", "2"]) == 0
    shown = capsys.readouterr().out
    assert "mean s_value of 2" in shown
    assert "um^-2" not in shown


def test_runs_of_one_name_are_distinguished(trained, tmp_path):
    folders = [shutil.copytree(trained / "a", tmp_path / place / "real") for place in ("x", "y")]
    report, _ = evaluate(folders, changes={"n": 1}, out=tmp_path / "out")
    assert list(report["runs"]) == ["x_real", "y_real"]
    assert (tmp_path / "out" / "x_real" / "structure_0001.npz").exists()


@pytest.mark.parametrize(("count", "total"), [(0, 50), (15, 50), (50, 50), (1, 1)])
def test_wilson_interval(count, total):
    expected = binomtest(count, total).proportion_ci(method="wilson")
    assert wilson(count / total, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--n", "0"], "evaluate.n"),
        (["--seed", "-1"], "evaluate.seed"),
        (["--size", "4"], "evaluate.size"),
        (["--size", "100000", "--n", "1"], "100000^3 voxels do not fit into memory"),
        (["--out", "FOLDER"], "holds what no evaluation wrote"),
        (["--out", "FOLDER/checkpoint.pt"], "cannot be written"),
    ],
)
def test_wrong_arguments_end_in_a_message(run, capsys, arguments, words):
    assert main([str(run), *(one.replace("FOLDER", str(run)) for one in arguments)]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ")
    assert words in shown


def test_an_unknown_device_and_a_missing_one_are_refused(run, capsys, monkeypatch):
    with pytest.raises(SystemExit) as ended:
        main([str(run), "--device", "tpu"])
    assert ended.value.code == 2
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main([str(run), "--device", "cuda"]) == 2
    assert "no CUDA device is there" in capsys.readouterr().err


def test_a_folder_without_a_whole_run_is_refused(run, tmp_path, capsys):
    assert main([str(tmp_path / "nothing")]) == 2
    assert "there is no checkpoint" in capsys.readouterr().err
    assert main([str(run), str(run)]) == 2
    assert "one folder is named twice" in capsys.readouterr().err
    (run / "resolved.json").write_text('{"data": ')
    assert main([str(run)]) == 2
    assert "resolved.json: is not JSON" in capsys.readouterr().err
    (run / CHECKPOINT).write_bytes(b"torn")
    assert main([str(run)]) == 2
    assert not (run / "evaluation").exists()


def test_data_that_changed_since_is_refused(run, capsys):
    record = json.loads((run / "resolved.json").read_text())
    record["data"] = {"name": "what was there", "fingerprint": "0" * 64}
    (run / "resolved.json").write_text(json.dumps(record))
    assert main([str(run)]) == 2
    assert "the data has changed since it was trained: then what was there (sha256 000000000000), now synthetic" in (
        capsys.readouterr().err
    )


def test_runs_on_different_data_are_refused(run, trained, capsys):
    record = json.loads((run / "resolved.json").read_text())
    record["data"]["fingerprint"] = "0" * 64
    (run / "resolved.json").write_text(json.dumps(record))
    assert main([str(trained / "b"), str(run)]) == 2
    assert "trained on different data" in capsys.readouterr().err
