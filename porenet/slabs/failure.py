"""A metric that fails in one slab: a state that stands for its own from there on, so that the other metrics go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from porenet.errors import InputError, PluginError, PorenetError, Wording, command_wording

FAILURE = "!failure"
"""Name of the only array of such a state; it travels and is joined as any other does."""

Failed = Mapping[str, Any]


def failed_state(error: PorenetError) -> Failed:
    """The state of a metric that raised an error."""
    texts = [error.what, error.where, error.fix]
    words = {"refused": isinstance(error, InputError), "python": texts, "command": [*map(command_wording, texts)]}
    return {FAILURE: np.array(json.dumps(words))}


def has_failed(state: Any) -> bool:
    """Whether a state, or what a metric returned, is that of a metric that failed."""
    return isinstance(state, Mapping) and FAILURE in state


def error_of(state: Failed) -> PorenetError:
    """The error of a metric that failed: `InputError` where it refused the volume, else `PluginError`."""
    words = json.loads(str(np.asarray(state[FAILURE]).flat[0]))
    what, where, fix = map(Wording, words["python"], words["command"])
    kind = InputError if words["refused"] else PluginError
    return kind(what, where=where, fix=fix)


def failed_part(before: Mapping[str, Any], number: int, state: Mapping[str, Any]) -> dict[str, Any]:
    """What the parts of a metric come to once one of them failed: the first failure, once per part.

    Args:
        before: what the parts before it come to.
        number: of the part.
        state: of the part.
    """
    failure = before[FAILURE][0] if has_failed(before) else state[FAILURE]
    return {FAILURE: np.repeat(failure, number + 1)}
