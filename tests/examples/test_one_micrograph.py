"""The example of one micrograph: what it sees, that it trains, survives a kill, and is compared with the volume."""

import ast
import json

import numpy as np
import pytest
import torch
from checkout import EXAMPLES

from examples.one_micrograph import evaluate
from examples.one_micrograph.micrographs import SOURCES, load_sections, read_sections
from examples.one_micrograph.train import SliceCritics, main, prepared, slices
from examples.wgan_gp.settings import load
from porenet.generation import launched_fabric
from porenet.generation import read_log as read

FOLDER = EXAMPLES / "one_micrograph"
RUN = (FOLDER / "sofc.toml").read_text(encoding="utf-8")
SMALL = (
    ('path = "../data/sofc_superres_62.npz"', f"path = '{EXAMPLES / 'data' / 'sofc_superres_62.npz'}'"),
    ("size = 32\n", "size = 16\n"),
    ("crops = 16\n", "crops = 4\n"),
    ("latent = 32\ngenerator = [48, 24]\n", "latent = 3\ngenerator = [6, 4]\ncritic = [4, 6]\n"),
    ("n = 4\nsize = 62\n", "n = 2\nsize = 20\n"),
)


@pytest.fixture
def write_run(tmp_path):
    """Writes the run at a small size, with some of its text replaced; gives its path."""

    def write(*replacements):
        text = RUN
        for old, new in (*SMALL, *replacements):
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "run.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_it_is_at_most_200_lines_besides_imports_and_docstrings():
    count = 0
    for path in FOLDER.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        besides = set()
        for node in ast.walk(ast.parse(text)):
            documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
            for each in [node.body[0]] if documented else [node]:
                if documented or isinstance(each, ast.Import | ast.ImportFrom):
                    besides |= set(range(each.lineno, each.end_lineno + 1))
        count += sum(bool(line.strip()) for number, line in enumerate(text.splitlines(), 1) if number not in besides)
    assert 100 < count <= 200


def trainer_of(path, overrides=None):
    settings = load(path, {"train": {"device": "cpu"}, **(overrides or {})}, SOURCES)
    return prepared(settings, launched_fabric("cpu"), load_sections(settings))


def test_critics_see_every_slice_across_each_axis_and_no_other(write_run):
    fields = torch.arange(2 * 3 * 16**3, dtype=torch.float32).view(2, 3, 16, 16, 16)
    z, y, x = slices(fields)
    assert torch.equal(z[16 + 5], fields[1, :, 5])
    assert torch.equal(y[5], fields[0, :, :, 5])
    assert torch.equal(x[16 + 5], fields[1, :, :, :, 5])
    critics = SliceCritics(load(write_run(), None, SOURCES))
    field = torch.rand(2, 3, 16, 16, 16)
    nothing = torch.zeros(2, 0)
    expected = sum(
        critic(family, torch.zeros(32, 0)).view(2, 16).mean(dim=1)
        for critic, family in zip(critics.each, slices(field), strict=True)
    )
    torch.testing.assert_close(critics(field, nothing), expected)


def test_real_crops_are_parts_of_the_section_turned_and_a_function_of_seed_and_number(write_run):
    batches = trainer_of(write_run()).batches
    (section,), (volume,) = read_sections(load(write_run(), None, SOURCES))
    assert np.array_equal(section, volume.labels[31])
    batch, again = batches.draw(3), batches.draw(3)
    assert torch.equal(batch.real, again.real)
    assert torch.equal(batch.noises, again.noises)
    assert not torch.equal(batch.real, batches.draw(4).real)
    windows = np.lib.stride_tricks.sliding_window_view(section.numpy(), (16, 16)).reshape(-1, 16, 16)
    for crop in batch.real.argmax(dim=1).numpy():
        ways = [turned for flat in (crop, crop.T) for turned in (flat, flat[::-1], flat[:, ::-1], flat[::-1, ::-1])]
        assert any((windows == way).all(axis=(1, 2)).any() for way in ways)


def test_without_losses_the_critics_alone_lead_the_generator(write_run):
    alone = trainer_of(write_run(), {"data": {"named_losses": False}})
    values, _, _ = alone.step(200)
    assert float(values["objective"]) == 0
    assert not [name for name in values if name.startswith("terms.")]
    values, _, _ = trainer_of(write_run()).step(200)
    assert {name for name in values if name.startswith("terms.")} >= {"terms.vf", "terms.ssa_faces", "terms.tpb"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("voxel_um = [0.1, 0.1, 0.1]", "voxel_um = [0.2, 0.1, 0.1]", "edge of a pixel"),
        ("condition = []", 'condition = ["vf"]', "conditioned on nothing"),
        ("size = 16\n", "size = 64\n", "smaller than crops of 64"),
        ('normal = "z"', "layer = 62", "layers 0 to 61 across z"),
        ('source = "sections"', 'source = "volumes"', "must be 'sections', not 'volumes'"),
    ],
)
def test_runs_that_are_refused(write_run, capsys, tmp_path, old, new, complaint):
    assert main([str(write_run((old, new))), "--out", str(tmp_path / "out")]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_says_how_to_go_on(capsys):
    for run in (main, evaluate.main):
        with pytest.raises(SystemExit) as ended:
            run(["--help"])
        assert ended.value.code == 0
        assert "examples.one_micrograph.evaluate runs/named runs/slicegan" in capsys.readouterr().out


@pytest.mark.slow
def test_a_run_goes_on_after_a_kill_and_is_compared_with_micrograph_and_volume(write_run, tmp_path, capsys):
    run = str(write_run())
    whole, parted, alone = (str(tmp_path / name) for name in ("whole", "parted", "alone"))
    assert main([run, "--out", whole, "--steps", "2", "--device", "cpu"]) == 0
    assert main([run, "--out", parted, "--steps", "1", "--device", "cpu"]) == 0
    assert main([run, "--out", parted, "--steps", "2", "--device", "cpu", "--resume"]) == 0
    assert main([run, "--out", alone, "--steps", "2", "--device", "cpu", "--without-losses"]) == 0
    states = [torch.load(f"{folder}/checkpoint.pt", weights_only=True)["generator"] for folder in (whole, parted)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert read(tmp_path / "alone")[-1]["terms"] == {}
    assert main([run, "--out", parted, "--steps", "2", "--device", "cpu", "--resume", "--layer", "3"]) == 2
    capsys.readouterr()
    assert evaluate.main([whole, alone, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert [first["folder"], second["folder"]] == ["whole", "alone"]
    labels = load_labels()
    row = first["quantities"]["vf phase0"]
    assert row["volume"] == pytest.approx((labels == 0).mean())
    assert row["micrograph"] == pytest.approx((labels[31] == 0).mean())
    assert row["low"] < row["micrograph"] < row["high"]
    assert len(row["generated"]) == 2
    assert first["quantities"]["joined phase0"]["low"] is None
    assert evaluate.main([whole, alone]) == 0
    assert "not seen" in capsys.readouterr().out
    other = str(tmp_path / "other")
    assert main([run, "--out", other, "--steps", "1", "--device", "cpu", "--layer", "3"]) == 0
    assert evaluate.main([whole, other]) == 2
    assert "different micrographs" in capsys.readouterr().err


@pytest.mark.slow
def test_a_png_of_ones_own_is_the_micrograph(write_run, tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    image.fromarray(load_labels()[31]).save(tmp_path / "own.png")
    path = write_run((f"path = '{EXAMPLES / 'data' / 'sofc_superres_62.npz'}'", 'path = "own.png"'))
    assert main([str(path), "--out", str(tmp_path / "out"), "--steps", "1", "--device", "cpu"]) == 0
    capsys.readouterr()
    assert evaluate.main([str(tmp_path / "out"), "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert main([str(path), "--out", str(tmp_path / "other"), "--layer", "3"]) == 2
    assert "has no layers" in capsys.readouterr().err
    assert {row["volume"] for row in report["quantities"].values()} == {None}


def load_labels():
    return np.load(EXAMPLES / "data" / "sofc_superres_62.npz")["im"]
