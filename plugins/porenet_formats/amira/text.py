"""The text of an Amira file: words, strings and braces, as nested fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED

Fields: TypeAlias = "dict[str, list[str] | Fields]"
"""Words behind each name, or the fields in its braces."""

_TOKEN = re.compile(r'\s+|#[^\n]*|(?P<string>"(?:[^"\\]|\\.)*")|(?P<mark>[{},=])|(?P<word>[^\s{},="]+)')
_DEEPEST = 50


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind (``string``, ``mark``, ``word``) and characters of each token; comments are passed over.

    Raises:
        InputError: a string has no end.
    """
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise InputError("a string in its header has no end", fix=DAMAGED)
        place = token.end()
        if token.lastgroup == "string":
            yield "string", re.sub(r"\\(.)", r"\1", token[0][1:-1])
        elif token.lastgroup is not None:
            yield token.lastgroup, token[0]


def fields_of(stream: Iterator[tuple[str, str]], *, depth: int = 0) -> Fields:
    """The fields up to the brace that closes them.

    A name is followed by its words, which end at a comma, at a closing brace, or where a field in braces begins.

    Args:
        stream: tokens behind the opening brace.
        depth: number of braces around it.

    Raises:
        InputError: the braces do not close, or a name occurs twice in the same braces.
    """
    if depth > _DEEPEST:
        raise InputError("its header has too many braces inside one another", fix=DAMAGED)
    fields: Fields = {}
    words: list[str] = []
    for kind, text in stream:
        if kind != "mark" or text == "=":
            words.append(text)
        elif text == "{":
            if len(words) > 1:  # the last of them names the braces
                _add(fields, words[0], words[1:-1])
            _add(fields, words[-1] if words else "", fields_of(stream, depth=depth + 1))
            words = []
        else:
            if words:
                _add(fields, words[0], words[1:])
            words = []
            if text == "}":
                return fields
    raise InputError("the braces in its header do not close", fix=DAMAGED)


def _add(fields: Fields, name: str, value: list[str] | Fields) -> None:
    if name in fields:
        raise InputError(f"its header gives {name[:40]!r} twice", fix=DAMAGED)
    fields[name] = value
