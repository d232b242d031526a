"""Structures from sections: what is measured on them, what is assumed and said, and what is refused."""

import json
import math
import statistics

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import porenet
from porenet import formats
from porenet.cli import main
from porenet.errors import InputError
from porenet.interface import Grid, Volume, section
from porenet.reconstruction import SectionReconstructor
from porenet.reconstruction.radial_start import covariance_by_distance, radial_logits
from porenet.reconstruction.section_references import references_of_sections
from porenet.synthetic import plurigaussian

PHASES = ("Ni", "YSZ", "pore")
EDGES = (0.1, 0.1, 0.1)


@pytest.fixture(scope="module")
def original():
    return plurigaussian((24, 24, 24), voxel_um=EDGES, length_um=0.4, fractions=(0.4, 0.3, 0.3), phases=PHASES, seed=2)[
        0
    ]


def test_a_section_gives_a_volume_of_its_own_descriptors(original):
    layer = Volume(original.labels[10:11], original.grid)
    results = [porenet.reconstruct(layer, from_plane="z", shape=(10, 10, 10), steps=2) for _ in range(2)]
    (volume,), (report,) = results[0].volumes, results[0].reports
    assert volume.labels.shape == (10, 10, 10)
    assert (volume.labels == results[1].volumes[0].labels).all()
    shares = np.bincount(layer.labels.ravel()) / layer.labels.size
    assert report.metrics["vf.Ni"]["reference"] == pytest.approx(shares[0])
    assert report.metrics["tortuosity.Ni.tortuosity_factor"]["reference"] is None  # a section does not show it
    assert report.overlap is None
    assert results[0].notes[0] == "from 1 section(s), taken as same in z, y and x"
    assert "standard errors: Ni" in results[0].notes[-1]
    assert report.terms["vf"].tolerance > 1e-4


def test_sections_have_references_of_surfaces_and_lines_with_their_errors(original):
    layers = [section(original, "z", layer).labels[0] for layer in (4, 12, 20)]
    settings = {"steps": 1, "terms": [{"loss": "vf", "weight": 1}], "shape": (6, 6, 6)}
    maker = SectionReconstructor(original, [("z", 4), ("z", 12), ("z", 20)], **settings)
    metrics = maker.structure(0).report.metrics
    assert metrics["percolates.pore.z"]["reference"] is metrics["percolates.pore.z"]["uncertainty"] is None
    images = [Volume(labels, Grid(PHASES, EDGES[:2])) for labels in layers]
    for key, factor, read in (
        ("vf.pore", 1, lambda image: porenet.metrics.vf(image)["pore"]),
        ("ssa.pore", 4 / math.pi, lambda image: porenet.metrics.ssa(image)["pore"]),
        ("tpb.total", 3, lambda image: porenet.metrics.tpb(image)["total"]),
    ):
        values = [factor * read(image) for image in images]
        expected = (pytest.approx(statistics.mean(values)), pytest.approx(statistics.stdev(values) / math.sqrt(3)))
        assert references_of_sections(layers, images[0].grid, coarse=True)[key] == expected
        fine = key.startswith("ssa.")  # features too fine for the factor of Crofton's formula
        assert (metrics[key]["reference"], metrics[key]["uncertainty"]) == ((None, None) if fine else expected)
    # Counts of edges over all layers of the three families are those of the volume.
    every = SectionReconstructor(original, "zyx", **settings).sections
    lines = references_of_sections(every, images[0].grid, coarse=False)["tpb.total"]
    assert lines.value == pytest.approx(porenet.metrics.tpb(original)["total"], rel=1e-12)


def test_one_section_has_the_error_of_its_tiles_and_a_tiny_one_none(original):
    grid = Grid(PHASES, EDGES[:2])
    (fraction, error), tiny = (
        references_of_sections([original.labels[5, :side, :side]], grid, coarse=True)["vf.pore"] for side in (24, 5)
    )
    tiles = original.labels[5].reshape(3, 8, 3, 8).swapaxes(1, 2).reshape(9, 64) == 2
    assert (fraction, error) == pytest.approx((tiles.mean(), tiles.mean(axis=1).std(ddof=1) / 3))
    assert tiny.error is None


def test_a_micrograph_is_a_section_as_a_layer_is(original):
    settings = {"steps": 1, "terms": [{"loss": "vf", "weight": 1}, {"loss": "tpb", "params": {"estimator": "edges"}}]}
    image = Volume(original.labels[10], Grid(PHASES, EDGES[:2]))
    flat, layer = SectionReconstructor(image, "z", **settings), SectionReconstructor(original, [("z", 10)], **settings)
    torch.testing.assert_close(dict(flat.targets), dict(layer.targets))
    assert (flat.shape, flat.objective.grid) == (layer.shape, layer.objective.grid)
    with pytest.raises(InputError, match="sections across x are lines"):
        SectionReconstructor(image, "x", **settings)


def test_micrographs_of_several_sizes_are_measured_together(original):
    settings = {"steps": 1, "terms": [{"loss": "vf", "weight": 1}]}
    grid = Grid(PHASES, EDGES[:2])
    images = [Volume(original.labels[3], grid), Volume(original.labels[12, :16, :12], grid)]
    maker = SectionReconstructor(images, "z", **settings)
    shares = [np.bincount(image.labels.ravel(), minlength=3) / image.labels.size for image in images]
    np.testing.assert_allclose(maker.targets["vf"][0].numpy(), np.mean(shares, axis=0), rtol=1e-6)
    assert maker.shape == (12, 12, 12)
    assert maker.settings()["sections"] == ["0: z=0", "1: z=0"]
    assert maker.settings()["original"] != SectionReconstructor(images[:1], "z", **settings).settings()["original"]
    with pytest.raises(InputError, match=r"one porenet\.Volume was expected, not 2.*from_plane"):
        porenet.reconstruct(images)
    for other, complaint in (
        (Volume(images[0].array, Grid(PHASES, 0.2, dims=2)), r"section 1: .* the first has Ni, YSZ, pore at \(0\.1"),
        (Volume(images[0].array, Grid(PHASES[::-1], 0.1, dims=2)), r"section 1: pore, YSZ, Ni at"),
        (images[0].array, "a porenet.Volume was expected, not ndarray"),
    ):
        with pytest.raises(InputError, match=complaint):
            SectionReconstructor([images[0], other], "z", **settings)


def test_a_layer_that_is_the_same_as_another_counts_once(original):
    labels = original.labels[:3].copy()
    labels[2] = labels[0]
    settings = {"steps": 1, "shape": (8, 8, 8), "terms": [{"loss": "vf", "weight": 1}]}
    maker = SectionReconstructor(Volume(labels, original.grid), "z", **settings)
    assert maker.notes[:2] == [
        "from 2 section(s), taken as same in z, y and x",
        "the section z=2 is the same as z=0 and is left out",
    ]
    assert maker.settings()["sections"] == ["z=0", "z=1"]
    assert any("layers that are 1 voxel apart show much the same" in note for note in maker.notes)
    far = SectionReconstructor(original, [("z", 0), ("z", 20), ("x", 1)], **settings)
    assert not any("apart" in note for note in far.notes)


def test_orthogonal_sections_are_measured_together(original):
    planes = [("z", 3), ("y", 7), ("x", 20)]
    maker = SectionReconstructor(original, planes, steps=1, terms=[{"loss": "vf", "weight": 1}])
    layers = [original.labels[3], original.labels[:, 7], original.labels[:, :, 20]]
    shares = np.mean([np.bincount(layer.ravel(), minlength=3) / layer.size for layer in layers], axis=0)
    np.testing.assert_allclose(maker.targets["vf"][0].numpy(), shares, rtol=1e-6)
    assert maker.settings()["sections"] == ["z=3", "y=7", "x=20"]
    assert maker.shape == (24, 24, 24)


def test_fine_features_are_counted():
    labels = np.random.default_rng(0).integers(0, 3, (1, 16, 16))
    maker = SectionReconstructor(Volume(labels, Grid(PHASES, EDGES)), [("z", None)], steps=1)
    assert {term.label: term.params.get("estimator") for term in maker.objective.terms if term.label != "vf"} == {
        "s2": None,
        "ssa": "faces",
        "tpb": "edges",
    }
    assert any("below 5" in note for note in maker.notes)


def test_the_start_has_the_fractions_and_the_covariance_of_the_sections(original):
    layers = [original.labels[number] for number in range(0, 24, 3)]
    field = radial_logits(layers, 3, (24, 24, 24), kind="spectral", reach=10.0, seed=0)
    labels = field.argmax(axis=0)
    shares = np.bincount(np.concatenate(layers).ravel()) / (8 * 24 * 24)
    np.testing.assert_allclose(np.bincount(labels.ravel()) / labels.size, shares, atol=1e-3)
    _, wanted = covariance_by_distance(layers, 0, 10.0)
    _, reached = covariance_by_distance([*labels], 0, 10.0)
    assert wanted[0] == pytest.approx(shares[0] * (1 - shares[0]))
    assert np.abs(reached - wanted)[1:6].max() < 0.35 * wanted[0]  # of white noise 0.6


@pytest.mark.parametrize(
    ("grid", "planes", "settings", "message"),
    [
        (EDGES, [("w", None)], {}, "'z', 'y' or 'x' was expected"),
        (EDGES, [("z", 99)], {}, "layers 0 to 23 across z, not 99"),
        (EDGES, [("z", 1), ("z", None)], {}, "each once"),
        (EDGES, [], {}, "one or more sections"),
        (EDGES, 3, {}, "pairs of an axis and a layer"),
        (EDGES, [("z", "1")], {}, "pairs of an axis and a layer"),
        (EDGES, [("z", 1)], {"start": "coarse"}, "no coarse start"),
        (EDGES, [("z", 1)], {"shape": (16, 16, 1)}, "above 1"),
        ((0.1, 0.1, 0.2), [("z", 1)], {}, "edges of .* differ"),
        (EDGES, [("z", 1)], {"terms": ["tpb_active"]}, "a section does not show it"),
        (EDGES, [("z", 1)], {"terms": ["s2"]}, "a section does not show it by 'ball"),
        (EDGES, [("z", 1)], {"terms": [{"loss": "vf", "planes": "zyx"}]}, "vf has planes.*Leave planes out"),
    ],
)
def test_what_sections_cannot_give_is_refused(original, grid, planes, settings, message):
    volume = Volume(original.labels, Grid(PHASES, grid))
    with pytest.raises(InputError, match=message):
        SectionReconstructor(volume, planes, **settings)


def test_the_command_takes_sections_and_names_them(original, tmp_path):
    path, smaller, folder = tmp_path / "real.tif", tmp_path / "smaller.tif", tmp_path / "made"
    for file, labels in ((path, original.labels), (smaller, original.labels[:, :16])):
        formats.write(Volume(labels, original.grid), file, values={"Ni": 2, "YSZ": 1, "pore": 0})
    options = ["--phases", "Ni=2,YSZ=1,pore=0", "--voxel-um", "0.1", "--steps", "2", "--shape", "12,12,12", "--json"]
    chosen = ["--from-plane", "z=4", "--from-plane", "x=5"]
    both = ["reconstruct", str(path), str(smaller), "-o", str(folder), *options]
    refused = CliRunner().invoke(main, both)
    assert (refused.exit_code, "add --from-plane z" in refused.output) == (2, True)
    done = CliRunner().invoke(main, [*both, *chosen])
    assert done.exit_code in (0, 1), done.output
    answer = json.loads(done.stdout)
    assert answer["settings"]["sections"] == ["0: z=4", "0: x=5", "1: z=4", "1: x=5"]
    assert answer["structures"]["structure_0000.tif"]["overlap"] is None
    assert set(json.loads((folder / "targets.json").read_text())["uncertainty"]) >= {"vf", "ssa"}
    for wrong in ("w", "z=", "z=-1", "z=a"):
        done = CliRunner().invoke(main, ["reconstruct", str(path), "-o", str(folder), "--from-plane", wrong])
        assert (done.exit_code, "such as z=40" in done.output) == (2, True)


def test_a_line_is_no_section(original):
    with pytest.raises(InputError, match="sections across y are lines"):
        SectionReconstructor(Volume(original.labels[:1], original.grid), "y")


def test_one_layer_is_no_volume_unless_it_is_said_to_be_a_section(original):
    layer = Volume(original.labels[:1], original.grid)
    with pytest.raises(InputError, match="pass from_plane='z'"):
        porenet.reconstruct(layer, shape=(8, 8, 8))
