"""The arrays and groups of a zarr store, with what describes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED
from porenet_formats.zarr.files import MARKS, Read, StoreFiles

_JSON_BYTES = 1 << 26
_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Node:
    """An array or a group.

    Attributes:
        path: in the store, without outer slashes; empty for the store itself.
        is_array: whether it is an array.
        metadata: content of ``zarr.json``, ``.zarray`` or ``.zgroup``.
        attributes: what its writer says besides.
    """

    path: str
    is_array: bool
    metadata: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Start of the names of its files."""
        return f"{self.path}/" if self.path else ""


def nodes_of(files: StoreFiles) -> dict[str, Node]:
    """The arrays and groups of a store by their paths.

    Raises:
        InputError: metadata that cannot be read, that say two things of one place, or none at all.
    """
    places = sorted({name.rpartition("/")[0] for name in files.sizes if name.rpartition("/")[2] in MARKS})
    if not places:
        raise InputError(
            "holds no zarr.json, .zarray or .zgroup", fix="It is not a zarr store, or it was not copied whole."
        )
    if len(places) > _NODES:
        raise InputError(f"holds {len(places)} arrays and groups", fix="Give the path of the folder of one of them.")
    with files.reading() as read:
        nodes = {place: _node(files, read, place) for place in places}
        for place, node in nodes.items():
            for name, copied in _copies(files, read, node):
                _check_copy(nodes, f"{place}/{name}".strip("/"), copied)
    return nodes


def _node(files: StoreFiles, read: Read, place: str) -> Node:
    folder = f"{place}/" if place else ""
    marks = [mark for mark in MARKS if folder + mark in files.sizes]
    if len(marks) > 1:
        raise InputError(
            f"{folder + marks[0]!r} and {folder + marks[1]!r} describe the same place",
            fix="Remove the one that is out of date.",
        )
    metadata = _json(files, read, folder + marks[0])
    if marks[0] == "zarr.json":
        kind, stated = metadata.get("node_type"), metadata.get("zarr_format")
        if kind not in ("array", "group") or stated != 3:
            raise InputError(
                f"{folder}zarr.json describes {str(kind)[:40]!r} of version {str(stated)[:40]}", fix=DAMAGED
            )
        return Node(place, kind == "array", metadata, _mapping(metadata.get("attributes")))
    if metadata.get("zarr_format") != 2:
        raise InputError(f"{folder + marks[0]} is of version {str(metadata.get('zarr_format'))[:40]}", fix=DAMAGED)
    attributes = _json(files, read, f"{folder}.zattrs") if f"{folder}.zattrs" in files.sizes else {}
    return Node(place, marks[0] == ".zarray", metadata, attributes)


def _json(files: StoreFiles, read: Read, name: str) -> Mapping[str, Any]:
    size = files.sizes[name]
    if size > _JSON_BYTES:
        raise InputError(f"{name} has {size} bytes", fix=DAMAGED)
    try:
        content = json.loads(read(name, 0, size))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON ({str(error)[:80]})", fix=DAMAGED) from error
    if not isinstance(content, dict):
        raise InputError(f"{name} does not hold an object", fix=DAMAGED)
    return content


def _copies(files: StoreFiles, read: Read, node: Node) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Names and metadata in the consolidated metadata of a group."""
    inline = _mapping(node.metadata.get("consolidated_metadata")).get("metadata")
    for name, metadata in _mapping(inline).items():
        if _mapping(metadata).get("node_type") == "array":
            yield name, metadata
    if f"{node.folder}.zmetadata" in files.sizes:
        consolidated = _json(files, read, f"{node.folder}.zmetadata")
        for name, metadata in _mapping(consolidated.get("metadata")).items():
            if name.rpartition("/")[2] == ".zarray":
                yield name.rpartition("/")[0], _mapping(metadata)


def _check_copy(nodes: Mapping[str, Node], path: str, copied: Mapping[str, Any]) -> None:
    """Check that an array is as the copy of its metadata says: libraries differ in which of both they believe."""
    node = nodes.get(path)
    differing = (
        ["node_type"]
        if node is None or not node.is_array
        else sorted(
            name
            for name in node.metadata.keys() | copied.keys()
            if name not in ("attributes", "consolidated_metadata") and node.metadata.get(name) != copied.get(name)
        )
    )
    if differing:
        where = f"the array {path!r}" if path else "its array"
        raise InputError(
            f"its consolidated metadata contradict {where} in {differing[0][:60]!r}",
            fix="Consolidate them again, or remove them.",
        )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
