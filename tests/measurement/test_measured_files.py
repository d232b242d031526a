"""Rows are kept of files that are still the same; a row's hash is that of the bytes that it was measured on."""

import json
import os
import shutil

import numpy as np
import pytest

from porenet import formats
from porenet.config import GridFile
from porenet.interface import Grid
from porenet.measurement import Job, Request, measure_all, one_volume, read_table

pytest.importorskip("porenet_statistics")  # the metric vf

NAMES = ("a.npy", "b.npy")


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        np.save(tmp_path / name, np.zeros((2, 2, 2), np.uint8))
    return tmp_path


def measured(folder, *, names=NAMES, origins=None, rehash=False):
    """Measure into a table that is never complete, because one volume is missing: shares of phase x, and the report."""
    job = Job(
        volumes={name: folder / name for name in (*names, "missing.npy")},
        grid=GridFile(Grid(("x", "y"), (1.0, 1.0, 1.0)), {}, {}),
        requests=[Request("vf")],
        options={},
        origins=origins or {},
    )
    report = measure_all(job, folder / "rows.json", workers=1, rehash=rehash)
    rows = list(read_table(folder / "rows.json"))
    return {row["volume"]: row["value"] for row in rows if row["key"] == "x"}, report, rows


def count_readings(monkeypatch):
    """Names of the volumes that are read from now on."""
    read, names = one_volume.read_volume, []

    def counted(path, *others):
        names.append(path.name)
        return read(path, *others)

    monkeypatch.setattr(one_volume, "read_volume", counted)
    return names


def overwrite(place, *, same_time=True):
    """Other voxels in the file, of the same size; its time as before."""
    times = place.stat()
    with place.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(b"\x01" * 8)
    if same_time:
        os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("rehash", [False, True])
def test_a_change_that_keeps_size_and_time_is_measured_anew(folder, monkeypatch, rehash):
    measured(folder)
    overwrite(folder / "a.npy")
    readings = count_readings(monkeypatch)
    assert measured(folder, rehash=rehash)[0] == {"a.npy": 0.0, "b.npy": 1.0}
    assert readings == ["a.npy"]


def test_rehash_finds_what_the_system_does_not_tell(folder, monkeypatch):
    states_of = formats.states_of
    monkeypatch.setattr(  # a file system without inodes and times of them, such as that of a memory stick
        formats,
        "states_of",
        lambda path, **_: {file: (0, 0, *state[2:4], 0) for file, state in states_of(path).items()},
    )
    measured(folder)
    overwrite(folder / "a.npy")
    assert measured(folder)[0]["a.npy"] == 1.0, "no sign of a change"
    assert measured(folder, rehash=True)[0]["a.npy"] == 0.0
    readings = count_readings(monkeypatch)
    assert measured(folder, rehash=True)[0]["a.npy"] == 0.0
    assert readings == [], "what is the same is kept"


def test_a_copy_on_another_machine_goes_on(folder, monkeypatch):
    measured(folder)
    for name in NAMES:  # other inodes and times of them, as a copy has
        shutil.copy2(folder / name, folder / "copy")
        (folder / "copy").replace(folder / name)
    readings = count_readings(monkeypatch)
    assert measured(folder)[0] == {"a.npy": 1.0, "b.npy": 1.0}
    assert readings == []


def test_a_file_that_cannot_be_hashed_is_measured_anew(folder):
    measured(folder)
    (folder / "a.npy").unlink()
    _, report, _ = measured(folder, rehash=True)
    assert set(report.errors) == {"a.npy", "missing.npy"}


def test_the_data_file_of_a_header_is_looked_at(folder):
    pytest.importorskip("nrrd")
    (folder / "c.raw").write_bytes(bytes(8))
    (folder / "c.nhdr").write_text(
        "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: c.raw\n\n"
    )
    assert measured(folder, names=("c.nhdr",))[0] == {"c.nhdr": 1.0}
    (folder / "c.raw").write_bytes(b"\x01" * 8)
    assert measured(folder, names=("c.nhdr",))[0] == {"c.nhdr": 0.0}


def test_rows_of_another_origin_are_not_kept(folder):
    for corner in ([0, 0, 0], [0, 0, 8]):
        _, _, rows = measured(folder, origins={"a.npy": {"source": "electrode", "corner": corner}})
        assert {row["volume"]: row["origin"] for row in rows if row["origin"]} == {
            "a.npy": {"source": "electrode", "corner": corner}
        }


@pytest.mark.parametrize("swapped_back", [False, True])
def test_no_row_has_the_hash_of_a_file_that_was_not_measured(folder, monkeypatch, swapped_back):
    read, hashes = one_volume.read_volume, {name: formats.fingerprint(folder / name) for name in NAMES}

    def swapped(path, *others):
        if path.name != "a.npy":
            return read(path, *others)
        aside = path.with_name("aside")
        path.rename(aside)
        np.save(path, np.ones((2, 2, 2), np.uint8))
        volume = read(path, *others)
        if swapped_back:
            aside.replace(path)
        return volume

    with monkeypatch.context() as patch:
        patch.setattr(one_volume, "read_volume", swapped)
        values, report, rows = measured(folder)
    assert values == {"b.npy": 1.0}
    assert {row["volume"]: row["sha256"] for row in rows} == {"b.npy": hashes["b.npy"]}
    (complaint,) = report.errors["a.npy"]
    assert complaint.startswith(f"{folder / 'a.npy'}: a.npy changed while it was read. Measure it again")
    values, _, rows = measured(folder)
    assert values == {"a.npy": 1.0 if swapped_back else 0.0, "b.npy": 1.0}
    assert {row["sha256"] for row in rows if row["volume"] == "a.npy"} == {formats.fingerprint(folder / "a.npy")}


def test_a_damaged_record_is_noted_in_the_report(folder):
    measured(folder)
    path = folder / "rows.json.partial"
    path.write_bytes(path.read_bytes().replace(b'"value": 1.0', b'"value": 9.0', 1))
    values, report, _ = measured(folder)
    assert values == {"a.npy": 1.0, "b.npy": 1.0}
    assert report.notes == [
        f"{path}: 1 record is damaged and not used; a volume without another record is measured anew"
    ]
    assert json.loads(path.read_bytes().splitlines()[0])["journal"] == 2
