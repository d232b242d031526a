"""The trainer's modules are siblings, as its scripts see them; and a run that takes seconds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRAINER = ROOT / "examples" / "wgan_gp"
sys.path.insert(0, str(TRAINER))

TINY = (Path(__file__).parent / "tiny.toml").read_text(encoding="utf-8")
"""A run of 6 steps; tests replace parts of it."""


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
    """A process, and what it wrote to stderr."""

    def __init__(self, words: list[str], log: Path) -> None:
        self.log = log
        with log.open("w") as file:
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            self.process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=file)

    def ended(self) -> tuple[int, str]:
        """Its exit code and its words."""
        return self.process.wait(300), self.log.read_text()


@pytest.fixture
def start(tmp_path):
    """Starts the trainer as a user does: in a process of its own, one thread."""
    begun: list[Started] = []

    def begin(*arguments: object, command: tuple[str, ...] = (), script: str = "train.py") -> Started:
        words = [sys.executable, *command, str(TRAINER / script), *map(str, arguments)]
        begun.append(Started(words, tmp_path / f"stderr_{len(begun)}.txt"))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
