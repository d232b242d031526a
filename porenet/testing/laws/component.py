"""Laws of every component, whatever its kind."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from porenet.errors import ConfigError, PluginError
from porenet.interface import Grid, Undefined, Volume
from porenet.registry import schema
from porenet.testing.case import Case
from porenet.testing.fields import one_hot


def params_survive_toml_and_json(case: Case) -> None:
    """The parameters, written as TOML or as JSON, pass the checks of a run and make the same component."""
    grid = case.grid((0.1, 0.2, 0.1))
    component = case.spec.resolve()
    written = {key: value for key, value in case.params.items() if value is not None}
    for name, read in (("TOML", _through_toml), ("JSON", _through_json)):
        try:
            params = schema.validated(component, case.spec.kind, read(written), grid=grid, path=str(case))
        except (ConfigError, PluginError, TypeError, ValueError) as error:
            case.expect(False, f"its parameters do not pass through {name}: {error}")
            return
        here, there = _result(case, case.params, grid), _result(case, params, grid)
        case.expect(here == there, f"gives {here}, and {there} with its parameters written as {name}")


def random_state() -> dict[str, Any]:
    """States of the global random generators, by name of their library."""
    _, key, position, *_ = np.random.get_state()  # noqa: NPY002 -- the global one is the one to leave alone
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (np.asarray(key).tobytes(), position),
        "Python": random.getstate(),
    }


def _result(case: Case, params: Mapping[str, Any], grid: Grid) -> object:
    """Result of the component with some parameters, on an input of its kind."""
    component = case.spec.resolve()
    labels = (np.arange(5 * 4 * 6) * 7 // 3 % len(grid.phases)).astype(np.uint8).reshape(5, 4, 6)
    if case.spec.kind == "metric":
        return component(Volume(labels, grid), **params)
    if case.spec.kind == "score":
        return component([0.1, 0.2, 0.4, Undefined("not percolating")], [0.2, 0.3, 0.3], **params)
    field = 0.8 * one_hot(torch.from_numpy(labels.astype(np.int64)).unsqueeze(0), len(grid.phases)) + 0.2 / len(
        grid.phases
    )
    return component(grid=grid, **params)(field, case.targets_for(field, grid)).tolist()


def _through_json(params: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(params))
    return read


def _through_toml(params: Mapping[str, Any]) -> dict[str, Any]:
    return tomllib.loads("\n".join(f"{json.dumps(key)} = {_toml(value)}" for key, value in params.items()))


def _toml(value: object) -> str:
    """A value as TOML writes it: as JSON does, but for tables."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
