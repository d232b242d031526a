"""Data of other libraries as dicts and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def plain(written: Any) -> Any:
    """The same tables in dicts and lists, whatever mappings and sequences they were written in (OmegaConf, ...)."""
    if isinstance(written, Mapping):
        return {key: plain(value) for key, value in written.items()}
    if isinstance(written, Sequence) and not isinstance(written, str | bytes):
        return [plain(entry) for entry in written]
    return written.item() if isinstance(written, np.generic) else written
