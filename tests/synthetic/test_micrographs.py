import pytest

import porenet
from porenet.errors import InputError
from porenet.synthetic import packed_spheres, plurigaussian

READINGS = {"vf": {}, "ssa": {}, "dpb": {}, "tpb": {"estimator": "coarea"}}
"""Estimators that read a mean structure rightly, but for wedges (dpb by Crofton's formula, about 4 % low)."""


def test_micrographs_have_their_closed_forms():
    pytest.importorskip("porenet_statistics")
    sums: dict[tuple[str, str], float] = {}
    for seed in range(2):
        section, truth = plurigaussian(
            (400, 360), voxel_um=(0.05, 0.06), length_um=0.25, seed=seed, fractions=(0.4, 0.3, 0.3)
        )
        assert section.shape == (400, 360)
        assert section.grid.dims == 2
        for metric, params in READINGS.items():
            measured = getattr(porenet.metrics, metric)(section, **params)
            for key, value in truth.values[metric].items():
                sums[metric, key] = sums.get((metric, key), 0) + measured[key] / value / 2
    assert all(ratio == pytest.approx(1, abs=0.1) for ratio in sums.values()), sums


def test_a_section_of_spheres_is_refused():
    with pytest.raises(InputError, match="Spheres are packed in volumes, and this is a section"):
        packed_spheres((32, 32), voxel_um=(0.1, 0.1), radius_um=0.5, fractions=(0.1, 0.1), seed=0)
