"""The data set of the labels in an HDF5 file: found by its name, or as the only volume."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from porenet.errors import InputError
from porenet.formats.interface import CHOOSE_ONE

_LISTED = 20
_LONGEST = 80
_MOST_OBJECTS = 100_000
_MOST_LINKS = 32
_PHASES = "Phases"


def chosen(h5py: Any, file: Any, asked: str | None, *, dream3d: bool) -> str:
    """Name of the data set to read, without outer slashes and links.

    Args:
        h5py: the library.
        file: the open file.
        asked: name that the caller states, or None for the only volume.
        dream3d: whether the labels are called ``Phases``, as in DREAM.3D.

    Raises:
        InputError: there is no such data set, or not exactly one volume.
    """
    if asked is not None:
        return _walk(h5py, file, asked)
    integers: list[str] = []
    floats: list[str] = []
    words: dict[str, str] = {}
    for name, dataset in sorted(_datasets(h5py, file), key=lambda pair: pair[0]):
        shape: tuple[int, ...] = dataset.shape or ()
        if len(shape) == 3 or (len(shape) == 4 and shape[-1] == 1):
            integers += [name] if dataset.dtype.kind in "iub" else []
            floats += [name] if dataset.dtype.kind == "f" else []
        words[name] = f"{_short(name)} {'x'.join(map(str, shape))} {dataset.dtype}"
    volumes = integers or floats
    names = volumes
    if dream3d:  # FeatureIds are grains, not phases
        names = [name for name in volumes if name.rpartition("/")[2] == _PHASES]
    if len(names) == 1:
        return names[0]
    listed = [words[name] for name in volumes] or list(words.values())
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    contents = f"{'; '.join(listed[:_LISTED])}{more}" if listed else "none"
    if volumes:
        raise InputError(
            f"{'several' if names or not dream3d else 'no'} data sets "
            f"{'called Phases' if dream3d else 'could be the labels'}; its volumes are {contents}",
            fix=CHOOSE_ONE,
        )
    raise InputError(f"holds no 3-D data set of integers; its data sets are {contents}", fix=CHOOSE_ONE)


def child(h5py: Any, group: Any, name: str) -> Any:
    """The object of a group under a name, if it is in this file and not behind a link; else None.

    Reads the links themselves: ``name in group`` and ``group.get`` open the file that an external link names.
    """
    if not isinstance(group, h5py.Group) or not group.id.links.exists(name.encode()):
        return None
    return group[name] if group.id.links.get_info(name.encode()).type == h5py.h5l.TYPE_HARD else None


def _datasets(h5py: Any, file: Any) -> Iterator[tuple[str, Any]]:
    """Every data set of a file with its path, each once; links are not followed.

    h5py's ``visititems`` opens every object by its whole path: 3,000 groups inside one another take minutes.
    """
    seen: set[bytes] = set()
    waiting = [("", file.id)]
    while waiting:
        path, group = waiting.pop()
        inside = []
        for name in group:
            if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                continue
            item = h5py.h5o.open(group, name)
            address = h5py.h5o.get_info(item).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > _MOST_OBJECTS:
                raise InputError(f"holds more than {_MOST_OBJECTS} groups and data sets", fix=CHOOSE_ONE)
            place = f"{path}/{name.decode('utf-8', 'surrogateescape')}".strip("/")
            if isinstance(item, h5py.h5d.DatasetID):
                yield place, h5py.Dataset(item)
            elif isinstance(item, h5py.h5g.GroupID):
                inside.append((place, item))
        waiting.extend(reversed(inside))


def _walk(h5py: Any, file: Any, asked: str) -> str:
    """The name without outer slashes and soft links; an error if a step of it leaves this file."""
    steps = [step for step in asked.split("/") if step]
    here, path, links = file, list[str](), 0
    while steps:
        step = steps.pop(0)
        link = _link(h5py, here, step)
        if link is None:
            inside = _inside(h5py, here)
            raise InputError(f"no data set is called {asked!r}", fix=f"This group holds {inside}." if inside else "")
        links += 1
        if isinstance(link, h5py.ExternalLink) or links > _MOST_LINKS:
            raise InputError(
                f"{'/'.join([*path, step])!r} is a link to another file or a circle of links, which is not followed",
                fix="Name the data set itself.",
            )
        if isinstance(link, h5py.SoftLink):
            target = link.path
            here, path = (file, []) if target.startswith("/") else (here, path)
            steps = [part for part in target.split("/") if part not in ("", ".")] + steps
            continue
        links -= 1
        here, path = here[step], [*path, step]
    if not isinstance(here, h5py.Dataset):
        raise InputError(f"{asked!r} is a group, not a data set; it holds {_inside(h5py, here) or 'nothing'}")
    return "/".join(path)


def _link(h5py: Any, group: Any, name: str) -> Any:
    if not isinstance(group, h5py.Group) or not group.id.links.exists(name.encode()):
        return None
    return group.get(name, getlink=True)


def _inside(h5py: Any, group: Any) -> str:
    return ", ".join(map(_short, list(group)[:_LISTED])) if isinstance(group, h5py.Group) else ""


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"...{name[-_LONGEST:]}"
