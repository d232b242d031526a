"""Validate tables of a configuration, and collect every problem before raising."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from porenet.config.whole_documents import Document
from porenet.errors import ConfigError, Problem, did_you_mean
from porenet.registry.messages import problems
from porenet.registry.plain_data import plain

Model = TypeVar("Model", bound=BaseModel)


class Table(BaseModel):
    """A table with fixed keys: unknown keys and values of another type are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Findings:
    """The problems found so far in one document."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self.problems = list(problems)
        self.broken_plugin = False

    def add(self, path: str, message: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(path, message))

    def table(self, model: type[Model], written: Any, path: str) -> Model | None:
        """The validated table, without its faulty keys, so that the rest can be checked; None if that is not valid."""
        written = plain(written)
        try:
            return model.model_validate(written)
        except ValidationError as error:
            self.problems += problems(error, model, written, path)
            faulty = [detail["loc"] for detail in error.errors()]
        if not isinstance(written, Mapping):
            return None
        try:
            return model.model_validate(functools.reduce(_without, faulty, written))
        except ValidationError:
            return None

    def required(self, model: type[Model], name: str, tables: Mapping[str, Any]) -> Model | None:
        """The validated table of that name; its absence is a problem."""
        if name in tables:
            return self.table(model, tables[name], name)
        self.add(name, f"the table [{name}] is required{did_you_mean(name, tables)}")
        return None

    def refusal(self, source: str | Document, text: str = "") -> ConfigError:
        """The error that holds every problem, with its file and line.

        Args:
            source: the document, or the name of the file.
            text: the text of the file, where its name is given.
        """
        document = source if isinstance(source, Document) else Document(source, text, {})
        return document.located(self.problems, broken_plugin=self.broken_plugin)


def _without(table: Mapping[str, Any], location: tuple[int | str, ...]) -> Mapping[str, Any]:
    """The table without one faulty key; with a faulty item its whole list is dropped."""
    if not location:
        return table
    key, rest = location[0], location[1:]
    inner = table.get(key) if isinstance(key, str) else None
    if rest and isinstance(inner, Mapping):
        return {**table, str(key): _without(inner, rest)}
    return {name: value for name, value in table.items() if name != key}
