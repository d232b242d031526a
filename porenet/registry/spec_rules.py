"""Rules for a valid Spec. The checks import no component and do not fail on any input."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from porenet.interface import API, DeadState, Kind, Spec, Witness
from porenet.registry import storage_rules

NAME = re.compile(r"[a-z][a-z0-9_]*")
TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
UNIT = re.compile(r"1|[A-Za-z%]+(\^-?\d+)?( [A-Za-z%]+(\^-?\d+)?)*")
FOR_LOSSES = (
    "weight", "needs", "needs_when", "optional", "reads", "batchwise", "twin", "tolerance", "witness", "blind_when",
    "dead_states",
)  # fmt: skip
ONLY_FOR: dict[str, tuple[str, ...]] = {
    "loss": FOR_LOSSES,
    "metric": ("transform", "resolution", "on_request", "streamed", "unit_2d"),
    "score": ("limits",),
    "format": ("storage",),
}
"""Fields that belong to one kind of component."""


def problems(spec: object) -> list[str]:
    """All problems of a Spec, in words; empty if it is valid."""
    if not isinstance(spec, Spec):
        return [f"a porenet.Spec was expected, not {type(spec).__name__} ({spec!r:.80})"]
    if type(spec.api) is not int or spec.api != API:
        return [f"built for contract {spec.api!r:.20}, this porenet speaks {API}; install matching versions"]
    wrong = [
        f"{field} must be {allowed}, not {getattr(spec, field)!r:.80}"
        for field, (is_sound, allowed) in _RULES.items()
        if not is_sound(getattr(spec, field))
    ]
    if wrong:
        return wrong
    if spec.kind == "format":
        wrong += storage_rules.problems(spec)
    elif spec.unit == "":
        wrong.append(f"unit must be {_UNIT_WORDS}, not ''")
    if spec.kind == "loss" and isinstance(spec.unit, Mapping):
        wrong.append("unit must be one, not a mapping: a loss has no result keys")
    wrong += [
        f"{name} needs 2 among dims" for name in ("unit_2d", "note_2d") if getattr(spec, name) and 2 not in spec.dims
    ]
    if spec.kind == "loss" and (
        strange := {key: when for key, when in spec.needs_when.items() if key not in spec.needs}
    ):
        wrong.append(f"needs_when must be about keys of needs, not {strange!r:.80}")
    if spec.kind == "loss" and (strange_keys := [key for key in spec.optional if not _is_part(key, spec.needs)]):
        wrong.append(f"optional must hold keys NEED.PART of the keys of needs, not {strange_keys!r:.80}")
    defaults = {item.name: item.default for item in dataclasses.fields(Spec)}
    defaults |= {"needs": (), "optional": (), "needs_when": {}, "blind_when": {}, "dead_states": {}}
    if spec.kind == "score" and spec.dims != defaults["dims"]:
        wrong.append("dims belongs to losses, metrics and formats; a score compares numbers: leave it out")
    return wrong + [
        f"{name} belongs to {_PLURAL[kind]} only; leave it out of a {spec.kind}"
        for kind, names in ONLY_FOR.items()
        for name in names
        if kind != spec.kind and getattr(spec, name) != defaults[name]
    ]


_PLURAL = {"loss": "losses", "metric": "metrics", "score": "scores", "format": "formats"}


def _is_part(key: str, needs: tuple[str, ...]) -> bool:
    return any(key.startswith(f"{need}.") and len(key) > len(need) + 1 for need in needs)


def _one_of(*allowed: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in allowed


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda text: isinstance(text, str) and pattern.fullmatch(text) is not None


def _is_unit(unit: Any) -> bool:
    if isinstance(unit, Mapping):
        return bool(unit) and all(isinstance(key, str) and _matches(UNIT)(text) for key, text in unit.items())
    return _matches(UNIT)(unit)


def _has_reasons(value: Any, *names: str) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and (not names or name in names) and isinstance(reason, str) and bool(reason.strip())
        for name, reason in value.items()
    )


def _has_conditions(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and isinstance(condition, tuple) and len(condition) == 2 and isinstance(condition[0], str)
        for key, condition in value.items()
    )


def _is_witness(value: Any) -> bool:
    return value is None or (
        isinstance(value, Witness)
        and _matches(NAME)(value.metric)
        and isinstance(value.params, Mapping)
        and all(isinstance(name, str) for name in value.params)
        and _is_number(value.factor)
        and value.factor > 1
    )


def _is_number(value: Any) -> bool:
    # A weighted sum cannot hold a number beyond the range of a float.
    return type(value) in (int, float) and abs(value) < 1e300 and math.isfinite(value)


_UNIT_WORDS = "such as '1', 'um^-1', or a mapping from result key to such a unit"


def _is_resolution(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and key and _is_number(size) and size >= 0 for key, size in value.items())
    return _is_number(value) and bool(value >= 0)


def _are_limits(value: Any) -> bool:
    return value is None or (
        isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value)) and 0 <= value[1] <= value[0] <= 1
    )


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_matches(NAME), "lower-case letters, digits and underscores"),
    "kind": (_one_of(*get_args(Kind)), " or ".join(get_args(Kind))),
    "target": (_matches(TARGET), "an import string such as 'package.module:Name'"),
    "summary": (
        lambda text: isinstance(text, str) and bool(text.strip()) and "\n" not in text,
        "one non-empty line",
    ),
    "source": (lambda text: isinstance(text, str), "a DOI, a URL or an empty string"),
    "unit": (lambda unit: (isinstance(unit, str) and not unit) or _is_unit(unit), _UNIT_WORDS),
    "dims": (lambda dims: dims in ((2,), (3,), (2, 3)), "(3,), (2, 3) or (2,)"),
    "unit_2d": (lambda unit: (isinstance(unit, str) and not unit) or _is_unit(unit), _UNIT_WORDS),
    "note_2d": (lambda text: isinstance(text, str) and "\n" not in text, "one line, or empty"),
    "needs": (
        lambda keys: isinstance(keys, tuple) and all(isinstance(key, str) and key for key in keys),
        "a tuple of target keys",
    ),
    "needs_when": (_has_conditions, "a mapping from target keys to (parameter, value)"),
    "optional": (
        lambda keys: isinstance(keys, tuple) and all(isinstance(key, str) and key for key in keys),
        "a tuple of target keys",
    ),
    "reads": (_one_of("run", "soft", "straight_through"), "run or soft or straight_through"),
    "batchwise": (lambda value: isinstance(value, bool), "true or false"),
    "twin": (lambda name: name is None or _matches(NAME)(name), "the name of a metric"),
    "weight": (lambda value: value is None or (_is_number(value) and value > 0), "a finite number above 0"),
    "tolerance": (lambda value: value is None or (_is_number(value) and value >= 0), "a finite number, 0 or more"),
    "witness": (_is_witness, "None or a Witness: the name of a metric, its parameters and a factor above 1"),
    "blind_when": (_has_conditions, "a mapping from what is not seen to (parameter, value)"),
    "deviations": (_has_reasons, "a mapping from laws to reasons"),
    "dead_states": (
        lambda value: _has_reasons(value, *get_args(DeadState)),
        f"a mapping from {', '.join(get_args(DeadState))} to reasons",
    ),
    "limits": (_are_limits, "None or two numbers from 1 to 0: from where a score is OK, and from where Marginal"),
    "transform": (lambda value: value is None or _one_of("log")(value), "None or 'log'"),
    "on_request": (lambda value: isinstance(value, bool), "true or false"),
    "streamed": (
        lambda path: path == "" or _matches(TARGET)(path),
        "an import string such as 'package.module:NAME', or empty",
    ),
    "resolution": (_is_resolution, "a finite number, 0 or more, or a mapping from result keys to such numbers"),
}
