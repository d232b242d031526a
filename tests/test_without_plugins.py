"""The core stands without porenet's losses, metrics and scores: dead entry points are listed, its tests stay green."""

import os
import shutil
import subprocess
import sys
import sysconfig

import pytest
from checkout import ROOT

NEED_PLUGINS = (
    "plugins", "evaluation", "examples", "generation", "integrations", "page", "reconstruction", "release",
    "test_benchmark_cases.py", "test_evaluate_command.py", "test_plain_english.py", "test_reconstruct_command.py",
    "test_sharing.py",
    "test_audit_command.py", "test_bare_install.py", "test_compare_command.py", "test_compare_folders.py",
    "test_command_imports.py", "test_fallen.py", "test_kernel_sources.py", "test_measure_command.py",
    "test_measure_sureness.py", "test_quick_guard.py", "test_other_tools.py", "test_measure_preset.py",
    "test_synthesize_command.py", "test_validate_command.py", "test_json_problems.py", "test_file_values.py",
    "test_data_checks.py", "test_scoring.py", "test_verdict_simulation.py", "test_lowest_versions.py",
    "test_sliced_loss.py", "test_section_targets.py", "test_electrode_evidence.py",
    "test_docs.py", "test_examples.py", "test_pages.py", "test_pages_in_a_browser.py",
    "test_percolation_evidence.py", "test_reference_values.py",
    "test_third_party.py", "test_walls.py", "test_without_plugins.py",
)  # fmt: skip
"""Tests of what only porenet's own plugins offer."""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A copy of the tree without plugins/ but for the formats, and a function that runs Python on it."""
    tree = tmp_path_factory.mktemp("bare")
    left_out = shutil.ignore_patterns("__pycache__")
    for part in ("porenet", "examples"):
        shutil.copytree(ROOT / part, tree / part, ignore=left_out)
    shutil.copytree(ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("__pycache__", *NEED_PLUGINS))
    shutil.copytree(ROOT / "plugins" / "porenet_formats", tree / "porenet_formats", ignore=left_out)
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
    listed = bare("-m", "porenet", "list-plugins")
    assert listed.returncode == 1, listed.stderr
    for plugin in ("statistics", "topology"):
        line = f"entry point {plugin} = porenet_{plugin}: needs the module 'porenet_{plugin}', which is not installed"
        assert line in listed.stdout
    assert "Traceback" not in listed.stderr


@pytest.mark.slow
def test_the_cores_own_tests_are_green(bare):
    done = bare("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
