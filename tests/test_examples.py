"""Every example runs, says what it promises, and takes from porenet only what is public."""

import ast
import importlib
import subprocess
import sys

import pytest
from checkout import EXAMPLES, ROOT

PORENET = ROOT / "porenet"
PUBLIC_MODULES = {"porenet.flood_fill.batched", "porenet.formats.gan_ph"}
"""Documented modules inside a folder of porenet; all else in a folder is public by the name that the folder exports."""

PROMISES = {
    "compose_losses.py": ["vf = 0.0000", "pore  -0.0450  more of it"],
    "register_a_loss.py": ["contact obeys", "laws, one of them by a declared deviation", "Ni covers 0.40 of z = 0"],
    "diffusion.py --steps 8": ["128 training        48 generated", "percolates pore.z (1)", "step    7  denoising"],
    "diffusion.py": ["128 training        48 generated", "percolates pore.z (1)", "step  119  denoising"],
    "measure_volume.py": ["62 x 62 x 62 voxels", "0.354532"],
    "analyse.py": ["$ porenet compare", "Joint test p", "tpb total"],
}
"""Command lines, and words that they print."""
SLOW = ("diffusion.py", "diffusion.py --steps 8", "analyse.py")


def test_every_example_has_a_promise():
    scripts = {path.name for path in EXAMPLES.glob("*.py")} - {"__init__.py"}
    assert scripts == {line.split()[0] for line in PROMISES}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(line, words, marks=pytest.mark.slow if line in SLOW else (), id=line)
        for line, words in PROMISES.items()
    ],
)
def test_an_example_keeps_its_promise(line, words, tmp_path):
    script, *options = line.split()
    command = [sys.executable, EXAMPLES / script, *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in words:
        assert word in done.stdout


def private_imports(source):
    """Imports of modules inside a folder of porenet, and of names that a folder does not export."""
    private = []
    for node in ast.walk(ast.parse(source)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules.append(node.module)
            if (PORENET.parent / node.module.replace(".", "/")).is_dir() and node.module.split(".")[0] == "porenet":
                exported = getattr(importlib.import_module(node.module), "__all__", ())
                modules += [f"{node.module}.{alias.name}" for alias in node.names if alias.name not in exported]
        private += [name for name in modules if name.startswith("porenet.") and name.count(".") > 1]
    return set(private) - PUBLIC_MODULES


@pytest.mark.parametrize(
    ("source", "private"),
    [
        ("from porenet.config.tables import Table", {"porenet.config.tables"}),
        ("import porenet.commands.console as console", {"porenet.commands.console"}),
        ("from porenet.comparison import compare, report", {"porenet.comparison.report"}),
        ("from porenet.commands import console", {"porenet.commands.console"}),
        ("from porenet.flood_fill import batched, spanning", set()),
        ("import porenet.formats.gan_ph", set()),
        (
            "from porenet import formats, measure\nfrom porenet.errors import InputError\nfrom .config import tables",
            set(),
        ),
    ],
)
def test_private_imports_are_seen(source, private):
    assert private_imports(source) == private


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_an_example_imports_only_public_names(path):
    assert private_imports(path.read_text(encoding="utf-8")) == set()
