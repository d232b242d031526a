"""What makes a Spec valid. Plain checks on plain data: no component is imported."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import get_args

from porenet.interface import API, Kind, Spec

NAME = re.compile(r"[a-z][a-z0-9_]*")
TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
UNIT = re.compile(r"1|[A-Za-z%]+(\^-?\d+)?( [A-Za-z%]+(\^-?\d+)?)*")
READS = ("run", "soft", "straight_through")


def problems(spec: object) -> list[str]:
    """Everything wrong with a would-be Spec, in words; empty if it is sound."""
    if not isinstance(spec, Spec):
        return [f"a porenet.Spec was expected, not {type(spec).__name__} ({spec!r:.80})"]
    wrong: list[str] = []

    def expect(condition: bool, field: str, allowed: str) -> None:
        if not condition:
            wrong.append(f"{field} must be {allowed}, not {getattr(spec, field)!r:.80}")

    if spec.api != API:
        return [f"built for contract {spec.api!r:.20}, this porenet speaks {API}; install matching versions"]
    expect(_matches(NAME, spec.name), "name", "lower-case letters, digits and underscores")
    expect(spec.kind in get_args(Kind), "kind", " or ".join(get_args(Kind)))
    expect(_matches(TARGET, spec.target), "target", "an import string such as 'package.module:Name'")
    expect(
        isinstance(spec.summary, str) and bool(spec.summary.strip()) and "\n" not in spec.summary,
        "summary",
        "one non-empty line",
    )
    expect(isinstance(spec.source, str), "source", "a DOI, a URL or an empty string")
    expect(_is_unit(spec.unit), "unit", "such as '1', 'um^-1', or a mapping from result key to such a unit")
    expect(
        isinstance(spec.needs, tuple) and all(isinstance(key, str) and key for key in spec.needs),
        "needs",
        "a tuple of target keys",
    )
    expect(spec.reads in READS, "reads", " or ".join(READS))
    expect(isinstance(spec.batchwise, bool), "batchwise", "true or false")
    expect(spec.twin is None or _matches(NAME, spec.twin), "twin", "the name of a metric")
    expect(spec.weight is None or _is_number(spec.weight, above=0), "weight", "a finite number above 0")
    expect(
        spec.tolerance is None or spec.tolerance == 0 or _is_number(spec.tolerance, above=0),
        "tolerance",
        "a finite number, 0 or more",
    )
    if spec.kind in ("metric", "score"):
        defaults = {item.name: item.default for item in dataclasses.fields(Spec)}
        wrong += [
            f"{name} belongs to losses only; leave it out of a {spec.kind}"
            for name in ("weight", "needs", "reads", "batchwise", "twin", "tolerance")
            if getattr(spec, name) != defaults[name]
        ]
    return wrong


def _matches(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _is_unit(unit: object) -> bool:
    if isinstance(unit, Mapping):
        return bool(unit) and all(isinstance(key, str) and _matches(UNIT, one) for key, one in unit.items())
    return _matches(UNIT, unit)


def _is_number(value: object, *, above: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > above
