"""`porenet measure --preset`: a table that survives every volume, presets of the user, CSV, parameters, resumption."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

import porenet
from porenet import Grid, Volume
from porenet.cli import main
from porenet.config import load_preset, preset_names
from porenet.errors import ConfigError, InputError
from porenet.measurement import read_table, values_of_preset
from porenet.synthetic import plurigaussian

NAMES = ("Ni", "YSZ", "pore")
PHASES = "Ni=0,YSZ=1,pore=2"


def run(*arguments):
    return CliRunner().invoke(main, ["measure", "--workers", "1", *map(str, arguments)])


def cells(shape, phases, seed=0):
    coarse = np.random.default_rng(seed).integers(0, phases, [-(-n // 3) for n in shape])
    return coarse.repeat(3, 0).repeat(3, 1).repeat(3, 2)[tuple(map(slice, shape))].astype(np.uint8)


VOLUMES = {
    "electrode": Volume(cells((9, 10, 11), 3), Grid(NAMES, (0.1,) * 3)),
    "two phases": Volume(cells((6, 7, 8), 2), Grid(("a", "b"), (0.1,) * 3)),
    "five phases": Volume(cells((6, 6, 9), 5), Grid(tuple("abcde"), (0.1,) * 3)),
    "absent phase": Volume(cells((6, 6, 6), 2), Grid(NAMES, (0.1,) * 3)),
    "one phase": Volume(np.zeros((4, 4, 4), np.uint8), Grid(NAMES, (0.1,) * 3, (True,) * 3)),
    "one voxel": Volume(np.zeros((1, 1, 1), np.uint8), Grid(NAMES, (0.1,) * 3)),
    "one layer": Volume(cells((1, 9, 9), 3), Grid(NAMES, (0.1,) * 3)),
    "periodic and flat voxels": Volume(cells((6, 7, 8), 3), Grid(NAMES, (0.3, 0.2, 0.1), (True, False, True))),
    "flat beyond crofton": Volume(cells((6, 7, 8), 3), Grid(NAMES, (1e-3, 2.0, 0.5))),
}


@pytest.fixture
def files(tmp_path):
    for number in range(3):
        np.save(tmp_path / f"cube_{number}.npy", cells((8, 8, 8), 3, seed=number))
    return tmp_path


@pytest.mark.parametrize(
    "name", [name if name == "soc" else pytest.param(name, marks=pytest.mark.slow) for name in preset_names()]
)
def test_every_quantity_has_a_value_or_a_reason_on_every_volume(name):
    preset = load_preset(name)
    for what, volume in VOLUMES.items():
        (values,) = values_of_preset(porenet.measure(volume, preset=name), preset).values()
        expected = [(q.name, of) for q in preset.quantities for of in q.keys(volume.grid.phases)]
        assert [(value.quantity, value.of) for value in values] == expected, what
        assert all(value.undefined if value.value is None else np.isfinite(value.value) for value in values), what


def test_values_are_those_of_the_metrics():
    volume = VOLUMES["electrode"]
    (values,) = values_of_preset(porenet.measure(volume, preset="soc"), load_preset("soc")).values()
    measured = {(value.quantity, value.of): value.value for value in values}
    tpb = porenet.create_metric("tpb", estimator="coarea", active="reachable")(volume)
    sizes = porenet.create_metric("intrusion_size", inlet="z_min")(volume)
    assert measured["TPB length", ""] == tpb["total"]
    assert [measured[f"TPB {kind}", ""] for kind in ("active", "unknown", "inactive")] == pytest.approx(
        [tpb[kind] for kind in ("active", "unknown", "inactive")]
    )
    assert measured["intrusion d50", "YSZ"] == sizes["YSZ.d50"]
    # Of the material, whatever the size of the box: that of the box itself reads its faces too.
    euler = porenet.create_metric("euler_number", edge_correction=True)(volume)
    assert [measured["Euler density", phase] for phase in NAMES] == [euler[phase] for phase in NAMES]
    for axis in "zyx":
        connectivity = porenet.create_metric("connectivity", axis=axis)(volume)
        assert [measured[f"connectivity {axis}", phase] for phase in NAMES] == [connectivity[p] for p in NAMES]


def test_one_row_per_quantity_in_at_most_100_columns(files):
    volume, _ = plurigaussian((16,) * 3, voxel_um=(0.1,) * 3, length_um=0.4, seed=0, fractions=(0.3, 0.4, 0.3))
    np.save(files / "electrode.npy", volume.labels)
    done = run(files / "electrode.npy", "--phases", PHASES, "--voxel-um", 0.1, "--preset", "soc")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0] == "electrode.npy: electrode of a solid-oxide cell; 16 x 16 x 16 voxels of 0.1 x 0.1 x 0.1 um"
    assert lines[2].split() == ["quantity", "volume", *NAMES, "unit", "meaning"]
    quantities = load_preset("soc").quantities
    rows = lines[4 : 4 + len(quantities) + 2]  # an interface for each pair
    heads = [quantity.name for quantity in quantities if "{pair}" not in quantity.key]
    assert [row[:19].strip() for row in rows if not row.startswith("interface")] == heads


@pytest.mark.parametrize("longer", ["", "_of_a_name_that_alone_is_wider_than_half_of_the_page"])
def test_names_that_leave_no_room_have_a_row_per_value(files, longer):
    phases = f"active_material{longer}=0,carbon_and_binder{longer}=1,electrolyte=2"
    done = run(files / "cube_0.npy", "--phases", phases, "--voxel-um", 0.1, "--preset", "battery")
    assert done.exit_code == 0, done.output
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert done.stdout.splitlines()[2].split() == ["quantity", "of", "value", "unit", "meaning"]
    fraction = (np.load(files / "cube_0.npy") == 2).mean()
    assert any(f"{fraction:.4g}" in line.split() for line in done.stdout.splitlines())


def test_reservoirs_that_are_not_known_are_asked_for(files):
    arguments = (files / "cube_0.npy", "--phases", "A=0,B=1,C=2", "--voxel-um", 0.1, "--preset", "soc")
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    (reason,) = [line for line in done.stdout.splitlines() if "-p tpb.reservoirs" in line]
    values = {value["quantity"]: value for value in json.loads(run(*arguments, "--json").stdout)["quantities"]}
    assert values["TPB length"]["value"] > 0
    assert values["TPB active"]["value"] is None
    # What the reason says can be pasted.
    suggestion = values["TPB active"]["undefined"].split("such as ")[1].split(", out of")[0]
    assert suggestion.startswith('{"A" = "z_min"')
    assert reason.split(")")[1].split()[0] == "-p"
    done = run(*arguments, "-p", f"tpb.reservoirs={suggestion}", "--json")
    values = {value["quantity"]: value for value in json.loads(done.stdout)["quantities"]}
    assert values["TPB active"]["value"] is not None


def test_parameters_and_further_metrics(files):
    arguments = (files / "cube_0.npy", "--phases", PHASES, "--voxel-um", 0.1, "--preset", "soc")
    done = run(*arguments, "-m", "s2,vf", "-p", "intrusion_size.inlet=z_max", "-p", "s2.lags_um=[0.1]", "--json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["rows"]
    params = {row["metric"]: row["params"] for row in rows}
    assert params["intrusion_size"]["inlet"] == "z_max"
    assert params["constrictivity"]["inlet"] == "z_min"
    assert [row["key"] for row in rows if row["metric"] == "s2"] == [f"{phase}@0.1um" for phase in NAMES]
    assert len([row for row in rows if row["metric"] == "vf"]) == 3
    meanings = {value["quantity"]: value["meaning"] for value in json.loads(done.stdout)["quantities"]}
    assert meanings["intrusion d10"] == "porosimetry from z_max, by volume"
    assert "s2" in run(*arguments, "-m", "s2").stdout.splitlines()[-1]
    assert "s2 pore@0.1um" in run(*arguments, "-m", "s2", "--wide").stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "sco"], "--preset: there is no preset 'sco'; did you mean 'soc'? Choose battery or soc, or name"),
        (["--preset", ""], "--preset: there is no preset ''"),
        (["--preset", "none.toml"], "none.toml: cannot be read"),
        (["--preset", "soc", "-p", "connectivity.axis=x"], "measures connectivity with axis = z, y, x, each in a line"),
        (["--preset", "soc", "-p", "s2.axis=x"], "parameters for s2, which is not measured. Add it with -m."),
        (["--preset", "soc", "-p", "ssa.estimator=face"], "ssa.estimator: must be"),
        (["--preset", "soc", "-m", "nope"], "no metric"),
        (["--wide", "--json"], "--wide prints CSV, --json prints JSON: choose one"),
    ],
)
def test_bad_requests(files, arguments, message):
    done = run(files, "--phases", PHASES, "--voxel-um", 0.1, *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_wide_is_csv_with_a_line_per_volume(files):
    done = run(files, "--phases", PHASES, "--voxel-um", 0.1, "--preset", "soc", "--wide", "-o", files / "soc.json")
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("Wrote")
    head, *lines = csv.reader(done.stdout.splitlines())
    assert [line[0] for line in lines] == ["cube_0.npy", "cube_1.npy", "cube_2.npy"]
    assert len(set(head)) == len(head) == len(lines[0])
    assert "TPB active [um^-2]" in head
    assert "volume fraction Ni" in head
    table = values_of_preset(read_table(files / "soc.json"), load_preset("soc"))
    for line in lines:
        expected = ["" if value.value is None else repr(value.value) for value in table[line[0]]]
        assert line[1:] == expected
    without = run(files / "cube_0.npy", "--phases", PHASES, "--voxel-um", 0.1, "-m", "vf,ssa", "--wide").stdout
    assert without.startswith("volume,vf Ni,vf YSZ,vf pore,ssa Ni [um^-1],")


def test_a_table_is_continued(files):
    whole = (files / "cube_1.npy").read_bytes()
    (files / "cube_1.npy").write_bytes(whole[:-100])
    arguments = (files, "--phases", PHASES, "--voxel-um", 0.1, "--preset", "battery", "-o", files / "table.csv")
    assert run(*arguments).exit_code == 1
    (files / "cube_1.npy").write_bytes(whole)
    refused = run(*arguments, "-p", "ssa.estimator=faces")
    assert refused.exit_code == 2
    assert "table.csv.partial" in refused.stderr
    assert run(*arguments).exit_code == 0
    values = values_of_preset(read_table(files / "table.csv"), load_preset("battery"))
    assert list(values) == ["cube_0.npy", "cube_1.npy", "cube_2.npy"]
    assert len(set(map(len, values.values()))) == 1


def test_a_preset_of_ones_own(files):
    own = files / "own.toml"
    own.write_text(
        'title = "mine"\n[[quantity]]\nname = "share"\nmetric = "porenet:vf"\nkey = "{phase}"\nmeaning = "how much"\n'
        '[[quantity]]\nname = "nothing"\nmetric = "vf"\nkey = "total"\n'
        '[[quantity]]\nname = "faces"\nmetric = "ssa"\nparams = {estimator = "faces"}\nkey = "pore"\n'
    )
    done = run(files / "cube_0.npy", "--phases", PHASES, "--voxel-um", 0.1, "--preset", own)
    assert done.exit_code == 0, done.output
    _, _, _, _, share, nothing, faces, reason, *_ = done.stdout.splitlines()
    assert share.split()[:4] == [
        "share",
        *(f"{(np.load(files / 'cube_0.npy') == label).mean():.4g}" for label in range(3)),
    ]
    assert nothing.split()[:3] == ["nothing", "-", "1)"]
    assert faces.startswith("faces")
    assert reason == "1) vf has no value 'total'"
    assert porenet.measure(VOLUMES["electrode"], preset=str(own))[-1]["params"]["estimator"] == "faces"


@pytest.mark.parametrize(("metric", "message"), [("nope", "no metric is called"), ("ssa", "ssa.estimator: must be")])
def test_what_is_wrong_in_a_preset_names_the_preset(files, metric, message):
    own = files / "own.toml"
    own.write_text(f"title='a'\n[[quantity]]\nname='x'\nmetric='{metric}'\nkey=''\nparams={{estimator='face'}}")
    arguments = (files / "cube_0.npy", "--phases", PHASES, "--voxel-um", 0.1, "--preset", own)
    assert f"own.toml, 'x': {message}" in run(*arguments).stderr
    if metric == "ssa":
        assert run(*arguments, "-p", "ssa.estimator=edges").stderr.startswith("Error: ssa.estimator: must be")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = 3\n[[quantity]]\nname='x'\nmetrix='vf'\nkey=''", "unknown key; did you mean 'metric'"),
        ("title = 'a'", "quantity: is required"),
        ("title = 'a'\nquantity = []", "quantity"),
        (
            "title = 'a'\n[[quantity]]\nname='x'\nmetric='vf'\nkey='a'\n[[quantity]]\nname='x'\nmetric='vf'\nkey='b'",
            "stands twice: 'x'",
        ),
        ("title =", "TOML"),
        (
            "title='a'\n[[quantity]]\nname='x'\nmetric='vf'\nkey='{fase}'",
            "line 5, .*{fase} is neither {phase} nor {pair}",
        ),
        ("title='a'\n[[quantity]]\nname='x'\nmetric='vf'\nkey='{phase}{pair}'", "do not go together"),
    ],
)
def test_a_preset_file_that_is_wrong(tmp_path, text, message):
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_preset(str(tmp_path / "own.toml"))


def test_a_preset_of_volumes_says_what_to_do_with_a_section():
    section = Volume(cells((1, 9, 9), 3), Grid(NAMES, 0.1, dims=2))
    with pytest.raises(ConfigError, match="not 'z'; the preset is one of volumes: name metrics in its place"):
        porenet.measure(section, preset="soc")


def test_python_names_its_own_argument():
    with pytest.raises(InputError, match=r"^preset: there is no preset 'nope'"):
        porenet.measure(VOLUMES["one voxel"], preset="nope")
