"""A disk that is full or fails: one message, exit code 2, nothing half there, and the same command goes on."""

import errno
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.measurement import read_table

pytest.importorskip("porenet_statistics")  # the metric vf
pytest.importorskip("porenet_similarity")  # the scores of compare

ENDS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cubes").mkdir()
    for number in range(3):
        labels = np.random.default_rng(number).integers(0, 3, (6, 6, 6), dtype=np.uint8)
        np.save(Path("cubes") / f"cube_{number}.npy", labels)
    Path("grid.toml").write_text('[grid]\nphases = ["Ni", "YSZ", "pore"]\nvoxel_um = [0.1, 0.1, 0.1]\n')
    done = run(*MEASURE, "-o", "table.json")
    assert done.exit_code == 0, done.output
    return tmp_path


MEASURE = ("measure", "cubes", "--grid", "grid.toml", "-m", "vf", "--workers", "1")
COMMANDS = {  # words -> the file that is written in the end
    ("init", "run.toml"): "run.toml",
    ("new-plugin", "porenet-corners"): "porenet-corners/pyproject.toml",
    (*MEASURE, "-o", "rows.json"): "rows.json",
    (*MEASURE, "-o", "rows.csv"): "rows.csv",
    ("compare", "table.json", "table.json", "--n-boot", "100", "-o", "report.md"): "report.md",
    ("compare", "table.json", "table.json", "--n-boot", "100", "--plot", "plot.png"): "plot.png",
    ("synthesize", "made", "--count", "2", "--shape", "8,8,8"): "made/structure_0002.npz",
    ("synthesize", "made", "--count", "2", "--shape", "8,8,8", "--suffix", "bmp"): "made/structure_0002",
    ("page", "cubes/cube_0.npy", "--grid", "grid.toml", "-o", "page.html"): "page.html",
}


def run(*words):
    return CliRunner().invoke(main, words)


def fill(patch, code, writes):
    """Let the system refuse, with that error, whatever is synced or renamed after some that it accepts."""
    left = writes

    def refusing(accept):
        def step(*arguments, **options):
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(code, os.strerror(code))
            return accept(*arguments, **options)

        return step

    for name in ("fsync", "replace", "rename"):
        patch.setattr(os, name, refusing(getattr(os, name)))


def lying():
    return {str(path) for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [pytest.param(words, id=" ".join(words), marks=[pytest.mark.slow] * ("--plot" in words)) for words in COMMANDS],
)
def test_a_command_that_cannot_write_says_so_and_goes_on(folder, monkeypatch, words):
    if "--plot" in words:
        pytest.importorskip("matplotlib")
    if "bmp" in words:
        pytest.importorskip("PIL.Image")
    before, refused = lying(), 0
    for writes in range(30):
        with monkeypatch.context() as patch:
            fill(patch, ENDS[writes % len(ENDS)], writes)
            done = run(*words)
        if done.exit_code == 0:
            break
        refused += 1
        assert done.exit_code == 2, done.output
        assert "cannot be written: " in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stdout == ""
        assert not [path for path in lying() if path.endswith(".draft")]
        if words[0] in ("measure", "synthesize"):
            assert writes == 0 or "the same command continues" in done.stderr
        else:
            assert lying() == before
    assert refused > 0
    assert Path(COMMANDS[words]).exists()
    if words[0] == "measure":
        assert len(list(read_table(Path(words[-1])))) == 9
        assert not Path(f"{words[-1]}.partial").exists()


def test_a_real_limit_ends_in_the_same_way(folder):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2500, hard))
    try:
        done = run(*MEASURE, "-o", "rows.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.exit_code == 2, done.output
    assert "rows.json.partial: cannot be written: File too large. Raise the limit" in done.stderr
    assert "The values of 1 of 3 volumes are safe in rows.json.partial; the same command continues." in done.stderr
    assert Path("rows.json.partial").read_bytes().endswith(b"}\n")
    assert run(*MEASURE, "-o", "rows.json").exit_code == 0


def test_values_that_are_only_printed_need_a_temporary_folder(folder, monkeypatch):
    with monkeypatch.context() as patch:
        fill(patch, errno.ENOSPC, 1)
        done = run(*MEASURE)
    assert done.exit_code == 2
    assert "cannot be written: No space left on device. Name a table with -o" in done.stderr
    assert "safe" not in done.stderr, "they went with the folder"

    def none(*_, **__):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "mkdtemp", none)
    done = run(*MEASURE)
    assert done.exit_code == 2
    assert "no temporary file can be written: No usable temporary directory found. Name a table with -o" in done.stderr


def test_what_no_command_expects_of_the_system_is_one_message(folder, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EIO, os.strerror(errno.EIO), "some file")

    monkeypatch.setattr("porenet.measurement.measure_all", refuse)
    done = run(*MEASURE)
    assert done.exit_code == 2
    assert done.stderr == "Error: some file: cannot be read or written: Input/output error\n"
    assert isinstance(run("--debug", *MEASURE).exception, OSError)
