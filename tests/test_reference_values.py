"""Real volumes, measured through the front door, against values that others computed.

The numbers of ``reference.json`` come from scipy labelling, numpy counting and a finite-volume solver, not from
porenet. They and the volumes lie beside some checkouts only; the volume in ``examples/data`` is tested everywhere by
the tests of each metric.
"""

import pytest
from real_volumes import NAMES

import porenet


@pytest.fixture(scope="module", params=NAMES)
def volume_and_reference(request, real_volume):
    real = real_volume(request.param)
    edge = real.reference["voxel_um"] or 1.0
    return porenet.Volume(real.labels, porenet.Grid(real.reference["phases"], (edge,) * 3)), real.reference


def test_volume_fractions(volume_and_reference):
    volume, reference = volume_and_reference
    found = list(porenet.create_metric("vf")(volume).values())
    assert found == pytest.approx(reference["volume_fraction"], abs=5e-7)


def test_connectivity_and_percolation_along_every_axis(volume_and_reference):
    volume, reference = volume_and_reference
    percolates = porenet.create_metric("percolates")(volume)
    for column, axis in enumerate("zyx"):
        connectivity = porenet.create_metric("connectivity", axis=axis)(volume)
        for row, phase in enumerate(volume.grid.phases):
            assert connectivity[phase] == pytest.approx(reference["spanning_fraction_zyx"][row][column], abs=5e-5)
            assert percolates[f"{phase}.{axis}"] == float(reference["percolates_zyx"][row][column] == "Y")


def test_unlike_faces(volume_and_reference):
    volume, reference = volume_and_reference
    density = porenet.create_metric("dpb", estimator="faces")(volume)
    edge = volume.grid.voxel_um[0]
    for pair, count in reference["unlike_faces"].items():
        first, second = (volume.grid.phases[int(label)] for label in pair.split("-"))
        faces = density[f"{first}-{second}"] * volume.labels.size * edge
        assert faces == pytest.approx(count, rel=1e-12)


def test_triple_phase_edges(volume_and_reference):
    volume, reference = volume_and_reference
    if len(volume.grid.phases) != 3:
        pytest.skip("two phases have no triple line")
    density = porenet.create_metric("tpb", estimator="edges")(volume)["total"]
    edges = density * volume.labels.size * volume.grid.voxel_um[0] ** 2
    assert edges == pytest.approx(sum(reference["tpb_edges_per_axis"]), rel=1e-12)


@pytest.mark.slow
def test_tortuosity_factors(volume_and_reference):
    volume, reference = volume_and_reference
    if not reference.get("transport"):
        pytest.skip("no transport values are given for it")
    for key, expected in reference["transport"].items():
        label, number = map(int, key.removeprefix("phase").split("_axis"))
        phase = volume.grid.phases[label]
        found = porenet.create_metric("tortuosity", axis="zyx"[number])(volume)
        assert found[f"{phase}.tortuosity_factor"] == pytest.approx(expected["tortuosity_factor"], rel=5e-3)
        assert found[f"{phase}.relative_diffusivity"] == pytest.approx(expected["rel_diffusivity"], rel=5e-3)
