"""Decisions about generators that are right, or wrong in one known way, with the metrics that a user measures."""

import pytest

from porenet.comparison import compare
from porenet.measurement import Source, measure, write_table
from porenet.synthetic import plurigaussian

METRICS = ["vf", "ssa", "dpb", "tpb", "connectivity", "percolates"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """``table(name, count, length_um, seed)``: a table of structures of 32^3 voxels of 0.1 um."""
    folder = tmp_path_factory.mktemp("ensembles")

    def write(name, count, length_um, seed):
        rows = []
        for index in range(count):
            volume, _ = plurigaussian(
                (32, 32, 32), voxel_um=(0.1,) * 3, length_um=length_um, seed=seed + index, fractions=(0.36, 0.34, 0.3)
            )
            rows += measure(volume, METRICS, source=Source(f"{name}_{index:02d}"))
        write_table(folder / f"{name}.json", rows)
        return folder / f"{name}.json"

    return write


@pytest.mark.slow
def test_one_ensemble_never_differs_from_itself(table):
    result = compare(table("real", 24, 0.5, 0), {"run": table("run", 22, 0.5, 5000)}, scores=())
    verdict = result.decisions["run"]
    assert len(verdict.decisions) > 20
    assert not verdict.labelled("Fail")
    assert verdict.joint.p > 0.05
    assert not verdict.door_open


@pytest.mark.slow
def test_a_shorter_correlation_length_differs(table):
    verdict = compare(table("long", 50, 0.5, 0), {"run": table("short", 50, 0.35, 9000)}, scores=()).decisions["run"]
    assert verdict.labelled("Fail")
    assert verdict.joint.p <= 0.01
    finer = [
        entry for entry in verdict.decisions.values() if entry.quantity.name in ("ssa Ni", "ssa pore", "tpb total")
    ]
    assert [entry.why[:10] for entry in finer] == ["location +"] * 3
