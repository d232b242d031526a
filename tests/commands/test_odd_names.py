"""Names of files that no text file can hold, or that a table might misread: written out, read back, never a crash."""

import csv
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.measurement import read_table, write_table

pytest.importorskip("porenet_statistics")  # the metric vf

NAMES = [
    b"vol\xff.npy", b"\xc3.npy", b"line\nend.npy", b"return\r.npy", b"comma,.npy", b'quote".npy', b"'.npy", b"=1+1.npy",
    b"+1.npy", b"-1.npy", b"@x.npy", b"\t.npy", b" .npy", b"[1].npy", b"\\udcff.npy", "µ孔.npy".encode(),
    b"\x1b[31m.npy", b"x" * 251 + b".npy",
]  # fmt: skip
READ_BACK = {name.decode(errors="surrogateescape").encode(errors="backslashreplace").decode() for name in NAMES}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    if sys.platform in ("darwin", "win32"):
        pytest.skip("the system takes only names that are text")
    monkeypatch.chdir(tmp_path)
    Path("odd").mkdir()
    np.save("cube.npy", np.zeros((2, 2, 2), np.uint8))
    for name in NAMES:
        Path("odd", os.fsdecode(name)).write_bytes(Path("cube.npy").read_bytes())
    return tmp_path


def run(*words):
    done = CliRunner().invoke(main, [*map(str, words)])
    assert "fault of porenet" not in done.output
    return done


GRID = ("--phases", "a=0,b=1", "--voxel-um", "1")


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_a_table_gives_the_names_back(folder, suffix):
    table = Path(f"rows{suffix}")
    done = run("measure", "odd", *GRID, "-m", "vf", "--workers", 1, "-o", table)
    assert done.exit_code == 0, done.output
    assert {row["volume"] for row in read_table(table)} == READ_BACK
    if suffix == ".csv":
        with table.open(encoding="utf-8", newline="") as file:
            assert {row["volume"] for row in csv.DictReader(file)} == READ_BACK


def test_what_is_printed_and_resumed(folder):
    Path("odd", "junk\udcff.npy").write_bytes(b"junk")
    words = ("measure", "odd", *GRID, "-m", "vf", "--workers", 1)
    for options in ((), ("--json",)):
        done = run(*words, *options)
        assert done.exit_code == 1
        assert r"vol\udcff.npy" in done.stdout.replace("\\\\", "\\")
        done.stdout.encode()
    assert {row["volume"] for row in json.loads(done.stdout)["rows"]} == READ_BACK
    for _ in range(2):
        assert run(*words, "-o", "rows.csv").exit_code == 1
        assert len(Path("rows.csv.partial").read_bytes().splitlines()) >= len(NAMES) + 2
    records = [json.loads(line) for line in Path("rows.csv.partial").read_bytes().splitlines()[1:]]
    volumes = [record["volume"] for record in records]
    assert len(volumes) == len(NAMES) + 2, "only what failed was tried again"
    assert set(volumes) == READ_BACK | {r"junk\udcff.npy"}


def test_two_volumes_keep_their_names_apart(folder):
    assert run("measure", "odd", *GRID, "-m", "vf", "--workers", 1, "-o", "rows.json").exit_code == 0
    Path("odd", "\\udcff.npy").rename("odd/vol\\udcff.npy")  # what the other's name is written as
    assert run("measure", "odd", *GRID, "-m", "vf", "--workers", 1, "-o", "rows.json").exit_code == 0
    assert len({row["volume"] for row in read_table(Path("rows.json"))}) == len(NAMES)


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_python_may_write_any_name(tmp_path, suffix):
    table = tmp_path / f"rows{suffix}"
    row = {"volume": "vol\udcff", "metric": "vf", "key": "a", "value": 1.0, "unit": "1"}
    write_table(table, [row | {"undefined": "\udcff"}])
    assert read_table(table)[0]["volume"] in ("vol\udcff", r"vol\udcff")
    table.read_bytes().decode()


def test_reports_and_pages_hold_text(folder):
    pytest.importorskip("porenet_similarity")  # the scores of compare
    for name in ("real\udcff.json", "run\udcff.json"):
        assert run("measure", "odd", *GRID, "-m", "vf", "--workers", 1, "-o", name).exit_code == 0
    for output in ("report\udcff.md", "report.csv", "report.json"):
        done = run("compare", "real\udcff.json", "run\udcff.json", "--n-boot", 100, "-o", output)
        assert done.exit_code == 0, done.output
        assert r"run\udcff" in Path(output).read_text(encoding="utf-8").replace("\\\\", "\\")
    Path("vol\udcff").mkdir()
    (Path("vol\udcff") / "cube\udcff.npy").write_bytes(Path("cube.npy").read_bytes())
    for place in ("vol\udcff", "vol\udcff/cube\udcff.npy"):
        assert run("page", place, *GRID, "-o", "page.html", "--title", "title\udcff").exit_code == 0
        assert r"vol\\udcff" in Path("page.html").read_text(encoding="utf-8") or place != "vol\udcff"


def test_a_phase_is_text(folder):
    done = run("measure", "cube.npy", "--phases", "a\udcff=0,b=1", "--voxel-um", "1", "-m", "vf")
    assert done.exit_code == 2
    assert r"a phase name is text, and 'a\udcff' has bytes that are not" in done.stderr
    assert run("synthesize", "made", "--phases", "a\udcff,b", "--shape", "4,4,4").exit_code == 2
