"""Files are there whole or not at all; what the system refuses is one message with what helps."""

import errno
import os
import re
from pathlib import Path

import pytest

import porenet
from porenet.errors import InputError
from porenet.formats import draft_of, write_whole
from porenet.formats.drafts import remove_abandoned

REFUSALS = {
    errno.ENOSPC: "No space left on device. Free some space",
    errno.EDQUOT: "quota exceeded. Free some space",
    errno.EFBIG: "File too large. Raise the limit",
    errno.EROFS: "Read-only file system. Choose a place where you may write",
    errno.EACCES: "Permission denied. Choose a place where you may write",
    errno.EIO: "Input/output error. The disk is failing",
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_of_the_system_says_what_helps(tmp_path, monkeypatch, code):
    def refuse(_):
        raise OSError(code, os.strerror(code))

    place = tmp_path / "file"
    place.write_text("old")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError, match=f"file: cannot be written: .*{REFUSALS[code]}"):
        write_whole(place, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert place.read_text() == "old"


def test_a_draft_that_cannot_be_removed_hides_nothing(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(InputError, match="cannot be written: Disk"), draft_of(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "Disk full")
    with pytest.raises(KeyError), draft_of(tmp_path / "file"):
        raise KeyError


@pytest.mark.parametrize("name", ["x" * 255, "孔" * 85])
def test_a_name_as_long_as_the_system_allows_is_written(tmp_path, name):
    write_whole(tmp_path / name, b"text")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(
        InputError, match=r"none.file: cannot be written: No such file .* Make the folder above it first"
    ):
        write_whole(tmp_path / "none" / "file", b"")


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives cannot be asked here")
def test_drafts_that_a_killed_process_left_are_removed(tmp_path, monkeypatch):
    """Not those of living processes, of other places and of other machines, which may share the folder."""
    place, gone = tmp_path / "big.zarr", 10**9 - 1  # more than any system counts to
    with draft_of(tmp_path / "big.zarr") as living, draft_of(tmp_path / "big.zarr.zarr") as other:
        monkeypatch.setattr(os, "getpid", lambda: gone)
        with draft_of(place) as left:
            for draft in (living, other, left):
                draft.mkdir()
                (draft / "chunk").write_text("voxels")
            (tmp_path / ".big.zarr.other.999999999.draft").touch()
            remove_abandoned(place)
            assert sorted(tmp_path.glob(".*.draft")) == sorted(
                [living, other, tmp_path / ".big.zarr.other.999999999.draft"]
            )
            left.mkdir()


def test_porenet_writes_files_by_drafts_only():
    writing = re.compile(r"\.write_text\(|\.write_bytes\(|savefig\(|\bopen\([^)]*[\"'][wax]")
    root = Path(porenet.__file__).parent
    exempt = (
        "draft",
        "archive.open",
        "self.log.open",
        'self.file = path.open("a"',
    )  # the last two: what a process prints or logs while it runs
    doors = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in root.rglob("*.py")
        if not {"testing", "registry"} & set(path.parts)  # the registry writes a cache, and does without
        for line in path.read_text(encoding="utf-8").splitlines()
        if writing.search(line) and not any(part in line for part in exempt)
    ]
    assert doors == []
