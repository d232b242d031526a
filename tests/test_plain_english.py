"""Pages, help, messages and docstrings are free of phrases that a reader stumbles over."""

import ast
import re

import pytest
from checkout import ROOT
from plain_english import stumbles

BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "tutorials").glob("*.md")),
]
SOURCES = [path for folder in ("porenet", "plugins") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_can_be_read_once(path):
    assert stumbles(BLOCK.sub("", path.read_text(encoding="utf-8"))) == []


def test_docstrings_messages_and_help_can_be_read_once():
    stumbling = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {phrase}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for phrase in stumbles(node.value)
    ]
    assert stumbling == []


@pytest.mark.parametrize(
    "text",
    [
        "what is no\n    number",
        "faces are no contacts",
        "values: one a sample",
        "20 bytes a voxel",
        "1.3 lines a voxel",
        "the user is told why",
        "that many rows",
        "a kernel of anybody's",
        "it bears a name",
        "empty if it is none",
    ],
)
def test_a_banned_phrase_is_seen(text):
    assert len(stumbles(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "there is no pore left",
        "There are no targets",
        "it is no longer read",
        "20 bytes per voxel",
        "the edges are 0.1. A volume has three",
        "give each value a phase",
    ],
)
def test_plain_words_pass(text):
    assert stumbles(text) == []
