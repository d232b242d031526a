"""A run of the trainer that takes seconds, and the trainer in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

from porenet.comparison import compare

TRAIN = ("-m", "examples.wgan_gp.train")

TINY = (Path(__file__).parent / "tiny.toml").read_text(encoding="utf-8")
"""A run of 6 steps; tests replace parts of it."""


@pytest.fixture(scope="module", autouse=True)
def few_permutations():
    """What is tested here is not the statistics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(compare.__kwdefaults__, "n_permutations", 99)
        yield


@pytest.fixture
def write_run(tmp_path):
    """Writes the tiny run with some of its text replaced; gives its path."""

    def write(*replacements: tuple[str, str], name: str = "run.toml") -> Path:
        text = TINY
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


class Started:
    """A process in the root of the repository, and what it wrote to stderr."""

    def __init__(self, words: list[str], log: Path, environment: dict[str, str]) -> None:
        self.log = log
        with log.open("w") as file:
            self.process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=file)

    def ended(self) -> tuple[int, str]:
        """Its exit code and its words."""
        return self.process.wait(300), self.log.read_text()


@pytest.fixture
def start(tmp_path):
    """Starts the trainer as a user does, or a script that imports it: in a process of its own, one thread."""
    begun: list[Started] = []

    def begin(*arguments: object, command: tuple[str, ...] = (), script: Path | None = None) -> Started:
        program = TRAIN if script is None else (str(script),)
        words = [sys.executable, *command, *program, *map(str, arguments)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        if script is not None:  # its own folder is where Python looks first
            environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        begun.append(Started(words, tmp_path / f"stderr_{len(begun)}.txt", environment))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
