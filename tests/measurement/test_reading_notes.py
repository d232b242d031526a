"""What formats warn of is a note of the volume, once, whoever reads it; in other threads it is logged as ever."""

import logging
import threading

import numpy as np
import pytest

from porenet import formats
from porenet.config import GridFile
from porenet.interface import Grid, Volume
from porenet.measurement import Request, Source, measure_source, slab_plan
from porenet.measurement.reading_notes import reading_notes

GRID = GridFile(Grid(("Ni", "pore"), (0.1, 0.1, 0.1)), {"Ni": 255, "pore": 1}, {})  # 255: of chunks that are missing


@pytest.mark.parametrize("whole_bytes", [6, 10**9], ids=["in memory", "by slabs"])
def test_chunks_that_were_left_out_are_a_note_of_the_volume(tmp_path, monkeypatch, caplog, whole_bytes):
    pytest.importorskip("porenet_statistics")
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", whole_bytes)
    labels = np.ones((80, 9, 9), np.uint8)
    formats.write(Volume(labels, GRID.grid), tmp_path / "v.zarr", values={"Ni": 0, "pore": 1})
    chunks = sorted(path for path in (tmp_path / "v.zarr").rglob("*") if path.is_file() and path.suffix != ".json")
    chunks[-1].unlink()
    outcome = measure_source(Source("v"), tmp_path / "v.zarr", GRID, [Request("vf")], {"override": True}, 10**9)
    assert not outcome.errors
    assert f"{tmp_path / 'v.zarr'}: 1 of its " in outcome.notes[0]
    assert "chunks were never written; they are read as the fill value" in outcome.notes[0]
    assert sum("never written" in note for note in outcome.notes) == 1
    assert not caplog.messages


def test_only_warnings_of_this_thread_are_collected(caplog):
    log = logging.getLogger("porenet.formats")
    with caplog.at_level(logging.INFO, "porenet"), reading_notes() as notes:
        log.warning("here")
        log.warning("here")
        log.info("by the way")
        other = threading.Thread(target=log.warning, args=("there",))
        other.start()
        other.join()
    log.warning("later")
    assert notes == ["here"]
    assert caplog.messages == ["by the way", "there", "later"]
