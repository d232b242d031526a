"""Verdicts on the imports of plugins, kept in the user's cache folder: one JSON file per distribution."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MOST_VERDICTS = 16
"""Verdicts kept per distribution, latest first: it may be installed in several environments."""
MOST_BYTES = 1_000_000
"""A file larger than this is not one of porenet's."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the trial import of an entry point ended.

    Attributes:
        cause: what went wrong; empty if the import came to an end by itself, even by an exception.
        limit_s: time that it was given.
        hung: whether it was stopped at that limit.
        site_ns: time of change of the folder where the distribution is installed, in ns.
    """

    cause: str
    limit_s: float
    hung: bool = False
    site_ns: int = 0


def recall(distribution: str, state: Mapping[str, Any]) -> tuple[Verdict, Path] | None:
    """The verdict on exactly this state of a distribution, and the file that holds it; a damaged file holds none."""
    for folder in _places():
        if not _is_private(folder):
            continue
        path = _path(folder, distribution)
        for entry in _entries(path):
            if entry["state"] == state:
                return Verdict(**entry["verdict"]), path
    return None


def remember(folder: Path, distribution: str, state: Mapping[str, Any], verdict: Verdict) -> Path | None:
    """Keep a verdict; other processes see the file as it was or as it will be.

    Returns:
        The file, or None if it cannot be written.
    """
    path = _path(folder, distribution)
    others = [entry for entry in _entries(path) if entry["state"] != state]
    entries = [{"state": dict(state), "verdict": asdict(verdict)}, *others][:MOST_VERDICTS]
    try:
        number, draft = tempfile.mkstemp(dir=folder)
        try:
            with open(number, "w", encoding="utf-8") as file:
                json.dump(entries, file, indent=1)
            os.replace(draft, path)
        except OSError:
            os.unlink(draft)
            raise
    except OSError:
        return None
    return path


def writable_folder() -> Path | None:
    """The folder for verdicts: in the user's cache, else in a temporary folder; None if neither can be written.

    Other users can write to neither: their verdicts would keep a plugin from being loaded.
    """
    for folder in _places():
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        if _is_private(folder):
            return folder
    return None


def _places() -> Iterator[Path]:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    yield Path(cache, "porenet-plugins")
    user = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        yield Path(tempfile.gettempdir(), f"porenet-plugins-{user}")
    except FileNotFoundError:  # no temporary folder can be written, nor the current one
        return


def _is_private(folder: Path) -> bool:
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    if not hasattr(os, "getuid"):  # Windows: both folders lie in the user's profile
        return stat.S_ISDIR(status.st_mode)
    return stat.S_ISDIR(status.st_mode) and status.st_uid in (os.getuid(), 0) and not status.st_mode & 0o022


def _path(folder: Path, distribution: str) -> Path:
    return folder / f"{re.sub(r'[^a-zA-Z0-9._-]', '_', distribution)[:100]}.json"


def _entries(path: Path) -> list[dict[str, Any]]:
    """The sound entries of a file: none if it is absent or damaged."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return []
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    return [entry for entry in entries if _is_entry(entry)] if isinstance(entries, list) else []


def _is_entry(entry: object) -> bool:
    match entry:
        case {
            "state": dict(),
            "verdict": {"cause": str(), "limit_s": float(), "hung": bool(), "site_ns": int(), **rest},
        }:
            return not rest
    return False
