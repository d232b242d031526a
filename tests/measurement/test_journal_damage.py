"""Journals that were damaged, or that others wrote: nothing wrong is taken over, nothing right is lost."""

import errno
import json
import os
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porenet.errors import InputError
from porenet.measurement import Journal, journal_lines, read_table
from porenet.measurement.journal_lines import line_of

REQUEST = {"metrics": ["vf"]}
STAMPS = {name: f"stamp of {name}" for name in "abc"}
HEADER = line_of({"journal": 2, "request": REQUEST})
VALUES = dict(zip("abc", (0.1, 0.2, 0.3), strict=True))


def row(volume, value=0.5):
    return {"volume": volume, "metric": "vf", "key": "Ni", "value": value, "undefined": None, "unit": "1"}


def record(volume="a", **others):
    fields = {
        "volume": volume,
        "stamp": STAMPS[volume],
        "inode": "",
        "sha256": None,
        "rows": [row(volume, VALUES[volume])],
        "errors": [],
    }
    return fields | others


def full_journal(table):
    """A journal of three volumes, and its lines."""
    with Journal(table, REQUEST, STAMPS) as journal:
        for name, value in VALUES.items():
            journal.add(name, [row(name, value)])
    return journal.path, journal.path.read_bytes().splitlines(keepends=True)


def completed(table):
    """Go on with a journal: what it had, its notes, and the values in the end."""
    with Journal(table, REQUEST, STAMPS) as journal:
        before, notes = set(journal.done), list(journal.notes)
        for name in set(VALUES) - before:
            journal.add(name, [row(name, VALUES[name])])
        assert journal.finish() == 3
    assert {line["volume"]: line["value"] for line in read_table(table)} == VALUES
    return before, notes


def test_a_line_with_a_flipped_bit_is_no_record():
    line = line_of(record())
    assert journal_lines.record_of(line) == record()
    for place in range(8 * len(line)):
        flipped = bytearray(line)
        flipped[place // 8] ^= 1 << place % 8
        assert journal_lines.record_of(bytes(flipped)) is None


@settings(max_examples=10)
@given(bit=st.integers(0, 10_000))
def test_no_flipped_bit_is_taken_over(tmp_path_factory, bit):
    table = tmp_path_factory.mktemp("flip") / "rows.json"
    path, lines = full_journal(table)
    data = bytearray(path.read_bytes())
    place = bit // 8 % (len(data) - len(lines[0])) + len(lines[0])
    data[place] ^= 1 << bit % 8
    path.write_bytes(data)
    before, notes = completed(table)
    assert len(before) >= 1
    assert len(before) == 3 or notes or data[-1:] != b"\n"


def test_a_flipped_digit_is_noted_and_measured_anew(tmp_path):
    path, lines = full_journal(tmp_path / "rows.json")
    path.write_bytes(b"".join([*lines[:2], lines[2].replace(b"0.2", b"0.3"), lines[3]]))
    before, notes = completed(tmp_path / "rows.json")
    assert before == {"a", "c"}, "what follows a damaged record is kept"
    assert notes == [f"{path}: 1 record is damaged and not used; a volume without another record is measured anew"]


SEALED = {  # a sum that is right over a record that porenet does not write
    "list": [1],
    "number": 3,
    "no rows": {name: value for name, value in record().items() if name != "rows"},
    "empty": {},
    "volume": record() | {"volume": ["a"]},
    "another volume": record(rows=[row("b")]),
    "stamp": record(stamp=7),
    "hash": record(sha256=[]),
    "rows": record(rows={"a": 1}),
    "text for rows": record(rows="abc"),
    "row": record(rows=[3]),
    "value": record(rows=[row("a", "0.5")]),
    "nan": record(rows=[row("a", float("nan"))]),
    "huge": record(rows=[row("a", 10**400)]),
    "errors": record(errors="failed"),
    "error": record(errors=[3]),
}
RAW = {
    "no JSON": b"garbage\n",
    "no text": b"\x00\xff\xfe\n",
    "nul": b"\x00" * 5000 + b"\n",
    "blank": b"\n",
    "list": b"[1, 2]\n",
    "deep": b"[" * 100_000 + b"]" * 100_000 + b"\n",
    "digits": b'{"volume": ' + b"9" * 5000 + b"}\n",
    "unsealed": json.dumps(record()).encode() + b"\n",
    "another sum": line_of(record())[:-4] + b'0"}\n',
    "carriage return": line_of(record())[:-1] + b"\r\n",
    "cut": line_of(record())[:-1],
    "cut garbage": b"\xff" * 10,
    "deep and sealed": journal_lines.line_of({"a": 1}).replace(b"1", b"2"),
}


def sealed(data):
    if isinstance(data, dict):
        return line_of(data)
    return json.dumps(data).encode() + b"\n"


@pytest.mark.parametrize("line", [*map(sealed, SEALED.values()), *RAW.values()], ids=[*SEALED, *RAW])
@pytest.mark.parametrize("after", [True, False])
def test_an_odd_line_is_passed_over(tmp_path, line, after):
    path, lines = full_journal(tmp_path / "rows.json")
    odd = [line] if line.endswith(b"\n") or not after else [line + b"\n"]
    path.write_bytes(b"".join([*lines[:3], *(odd + lines[3:] if after else [lines[3], *odd])]))
    before, notes = completed(tmp_path / "rows.json")
    if line == RAW["cut"] and after:
        assert notes == [], "with its line end it is whole"
        return
    assert before == {"a", "b", "c"}
    assert len(notes) == (1 if odd[0].endswith(b"\n") else 0)


def test_a_sum_over_what_nests_too_deep_is_no_record():
    text = b'{"a": ' + b"[" * 100_000 + b"]" * 100_000
    assert journal_lines.record_of(text + journal_lines._MARK + b'00000000"}\n') is None
    whole = text + journal_lines._MARK + f'{zlib.crc32(text):08x}"}}\n'.encode()
    assert journal_lines.record_of(whole) is None


def test_a_line_that_does_not_fit_into_memory_is_passed_over(tmp_path, monkeypatch):
    path, lines = full_journal(tmp_path / "rows.json")
    monkeypatch.setattr(journal_lines, "LONGEST", max(map(len, lines)))
    for end in (b"\n", b""):
        long = b"x" * 3 * journal_lines.LONGEST
        path.write_bytes(b"".join([*lines, long + end]))
        with Journal(tmp_path / "rows.json", REQUEST, STAMPS) as journal:
            assert journal.done == set("abc")
            assert len(journal.notes) == (1 if end else 0)


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b'{"request": {"metrics": ["vf"]}}\n', "earlier version of porenet.*remove it and start"),
        (line_of({"journal": 3, "request": REQUEST}), "is not a porenet journal"),
        (line_of({"journal": 2, "request": {"metrics": ["ssa"]}}), "other metrics, parameters or grid"),
        (HEADER.replace(b"vf", b"vg"), "is not a porenet journal, or its first line is damaged"),
        (b"\x00" * 100, "is not a porenet journal"),
        (b"[" * 100_000 + b"\n", "is not a porenet journal"),
        (b"x" * 100_000, "is not a porenet journal"),
    ],
)
def test_what_begins_otherwise_is_refused_and_left(tmp_path, first, words):
    path = tmp_path / "rows.json.partial"
    path.write_bytes(first + line_of(record()))
    before = path.read_bytes()
    with pytest.raises(InputError, match=words), Journal(tmp_path / "rows.json", REQUEST, STAMPS):
        pass
    assert path.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "rows.json.partial")
    with pytest.raises(InputError, match="is a pipe or a device"), Journal(tmp_path / "rows.json", REQUEST, STAMPS):
        pass


def test_a_journal_that_somebody_writes_to_is_named(tmp_path):
    with Journal(tmp_path / "rows.json", REQUEST, STAMPS) as journal:
        journal.add("a", [row("a")])
        journal.path.write_bytes(b"\n" * 1000)
        with pytest.raises(InputError, match=r"rows\.json\.partial: was changed while it was in use.*safe"):
            journal.finish()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_a_full_disk_leaves_whole_records(tmp_path, monkeypatch, code):
    table = tmp_path / "rows.json"
    whole = os.fsync

    def refuse(_):
        raise OSError(code, os.strerror(code))

    with Journal(table, REQUEST, STAMPS) as journal:
        journal.add("a", [row("a", VALUES["a"])])
        size = journal.path.stat().st_size
        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(InputError) as caught:
            journal.add("b", [row("b")])
        monkeypatch.setattr(os, "fsync", whole)
    for words in (f"{journal.path}: cannot be written: {os.strerror(code)}", "The values of 1 of 3 volumes are safe in",
                  "the same command continues"):  # fmt: skip
        assert words in str(caught.value)
    assert journal.path.stat().st_size == size
    assert completed(table) == ({"a"}, [])


def test_a_table_that_does_not_fit_leaves_the_journal(tmp_path, monkeypatch):
    table = tmp_path / "rows.csv"
    with Journal(table, REQUEST, STAMPS) as journal:
        for name in VALUES:
            journal.add(name, [row(name, VALUES[name])])

        def refuse(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            with pytest.raises(
                InputError, match=r"rows\.csv: cannot be written: No space .* 3 of 3 volumes are safe in"
            ):
                journal.finish()
    assert completed(table) == (set("abc"), [])
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_network_disk_without_locks_is_written(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert completed(tmp_path / "rows.json") == (set(), [])
