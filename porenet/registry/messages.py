"""Messages for pydantic errors: key path, what was wrong, what is allowed, did you mean."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from porenet.errors import Problem, did_you_mean

_POWER = re.compile(r"([-+]?\d+)\.?(\d*)[eE]([-+]?)(\d+)")
_CHOICE = re.compile(r"must be (.*), (not .*)")
_RENAMED = {"phases": ("phase_triple", "phase_subset")}
"""Parameters of earlier versions, and what porenet's components call them now."""


def problems(error: ValidationError, model: type[BaseModel], written: object, path: str) -> list[Problem]:
    """Every problem of a validation, one per place.

    Args:
        error: the exception of pydantic.
        model: model against which the input was validated.
        written: input of the user.
        path: key path of that input.
    """
    messages: dict[str, list[str]] = {}
    for detail in error.errors():
        place = _place(detail, written)
        at = path
        for key in place:
            at += f"[{key}]" if isinstance(key, int) else f".{key}" if at else str(key)
        messages.setdefault(at, []).append(_in_words(detail, model, place))
    return [Problem(at, message) for at, several in messages.items() for message in _joined(several)]


def _place(detail: ErrorDetails, written: Any) -> tuple[int | str, ...]:
    """Key path within the input of the user; pydantic adds the members of unions and other names of its own."""
    path: list[int | str] = []
    steps = detail["loc"]
    for number, key in enumerate(steps):
        last = number == len(steps) - 1
        is_key = isinstance(written, Mapping) and key in written
        is_item = isinstance(written, list | tuple) and isinstance(key, int) and key < len(written)
        if is_key or is_item:
            written = written[key]
        elif number and not (last and detail["type"] in ("missing", "extra_forbidden")):
            continue  # the first step is a key of ours, left to its default
        path.append(key)
    return tuple(path)


def _in_words(detail: ErrorDetails, model: type[BaseModel], place: tuple[int | str, ...]) -> str:
    context = detail.get("ctx", {})
    actual = f"not {detail['input']!r:.60}"
    match detail["type"]:
        case "extra_forbidden":
            known = _fields_at(model, place[:-1])
            written = str(place[-1])
            renamed = [name for name in _RENAMED.get(written, ()) if name in known]
            hint = f"; did you mean {renamed[0]!r}?" if renamed else did_you_mean(written, known)
            allowed = f"allowed: {', '.join(known)}" if known else "nothing is allowed here"
            return f"unknown key{hint or f'; {allowed}'}"
        case "missing":
            return "is required"
        case "too_short":
            return f"needs at least {context['min_length']}, {actual}"
        case "too_long":
            return f"takes at most {context['max_length']}, {actual}"
        case "string_too_short":
            return f"needs at least {context['min_length']} characters, {actual}"
        case "string_too_long":
            return f"takes at most {context['max_length']} characters, {actual}"
        case "invalid_key":
            return f"a key must be a string, not {detail['loc'][-1]!r}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a table of keys and values, {actual}"
        case "literal_error":
            words = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            hint = did_you_mean(detail["input"], words) if isinstance(detail["input"], str) else ""
            return f"must be {context['expected']}, {actual}{hint}"
        case "value_error":
            return str(context["error"])
        case _:
            expected = detail["msg"].removeprefix("Input should be ").removeprefix("a valid ")
            if expected.split(" ")[0] not in ("a", "an", "greater", "less"):
                expected = f"{'an' if expected[0] in 'aeiou' else 'a'} {expected}"
            integer = expected.startswith("an integer")
            return f"must be {expected}, {actual}{number_in_yaml(detail['input'], integer=integer)}"


def number_in_yaml(written: object, *, integer: bool = False) -> str:
    """How YAML wants a number to be written that it reads as text, such as ``1e3``; empty for anything else."""
    parts = _POWER.fullmatch(written) if isinstance(written, str) else None
    if not parts:
        return ""
    if integer:
        value = float(parts.string)
        return f"; YAML wants {value:.0f}" if value.is_integer() and abs(value) < 2**53 else ""
    whole, fraction, sign, power = parts.groups()
    return f"; YAML wants {whole}.{fraction or 0}e{sign or '+'}{power}"


def _joined(messages: list[str]) -> list[str]:
    """The alternatives of a union, as one sentence."""
    parts = [_CHOICE.fullmatch(message) for message in messages]
    if len(messages) < 2 or not all(parts):
        return messages
    allowed = " or ".join(part[1] for part in parts if part)
    return [f"must be {allowed}, {parts[-1][2] if parts[-1] else ''}"]


def _fields_at(model: Any, location: tuple[int | str, ...]) -> list[str]:
    """Names of the keys of the nested model that a location points into."""
    for key in location:
        if isinstance(key, str) and isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(key)
            model = _model_in(field.annotation) if field else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> Any:
    for part in (annotation, *typing.get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None
