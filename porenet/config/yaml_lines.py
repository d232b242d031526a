"""Tables of a YAML text, and key path -> line of it, for messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from porenet.formats.interface.libraries import library

MOST_ENTRIES = 100_000
"""Entries above which a text is refused: a few lines of aliases stand for as many as one likes."""


def read_yaml(text: str) -> Any:
    """The value of a YAML text; of its types, those of JSON and dates (``yaml.SafeLoader``).

    Raises:
        ValueError: it is not YAML, a table has a key twice, or it is too large or holds itself.
        InputError: PyYAML is not installed.
    """
    return _loaded(text)[0]


def yaml_lines(text: str) -> dict[str, int]:
    """1-based line of every key and list entry, by paths such as ``objective.terms[1].weight``; the text is YAML."""
    return _loaded(text)[1]


def _loaded(text: str) -> tuple[Any, dict[str, int]]:
    yaml = library("yaml", extra="yaml", title="a YAML file")
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[str, int] = {}
        for entries, (path, line) in enumerate(_places(node, yaml)):
            lines.setdefault(path, line)
            if entries > MOST_ENTRIES:
                raise ValueError(f"more than {MOST_ENTRIES:,} entries, counting those of aliases")
        return (None if node is None else loader.construct_document(node)), lines
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    finally:
        loader.dispose()


def _places(node: Any, yaml: Any, path: str = "", above: tuple[int, ...] = ()) -> Iterator[tuple[str, int]]:
    """Path and line of what a node holds, in the order of the text."""
    if id(node) in above:
        raise ValueError(f"line {node.start_mark.line + 1}: {path or 'the text'} holds itself by an alias")
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _keys(node, yaml, path, above)
    elif isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            place = f"{path}[{number}]"
            yield place, entry.start_mark.line + 1
            yield from _places(entry, yaml, place, above)


def _keys(node: Any, yaml: Any, path: str, above: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    known: set[str] = set()
    merged: list[Any] = []
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag == "tag:yaml.org,2002:merge":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            continue
        name = str(key.value)
        if name in known:
            raise ValueError(f"line {line}: the key {name!r} is there twice")
        known.add(name)
        place = f"{path}.{name}" if path else name
        yield place, line
        yield from _places(value, yaml, place, above)
    for source in merged:  # its keys stand in this table, unless they do so already
        yield from _places(source, yaml, path, above)
