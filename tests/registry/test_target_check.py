"""Existence of import strings, decided without importing anything."""

import sys

import pytest

from porenet.registry.import_strings import missing

DEFINITIONS = {
    "function": "def thing(): ...",
    "async function": "async def thing(): ...",
    "class": "class thing: ...",
    "assignment": "thing = 3",
    "tuple": "other, thing = 1, 2",
    "annotation": "thing: int = 3",
    "import": "import os as thing",
    "from import": "from os import path as thing",
    "under if": "if True:\n    thing = 3",
    "under try": "try:\n    from os import thing\nexcept ImportError:\n    thing = None",
    "in with": "with open(__file__) as thing: ...",
    "star import": "from os.path import *",
    "module getattr": "def __getattr__(name): ...",
    "globals": "globals()['thing'] = 3",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package whose import would raise."""
    folder = tmp_path / "explosive"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


@pytest.mark.parametrize("source", DEFINITIONS.values(), ids=DEFINITIONS)
def test_what_may_exist_is_not_called_missing(package, source):
    (package / "module.py").write_text(source)
    assert missing("explosive.module:thing") is None


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("explosive.module:other", "module 'explosive.module' defines no 'other'"),
        ("explosive.nowhere:thing", "there is no module 'explosive.nowhere'"),
        ("explosive.module.deeper:thing", "'explosive.module' is not a package"),
        ("no_such_thing:thing", "there is no module 'no_such_thing'"),
    ],
)
def test_what_cannot_exist_is_said_and_nothing_is_imported(package, target, cause):
    (package / "module.py").write_text("def thing():\n    other = 3\n")
    assert missing(target) == cause
    assert "explosive" not in sys.modules


def test_a_nested_attribute_is_judged_by_its_first_part(package):
    (package / "module.py").write_text("class Thing:\n    class Inner: ...\n")
    assert missing("explosive.module:Thing.Inner") is None


def test_what_only_an_import_can_tell_is_left_to_it(package):
    (package / "module.py").write_text("def broken(:")
    assert missing("explosive.module:thing") is None
    assert missing("math:sqrt") is None
