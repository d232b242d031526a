"""Where compiled kernels are kept: beside their modules, in the user's cache, or, if need be, in a temporary folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import os
{setup}
import porenet
print(os.environ.get("NUMBA_CACHE_DIR", "as numba has it"))
"""
READ_ONLY = "os.access = lambda place, mode: False"  # rights themselves do not hold for root


def kept_in(setup="", **environ):
    environ = {
        name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    } | {name: str(value) for name, value in environ.items()}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(setup=setup)], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr


def test_where_a_folder_can_be_written_numba_decides(tmp_path):
    assert kept_in() == ("as numba has it", "")
    assert kept_in(READ_ONLY, HOME=tmp_path) == ("as numba has it", "")
    assert kept_in(READ_ONLY, HOME=os.devnull, XDG_CACHE_HOME=tmp_path / "cache") == ("as numba has it", "")
    assert kept_in(READ_ONLY, HOME=os.devnull, NUMBA_CACHE_DIR=tmp_path) == (str(tmp_path), "")


@pytest.mark.skipif(sys.platform == "win32", reason="HOME means nothing there")
def test_where_none_can_be_written_a_temporary_one_is_named(tmp_path):
    folder, words = kept_in(READ_ONLY, HOME=os.devnull, TMPDIR=tmp_path)
    assert Path(folder).parent == tmp_path
    assert words == f"no other folder can be written: compiled kernels are kept in {folder}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are others there")
def test_a_temporary_one_that_others_can_write_is_not_used(tmp_path):
    places = {"HOME": os.devnull, "TMPDIR": tmp_path}
    usual = Path(kept_in(READ_ONLY, **places)[0])
    assert usual.stat().st_mode & 0o77 == 0
    usual.chmod(0o777)
    folder = Path(kept_in(READ_ONLY, **places)[0])
    assert folder != usual
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o77 == 0


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no folder in memory here")
def test_without_a_temporary_folder_they_are_kept_in_memory_or_the_import_says_what_to_do():
    no_temporary = f"{READ_ONLY}\nimport tempfile\ndef none():\n    raise FileNotFoundError\ntempfile.gettempdir = none"
    folder, words = kept_in(no_temporary, HOME=os.devnull)
    assert Path(folder).parent == Path("/dev/shm")
    assert words == f"no other folder can be written: compiled kernels are kept in {folder}\n"
    os.rmdir(folder)
    refused = f"{no_temporary}\ndef refuse(*_, **__):\n    raise PermissionError\nos.makedirs = refuse"
    place, words = kept_in(refused, HOME=os.devnull)
    assert place == "as numba has it"
    assert "set NUMBA_CACHE_DIR" in words
