"""The config of a checkpoint beside the one that it is to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from porenet.config.differences import config_changes as config_changes


def with_defaults(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A config with the defaults of the keys that it lacks; a table that it lacks stays away.

    Args:
        config: JSON-ready tables.
        defaults: likewise.
    """
    later = {
        key: {**value, **config[key]} if isinstance(value, Mapping) else config.get(key, value)
        for key, value in defaults.items()
        if key in config or not isinstance(value, Mapping)
    }
    return {**config, **later}
