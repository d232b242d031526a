"""The walls of the house: what a plugin may import, which wing stands above which, what the face of a folder holds."""

import ast
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest
from checkout import ROOT

import porenet

CORE, PLUGINS = ROOT / "porenet", ROOT / "plugins"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["name"]: contract for contract in SETTINGS["contracts"]}
WALL = CONTRACTS["A plugin imports the public list and nothing else of porenet"]
WINGS = CONTRACTS["The core runs one way, wing by wing"]
PUBLIC = {line.removeprefix("** -> ") for line in WALL["ignore_imports"] if line.startswith("** -> ")}
"""The one list: the docs read it in the contract as well."""
EXCEPTIONS = {tuple(line.split(" -> ")) for line in WALL["ignore_imports"] if not line.startswith("** -> ")}
MODULES = {
    "porenet",
    *(found.name for found in pkgutil.walk_packages(porenet.__path__, "porenet.") if ".templates" not in found.name),
}
FACES = sorted(path.parent.name for path in CORE.glob("*/__init__.py"))
GENERATED = ("losses", "metrics")
"""Faces whose attributes are the components, and whose types are generated."""


def linted(tree: Path) -> str:
    """What import-linter says of a tree that holds porenet and its plugins."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tree, tree / "plugins"))), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert "Analyzed" in done.stdout, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the sources, to be spoilt."""
    tree = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", tree)
    sources = shutil.ignore_patterns("web", "app", "*.nb?", "__pycache__")
    shutil.copytree(CORE, tree / "porenet", ignore=sources)
    shutil.copytree(PLUGINS, tree / "plugins", ignore=sources)
    return tree


def broken(report: str) -> set[str]:
    """Names of the broken contracts."""
    return {name for name in CONTRACTS if re.search(rf"^{re.escape(name)} BROKEN", report, re.MULTILINE)}


def test_a_plugin_that_imports_any_private_module_breaks_the_contract(copied):
    private = sorted(MODULES - PUBLIC)
    assert len(private) > 100
    lines = [f"import {module}" if "." not in module else _import_of(module) for module in private]
    leak = copied / "plugins" / "porenet_topology" / "leak.py"
    leak.write_text("\n".join(lines) + "\nfrom porenet import create_loss\n")
    try:
        report = linted(copied)
    finally:
        leak.unlink()
    assert WALL["name"] in broken(report)
    for number, module in enumerate(private, start=1):
        assert re.search(rf"porenet_topology\.leak -> {re.escape(module)} \(l\.[\d, l.]*\b{number}\b", report), module
    assert re.search(rf"porenet_topology\.leak -> porenet \(l\.1, l\.{len(private) + 1}\)", report)


def _import_of(module: str) -> str:
    package, _, leaf = module.rpartition(".")
    return f"from {package} import {leaf}"


def test_a_plugin_that_imports_the_public_list_keeps_it(copied):
    polite = copied / "plugins" / "porenet_topology" / "polite.py"
    polite.write_text("\n".join(f"import {module}" for module in sorted(PUBLIC)))
    try:
        assert WALL["name"] not in broken(linted(copied))
    finally:
        polite.unlink()


@pytest.mark.parametrize(
    ("place", "text", "contract"),
    [
        ("porenet/flood_fill/leak.py", "from porenet.registry import installed", "The core runs one way, wing by wing"),
        ("porenet/measurement/leak.py", "import porenet.page.scene", "The core runs one way, wing by wing"),
        ("porenet/new_room.py", "", "The core runs one way, wing by wing"),
        ("porenet/registry/spec_rules.py", "import porenet.registry.registry", "No import circle inside a wing"),
        ("porenet/objective/leak.py", "import porenet.testing", "Of porenet, only the command check reaches the laws"),
        ("porenet/measurement/leak.py", "import porenet_topology", "The core knows no plugin"),
        ("plugins/porenet_topology/losses/leak.py", "import porenet_topology.metrics.percolates",
         "Losses and metrics do not know each other"),
        ("porenet/registry/discovery.py", "import torch",
         "Listing plugins reaches neither torch nor numba nor pydantic"),
        ("plugins/porenet_topology/metrics/percolates.py", "def leak():\n    import porenet.passage",
         "Measuring reaches no torch"),
    ],
)  # fmt: skip
def test_each_other_wall_falls_to_a_leak(copied, place, text, contract):
    path = copied / place
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{text}\n")
    try:
        assert contract in broken(linted(copied))
    finally:
        path.unlink() if before is None else path.write_text(before)


def test_not_even_for_its_types_does_a_plugin_import_what_is_private():
    packages = sorted(path.parent.name for path in PLUGINS.glob("*/__init__.py"))
    graph = grimp.build_graph("porenet", *packages, exclude_type_checking_imports=False, cache_dir=None)
    for importer in graph.modules:
        if importer.split(".")[0] not in packages:
            continue
        for module in graph.find_modules_directly_imported_by(importer):
            assert module.split(".")[0] != "porenet" or module in PUBLIC or (importer, module) in EXCEPTIONS


def test_the_public_list_is_of_folders_and_contracts():
    assert PUBLIC <= MODULES
    # A contract, and what needs torch in a folder that does not.
    assert {name for name in PUBLIC if name.count(".") != 1} == {
        "porenet.flood_fill.batched",
        "porenet.formats.interface",
    }
    assert len(EXCEPTIONS) == 1


def test_the_top_folder_can_be_read_at_a_glance():
    entries = {path.name for path in CORE.iterdir()} - {"__pycache__", "py.typed"}
    assert len(entries) <= 34  # the wings, and what every wing stands on
    wings = {name for line in WINGS["layers"] for name in re.split(r" \| ", line)}
    assert {name.removesuffix(".py") for name in entries} == wings | {"__init__"}


@pytest.mark.parametrize("name", FACES)
def test_a_face_hands_names_on_and_nothing_else(name):
    for path in CORE.joinpath(name).glob("__init__.py" if name in GENERATED else "__init__.py*"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                assert [alias.name for alias in node.names] == ["lazy_loader"]
            elif isinstance(node, ast.Assign):
                names = [one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)]
                assert names in (["__all__"], ["__getattr__", "__dir__", "__all__"])
            elif isinstance(node, ast.ImportFrom):
                assert node.module == "__future__" or (node.module or "").split(".")[0] == "porenet" or node.level == 1
            else:
                assert isinstance(node, ast.Expr)
                assert isinstance(node.value, ast.Constant)
    face = importlib.import_module(f"porenet.{name}")
    exported = getattr(face, "__all__", [])
    assert len(set(exported)) == len(exported)
    for exported_name in exported:
        assert getattr(face, exported_name) is not None


@pytest.mark.parametrize("name", FACES)
def test_a_function_never_shares_its_name_with_a_module_beside_it(name):
    modules = {path.stem for path in CORE.joinpath(name).glob("*.py")}
    face = importlib.import_module(f"porenet.{name}")
    shared = modules & set(getattr(face, "__all__", []))
    assert shared == set()
