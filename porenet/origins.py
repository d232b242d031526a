"""Where volumes were cut from: the file ``origins.json`` beside them.

Cubes cut from one electrode are not independent; `compare` resamples those of one place together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from porenet.errors import InputError

FILE = "origins.json"


def origins_of(volumes: Mapping[str, Path], roots: Iterable[Path]) -> dict[str, Any]:
    """Where each volume was cut from.

    Args:
        volumes: name -> file or folder.
        roots: folders whose ``origins.json`` may name volumes in folders below them, by relative path; that in a
            volume's own folder is always looked at.

    Returns:
        Name -> ``{"source": ..., "corner": [z, y, x]}`` (voxels), for the volumes that are named.

    Raises:
        InputError: such a file is not a mapping from volumes that exist to their source and corner.
    """
    folders = {path.resolve() for path in roots if path.is_dir()} | {path.resolve().parent for path in volumes.values()}
    by_path: dict[Path, Any] = {}
    for folder in folders:
        if (folder / FILE).is_file():
            by_path |= {folder / name: origin for name, origin in _read(folder / FILE).items()}
    return {name: by_path[path.resolve()] for name, path in volumes.items() if path.resolve() in by_path}


def _read(path: Path) -> dict[str, Any]:
    found = {}
    try:
        for name, origin in json.loads(path.read_text(encoding="utf-8")).items():
            z, y, x = map(int, origin["corner"])
            found[name] = {"source": str(origin["source"]), "corner": [z, y, x]}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"is not a mapping from volumes to their source and corner ({type(error).__name__}: {error})",
            where=str(path),
            fix='Write {"cube_000.npz": {"source": "electrode", "corner": [0, 0, 0]}, ...}, in voxels (z, y, x).',
        ) from error
    absent = [name for name in found if not (path.parent / name).exists()]
    if absent:
        raise InputError(
            f"names what is not there: {', '.join(absent[:3])}{' ...' if len(absent) > 3 else ''}",
            where=str(path),
            fix="Write the names of the files, endings included.",
        )
    return found
