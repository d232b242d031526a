"""A large volume whose measuring was stopped goes on where it stopped, and its table is the same to the byte."""

import itertools
import os

import numpy as np
import pytest

from porenet import formats
from porenet.config import GridFile
from porenet.interface import Grid
from porenet.measurement import Job, kept_states, measure_all, requests_for, slab_plan
from porenet.measurement.kept_states import KeptStates, StatePlace
from porenet.slabs import second_reading

pytest.importorskip("porenet_statistics")

PHASES = {"Ni": 2, "YSZ": 5, "pore": 0}
METRICS = ("vf", "ssa", "tpb", "connectivity", "chord_length", "s2")
READ_AGAIN = ("dpb_active", "s2", "tortuosity_bounds")


class Stop(KeyboardInterrupt):
    """The end of a process."""


@pytest.fixture
def job(request, tmp_path, monkeypatch):
    """A volume that counts as large, and is read in slabs of 3 layers; states are kept at once."""
    monkeypatch.setattr(slab_plan, "WHOLE_BYTES", 10**9)
    monkeypatch.setattr(slab_plan, "USUAL_LAYERS", 3)
    monkeypatch.setattr(kept_states, "PERIOD_S", 0.0)
    monkeypatch.setattr(kept_states, "MOST_SHARE", np.inf)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    values = np.random.default_rng(0).choice([2, 5, 0], size=(13, 9, 11)).astype(np.uint8)
    np.save(tmp_path / "a.npy", values)
    grid = GridFile(Grid(tuple(PHASES), (0.1, 0.2, 0.1), (True, False, False)), values=PHASES, reservoirs={})
    names = getattr(request, "param", METRICS)
    params = {"tortuosity_bounds": {"slabs": 3, "columns": 1}} if "tortuosity_bounds" in names else {}
    return Job({"sub/a.npy": tmp_path / "a.npy"}, grid, requests_for(names, params, grid), {}, {})


@pytest.fixture
def reading(monkeypatch):
    """Count the readings of slabs and rows, and stop before that of a number."""
    calls = {"count": 0, "most": 10**9}

    def limited(name):
        whole = getattr(formats.LabelSlabs, name)

        def read(self, *args):
            if calls["count"] >= calls["most"]:
                raise Stop
            calls["count"] += 1
            return whole(self, *args)

        monkeypatch.setattr(formats.LabelSlabs, name, read)

    limited("read")
    limited("read_y")

    def until(most, step):
        calls.update(count=0, most=most)
        try:
            step()
        finally:
            calls["most"] = 10**9
        return calls["count"]

    return until


@pytest.mark.parametrize(
    ("most_lines", "job"),
    [(-1.0, METRICS), (9.0, METRICS), (9.0, READ_AGAIN)],
    ids=["two readings for lines", "one", "marks and parts"],
    indirect=["job"],
)
def test_rows_are_the_same_wherever_it_was_stopped(job, tmp_path, reading, monkeypatch, most_lines):
    monkeypatch.setattr(second_reading, "MOST_LINES", most_lines)
    whole = reading(10**9, lambda: measure_all(job, tmp_path / "whole.json", workers=1))
    table, reports = tmp_path / "stopped.json", []
    for most in range(3, whole, 5):
        with pytest.raises(Stop):
            reading(most, lambda: measure_all(job, table, workers=1))
        assert len(list((tmp_path / "stopped.json.partial.d" / "sub%2Fa.npy").glob("state-*.npz"))) == 1
        again = reading(10**9, lambda: reports.append(measure_all(job, table, workers=1)))
        assert again <= whole - most + 4  # a slab or part anew, one layer for the plan, one that a slab shares
        assert table.read_bytes() == (tmp_path / "whole.json").read_bytes()
        assert "where an earlier process stopped" in " ".join(reports[-1].notes)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "stopped.json", "whole.json"]


@pytest.mark.parametrize("thickness", [2, 13])
def test_slabs_may_be_of_other_layers_afterwards(job, tmp_path, reading, monkeypatch, thickness):
    monkeypatch.setattr(second_reading, "MOST_LINES", -1.0)  # two readings, which are cut in the same places
    measure_all(job, tmp_path / "whole.json", workers=1)
    with pytest.raises(Stop):
        reading(4, lambda: measure_all(job, tmp_path / "stopped.json", workers=1))
    monkeypatch.setattr(slab_plan, "USUAL_LAYERS", thickness)
    measure_all(job, tmp_path / "stopped.json", workers=1)
    assert (tmp_path / "stopped.json").read_bytes() == (tmp_path / "whole.json").read_bytes()


@pytest.mark.parametrize("what", ["damaged", "cut", "another", "file"])
def test_a_state_that_cannot_be_used_is_said_and_the_volume_begins_anew(job, tmp_path, reading, what, monkeypatch):
    table = tmp_path / "rows.json"
    with pytest.raises(Stop):
        reading(4, lambda: measure_all(job, table, workers=1))
    (state,) = tmp_path.glob("rows.json.partial.d/*/state-*.npz")
    content = bytearray(state.read_bytes())
    if what == "damaged":
        content[len(content) // 2] ^= 1
    elif what == "cut":
        del content[-30:]
    elif what == "another":
        monkeypatch.setattr("porenet.measurement.many_volumes.versions_of", lambda _: {"porenet": "99"})
    else:
        np.save(tmp_path / "a.npy", np.random.default_rng(1).choice([2, 5, 0], size=(13, 9, 11)).astype(np.uint8))
    state.write_bytes(content)
    report = measure_all(job, table, workers=1)
    reason = "damaged" if what in ("damaged", "cut") else "of another state of the volume, or of other versions"
    assert f"{state.parent}: what an earlier process kept is {reason}, and not used" in report.notes
    measure_all(job, tmp_path / "whole.json", workers=1)
    assert table.read_bytes() == (tmp_path / "whole.json").read_bytes()


def test_a_state_that_cannot_be_written_is_a_note_and_costs_no_value(job, tmp_path):
    (tmp_path / "rows.json.partial.d").write_text("in the way")
    report = measure_all(job, tmp_path / "rows.json", workers=1)
    assert not report.errors
    assert [note for note in report.notes if note.startswith("no state could be kept for a later process: ")]


def test_values_that_are_only_printed_leave_no_states(job, tmp_path, monkeypatch):
    monkeypatch.setattr(KeptStates, "keep", lambda *_: pytest.fail("a state was written"))
    measure_all(job, tmp_path / "rows.json", workers=1, keep_states=False)


def test_volumes_have_folders_of_their_own_whatever_their_names(tmp_path):
    names = ["a", "A", "a/b", "a%2Fb", "..", ".", "", ".a", "%2E.", "ä" * 100, "ä" * 101, "\udcff", "a\nb", "c:d"]
    places = [StatePlace.beside(tmp_path / "t.json", name, []).folder for name in names]
    for place in places:
        assert place.parent == tmp_path / "t.json.partial.d"
        assert not place.name.startswith(".")
        place.mkdir(parents=True)
    assert all(one != other for one, other in itertools.combinations(places, 2))


def test_what_a_process_was_killed_in_writing_is_removed_by_the_next(tmp_path):
    place = StatePlace.beside(tmp_path / "rows.json", "a.npy", [])
    states = KeptStates(place, "state")
    assert states.keep((3,), {"counts": np.arange(3)})
    (place.folder / ".state-6.npz.1.draft").write_text("half of it")
    (place.folder / ".rows-6.npz.1.draft").write_text("of another kind")
    assert [layers for layers, _ in states.read(lambda arrays: arrays)] == [(3,)]
    assert sorted(path.name for path in place.folder.iterdir()) == [".rows-6.npz.1.draft", "state-3.npz"]
