"""Benchmarks time what there is, none refuses to start, and evidence leaves out none with results."""

import ast
import functools

import pytest
from checkout import ROOT

pytest.importorskip("torch")

OWN = {"benchmarks", "examples", "porenet", *(path.name for path in ROOT.glob("plugins/porenet_*"))}

BY_COMMANDS = {"run_e_verdict"}
"""Benchmarks whose results hold the commands that make them."""


def test_every_loss_has_a_case(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # importing sets it, and it is put back afterwards
    from benchmarks import losses

    assert losses.untimed() == set()


def test_make_evidence_makes_all_results_of_the_docs():
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").glob("*.py")}
    writing = {name for name, text in texts.items() if '"docs" / "results"' in text and "RESULTS, " in text}
    assert {"necks", "real_runs"} <= writing
    evidence = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nevidence:")[2].partition("\n\n")[0]
    assert {name for name in writing if f"benchmarks.{name} " not in f"{evidence} "} == BY_COMMANDS


def test_what_benchmarks_import_of_this_project_is_there():
    # Most of them run by hand alone, and import peers that a test cannot: so names are looked up, not imported.
    imports = [(path.stem, module, name) for path in ROOT.glob("benchmarks/*.py") for module, name in own_names(path)]
    assert len(imports) > 100
    assert [each for each in imports if not is_there(*each[1:])] == []


def own_names(path):
    """The names of this project that a file imports, each as ``(module, name)``."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] in OWN:
            yield from ((node.module, alias.name) for alias in node.names)


def is_there(module, name):
    """Whether a module defines, imports or lists a name, or has a submodule of that name."""
    source = ROOT / ("plugins" if module.startswith("porenet_") else "") / module.replace(".", "/")
    files = [source / "__init__.pyi", source / "__init__.py", source.with_suffix(".py")]
    submodules = [source / name, source / f"{name}.py"]
    return any(path.exists() for path in submodules) or any(name in names_in(path) for path in files if path.exists())


@functools.cache
def names_in(path):
    """All that a file defines, imports or writes as a string, as lists of lazy imports do."""
    return set(_names_in(ast.parse(path.read_bytes())))


def _names_in(tree):
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=alias):
                yield alias or name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Constant(value=str() as name):
                yield name
