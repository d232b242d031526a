"""`porenet audit` on runs of porenet's own losses: verdicts, exit codes, JSON, 80 columns."""

import json

import pytest
from click.testing import CliRunner

from porenet.cli import main

pytestmark = pytest.mark.torch

HEAD = """\
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[objective]
relax = "{relax}"
"""
VF = '[[objective.terms]]\nloss = "vf"\nweight = 1000\n'
PORE = '[[objective.terms]]\nloss = "{loss}"\nweight = 50\nparams = {{ phase = "pore" }}\n'


@pytest.fixture
def write(tmp_path):
    def written(*terms, relax="soft"):
        path = tmp_path / "run.toml"
        path.write_text(HEAD.format(relax=relax) + "".join(terms))
        return path

    return written


def run(*arguments):
    return CliRunner().invoke(main, ["audit", *map(str, arguments), "--size", "8", "--batch", "2"])


def test_the_published_run(write):
    severed = VF.replace("vf", "ssa_severed")
    done = run(write(VF, severed, PORE.format(loss="isolation"), PORE.format(loss="face_hinge")))
    assert done.exit_code == 1, done.output
    dead = "fault: ssa_severed is dead: no gradient reaches the generator, although requires_grad is True."
    assert dead in done.output
    assert "warning: vf is fooled: on the soft field it is met (0) by p = (0.36, 0.34, 0.30) everywhere;" in done.output
    assert "a cut channel of pore: isolation pushes the wrong way" in done.output
    assert "no term aims at a cut channel" in done.output


def test_a_sound_run_ends_with_0_and_says_so(write):
    done = run(write(VF, relax="straight_through"), "--strict")
    assert done.exit_code == 0, done.output
    assert "Every term trains, and none is fooled or blind." in done.output


def test_fooled_is_a_failure_only_if_asked(write):
    path = write(VF, PORE.format(loss="isolation"))
    assert run(path).exit_code == 0
    assert run(path, "--strict").exit_code == 1
    assert "Every term trains" not in run(path).output


def test_blind_is_a_failure_only_if_asked(write):
    pytest.importorskip("porenet_statistics")
    path = write('[[objective.terms]]\nloss = "ssa"\nparams = { estimator = "tv" }\n', relax="straight_through")
    done = CliRunner().invoke(main, ["audit", str(path), "--batch", "2"])  # at 16^3
    assert done.exit_code == 0, done.output
    assert "ssa is blind: as its plugin says, it does not see speckle as fine as a voxel" in done.output
    assert "0.0016 blind" in done.output  # the speckled channels; Crofton reads 5 to 11 times their area
    assert run(path, "--strict").exit_code == 1
    assert json.loads(run(path, "--json").stdout)["blind"] == ["ssa"]
    sound = write('[[objective.terms]]\nloss = "ssa"\n', relax="straight_through")
    assert run(sound, "--strict").exit_code == 0


def test_json_holds_everything(write):
    done = run(write(VF, PORE.format(loss="isolation")), "--json")
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    verdicts = {"failed", "fooled", "blind"}
    assert set(data) == {"generator", "terms", "cosines", "states", "findings", "units", "problems"} | verdicts
    assert [one["label"] for one in data["terms"]] == ["vf", "isolation"]
    vf = data["terms"][0]
    assert vf["weighted_value"] == pytest.approx(1000 * vf["value"])
    assert set(vf["groups"]) == set(data["generator"]["groups"]) == {"coarse", "fine", "head"}
    assert set(vf["states"]) == set(data["states"])
    # By hand: (1 - 0.36)^2 + 0.34^2 + 0.30^2.
    assert vf["states"]["flat_probabilities"]["hard"] == pytest.approx(0.6152, abs=1e-6)
    assert data["fooled"] == ["vf"]
    assert data["blind"] == []
    assert data["failed"] is False
    assert data["units"]["logit_gradient"].startswith("unit of the term")


def test_the_same_seed_gives_the_same_audit(write):
    path = write(VF)
    assert run(path, "--json").stdout == run(path, "--json").stdout
    assert run(path, "--json").stdout != run(path, "--json", "--seed", 1).stdout


def test_tables_fit_80_columns(write):
    terms = [PORE.format(loss="isolation") + f'label = "isolation_{number}"\n' for number in range(6)]
    output = run(write(VF, *terms)).output
    tables = output[: output.index("read the soft field")]
    assert max(map(len, tables.splitlines())) <= 80
    for number in range(6):
        assert tables.count(f"isolation_{number}") >= 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--device", "abacus"), "--device: 'abacus' cannot be used"),
        (("--device", "meta"), "--device: 'meta' cannot be used"),
        (("--size", "4"), "4 is not in the range 8<=x<=128"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(write, arguments, words):
    done = CliRunner().invoke(main, ["audit", str(write(VF)), *arguments])
    assert done.exit_code == 2, done.output
    assert words in done.output
    assert "Traceback" not in done.output


def test_no_run_is_one_message(tmp_path):
    done = run(tmp_path / "nowhere.toml")
    assert done.exit_code == 2
    assert "nowhere.toml" in done.output


def test_the_help_teaches():
    text = CliRunner().invoke(main, ["audit", "--help"]).output
    for word in ("dead", "fooled", "fight", "negligible", "porenet audit run.toml", "Exit codes"):
        assert word in text
