"""Find a module and the files it comes from, without importing it or a package above it."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, all_suffixes

MOST_FILES = 2000
"""Files of a package that are looked at."""


@dataclass(frozen=True, slots=True)
class FileState:
    """The files that an import of a module can run, as they are now.

    Attributes:
        place: its file, or the folder of its outermost package.
        newest_ns: latest time of change among the files, in ns.
        files: how many files there are.
    """

    place: str
    newest_ns: int
    files: int


def find_module(name: str, path: list[str] | None) -> ModuleSpec | None:
    """The spec of a module in the folders of its package; ``importlib.util.find_spec`` would import that package.

    Args:
        name: full name.
        path: folders of the package that holds it; None for a name without dots.
    """
    if name in sys.modules:
        known: ModuleSpec | None = getattr(sys.modules[name], "__spec__", None)
        if known is not None:
            return known
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find(name, path) if find else None
        if spec is not None:
            return spec
    return None


def located(name: str) -> ModuleSpec | None:
    """The spec of a module by its full name, found without importing a package above it; None if there is none.

    Args:
        name: full name, with dots.
    """
    spec: ModuleSpec | None = None
    path: list[str] | None = None
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        if depth > 1 and path is None:
            return None
        spec = find_module(".".join(parts[:depth]), path)
        if spec is None:
            return None
        path = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    return spec


def file_state(module: str) -> FileState | None:
    """The state of a module's file, or of all files of its outermost package, whose import comes first.

    Returns:
        None where there is no such module, or none that lies in files (built-in, frozen).
    """
    places = _places(module)
    if not places:
        return None
    times = []
    files = itertools.chain.from_iterable(map(_files, places))
    for file in itertools.islice(files, MOST_FILES):
        try:
            times.append(os.stat(file).st_mtime_ns)
        except OSError:  # removed in between, or a link to nothing
            continue
    return FileState(places[0], max(times, default=0), len(times))


def _places(module: str) -> list[str]:
    path: list[str] | None = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        spec = find_module(".".join(parts[:depth]), path)
        if spec is None:
            return []
        path = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
        if spec.has_location and spec.origin:
            return path or [spec.origin]
        if path is None:
            return []
    return path or []  # a namespace, which may have many folders and no file of its own


def _files(place: str) -> Iterator[str]:
    if not os.path.isdir(place):
        while not os.path.exists(place) and os.path.dirname(place) != place:
            place = os.path.dirname(place)  # what lies in an archive has the time of the archive
        yield place
        return
    suffixes = tuple(all_suffixes())
    for folder, subfolders, names in os.walk(place):
        subfolders[:] = sorted(name for name in subfolders if name != "__pycache__")
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(suffixes))
