"""Write files to start from: a run, a grid file, or a plugin that passes its own tests."""

from __future__ import annotations

import ast
import keyword
import re
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template

from porenet import formats
from porenet.errors import InputError
from porenet.interface import Grid, Kind
from porenet.registry.spec_rules import NAME

DISTRIBUTION = re.compile(r"[A-Za-z]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def write_run(path: Path) -> None:
    """Write a commented run.

    Raises:
        InputError: the file already exists, or cannot be written.
    """
    if path.exists():
        raise InputError("already exists and is left unchanged", where=str(path), fix="Choose another name.")
    _write(path, (files("porenet.commands") / "templates" / "run.toml").read_text(encoding="utf-8"))


def write_grid(path: Path, grid: Grid) -> None:
    """Write a grid file for volumes whose values are labels.

    Raises:
        InputError: it cannot be written.
    """
    labels = {phase: label for label, phase in enumerate(grid.phases)}
    _write(path, formats.grid_text(grid, labels, "Grid of the volumes in this folder."))


def write_plugin(distribution: str, into: Path, *, kind: Kind = "loss", component: str | None = None) -> list[Path]:
    """Write the skeleton of a plugin with one component.

    Args:
        distribution: name of the distribution, such as ``porenet-corners``; its package is named ``porenet_corners``.
        into: the folder in which the folder ``distribution`` is created.
        kind: kind of the component.
        component: its name; by default that of the distribution without ``porenet-``.

    Returns:
        The files written.

    Raises:
        InputError: a name is not valid, the folder already exists, or a file cannot be written.
    """
    if not DISTRIBUTION.fullmatch(distribution):
        raise InputError(
            f"{distribution!r} is not a valid name of a package",
            fix="Use letters, digits and hyphens, such as porenet-corners.",
        )
    package = re.sub(r"[-_.]+", "_", distribution).lower()
    name = component or package.removeprefix("porenet_")
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InputError(
            f"{name!r} is not a valid name of a {kind}",
            fix="Use lower-case letters, digits and underscores (--component NAME).",
        )
    if package == "porenet":
        raise InputError("a plugin cannot be named 'porenet'", fix="Choose another name, such as porenet-corners.")
    folder = into / distribution
    if folder.exists():
        raise InputError("already exists and is left unchanged", where=str(folder), fix="Choose another name.")
    targets = {
        "pyproject.toml": "pyproject.toml.tmpl",
        "README.md": f"{kind}/README.md.tmpl",
        f"{package}/__init__.py": f"{kind}/package_init.py.tmpl",
        f"{package}/{name}.py": f"{kind}/component.py.tmpl",
        "tests/test_conformance.py": f"{kind}/test_conformance.py.tmpl",
    }
    words = _words(distribution, package, kind, name)
    templates = files("porenet.commands") / "templates" / "new_plugin"
    texts = {path: (templates / template).read_text(encoding="utf-8") for path, template in targets.items()}
    for path, text in texts.items():
        if path.endswith(".py") and (taken := _names_in(text, words) & {words["name"], words["class_name"]}):
            raise InputError(
                f"the skeleton itself uses the name {taken.pop()!r}", fix="Choose another one (--component NAME)."
            )
    _make_folder(into)
    with formats.draft_of(folder) as draft:
        for path, text in texts.items():
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            (draft / path).write_text(Template(text).substitute(words), encoding="utf-8")
    return [folder / path for path in targets]


def _words(distribution: str, package: str, kind: Kind, name: str) -> dict[str, str]:
    """What stands in the templates in place of ``$...``."""
    porenet = f"porenet[torch]>={version('porenet')}" if kind == "loss" else f"porenet>={version('porenet')}"
    libraries = ["annotated-types>=0.6", porenet] if kind == "loss" else ["numpy>=1.26", porenet]
    return {
        "distribution": distribution,
        "package": package,
        "kind": kind,
        "name": name,
        "class_name": "".join(part.capitalize() for part in name.split("_")),
        "mark": name[:4].upper().ljust(4, "_"),
        "dependencies": ", ".join(f'"{library}"' for library in libraries),
    }


def _names_in(template: str, words: dict[str, str]) -> set[str]:
    """Names that a module binds apart from the component's, which would hide them."""
    others = {"name": "the_component", "class_name": "TheComponent"}
    tree = ast.parse(Template(template).substitute(words | others))
    imports = (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    names = {alias.asname or alias.name for node in imports for alias in node.names}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return names - set(others.values())


def _write(path: Path, text: str) -> None:
    _make_folder(path.parent)
    formats.write_whole(path, text.encode())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise formats.write_error(folder, error) from error
