"""Structures from descriptors: what they reach, what is refused before the first step, what is said."""

import numpy as np
import pytest
import torch

import porenet
from porenet.errors import ConfigError, InputError
from porenet.interface import Grid, Volume
from porenet.reconstruction import (
    MISSED_AT,
    Overlap,
    Reconstructor,
    StructureReport,
    default_terms,
    overlap_of,
    reconstruct,
    start_logits,
)
from porenet.reconstruction import reconstructor as module
from porenet.reconstruction.structure_report import TermResult, verdict_of
from porenet.registry import Registry, registry
from porenet.synthetic import plurigaussian

THREE = ("Ni", "YSZ", "pore")


@pytest.fixture
def register(monkeypatch):
    """Registers a loss in a registry of this test's own, with porenet's plugins."""
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    for place in (porenet.registry, registry):
        monkeypatch.setattr(place, "installed", lambda: own)
    return porenet.register


def original(side=16, phases=THREE, fractions=(0.4, 0.3, 0.3), voxel_um=(0.1, 0.1, 0.1), seed=0, **more):
    sides = (side,) * 3 if isinstance(side, int) else side
    volume, _ = plurigaussian(
        sides, voxel_um=voxel_um, length_um=0.4, fractions=fractions, phases=phases, seed=seed, **more
    )
    return volume


def shares(volume):
    return np.bincount(volume.labels.ravel(), minlength=len(volume.grid.phases)) / volume.labels.size


def covariance(labels, phase):
    """Probability that both points lie in the phase, at all lags round the box."""
    spectrum = np.fft.fftn(labels == phase)
    return np.fft.ifftn(np.abs(spectrum) ** 2).real / labels.size


def test_the_spectral_start_has_fractions_and_two_point_statistics():
    volume = original(24, periodic=(True,) * 3)
    error = {}
    for kind in ("spectral", "noise"):
        labels = start_logits(volume, (24, 24, 24), kind=kind, reach_um=1.2, seed=3).argmax(axis=0)
        assert np.bincount(labels.ravel()) / labels.size == pytest.approx(shares(volume), abs=2e-3)
        error[kind] = np.mean([(covariance(labels, p) - covariance(volume.labels, p)) ** 2 for p in range(3)])
    assert error["spectral"] < 0.5 * error["noise"]


def test_the_start_of_another_shape_has_the_range_of_the_original():
    volume = original(24, periodic=(True,) * 3)
    labels = start_logits(volume, (40, 30, 20), kind="spectral", reach_um=1.0, seed=0).argmax(axis=0)
    here, there = (covariance(each, 0) - (each == 0).mean() ** 2 for each in (labels, volume.labels))
    assert here[1, 0, 0] > 0.5 * there[1, 0, 0]  # white noise has 0
    assert abs(here[9, 0, 0]) < 0.2 * here[1, 0, 0]


def test_the_start_depends_on_the_seed_alone():
    volume = original(8)
    first, again, other = (
        start_logits(volume, (8, 8, 8), kind="spectral", reach_um=0.4, seed=seed) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_absent_phase_stays_absent():
    labels = original(8, phases=("a", "b"), fractions=(0.5, 0.5)).labels
    volume = Volume(labels, Grid(("a", "b", "c"), (0.1, 0.1, 0.1)))
    result = reconstruct(volume, steps=3)
    assert set(np.unique(result.volumes[0].labels)) == {0, 1}
    assert "no voxel is c, and none will be" in result.notes
    assert any("triple line" in note for note in result.notes)


def test_overlap_finds_a_shifted_and_inverted_copy():
    volume = original(12)
    copy = np.roll(volume.labels[::-1, ::-1, ::-1], (3, -2, 5), axis=(0, 1, 2))
    assert overlap_of(volume.labels, copy, 3).agreement == 1
    assert overlap_of(volume.labels, copy, 3).is_copy
    assert overlap_of(volume.labels, volume.labels[2:9, 1:8, 3:11], 3).agreement == 1
    other = overlap_of(volume.labels, original(12, seed=5).labels, 3)
    assert other.chance == pytest.approx(float(shares(volume) @ shares(original(12, seed=5))))
    assert other.chance < other.agreement < 0.8
    assert not other.is_copy


def test_most_of_one_phase_is_no_copy():
    """Where nine in ten voxels are one phase, any two structures agree in 0.8 of them."""
    rng = np.random.default_rng(0)
    first, second = (rng.random((12, 12, 12)) < 0.05 for _ in range(2))
    assert overlap_of(first.astype(np.uint8), second.astype(np.uint8), 2).agreement > 0.8
    assert not overlap_of(first.astype(np.uint8), second.astype(np.uint8), 2).is_copy


def test_a_reconstruction_comes_closer_and_is_the_same_again():
    volume = original(12)
    started, result, again = (reconstruct(volume, steps=steps, seed=7) for steps in (1, 15, 15))
    assert result.reports[0].terms["s2"].value < 0.5 * started.reports[0].terms["s2"].value
    assert np.array_equal(result.volumes[0].labels, again.volumes[0].labels)
    assert result.reports[0].as_data() == again.reports[0].as_data()
    assert result.volumes[0].grid == volume.grid
    metrics = result.reports[0].metrics
    assert metrics["vf.Ni"]["reference"] == pytest.approx(shares(volume)[0])
    assert metrics["vf.Ni"]["result"] == pytest.approx(shares(result.volumes[0])[0])
    assert {"ssa.Ni", "tpb.total", "percolates.pore.z", "tortuosity.pore.tortuosity_factor"} <= set(metrics)


def test_seeds_follow_one_another_and_the_random_state_is_left_alone():
    volume = original(8)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    two = reconstruct(volume, steps=1, count=2, seed=4)
    assert torch.equal(before, torch.random.get_rng_state())
    assert [report.seed for report in two.reports] == [4, 5]
    second = reconstruct(volume, steps=1, seed=5)
    assert np.array_equal(two.volumes[1].labels, second.volumes[0].labels)


def test_another_shape_two_and_five_phases_and_flat_voxels():
    two = reconstruct(original(8, phases=("solid", "pore"), fractions=(0.6, 0.4)), shape=(6, 10, 8), steps=1)
    assert two.volumes[0].labels.shape == (6, 10, 8)
    assert two.notes[0].startswith("two-point statistics reach 0.3 um, half of the shortest edge, not 1.6 um")
    layer = reconstruct(original(8), shape=np.array([1, 8, 8]), steps=1)
    assert layer.volumes[0].labels.shape == (1, 8, 8)
    labels = np.random.default_rng(0).integers(0, 5, (8, 8, 8))
    five = reconstruct(Volume(labels, Grid(tuple("abcde"), (0.2, 0.1, 0.1))), steps=1)
    assert set(five.reports[0].terms) == {"vf", "s2", "ssa"}
    assert len(shares(five.volumes[0])) == 5


def test_a_coarse_start_holds_the_fractions_and_the_coarse_structure():
    volume = original(16)
    maker = Reconstructor(volume, steps=2, start="coarse")
    first, again = (maker.first_logits(3)[0].argmax(dim=0).numpy() for _ in range(2))
    assert np.array_equal(first, again)
    assert np.bincount(first.ravel()) / first.size == pytest.approx(shares(volume), abs=3e-3)
    coarse = maker._coarse_structure(3).labels
    assert (first[::2, ::2, ::2] == coarse).mean() > 0.75
    assert reconstruct(volume, steps=2, start="coarse", seed=3).volumes[0].labels.shape == (16, 16, 16)
    for odd in ({"volume": original(15)}, {"volume": volume, "shape": (16, 16, 2)}):
        with pytest.raises(InputError, match="a coarse start needs even sides of 4 voxels or more"):
            reconstruct(**odd, start="coarse")
    speck = Volume((np.arange(512) == 77).reshape(8, 8, 8).astype(int), Grid(("a", "b"), (1, 1, 1)))
    with pytest.raises(InputError, match="at half the resolution nothing is left of b"):
        Reconstructor(speck, start="coarse")


def test_terms_of_a_stranger(register):
    @register(unit="1", weight=3.0, tolerance=1e-3, deviations={"not_met_by_flat_probabilities": "a mean"})
    class FirstLayer(torch.nn.Module):
        """Squared distance of the first layer's share of a phase from a number."""

        def __init__(self, grid, *, share: float = 0.9):
            super().__init__()
            self.share = share

        def forward(self, probabilities, targets):
            return (probabilities[:, 0, 0].mean(dim=(1, 2)) - self.share) ** 2

    result = reconstruct(original(8), terms=[{"loss": "vf"}, {"loss": "first_layer", "weight": 1e4}], steps=40)
    assert (result.volumes[0].labels[0] == 0).mean() == pytest.approx(0.9, abs=0.04)
    assert result.reports[0].terms["first_layer"].verdict == "met"


def test_a_target_that_no_structure_gives_is_one_error(register):
    @register(unit="1", weight=1.0, needs=("wish",))
    class Wish(torch.nn.Module):
        """Needs what it cannot measure."""

        def __init__(self, grid):
            super().__init__()

        def forward(self, probabilities, targets):
            raise AssertionError("was called")

    with pytest.raises(InputError, match=r"term wish .*: the target 'wish' cannot be measured on structures"):
        Reconstructor(original(8), terms=[{"loss": "vf"}, {"loss": "wish"}])


def report_of(value, tolerance, blind=False):
    term = TermResult(value, tolerance, verdict_of(value, tolerance), None, blind)
    return StructureReport(0, {"a": term}, {}, Overlap(0.5, 0.4))


def test_a_missed_term_and_a_blind_one_fail():
    verdicts = {1e-4: "met", MISSED_AT * 1e-4: "near", 2.6e-3: "missed"}
    assert {value: report_of(value, 1e-4).terms["a"].verdict for value in verdicts} == verdicts
    assert [report_of(value, 1e-4).failed for value in verdicts] == [False, False, True]
    assert report_of(1e-9, 1e-4, blind=True).failed
    assert report_of(5.0, None).terms["a"].verdict == "no tolerance"
    assert not report_of(5.0, None).failed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volume": np.zeros((4, 4, 4))}, "a porenet.Volume was expected, not ndarray"),
        ({"volume": Volume(np.zeros((8, 8, 8), int), Grid(THREE, (1, 1, 1)))}, "holds Ni alone: there is nothing"),
        ({"shape": (8, 8)}, "three whole numbers of voxels were expected"),
        ({"shape": (8, 8, 0)}, "three whole numbers of voxels were expected"),
        ({"shape": (8, 8, 8.0)}, "three whole numbers of voxels were expected"),
        ({"volume": original((1, 8, 8)), "shape": (2, 8, 8)}, "one voxel thick along z"),
        ({"steps": 0}, "a number of steps, 1 or more"),
        ({"count": 0}, "a number of structures, 1 or more"),
        ({"seed": -1}, "a number of 0 to 4294967295 was expected, not -1"),
        ({"start": "white"}, "'spectral', 'noise' or 'coarse' was expected"),
        ({"device": "nowhere"}, "'nowhere' cannot be used"),
        ({"device": "meta"}, "'meta' cannot be used"),
        ({"shape": (4000, 4000, 4000)}, "take about .* GB, and .* GB are free"),
        ({"terms": [{"loss": "tpb", "params": {"phase_triple": ["Ni", "YSZ", "void"]}}]}, "no phase|must be"),
        ({"terms": [{"loss": "s2"}], "shape": (12, 12, 12)}, "their lags differ.*reach_um"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_the_first_step(monkeypatch, change, message):
    def step(*_):
        raise AssertionError("a step was made")

    monkeypatch.setattr(module, "descend", step)
    arguments = {"volume": original(8), "steps": 1} | change
    with pytest.raises((InputError, ConfigError), match=message):
        reconstruct(**arguments)


def test_two_phases_where_three_are_asked():
    with pytest.raises(ConfigError, match="three phases meet at a triple line, the grid has 2"):
        Reconstructor(original(8, phases=("a", "b"), fractions=(0.5, 0.5)), terms=[{"loss": "tpb"}])


def test_a_periodic_axis_keeps_its_length():
    volume = Volume(original(8).labels, Grid(THREE, (0.1, 0.1, 0.1), (True, False, False)))
    assert reconstruct(volume, shape=(8, 10, 8), steps=1).volumes[0].labels.shape == (8, 10, 8)
    with pytest.raises(InputError, match="10 voxels along a periodic axis of 8"):
        reconstruct(volume, shape=(10, 8, 8))


def test_the_default_terms_of_a_large_volume_reach_16_voxels():
    volume = Volume(np.indices((34, 34, 34)).sum(axis=0) % 3, Grid(THREE, (0.2, 0.1, 0.05)))
    terms, notes = default_terms(volume, (40, 40, 40), 200)
    assert terms[1]["params"]["reach_um"] == pytest.approx(0.85)  # half of 34 voxels of 0.05 um
    assert len(notes) == 1
    assert [term["loss"] for term in terms] == ["vf", "s2", "ssa", "tpb"]
    assert terms[3]["start"] == 100
