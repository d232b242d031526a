"""Origins of volumes: the file ``origins.json`` states the place that each was cut from.

Cubes cut from one electrode are not independent; `compare` resamples cubes of one place together.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.errors import InputError, counted

FILE = "origins.json"


def origins_of(volumes: Mapping[str, Path], roots: Iterable[Path]) -> dict[str, Any]:
    """Place that each volume was cut from.

    Args:
        volumes: name -> file or folder.
        roots: folders whose ``origins.json`` may name volumes in folders below them, by relative path; the file in
            the folder of a volume is always read.

    Returns:
        Name -> ``{"source": ..., "corner": [z, y, x]}`` (voxels), for the volumes that such a file names.

    Raises:
        InputError: such a file is not a mapping from volumes that exist to their source and corner.
    """
    folders = {path.resolve() for path in roots if path.is_dir()} | {path.resolve().parent for path in volumes.values()}
    by_path: dict[Path, Any] = {}
    for folder in folders:
        if (folder / FILE).is_file():
            by_path |= {folder / name: origin for name, origin in _read(folder / FILE).items()}
    return {name: by_path[path.resolve()] for name, path in volumes.items() if path.resolve() in by_path}


def origin_blocks(
    origins: Sequence[Mapping[str, Any] | None], shape: tuple[int, int, int]
) -> list[tuple[Hashable, ...]]:
    """Block of each cube, for resampling: its source is tiled in boxes of the shape of the cubes.

    Cubes of neighbouring tiles may still overlap; cubes that share most of their voxels share a tile or lie in
    neighbouring tiles, as a block bootstrap requires.

    Args:
        origins: per structure ``{"source": name, "corner": [z, y, x]}`` (voxels), or None if it was not cut.
        shape: shape of the cubes (Z, Y, X), voxels.

    Returns:
        One label per structure; a structure without origin is its own block.
    """
    blocks: list[tuple[Hashable, ...]] = []
    for i, origin in enumerate(origins):
        if origin is None:
            blocks.append((i,))
        else:
            tile = (int(at) // edge for at, edge in zip(origin["corner"], shape, strict=True))
            blocks.append((str(origin["source"]), *tile))
    return blocks


def _read(path: Path) -> dict[str, Any]:
    origins = {}
    try:
        for name, origin in formats.read_json(path).items():
            corner = list(map(_voxels, origin["corner"]))
            if len(corner) not in (2, 3):
                raise ValueError(f"a corner of {counted(len(corner), 'number')}")
            origins[name] = {"source": str(origin["source"]), "corner": corner}
    except (OSError, ValueError, OverflowError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"is not a mapping from volumes to their source and corner ({type(error).__name__}: {error})",
            where=str(path),
            fix='Write {"cube_000.npz": {"source": "electrode", "corner": [0, 0, 0]}, ...}, in voxels (z, y, x).',
        ) from error
    absent = [name for name in origins if not (path.parent / name).exists()]
    if absent:
        raise InputError(
            f"names volumes that do not exist: {', '.join(absent[:3])}{' ...' if len(absent) > 3 else ''}",
            where=str(path),
            fix="Write the names of the files with their suffixes.",
        )
    return origins


def _voxels(number: Any) -> int:
    if isinstance(number, bool) or int(number) != number:
        raise ValueError(f"{number!r:.40} is not a number of voxels")
    return int(number)
