"""Benchmarks start: each finds in porenet and the examples what it imports, and times whatever loss there is."""

import ast
import functools
from pathlib import Path

import pytest
from checkout import ROOT

pytest.importorskip("torch")


def test_every_loss_has_a_case(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # importing sets it, and it is put back afterwards
    from benchmarks import losses

    assert losses.untimed() == set()


@functools.cache
def defined(module):
    """Names that a module of the checkout defines, imports or holds as modules, by its text: imports are slow."""
    place = ROOT.joinpath(*module.split("."))
    names = {path.stem for path in place.glob("*")}
    for text in filter(Path.exists, (place.with_suffix(".py"), place / "__init__.py", place / "__init__.pyi")):
        for node in ast.walk(ast.parse(text.read_text(encoding="utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                    names |= {alias.asname or alias.name for alias in aliases}
    return names


def test_what_a_benchmark_imports_is_there():
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("porenet", "examples"):
                missing = {alias.name for alias in node.names} - defined(node.module)
                assert not missing, f"{path.name}: {node.module} has no {', '.join(missing)}"
