"""A fixture that changes what all tests share ends with its module, and Chromium is started in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

from checkout import ROOT

FILES = sorted((ROOT / "tests").rglob("*.py"))


def scopes_of(node: ast.FunctionDef) -> Iterator[str]:
    """The scopes that decorators of a function state."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call):
            yield from (word.value.value for word in decorator.keywords if word.arg == "scope")


def outlasts_its_module(path: Path) -> Iterator[str]:
    """Fixtures that patch for longer than a module, and those of a package.

    Without an ``__init__.py`` a folder is no package to pytest: its fixtures last for the whole run.
    """
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef):
            for scope in scopes_of(node):
                if scope == "package" or (scope == "session" and "MonkeyPatch" in ast.unparse(node)):
                    yield f"{path.relative_to(ROOT)}: {node.name} has scope {scope}"


def test_no_patch_outlasts_its_module():
    assert len(FILES) > 50
    assert [line for path in FILES for line in outlasts_its_module(path)] == []


def test_a_patch_that_outlasts_its_module_is_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "conftest.py").write_text(
        "@pytest.fixture(scope='package')\ndef folder(): ...\n"
        "@pytest.fixture(scope='session')\ndef patch():\n    with pytest.MonkeyPatch.context():\n        yield\n"
        "@pytest.fixture(scope='session')\ndef plain(): ...\n"
    )
    found = list(outlasts_its_module(tmp_path / "conftest.py"))
    assert found == ["conftest.py: folder has scope package", "conftest.py: patch has scope session"]


def test_chromium_is_started_in_one_place():
    starting = [path.name for path in FILES if "sync_playwright()" in path.read_text(encoding="utf-8")]
    assert starting == ["chromium.py", "test_fixtures.py"]
