"""Which array of a zarr store is the volume."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from porenet.errors import InputError
from porenet.formats.interface import CHOOSE_ONE, DAMAGED
from porenet_formats.zarr import ome_zarr
from porenet_formats.zarr.nodes import Node

_LISTED = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """An array of a store.

    Attributes:
        array: the array.
        level: what its image says of it; None if it belongs to none.
        group: the group of its image, or the array itself.
    """

    array: Node
    level: ome_zarr.Level | None
    group: Node


def chosen(nodes: dict[str, Node], dataset: str | None) -> Choice:
    """The array of that name, the image of that name at full resolution, or the only volume of the store.

    Args:
        nodes: arrays and groups of the store, by their paths.
        dataset: path of an array or of an image; None for the only one.

    Raises:
        InputError: there is no such array, or there are several.
    """
    if dataset is None:
        return _only(nodes, _in_images(nodes, nodes.values()))
    path = dataset.strip("/")
    if path not in nodes:
        raise InputError(f"no array is called {dataset!r}; its arrays are {_listed(nodes, nodes)}")
    above = [node for node in nodes.values() if path == node.path or path.startswith(node.folder)]
    choices = _in_images(nodes, above)
    if nodes[path].is_array:
        return choices.get(path) or Choice(nodes[path], None, nodes[path])
    inside = {name: node for name, node in nodes.items() if name.startswith(nodes[path].folder)}
    return _only(inside, {name: choice for name, choice in choices.items() if choice.group.path == path})


def _in_images(nodes: dict[str, Node], groups: Iterable[Node]) -> dict[str, Choice]:
    """The arrays of images, by their paths."""
    choices: dict[str, Choice] = {}
    for group in groups:
        first: tuple[ome_zarr.Level, Node] | None = None
        for level in ome_zarr.levels(group):
            array = nodes.get(level.path)
            if array is None or not array.is_array:
                raise InputError(f"its image names the array {level.path[:60]!r}, which is missing", fix=DAMAGED)
            first = (level, array) if level.first or first is None else first
            if math.prod(_lengths(array)) > math.prod(_lengths(first[1])):
                raise InputError(
                    f"the first level of its image is smaller than {level.path!r}", fix="The first is full resolution."
                )
            checked = ome_zarr.checked_by_first(level, _lengths(array), first[0], _lengths(first[1]))
            choices[level.path] = Choice(array, checked, group)
    return choices


def _only(nodes: dict[str, Node], images: dict[str, Choice]) -> Choice:
    full = {path: choice for path, choice in images.items() if choice.level and choice.level.first}
    plain = {
        path: Choice(node, None, node)
        for path, node in nodes.items()
        if path not in images and node.is_array and _is_volume(node)
    }
    choices = full | plain
    arrays = [node for node in nodes.values() if node.is_array]
    if not choices and len(arrays) == 1:
        return Choice(arrays[0], None, arrays[0])
    if len(choices) == 1:
        return next(iter(choices.values()))
    if choices:
        raise InputError(f"several arrays could be the labels: {_listed(nodes, choices)}", fix=CHOOSE_ONE)
    raise InputError(f"holds no 3-D array of integers; its arrays are {_listed(nodes, nodes)}", fix=CHOOSE_ONE)


def _lengths(array: Node) -> list[int]:
    shape = array.metadata.get("shape")
    return [length for length in shape if isinstance(length, int)] if isinstance(shape, list) else []


def _kind(array: Node) -> str:
    return str(array.metadata.get("data_type", array.metadata.get("dtype")))[:40]


def _is_volume(array: Node) -> bool:
    shape = array.metadata.get("shape")
    kind = _kind(array).lstrip("<>|")
    return isinstance(shape, list) and len(shape) == 3 and kind.startswith(("i", "u", "b"))


def _listed(nodes: dict[str, Node], paths: Iterable[str]) -> str:
    arrays = [nodes[path] for path in paths if nodes[path].is_array]
    listed = [
        f"{node.path or '/'} {'x'.join(map(str, node.metadata.get('shape') or ()))} {_kind(node)}"
        for node in arrays[:_LISTED]
    ]
    more = f" and {len(arrays) - _LISTED} more" if len(arrays) > _LISTED else ""
    return f"{'; '.join(listed) or 'none'}{more}"
