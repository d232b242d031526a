"""Texts of runs and grid files: TOML, or by their suffix YAML or JSON."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, NamedTuple

from porenet.config.json_lines import json_lines, read_json
from porenet.config.toml_lines import key_lines
from porenet.config.yaml_lines import read_yaml, yaml_lines
from porenet.errors import ConfigError, Problem


class Language(NamedTuple):
    """A language of configuration.

    Attributes:
        name: of the language.
        read: the value of a text.
        lines: 1-based line of each key path of a text.
    """

    name: str
    read: Callable[[str], Any]
    lines: Callable[[str], dict[str, int]]


TOML = Language("TOML", tomllib.loads, key_lines)
YAML = Language("YAML", read_yaml, yaml_lines)
BY_SUFFIX = {".json": Language("JSON", read_json, json_lines), ".yaml": YAML, ".yml": YAML}


def language_of(source: str) -> Language:
    """The language of a file; TOML unless its suffix says otherwise.

    Args:
        source: its name.
    """
    return BY_SUFFIX.get(PurePath(source).suffix.lower(), TOML)


def parse(text: str, source: str) -> dict[str, Any]:
    """The tables of a text.

    Args:
        text: in TOML; in YAML or JSON if the suffix of its file says so.
        source: name of the file.

    Raises:
        ConfigError: it is not a text of that language, or holds something else than tables.
        InputError: it is YAML, and PyYAML is not installed.
    """
    language = language_of(source)
    try:
        tables = language.read(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        raise ConfigError([Problem(language.name, str(error))], source=source) from error
    if not isinstance(tables, dict):
        raise ConfigError([Problem(language.name, f"must hold tables, not {tables!r:.60}")], source=source)
    return tables
