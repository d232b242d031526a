"""Standard streams that are full or closed: one message, exit code 2, before hours of work."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.commands import standard_streams
from porenet.commands.console import echo

FULL = Path("/dev/full")
full = pytest.mark.skipif(not FULL.exists(), reason="the system has no device that is always full")


def ends(*words):
    with pytest.raises(SystemExit) as caught:
        main(words)
    return caught.value.code


@full
@pytest.mark.parametrize("words", [("list-plugins",), ("list-plugins", "--json"), ("show", "vf"), ("--help",),
                                   ("init", "--help"), ("--version",)])  # fmt: skip
@pytest.mark.parametrize("buffered", [True, False])
def test_a_full_output_is_one_message(monkeypatch, capsys, words, buffered):
    pytest.importorskip("porenet_statistics")  # vf
    raw = FULL.open("wb", buffering=0)
    stream = io.TextIOWrapper(io.BufferedWriter(raw) if buffered else raw, encoding="utf-8", write_through=not buffered)
    monkeypatch.setattr(sys, "stdout", stream)
    code, messages = ends(*words), capsys.readouterr().err
    assert code == 2
    assert "No space left on device" in messages
    assert "standard output" in messages
    assert messages.count("\n") == 1
    stream.close()  # as Python does at its end: what is left in it is not written to the full device


@full
def test_a_full_output_and_no_way_to_say_so(monkeypatch):
    raw = FULL.open("wb", buffering=0)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    assert ends("list-plugins") == 2
    raw.close()


@full
def test_a_problem_is_told_though_its_document_cannot_be_printed(monkeypatch, capsys):
    raw = FULL.open("wb", buffering=0)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    for words in (("validate", "none.toml", "--json"), ("validate", "--json"), ("measure", "--json", "--no")):
        assert ends(*words) == 2
        assert "Error: " in capsys.readouterr().err
    raw.close()


def test_a_closed_output_is_refused_before_the_work(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "stdout", None)
    assert ends("init", str(tmp_path / "run.toml")) == 2
    assert capsys.readouterr().err == "Error: standard output: is closed. Send it to a file, or to /dev/null.\n"
    assert list(tmp_path.iterdir()) == []


def test_an_output_without_unicode_gets_it_written_out(monkeypatch):
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding="latin-1"))
    standard_streams.prepare()
    echo("3 µm → 4")
    assert output.getvalue() == b"3 \xb5m \\u2192 4\n"


@pytest.mark.parametrize("words", [("list-plugins", "--json"), ("--help",), ("init", "--help")])
def test_a_reader_that_goes_away_is_left_to_click(monkeypatch, capsys, words):
    read, write = os.pipe()
    os.close(read)
    monkeypatch.setattr(sys, "stdout", os.fdopen(write, "w"))
    stream = sys.stdout
    assert ends(*words) == 1
    assert capsys.readouterr().err == ""
    with contextlib.suppress(BrokenPipeError):
        stream.close()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize(
    ("redirection", "code"), [("<&-", 0), ("2>&-", 0), ("<&- 2>&-", 0), (">&-", 2), ("<&- >&- 2>&-", 2)]
)
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path, redirection, code):
    script = tmp_path / "probe.py"
    script.write_text(
        "import os, sys\nfrom porenet.cli import main\nimport porenet.commands.runs as runs\n"
        "def probe(path):\n"
        "    with open(path, 'w') as file:\n        file.write(str(file.fileno()))\n"
        "import porenet.commands.scaffold as scaffold\nscaffold.write_run = probe\nmain(['init', sys.argv[1]])\n"
    )
    command = f'"{sys.executable}" "{script}" "{tmp_path / "number"}" {redirection}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    if code == 0:
        assert int((tmp_path / "number").read_text()) > 2


def test_a_runner_of_tests_is_left_alone():
    assert CliRunner().invoke(main, ["--version"]).exit_code == 0
