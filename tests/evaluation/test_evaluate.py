"""An evaluation says what porenet measures on the structures that it leaves behind, and goes on after a kill."""

import json
import shutil
import statistics

import numpy as np
import pytest
from small_generators import electrode, fields, noise

import porenet
from porenet import comparison, formats
from porenet.errors import InputError
from porenet.evaluation import RealStructures, cut_boxes, evaluate
from porenet.evaluation.conditions import conditions_of
from porenet.evaluation.evaluation import REPORT
from porenet.evaluation.report_lines import repeat_columns, repeat_lines, run_columns, run_lines
from porenet.evaluation.sample_folder import drawn_samples
from porenet.evaluation.sample_reading import read_samples
from porenet.measurement import read_table

QUICK = {"n_boot": 100, "workers": 1}
METRICS = ["vf", "ssa", "connectivity", "tpb", "tortuosity", "breakthrough_diameter", "euler_number"]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, real):
    """Fields and noise, four structures each."""
    folder = tmp_path_factory.mktemp("evaluated") / "out"
    answer = evaluate(real, {"fields": fields, "noise": noise}, folder=folder, n=4, **QUICK)
    return folder, answer


def structures(folder):
    return [formats.read(path) for path in sorted(folder.glob("*.npz"))]


def values(volumes, metric, key):
    rows = [row for volume in volumes for row in porenet.measure(volume, metric)]
    return [row["value"] for row in rows if row["key"] == key]


@pytest.mark.parametrize("name", ["real", "fields", "noise"])
def test_numbers_are_porenets_own_of_the_structures_that_are_written(evaluated, name):
    folder, answer = evaluated
    volumes = structures(folder / name)
    assert len(volumes) == (5 if name == "real" else 4)
    for phase in ("Ni", "YSZ", "pore"):
        entry = answer.report["without_network"][name][phase]
        lacking = values(volumes, "percolates", f"{phase}.z").count(0)
        assert (entry["count"], entry["of"], entry["independent"]) == (lacking, len(volumes), len(volumes))
    for quantity in ("vf pore", "tpb active", "breakthrough_diameter Ni.breakthrough_diameter", "euler_number YSZ"):
        known = [value for value in values(volumes, *quantity.split()) if value is not None]
        entry = answer.report["quantities"][name][quantity]
        assert entry["mean"] == pytest.approx(statistics.fmean(known), rel=1e-9)
        assert entry["median"] == pytest.approx(statistics.median(known), rel=1e-9)
    units = {quantity: entry["unit"] for quantity, entry in answer.report["quantities"][name].items()}
    assert units["breakthrough_diameter Ni.breakthrough_diameter"] == "um"
    assert units["euler_number pore"] == "um^-3"


def test_porenet_compare_reads_the_tables_and_agrees(evaluated):
    folder, answer = evaluated
    again = comparison.compare(folder / "real.json", {"fields": folder / "fields.json"}, metrics=METRICS, n_boot=100)
    rows = [entry.as_row() for entry in again.comparisons]
    assert rows == [entry for entry in answer.report["comparisons"] if entry["run"] == "fields"]
    assert again.decisions["fields"].as_row().items() <= answer.report["decisions"]["fields"].items()
    hashes = {row["volume"]: row["sha256"] for row in read_table(folder / "noise.json")}
    assert hashes == {path.name: formats.fingerprint(path) for path in (folder / "noise").glob("*.npz")}


def test_mean_scores_scatter_and_conditions_are_those_of_the_structures(evaluated, real):
    folder, answer = evaluated
    made = structures(folder / "fields")
    five = [("connectivity", phase) for phase in real.grid.phases] + [("tpb", "active"), ("tpb", "total")]
    scores = [porenet.create_score("s_value")(values(real.volumes, *name), values(made, *name)).value for name in five]
    entry = answer.report["mean_scores"]["fields"]["s_value"]
    assert (entry["value"], entry["of"]) == (pytest.approx(statistics.fmean(scores)), [" ".join(name) for name in five])
    got, wanted = (statistics.stdev(values(some, "tpb", "total")) for some in (made, real.volumes))
    assert answer.report["scatter"]["fields"]["tpb total"] == pytest.approx(got / wanted)
    assert answer.report["conditions"]["fields"]["vf pore"]["ratio"] == pytest.approx(1, abs=2e-3)
    record = json.loads((folder / "noise" / "structures.json").read_text())["structures"]
    asked = [{(m, k): v for m, k, v in each["asked"]}["vf", "Ni"] for each in record.values()]
    assert answer.report["conditions"]["noise"]["vf Ni"]["asked"] == pytest.approx(statistics.fmean(asked))


def test_probabilities_show_the_gap_to_the_structure(evaluated):
    folder, answer = evaluated
    fraction = answer.report["volume_fraction"]["noise"]["pore"]
    assert fraction["decoded"] == pytest.approx(statistics.fmean(values(structures(folder / "noise"), "vf", "pore")))
    assert fraction["soft"] == pytest.approx(1 / 3, abs=0.01)
    assert fraction["gap"] == pytest.approx(fraction["decoded"] - fraction["soft"])
    assert "soft" not in answer.report["volume_fraction"]["fields"]["pore"]


def test_every_number_of_the_table_has_a_unit_and_a_cell_per_run(evaluated):
    _, answer = evaluated
    columns, lines = run_columns(answer.report), run_lines(answer.report)
    assert columns[2:] == ["real", "fields", "noise"]
    assert {len(line) for line in lines} == {5}
    by_name = {line[0]: line for line in lines}
    assert by_name["breakthrough_diameter Ni"][1] == "um"
    assert by_name["euler_number pore"][1] == "um^-3"
    assert by_name["vf Ni, probabilities → decoded"][3] == "labels only"
    assert (
        f"{answer.report['mean_scores']['noise']['s_value']['value']:.3f}"
        in by_name["mean s_value of 5: connectivity, tpb"]
    )
    assert json.loads(json.dumps(answer.report, allow_nan=False))["units"]["without_network"] == "1"


class Stopped:
    """Fields that are interrupted at a call."""

    def __init__(self, at):
        self.at, self.calls = at, 0
        self.about = {"function": "fields"}

    def __call__(self, seed, condition):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return fields(seed, condition)


def test_an_interrupted_evaluation_goes_on_to_the_same_report(tmp_path, real):
    numbers = {"n": np.int64(4), "seed": np.int64(0), "shape": np.array(real.volumes[0].shape)}  # as code may have them
    whole = evaluate(real, {"x": Stopped(0)}, folder=tmp_path / "whole", **numbers, **QUICK)
    with pytest.raises(KeyboardInterrupt):
        evaluate(real, {"x": Stopped(4)}, folder=tmp_path / "parted", n=4, **QUICK)
    assert json.loads((tmp_path / "parted" / REPORT).read_text()) == {"finished": False}
    assert len(structures(tmp_path / "parted" / "x")) == 2  # the first is drawn twice
    rest = Stopped(0)
    again = evaluate(real, {"x": rest}, folder=tmp_path / "parted", n=4, **QUICK)
    assert rest.calls == 3  # one again, two that were missing
    reports = [json.loads(json.dumps(answer.report).replace("parted", "whole")) for answer in (whole, again)]
    assert reports[0] == reports[1]
    tables = [(tmp_path / place / "x.json").read_bytes() for place in ("whole", "parted")]
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_what_is_damaged_is_drawn_again_and_other_files_are_left(tmp_path, real):
    folder = tmp_path / "out"
    evaluate(real, {"x": fields}, folder=folder, n=3, **QUICK)
    before = [volume.labels.tobytes() for volume in structures(folder / "x")]
    (folder / "x" / "structure_0002.npz").write_bytes(b"torn")
    evaluate(real, {"x": fields}, folder=folder, n=3, **QUICK)
    assert [volume.labels.tobytes() for volume in structures(folder / "x")] == before
    precious = tmp_path / "thesis.txt"
    precious.touch()
    record = json.loads((folder / "x" / "structures.json").read_text())
    record["structures"] |= {str(precious): {}}
    del record["structures"]["structure_0001.npz"]["numbers"]
    (folder / "x" / "structures.json").write_text(json.dumps(record))
    answer = evaluate(real, {"x": fields}, folder=folder, n=2, **QUICK)
    assert precious.exists()  # a record that names other files removes none
    assert [volume.labels.tobytes() for volume in structures(folder / "x")] == before
    assert answer.report["without_network"]["x"]["pore"]["of"] == 2


def test_fewer_structures_are_the_first_of_those_that_stand_there(tmp_path, real):
    conditions, source = conditions_of(real.volumes, real.names), {"function": "fields"}
    calls = []

    def counted_fields(seed, condition):
        calls.append(condition.name)
        return fields(seed, condition)

    def draw(n, conditions=conditions):
        calls.clear()
        return drawn_samples(tmp_path / "x", counted_fields, conditions, n=n, seed=0, source=source)

    whole = draw(4)
    fewer = draw(2)
    assert (list(fewer.files), len(calls)) == (list(whole.files)[:2], 1)  # one is drawn again, to compare
    assert len(structures(tmp_path / "x")) == 4
    assert len(read_samples(tmp_path / "x", real, ()).conditions) == 4  # each still has the condition it was made for
    again = draw(4)
    assert len(calls) == 1
    assert [volume.labels.tobytes() for volume in again.volumes] == [v.labels.tobytes() for v in whole.volumes]
    (tmp_path / "x" / "structure_0003.npz").write_bytes(b"torn")
    draw(2)
    assert not (tmp_path / "x" / "structure_0003.npz").exists()  # no drawing could go on with it
    assert (tmp_path / "x" / "structure_0004.npz").exists()


def test_a_folder_of_another_generator_is_refused(tmp_path, real):
    evaluate(real, {"x": fields}, folder=tmp_path, n=2, **QUICK)
    with pytest.raises(InputError, match=r"another source: function was small_generators.fields, now .*noise"):
        evaluate(real, {"x": noise}, folder=tmp_path, n=2, **QUICK)
    with pytest.raises(InputError, match="another seed: then 0, now 1"):
        evaluate(real, {"x": fields}, folder=tmp_path, n=2, seed=1, **QUICK)
    with pytest.raises(InputError, match="another shape"):
        evaluate(real, {"x": fields}, folder=tmp_path, n=2, shape=(16, 16, 16), **QUICK)
    assert json.loads((tmp_path / "evaluation.json").read_text())["finished"]  # a call that is refused costs nothing

    def changed(seed, condition):
        return fields(seed + 1, condition)

    changed.about = {"function": "small_generators.fields"}
    with pytest.raises(InputError, match="gives another structure for the seed of this one than it gave before"):
        evaluate(real, {"x": changed}, folder=tmp_path, n=2, **QUICK)


def test_a_generator_that_was_moved_is_the_same_by_its_fingerprint(tmp_path, real):
    """A run folder under another name was another generator."""
    conditions = conditions_of(real.volumes, real.names)
    calls = []

    def counted(seed, condition):
        calls.append(seed)
        return fields(seed, condition)

    def draw(generate=counted, n=2, **source):
        return drawn_samples(tmp_path / "x", generate, conditions, n=n, seed=0, source=source)

    draw(function="gan:runs/a", step=3, fingerprint="one")
    calls.clear()
    draw(function="gan:runs/b", step=3, fingerprint="one")
    assert len(calls) == 1  # the first, to compare
    assert (
        json.loads((tmp_path / "x" / "structures.json").read_text())["settings"]["source"]["function"] == "gan:runs/b"
    )
    draw(function="gan:runs/b", step=3, fingerprint="two")  # trained on, and the best step is the same
    for other in (
        {"function": "gan:runs/c", "step": 3, "fingerprint": "three"},
        {"function": "gan:runs/b", "step": 4, "fingerprint": "two"},
        {"function": "gan:runs/c", "step": 3},
    ):
        with pytest.raises(InputError, match="holds structures of another source"):
            draw(**other)
    with pytest.raises(InputError, match="gives another structure for the seed of this one"):
        draw(noise, function="gan:runs/b", step=3, fingerprint="two")


def test_a_generator_with_hundreds_of_numbers_is_refused_in_a_line(tmp_path, real):
    conditions = conditions_of(real.volumes, real.names)
    fit = {"skews": [0.5, 0.0], "fractions": [[0.4, 0.6]] * 256}
    drawn_samples(tmp_path / "x", fields, conditions, n=1, seed=0, source={"fields": fit})
    other = {"fields": {"skews": [0.7, 0.0], "fractions": [[0.3, 0.7]] * 256}}
    with pytest.raises(InputError) as refused:
        drawn_samples(tmp_path / "x", fields, conditions, n=1, seed=0, source=other)
    assert "fields.fractions.0.0 was 0.4, now 0.3; " in str(refused.value)
    assert "; and 510 more changes" in str(refused.value)
    assert len(str(refused.value)) < 400 + len(str(tmp_path))


def test_a_generator_without_a_seed_is_noticed(tmp_path, real):
    source = np.random.default_rng(0)

    def unseeded(seed, condition):
        return source.integers(0, 3, condition.shape)

    answer = evaluate(real, {"x": unseeded}, folder=tmp_path, n=1, **QUICK)
    assert any("gives another structure when it is called again" in note for note in answer.report["notes"])


@pytest.mark.slow
def test_repeats_are_paired_by_seed(tmp_path, real):
    answer = evaluate(real, {"fields": fields, "both": [fields, noise]}, folder=tmp_path, n=3, repeats=2, **QUICK)
    assert answer.runs == {"fields": ["fields-1", "fields-2"], "both": ["both-1", "both-2"]}
    by_run = {run: [volume.labels.tobytes() for volume in structures(tmp_path / run)] for run in answer.report["runs"]}
    assert by_run["fields-1"] == by_run["both-1"]
    assert not set(by_run["fields-1"]) & set(by_run["fields-2"])
    columns = repeat_columns(answer.report)
    assert columns == ["median [range]", "unit", "fields", "both", "both - fields"]
    by_name = {line[0]: line for line in repeat_lines(answer.report)}
    scores = [
        answer.report["mean_scores"][run]["s_value"]["value"] or 0.0
        for run in ("both-1", "both-2", "fields-1", "fields-2")
    ]
    differences = [scores[0] - scores[2], scores[1] - scores[3]]
    expected = f"{statistics.median(differences):+.2f} [{min(differences):+.2f}, {max(differences):+.2f}]"
    assert by_name["mean of the 5 s_value"][4] == expected.replace("-0.00", "+0.00")
    assert differences[0] == 0
    assert by_name["median euler_number pore"][1] == "um^-3"
    with pytest.raises(InputError, match="fields 1, both 2"):
        evaluate(real, {"fields": fields, "both": [fields, noise]}, folder=tmp_path, **QUICK)


def test_a_folder_of_structures_has_the_numbers_of_the_function_that_made_them(evaluated, tmp_path, real):
    folder, answer = evaluated
    again = evaluate(real, {"fields": folder / "fields"}, folder=tmp_path / "again", **QUICK)
    for part in ("without_network", "conditions", "scatter", "mean_scores", "agreement"):
        assert again.report[part]["fields"] == answer.report[part]["fields"]
    bare = shutil.copytree(folder / "fields", tmp_path / "bare", ignore=shutil.ignore_patterns("*.json"))
    unknown = evaluate(real, {"bare": bare}, folder=tmp_path / "unknown", **QUICK)
    assert unknown.report["conditions"] == {}
    assert "bare states no conditions, so that nothing is said on how they are followed" in unknown.report["notes"]
    shutil.copy(folder / "fields" / "conditions.json", bare)
    shutil.copy(bare / "structure_0001.npz", bare / "another.npz")
    with pytest.raises(InputError, match=r"holds no condition of another\.npz"):
        evaluate(real, {"bare": bare}, folder=tmp_path / "refused", **QUICK)


def test_a_copy_is_told_by_its_agreement(tmp_path, real):
    def copies(seed, condition):
        return real.volumes[real.names.index(condition.name)].labels[:, ::-1]

    answer = evaluate(real, {"copies": copies, "fields": fields}, folder=tmp_path, n=2, **QUICK)
    copied, drawn = (answer.report["agreement"][run] for run in ("copies", "fields"))
    assert (copied["largest"], copied["symmetry"]) == (1, "mirror_y")
    assert copied["training"] in real.names
    assert drawn["largest"] < 0.9
    assert copied["largest_of_training"] < 0.9


@pytest.mark.slow
def test_a_larger_structure_is_marked_as_one(tmp_path, real):
    answer = evaluate(real, {"x": fields}, folder=tmp_path, n=2, shape=(14, 12, 12), **QUICK)
    assert run_columns(answer.report)[3] == "x (14 x 12 x 12)"
    assert any("different sizes" in note for note in answer.report["notes"])
    assert answer.report["agreement"] == {}
    assert {line[3] for line in run_lines(answer.report) if "agreement" in line[0]} == set()


@pytest.mark.slow
def test_boxes_of_one_place_are_not_independent(tmp_path):
    volume = electrode(0, 24)
    boxes = cut_boxes(RealStructures.of([volume], names=["v"]), (12, 12, 12), (12, 12, 6))
    answer = evaluate(boxes, {"x": fields}, folder=tmp_path, n=1, **QUICK)
    assert (answer.report["reference"]["count"], answer.report["reference"]["independent"]) == (12, 8)
    assert answer.report["without_network"]["real"]["pore"]["independent"] == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 0}, "n: a whole number from 1 to"),
        ({"n": 10**12}, "n: a whole number from 1 to"),
        ({"n": 2.5}, "n: a whole number from 1 to"),
        ({"seed": 0.5}, "seed: a whole number"),
        ({"seed": -1}, "seed: a whole number, 0 or more"),
        ({"repeats": 0}, "repeats: a whole number from 1 to"),
        ({"repeats": 10**12}, "repeats: a whole number from 1 to"),
        ({"generators": {}}, "at least one generator"),
        ({"generators": {"real": fields}}, "cannot be named 'real'"),
        ({"generators": {"x": "runs/a"}}, "path of a folder was expected, not 'runs/a'"),
        ({"generators": {"x": [fields, 3]}}, "path of a folder was expected, not 3"),
        ({"generators": {"a/b": fields}}, "cannot be named 'a/b'"),
        ({"generators": fields}, "a mapping of names to generators was expected, not <function"),
        ({"generators": {1: fields}}, "a mapping of names to generators was expected, not {1: "),
        ({"metrics": ["nope"]}, "nope"),
        ({"shape": "abc"}, "shape: one positive number of voxels per axis .* was expected, not 'abc'"),
        ({"shape": (12.0, 12, 12)}, "shape: .* was expected, not .12.0, 12, 12"),
        (
            {"real": [electrode(0)]},
            "real: RealStructures were expected, not list",
        ),
        ({"training": electrode(0)}, "training: RealStructures were expected, not Volume"),
    ],
)
def test_wrong_arguments_are_refused_before_a_structure_is_drawn(tmp_path, real, arguments, words):
    call = {"real": real, "generators": {"x": fields}, "folder": tmp_path / "out", **QUICK} | arguments
    with pytest.raises(porenet.errors.PorenetError, match=words):
        evaluate(call.pop("real"), call.pop("generators"), **call)
    assert not (tmp_path / "out" / "x").exists()


def test_other_folders_are_left_alone(tmp_path, real):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="holds what no evaluation wrote"):
        evaluate(real, {"x": fields}, folder=tmp_path, n=1, **QUICK)
    with pytest.raises(InputError, match="cannot be"):
        evaluate(real, {"x": fields}, folder=tmp_path / "thesis.txt", n=1, **QUICK)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
