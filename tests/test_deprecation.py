"""Deprecated names warn where they are called, stay what they are, and go neither too early nor too late."""

import ast
import inspect
import re
import tomllib

import pytest
from checkout import ROOT

from porenet import deprecation

MARKS = {
    "deprecated": deprecation.deprecated("0.3", "0.5", "porenet.measure"),
    "by hand": lambda named: deprecation.marked_by_hand(
        named, f"{named.__qualname__} is deprecated. Use porenet.measure."
    ),
}


@pytest.fixture(params=MARKS)
def mark(request):
    return MARKS[request.param]


def test_a_function_warns_at_the_line_of_its_caller(mark):
    @mark
    def area(volume, *, edge_um=1.0):
        """Area of a volume."""
        return volume * edge_um

    with pytest.warns(DeprecationWarning, match=r"area is deprecated.*Use porenet\.measure\.$") as caught:
        assert area(3.0, edge_um=2.0) == 6.0
    assert caught[0].filename == __file__
    assert (area.__name__, area.__doc__) == ("area", "Area of a volume.")
    assert list(inspect.signature(area).parameters) == ["volume", "edge_um"]
    assert area.__deprecated__.endswith("Use porenet.measure.")


def test_a_class_warns_and_its_subclass_does_not_when_made(mark):
    @mark
    class Area:
        def __init__(self, edge_um):
            self.edge_um = edge_um

    with pytest.warns(DeprecationWarning, match="Area is deprecated") as caught:
        assert Area(2.0).edge_um == 2.0
    assert caught[0].filename == __file__
    assert isinstance(Area, type)
    assert Area.__deprecated__
    assert list(inspect.signature(Area).parameters) == ["edge_um"]

    class Wider(Area):
        pass

    assert Wider(3.0).edge_um == 3.0  # warnings are errors


@pytest.mark.parametrize(("since", "remove"), [("0.3", "0.4"), ("0.3", "0.3"), ("1.2", "0.9"), ("0.3.1", "0.4.9")])
def test_a_name_that_goes_too_early_is_refused(since, remove):
    with pytest.raises(ValueError, match="at the earliest"):
        deprecation.deprecated(since, remove, "porenet.measure")


@pytest.mark.parametrize(("since", "remove"), [("0.3", "0.5"), ("0.9", "1.0"), ("1.4.2", "1.6.0")])
def test_two_minor_versions_are_enough(since, remove):
    assert callable(deprecation.deprecated(since, remove, "porenet.measure"))


def test_no_deprecated_name_outlives_its_time():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    now = tuple(map(int, version.split(".")[:2]))
    overdue = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("porenet", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        for line, remove in removals(path.read_text(encoding="utf-8"))
        if tuple(map(int, remove.split(".")[:2])) <= now
    ]
    assert overdue == []


def removals(source):
    """Line and version of every ``@deprecated(since, remove, use)``."""
    if "deprecated(" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        for mark in getattr(node, "decorator_list", ()):
            if isinstance(mark, ast.Call) and re.search(r"\bdeprecated$", ast.unparse(mark.func)):
                stated = {word.arg: word.value for word in mark.keywords} | dict(
                    zip(("since", "remove"), mark.args, strict=False)
                )
                yield mark.lineno, stated["remove"].value


def test_removals_are_seen_in_every_form():
    source = """
@deprecated('0.1', '0.3', 'x')
def f(): ...
@deprecation.deprecated(since='0.1', remove='0.4', use='x')
class C: ...
"""
    assert list(removals(source)) == [(2, "0.3"), (4, "0.4")]
