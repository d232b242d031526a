"""Data of other libraries as dicts and lists."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any


def plain(written: Any) -> Any:
    """The same tables in dicts and lists, whatever mappings and sequences they were written in (OmegaConf, ...)."""
    if isinstance(written, Mapping):
        return {key: plain(value) for key, value in written.items()}
    if isinstance(written, Sequence) and not isinstance(written, str | bytes):
        return [plain(entry) for entry in written]
    numpy = sys.modules.get("numpy")  # a value of numpy is none before somebody has imported it
    return written.item() if numpy and isinstance(written, numpy.generic) else written
