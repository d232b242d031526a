"""What commands import: a library that a command has no use for would cost its every start up to two seconds."""

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.command_starts import COMMANDS, HEAVY

PROGRAM = """
import json, sys
from click.testing import CliRunner
from porenet.cli import main

for name, command in json.loads(sys.argv[1]):
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, (command, result.output)
    print(json.dumps([name, [library for library in {heavy} if library in sys.modules]]))
"""
pytestmark = pytest.mark.xdist_group("imports")  # one process for all

LIGHT = sorted(
    (name for name, (_, may) in COMMANDS.items() if "torch" not in may), key=lambda name: len(COMMANDS[name][1])
)
"""The commands that need no torch, those first that need least."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Heavy libraries that are there after each of the commands, run one after the other in one process."""
    folder = tmp_path_factory.mktemp("starts")
    np.save(folder / "volume.npy", np.arange(4**3, dtype=np.uint8).reshape(4, 4, 4) % 3)
    commands = json.dumps([(name, COMMANDS[name][0]) for name in LIGHT])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY), commands],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.mark.parametrize("name", LIGHT)
def test_a_command_imports_what_it_needs_and_no_more(imported, name):
    before = set().union(*(COMMANDS[other][1] for other in LIGHT[: LIGHT.index(name) + 1]))
    assert set(imported[name]) <= before


def test_every_command_has_a_row():
    from porenet.cli import main

    assert {command[0] for command, _ in COMMANDS.values()} - {"--help"} == set(main.commands)
