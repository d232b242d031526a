"""Whole documents: a file of configuration with the files that it is based on (``base = "other.toml"``)."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from porenet.config.documents import TOML, language_of, parse
from porenet.config.toml_lines import line_of
from porenet.config.toml_text import parts_of, toml_path, toml_text
from porenet.errors import ConfigError, InputError, Problem, did_you_mean
from porenet.formats import read_text

BASE, WITHOUT = "base", "without"
"""Keys at the top of a file: the file that it is based on, and what of that file does not count."""

DEEPEST = 50
"""Most files of which each is based on the next."""


class Place(NamedTuple):
    """Where a key stands.

    Attributes:
        source: name of the file.
        line: 1-based line in it.
    """

    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """The tables of a file, merged with those of the files that it is based on.

    Attributes:
        source: name of the file.
        text: text of the file.
        tables: all tables, without ``base`` and ``without``.
        bases: names of the files that it is based on, the nearest first.
        places: key path -> where it stands; empty if there is no base.
    """

    source: str
    text: str
    tables: dict[str, Any]
    bases: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    def located(self, problems: list[Problem], *, broken_plugin: bool = False) -> ConfigError:
        """The error that holds the problems, each with the file and the line in which it stands."""
        places = self._all_places() if self.text else {}
        located = []
        for problem in problems:
            place = line_of(problem.path, places)
            elsewhere = place.source if place and place.source != self.source else ""
            located.append(dataclasses.replace(problem, line=place.line if place else None, source=elsewhere))
        located.sort(key=lambda problem: (problem.source, problem.line or 0))
        return ConfigError(located, source=self.source, broken_plugin=broken_plugin)

    def file_of(self, path: str) -> Path:
        """The file in which a key stands, to which a relative path in its value is relative.

        Args:
            path: key path such as ``data.path``.
        """
        place = line_of(path, self.places)
        return Path(place.source if place else self.source)

    def toml(self) -> str:
        """The whole document as one text in TOML: the text itself if it is TOML without a base."""
        return self.text if language_of(self.source) is TOML and not self.bases else toml_text(self.tables)

    def _all_places(self) -> Mapping[str, Place]:
        return self.places or _places_in(self.text, self.source)


def read_document(path: str | Path) -> Document:
    """Read a file, and the files that it is based on.

    Args:
        path: a TOML file, or by its suffix YAML or JSON; its base may be in another of these languages.

    Raises:
        InputError: the file cannot be read, or PyYAML is missing.
        ConfigError: the text does not follow its language; a base cannot be read, leads back to the file, or is the
            last of more than 50; or a key is a table in one file and none in the other.
    """
    return document_of(read_text(Path(path)), str(path))


def document_of(text: str, source: str) -> Document:
    """Like `read_document`, from the text of the file ``source``."""
    return _document(text, source, ())


def _document(text: str, source: str, above: tuple[str, ...]) -> Document:
    """The document of a text; ``above``: names of the files that are based on it, the nearest last."""
    tables = parse(text, source)
    base, without = tables.pop(BASE, None), tables.pop(WITHOUT, None)
    own = Document(source, text, tables)
    if base is None and without is None:
        return own
    problems = list(_faults_of_keys(base, without))
    if problems:
        raise own.located(problems)
    return _merged(_read_base(base, own, (*above, source)), own, without or [])


def _faults_of_keys(base: Any, without: Any) -> Iterator[Problem]:
    if base is None:
        yield Problem(WITHOUT, f"names keys of a base; write {BASE} = 'FILE' as well")
    elif not isinstance(base, str) or not base or "\0" in base:
        yield Problem(BASE, f"must be the name of a file, not {base!r:.60}")
    if without is not None and not (isinstance(without, list) and all(isinstance(path, str) for path in without)):
        yield Problem(WITHOUT, f"must be a list of key paths such as 'objective.terms.vf', not {without!r:.60}")


def _read_base(base: str, own: Document, above: tuple[str, ...]) -> Document:
    path = Path(own.source).parent / base
    if len(above) > DEEPEST:
        raise own.located([Problem(BASE, f"is the base of more than {DEEPEST} files, each based on the next")])
    circle = [name for name in above if os.path.realpath(name) == os.path.realpath(path)]
    if circle:
        chain = " -> ".join([*above[above.index(circle[0]) :], str(path)])
        raise own.located([Problem(BASE, f"leads back to a file that is based on this one: {chain}")])
    try:
        text = read_text(path)
    except InputError as error:
        raise own.located([Problem(BASE, str(error))]) from error
    return _document(text, str(path), above)


def _merged(base: Document, own: Document, without: list[str]) -> Document:
    places, problems = dict(base._all_places()), list[Problem]()
    tables, own_places = base.tables, _places_in(own.text, own.source)
    paths = list(_paths(tables))
    for number, path in enumerate(without):
        fitting = _fitting(path, paths)
        if len(fitting) == 1:
            tables = _left_out(tables, fitting[0])
            _forget(".".join(fitting[0]), places)
            continue
        written = list(map(toml_path, fitting or paths))
        several = f"{path!r} names {' and '.join(map(repr, written))} in {base.source}: write one of them"
        none = f"no key {path!r} in {base.source}{did_you_mean(path, written)}"
        problems.append(Problem(f"{WITHOUT}[{number}]", several if fitting else none))
    tables = _overlaid(tables, own.tables, "", base, places, problems)
    if problems:
        raise own.located(problems)
    bases = (base.source, *base.bases)
    return Document(own.source, own.text, tables, bases, places | own_places)


def _overlaid(
    under: Mapping[str, Any],
    over: Mapping[str, Any],
    path: str,
    base: Document,
    places: dict[str, Place],
    problems: list[Problem],
) -> dict[str, Any]:
    """Tables of a base under those of a file: tables are merged key by key, anything else is replaced as a whole."""
    merged = dict(under)
    names = {str(key): key for key in under}  # a number as a key of YAML is a text in TOML
    for written, value in over.items():
        key = names.get(str(written), written)
        place = f"{path}.{key}" if path else str(key)
        before = under.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[key] = _overlaid(before, value, place, base, places, problems)
            continue
        if before is not None and isinstance(before, Mapping) != isinstance(value, Mapping):
            kinds = f"{_kind(value)} here and {_kind(before)} in {base.source}"
            problems.append(
                Problem(place, f"is {kinds}: write it as there, or leave that out by {WITHOUT} = [{place!r}]")
            )
        merged[key] = value
        _forget(place, places)
    return merged


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    return "a table" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else "a value"


def _paths(tables: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Parts of the key path of every key of tables."""
    for key, value in tables.items():
        parts = (*above, str(key))
        yield parts
        if isinstance(value, Mapping):
            yield from _paths(value, parts)


def _fitting(path: str, paths: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The key that a path names as TOML writes it, a key with a dot in quotes; else those that it is without quotes."""
    parts = parts_of(path)
    return [parts] if parts in paths else [each for each in paths if ".".join(each) == path]


def _left_out(tables: Mapping[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    key, rest = parts[0], parts[1:]
    if rest:
        return {**tables, key: _left_out(tables[key], rest)} if key in tables else dict(tables)
    return {name: value for name, value in tables.items() if str(name) != key}


def _forget(path: str, places: dict[str, Place]) -> None:
    for name in [name for name in places if name == path or name.startswith((f"{path}.", f"{path}["))]:
        del places[name]


def _places_in(text: str, source: str) -> dict[str, Place]:
    return {path: Place(source, line) for path, line in language_of(source).lines(text).items()}
