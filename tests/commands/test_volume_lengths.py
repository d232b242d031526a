"""Lengths on the command line: with or without a unit, and a note where the box is of an unusual size."""

import click
import pytest

from porenet.commands.volume_options import _edges
from porenet.formats.box_size import _log_once, note_unusual_size


@pytest.mark.parametrize(
    ("written", "edges"),
    [
        ("0.1", (0.1, 0.1, 0.1)),
        ("100nm", (0.1, 0.1, 0.1)),
        (" 0.1 um ", (0.1, 0.1, 0.1)),
        ("1e-4mm", (0.1, 0.1, 0.1)),
        ("0.1\u00b5m,200nm,0.3um", (0.1, 0.2, 0.3)),
        ("1,2,.5", (1, 2, 0.5)),
        ("100nm,0.2um", (0.1, 0.2)),
    ],
)
def test_lengths(written, edges):
    assert _edges(written) == pytest.approx(edges, rel=1e-12)


@pytest.mark.parametrize(
    "written", ["", "x", "1,2,3,4", "100,100,200nm", "1 furlong", "1nmm", "nm", "1,,2", "nan", "0x1"]
)
def test_lengths_that_are_none(written):
    with pytest.raises(
        click.UsageError, match="takes one length in um, or three as z,y,x, two as y,x of sections, or each"
    ):
        _edges(written)


@pytest.mark.parametrize(
    ("shape", "voxel_um", "words"),
    [
        ((100, 100, 100), (40, 40, 40), "the box is 4000 um long along z (100 voxels of 40 um)"),
        ((100, 100, 100), (0.04, 0.04, 40), "the box is 4000 um long along x (100 voxels of 40 um)"),
        ((100, 100, 100), (4e-5, 4e-5, 4e-5), "the box is 0.004 um long along z (100 voxels of 4e-05 um)"),
        ((100, 100, 100), (0.04, 0.04, 0.04), None),
        ((1000, 1000, 1000), (1, 1, 1), None),
        ((1, 100, 100), (0.01, 0.01, 0.01), None),
    ],
)
def test_a_box_of_an_unusual_size_is_noted_once(caplog, shape, voxel_um, words):
    _log_once.cache_clear()
    for _ in range(3):
        note_unusual_size(shape, voxel_um)
    assert [record.getMessage() for record in caplog.records] == (
        [f"{words}: is the unit of the voxel edges right?"] if words else []
    )
