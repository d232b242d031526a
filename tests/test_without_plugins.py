"""The core stands without porenet's own plugins: its dead entry points are listed, and its tests stay green."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A copy of the tree without plugins/, and a function that runs Python on it."""
    tree = tmp_path_factory.mktemp("bare")
    for part in ("porenet", "tests/core", "examples"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    # -S keeps site from following the .pth file of an editable install, which would bring plugins/ back.
    path = os.pathsep.join([str(tree), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])

    def run(*arguments):
        environ = os.environ | {"PYTHONPATH": path}
        environ.pop("PORENET_PLUGINS", None)
        command = [sys.executable, "-S", *arguments]
        return subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, check=False)

    return run


def test_dead_entry_points_are_listed_as_such(bare):
    where = bare("-c", "import porenet; print(porenet.__file__)").stdout
    assert str(ROOT) not in where, "the copy must be what is tested"
    listed = bare("-m", "porenet.cli", "list-plugins")
    assert listed.returncode == 1, listed.stderr
    for plugin in ("statistics", "topology"):
        line = f"entry point {plugin} = porenet_{plugin}: needs the module 'porenet_{plugin}', which is not installed"
        assert line in listed.stdout
    assert "Traceback" not in listed.stderr


@pytest.mark.slow
def test_the_cores_own_tests_are_green(bare):
    done = bare("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/core")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
