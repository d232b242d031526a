"""An objective as plain data, from which the same objective is built."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from porenet.config import Term
from porenet.interface import API

if TYPE_CHECKING:
    from porenet.objective.objective import Objective


def described(objective: Objective) -> dict[str, Any]:
    """See `porenet.objective.Objective.to_dict`."""
    grid = objective.grid
    table: dict[str, Any] = {
        "gather": objective.gather,
        "terms": [_described(term) for term in objective.terms],
    }
    if objective.check_every is not None:
        table["check_every"] = objective.check_every
    return {
        "porenet": {"version": version("porenet"), "api": API},
        "grid": {"phases": list(grid.phases), "voxel_um": list(grid.edges_um), "periodic": list(grid.wraps)},
        "objective": table,
    }


def _described(term: Term) -> dict[str, Any]:
    return {
        "loss": term.component.full_name,
        "label": term.label,
        "weight": float(term.weight),
        "start": term.start,
        "stop": term.stop,
        "ramp": term.ramp,
        "relax": term.reads,
        **({"planes": term.planes} if term.planes else {}),
        **({"slices": term.slices} if term.slices else {}),
        "params": _plain(term.params),
    }


def _plain(value: Any) -> Any:
    """The value in dicts and lists."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
