"""Rows of formats that are read in layers only: those of the volume, from a scratch file that is never left behind."""

import contextlib
import os
from collections import namedtuple

import numpy as np
import pytest

from porenet import formats
from porenet.config import GridFile
from porenet.errors import InputError
from porenet.interface import Grid, Volume
from porenet.measurement import Request, Source, measure_source, scratch_rows, slab_plan
from porenet.measurement.scratch_rows import ScratchRows

SHAPE = (11, 6, 9)


def volume(phases):
    labels = np.random.default_rng(phases).integers(phases, size=SHAPE, dtype=np.uint8)
    return Volume(labels, Grid(tuple(f"P{number}" for number in range(phases)), (0.1, 0.1, 0.1)))


def opened(path, structure):
    formats.write(structure, path, values={name: label for label, name in enumerate(structure.grid.phases)})
    return formats.open_slabs(path)


@pytest.fixture
def scratch():
    with contextlib.ExitStack() as stack:
        yield lambda *args: stack.enter_context(contextlib.closing(ScratchRows(*args)))


@pytest.mark.parametrize(("phases", "row_bytes"), [(2, 3), (4, 3), (5, 5), (16, 5), (17, 9), (200, 9)])
def test_rows_are_those_of_the_layers_that_were_read(tmp_path, scratch, phases, row_bytes):
    structure = volume(phases)
    source = scratch(opened(tmp_path / "a.tif", structure), tmp_path)
    assert source.size == SHAPE[0] * SHAPE[1] * row_bytes
    for z0 in range(0, 11, 4):
        out = np.empty((min(4, 11 - z0), 6, 9), np.uint8)
        np.testing.assert_array_equal(source.read(z0, min(z0 + 4, 11), out), structure.labels[z0 : z0 + 4])
    for y0, y1 in ((0, 6), (2, 3), (3, 6), (0, 1)):
        np.testing.assert_array_equal(source.read_y(y0, y1), structure.labels[:, y0:y1])
    assert os.listdir(tmp_path) == ["a.tif"]


def test_layers_that_an_earlier_process_read_are_read_again(tmp_path, scratch, monkeypatch):
    structure = volume(3)
    source = scratch(opened(tmp_path / "a.tif", structure), tmp_path)
    source.read(2, 4)
    source.read(7, 9)
    whole, layers = formats.LabelSlabs.read, []

    def counted(self, z0, z1, *out):
        layers.extend(range(z0, z1))
        return whole(self, z0, z1, *out)

    monkeypatch.setattr(formats.LabelSlabs, "read", counted)
    np.testing.assert_array_equal(source.read_y(1, 4), structure.labels[:, 1:4])
    assert layers == [0, 1, 4, 5, 6, 9, 10]
    source.read_y(0, 1)
    assert len(layers) == 7


def test_without_room_for_it_only_what_reads_rows_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("porenet_statistics")
    structure = volume(3)
    opened(tmp_path / "a.tif", structure)
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**9)
    grid = GridFile(structure.grid, {"P0": 0, "P1": 1, "P2": 2}, {})
    requests = [Request("vf", explicit=True), Request("s2", explicit=True)]
    measured = measure_source(Source("a"), tmp_path / "a.tif", grid, requests, {}, 10**9)
    assert {row["metric"] for row in measured.rows} == {"vf", "s2"}
    assert "then in blocks of 6 rows from a scratch file of 198 bytes" in measured.notes[0]
    free = namedtuple("Usage", "free")(197)
    monkeypatch.setattr(scratch_rows.shutil, "disk_usage", lambda _: free)
    measured = measure_source(Source("a"), tmp_path / "a.tif", grid, requests, {}, 10**9)
    assert {row["metric"] for row in measured.rows} == {"vf"}
    assert "s2: " in measured.errors[0]
    assert "needs a scratch file of 198 bytes, and 197 bytes are free" in measured.errors[0]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    layers = opened(tmp_path / "a.tif", volume(3))
    with pytest.raises(InputError, match=r"nowhere: cannot be written: No such file"):
        ScratchRows(layers, tmp_path / "nowhere")
