"""What tests leave behind: no patch beyond its module, no open picture; Chromium is started in one place."""

import ast
import re
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


def leaves_a_picture_open(path: Path) -> Iterator[str]:
    """Pictures opened from a file outside a ``with``: formats of several frames (WebP, TIFF, GIF) keep the file."""
    tree = ast.parse(path.read_bytes())
    closed = {id(item.context_expr) for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in closed:
            call = ast.unparse(node)
            if re.match(r"(\w+\.)*[Ii]mages?\.open\((?!io\.BytesIO)", call):
                yield f"{path.name}:{node.lineno}: {call}"


def test_pictures_are_closed(tmp_path):
    assert [line for path in FILES for line in leaves_a_picture_open(path)] == []
    (tmp_path / "leak.py").write_text("with Image.open(a) as b:\n    b.size\nsize = PIL.Image.open(a).size\n")
    assert list(leaves_a_picture_open(tmp_path / "leak.py")) == ["leak.py:3: PIL.Image.open(a)"]
