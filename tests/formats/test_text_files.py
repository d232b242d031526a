"""Texts of users: whatever is wrong with one ends in one message and exit code 2, and nothing waits for ever."""

import os

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.errors import InputError
from porenet.formats import read_json, read_text

GRID = '[grid]\nphases = ["a", "b"]\nvoxel_um = [0.1, 0.1, 0.1]\n'
ROW = '[\n{"volume": "a", "metric": "vf", "key": "Ni", "value": %s, "unit": "1"}\n]\n'
DIGITS = "9" * 400
BAD_TOML = {
    "deep": "x = " + "[" * 3000 + "]" * 3000,
    "digits": GRID + "[grid.values]\na = " + "9" * 5000 + "\n",
    "edge": GRID.replace("[0.1,", f"[{DIGITS},"),
    "value": GRID + f"[grid.values]\na = {DIGITS}\nb = 1\n",
    "bytes": "\udcff = 1",
}
WHOLE = '[{"volume": "a", "metric": "vf", "key": "Ni", "value": 1.0, "unit": "1"%s}]'
BAD_TABLES = {
    "deep": "[" * 100_000 + "]" * 100_000,
    "big": ROW % DIGITS,
    "digits": ROW % ("9" * 5000),
    "nan": ROW % "NaN",
    "no metric": (WHOLE % "").replace('"vf"', "null"),
    "no volume": (WHOLE % "").replace('"a"', "null"),
    "flat": WHOLE % ', "shape": [0, 1, 1], "origin": {"source": "x", "corner": [0, 0, 0]}',
    "half a voxel": WHOLE % ', "shape": [0.5, 1, 1]',
    "unshaped": WHOLE % ', "origin": {"source": "x", "corner": [0, 0, 0]}',
    "endless": WHOLE % ', "shape": [1, 1, 1], "origin": {"source": "x", "corner": [Infinity, 0, 0]}',
    "line": "[\n" + "[" * 100_000 + "]" * 100_000 + "\n]\n",
}


def refused(*words):
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 2, done.output
    assert "fault of porenet" not in done.output
    return done.stderr


@pytest.mark.parametrize("name", BAD_TOML)
def test_a_bad_toml_is_one_message(tmp_path, name):
    path = tmp_path / "run.toml"
    path.write_bytes(BAD_TOML[name].encode(errors="surrogateescape"))
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2), np.uint8))
    assert "run.toml" in refused("validate", path)
    assert "run.toml" in refused("measure", tmp_path / "cube.npy", "--grid", path, "-m", "vf")


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_bad_table_is_one_message(tmp_path, name):
    pytest.importorskip("porenet_similarity")  # the scores of compare
    path = tmp_path / "rows.json"
    path.write_text(BAD_TABLES[name])
    assert "is not a porenet table" in refused("compare", path, path)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "9" * 5000, "\udcff"])
def test_bad_json_is_refused_in_words(tmp_path, text):
    path = tmp_path / "data.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=r"data\.json: (is not JSON|cannot be read: it is not UTF-8)"):
        read_json(path, fix="Write JSON.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    pytest.importorskip("porenet_similarity")  # the scores of compare
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2), np.uint8))
    for words in (
        ("validate", pipe), ("audit", pipe), ("compare", pipe, pipe),
        ("measure", tmp_path / "cube.npy", "--grid", pipe),
        ("page", tmp_path / "cube.npy", "--phases", "a=0,b=1", "--voxel-um", "1", "--comparison", pipe,
         "-o", tmp_path / "page.html"),
    ):  # fmt: skip
        assert "is a pipe or a device" in refused(*words)
    for device in ("/dev/zero", "/dev/full"):
        with pytest.raises(InputError, match="is a pipe or a device, which is not read"):
            read_text(type(tmp_path)(device))


def test_a_text_is_read_with_or_without_a_mark(tmp_path):
    for mark in (b"", b"\xef\xbb\xbf"):
        (tmp_path / "text").write_bytes(mark + "µ".encode())
        assert read_text(tmp_path / "text") == "µ"
