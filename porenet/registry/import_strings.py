"""Check that an import string has a target, without importing it, so that a listing stays light."""

from __future__ import annotations

import ast
import re
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path

from porenet.registry.module_files import find_module


def missing(target: str) -> str | None:
    """Why ``package.module:attribute`` cannot exist; None if it exists or only an import can decide."""
    module, _, attribute = target.partition(":")
    spec: ModuleSpec | None = None
    path: list[str] | None = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        spec = find_module(name, path)
        if spec is None:
            return f"there is no module {name!r}"
        if spec.submodule_search_locations is None and depth < len(parts):
            return f"{name!r} is not a package"
        path = list(spec.submodule_search_locations or [])
    if spec is None or spec.origin is None or not isinstance(spec.loader, SourceFileLoader):
        return None
    first = attribute.split(".")[0]
    try:
        source = Path(spec.origin).read_bytes()
    except OSError:
        return None  # importing it gives the better message
    # Nearly every target is a plain definition; parsing each module would cost a listing 1 ms per component.
    if re.search(rb"^(?:async def|def|class) " + first.encode() + rb"\b", source, re.MULTILINE):
        return None
    names = _top_level_names(source)
    if names is None or first in names:
        return None
    return f"module {module!r} defines no {first!r}"


def _top_level_names(source: bytes) -> set[str] | None:
    """Names bound at module level, or None if the source does not decide (star import, ``__getattr__``, ...)."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
            continue
        for node in ast.walk(statement):  # too many names rather than too few: no false alarm
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                    names |= {(alias.asname or alias.name).split(".")[0] for alias in aliases}
                case ast.Name(id=name):
                    names.add(name)
    return None if names & {"*", "__getattr__", "globals", "exec", "setattr"} else names
