"""The description of a zarr array, version 2 or 3: where its chunks are and how their bytes become values.

Sources: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html and .../v3/core/index.html.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED
from porenet_formats.zarr.codecs import Codec, codec, sized
from porenet_formats.zarr.types import fill_value, type_2, type_3

if TYPE_CHECKING:
    from numpy.typing import NDArray

Metadata = Mapping[str, Any]
_FIELDS = {
    "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs",
    "attributes", "storage_transformers", "dimension_names", "consolidated_metadata",
}  # fmt: skip
_AXES = 32


@dataclass(frozen=True, slots=True)
class Shards:
    """Files that hold many chunks each, and an index of them.

    Attributes:
        edges: edge lengths of a shard, voxels.
        at_start: whether the index is at the start of the file, not at its end.
        byte_order: of the index, ``<`` or ``>``.
        checksum: whether a CRC-32C follows the index.
    """

    edges: tuple[int, ...]
    at_start: bool
    byte_order: str
    checksum: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the chunks of an array are, and how their bytes become values.

    Attributes:
        shape: of the array, voxels.
        chunk: edge lengths of a chunk, voxels.
        dtype: type of the values, in the byte order of the file.
        fill: value of the chunks that were left out.
        transposed: axes of a chunk, from the slowest in the file to the fastest.
        codecs: what is done to the bytes, in the order of writing.
        key: start of the name of a chunk, and what is between its numbers.
        shards: files of many chunks; None for one file per chunk.
        dimensions: names of the axes; empty if the file names none.
    """

    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[Any]
    fill: Any
    transposed: tuple[int, ...]
    codecs: tuple[Codec, ...]
    key: tuple[str, str]
    shards: Shards | None = None
    dimensions: tuple[str, ...] = ()

    @property
    def chunk_bytes(self) -> int:
        """Bytes of the values of a chunk."""
        return math.prod(self.chunk) * self.dtype.itemsize

    @property
    def expansion(self) -> float:
        """Largest number of bytes of values that one byte in a file can stand for."""
        return max((step.expansion for step in self.codecs), default=1.0)

    def decode(self, data: bytes) -> NDArray[Any]:
        """The values of a chunk.

        Args:
            data: its bytes in the file.

        Raises:
            InputError: they do not decode to as many values as a chunk has.
        """
        if self.chunk_bytes > len(data) * self.expansion + 1024:
            raise InputError(f"has {len(data)} bytes, which cannot hold {self.chunk_bytes}", fix=DAMAGED)
        for step, size in sized(self.codecs, self.chunk_bytes):
            data = step.decode(data, size)
        if len(data) != self.chunk_bytes:
            raise InputError(f"holds {len(data)} bytes, not {self.chunk_bytes}", fix=DAMAGED)
        values = np.frombuffer(data, self.dtype).reshape([self.chunk[axis] for axis in self.transposed])
        return values.transpose(np.argsort(self.transposed))


def layout(metadata: Metadata) -> Layout:
    """The layout of an array.

    Args:
        metadata: content of its ``.zarray`` or ``zarr.json``.

    Raises:
        InputError: not a plain array of numbers, in chunks that are read.
    """
    layout = _layout_2(metadata) if metadata.get("zarr_format") == 2 else _layout_3(metadata)
    sized(layout.codecs, layout.chunk_bytes)
    return layout


def _layout_2(metadata: Metadata) -> Layout:
    _check_complete(metadata, ("fill_value", "order", "filters", "compressor"))
    shape, chunk = _lengths(metadata, "shape"), _lengths(metadata, "chunks")
    dtype = type_2(metadata.get("dtype"))
    order = metadata["order"]
    if order not in ("C", "F"):
        raise InputError(f"the order of its chunks is {str(order)[:40]!r}, not C or F", fix=DAMAGED)
    steps = [*(metadata.get("filters") or ()), *filter(None, [metadata.get("compressor")])]
    axes = tuple(range(len(shape)))
    return Layout(
        shape=shape,
        chunk=_fitting(chunk, shape),
        dtype=dtype,
        fill=fill_value(dtype, metadata.get("fill_value")),
        transposed=axes if order == "C" else axes[::-1],
        codecs=tuple(codec(step.get("id"), step, dtype.itemsize) for step in map(_object, steps)),
        key=("", _separator(metadata.get("dimension_separator", "."))),
    )


def _check_complete(metadata: Metadata, names: Sequence[str]) -> None:
    """Check that fields are there that must be: a default in the place of a misspelt one would give other values."""
    missing = [name for name in names if name not in metadata]
    if missing:
        raise InputError(f"its metadata does not state {' and '.join(missing)}", fix=DAMAGED)


def _layout_3(metadata: Metadata) -> Layout:
    _check_complete(metadata, ("fill_value",))
    unknown = [name for name in metadata if name not in _FIELDS]
    must = [name for name in unknown if not _is_optional(metadata[name])]
    if must or metadata.get("storage_transformers"):
        raise InputError(f"it needs {(must or ['storage_transformers'])[0][:60]!r}, which is not read")
    shape = _lengths(metadata, "shape")
    grid, encoding = _named(metadata.get("chunk_grid")), _named(metadata.get("chunk_key_encoding"))
    if grid[0] != "regular" or encoding[0] not in ("default", "v2"):
        raise InputError(f"its chunks are of the kind {grid[0]!r}, named by {encoding[0]!r}; these are not read")
    chunk = _fitting(_lengths(grid[1], "chunk_shape"), shape)
    dtype = type_3(metadata.get("data_type"))
    steps = [_named(step) for step in metadata.get("codecs", ())]
    shards = None
    if steps and steps[0][0] == "sharding_indexed" and len(steps) == 1:
        shards, chunk, steps = _sharded(steps[0][1], chunk)
    default = encoding[0] == "default"
    separator = _separator(encoding[1].get("separator", "/" if default else "."))
    transposed, dtype, codecs = _pipeline(steps, dtype, len(shape))
    return Layout(
        shape=shape,
        chunk=chunk,
        dtype=dtype,
        fill=fill_value(dtype, metadata.get("fill_value")),
        transposed=transposed,
        codecs=codecs,
        key=(f"c{separator}" if default else "", separator),
        shards=shards,
        dimensions=tuple(str(label) if label else "" for label in metadata.get("dimension_names") or ()),
    )


def _pipeline(
    steps: list[tuple[str, Metadata]], dtype: np.dtype[Any], axes: int
) -> tuple[tuple[int, ...], np.dtype[Any], tuple[Codec, ...]]:
    """Order of the axes, type and codecs that a list of codecs of version 3 makes."""
    transposed = tuple(range(axes))
    while steps and steps[0][0] == "transpose":
        order = steps[0][1].get("order")
        if not isinstance(order, list) or sorted(order) != list(range(axes)):
            raise InputError(f"its chunks are transposed by {str(order)[:60]}", fix=DAMAGED)
        transposed = tuple(transposed[axis] for axis in order)
        steps = steps[1:]
    if not steps or steps[0][0] != "bytes":
        name = steps[0][0] if steps else "none"
        raise InputError(
            f"its values become bytes by the codec {name[:60]!r} behind another one",
            fix="Write it with the codec 'bytes', or with 'sharding_indexed' around all others.",
        )
    endian = steps[0][1].get("endian")
    if dtype.itemsize > 1:
        if endian not in ("little", "big"):
            raise InputError("the byte order of its values is not stated", fix=DAMAGED)
        dtype = dtype.newbyteorder("<" if endian == "little" else ">")
    return transposed, dtype, tuple(codec(name, config, dtype.itemsize) for name, config in steps[1:])


def _sharded(config: Metadata, edges: tuple[int, ...]) -> tuple[Shards, tuple[int, ...], list[tuple[str, Metadata]]]:
    chunk = _lengths(config, "chunk_shape")
    if len(chunk) != len(edges) or any(edge % inner for edge, inner in zip(edges, chunk, strict=True)):
        raise InputError(f"chunks of {chunk} do not fill shards of {edges}", fix=DAMAGED)
    index = [_named(step) for step in config.get("index_codecs", ())]
    names = [name for name, _ in index]
    if names not in (["bytes"], ["bytes", "crc32c"]):
        raise InputError(f"the index of its shards is written with {names}", fix="Write it with bytes and crc32c.")
    order = {"little": "<", "big": ">"}.get(str(index[0][1].get("endian")))
    place = config.get("index_location", "end")
    if order is None or place not in ("start", "end"):
        raise InputError("the byte order or the place of the index of its shards is not stated", fix=DAMAGED)
    shards = Shards(edges, place == "start", order, len(names) == 2)
    return shards, chunk, [_named(step) for step in config.get("codecs", ())]


def _lengths(metadata: Metadata, name: str) -> tuple[int, ...]:
    lengths = metadata.get(name)
    least = 0 if name == "shape" else 1
    if (
        not isinstance(lengths, list)
        or len(lengths) > _AXES
        or not all(isinstance(length, int) and not isinstance(length, bool) and length >= least for length in lengths)
    ):
        raise InputError(f"its {name} is {str(lengths)[:60]}, not a list of lengths", fix=DAMAGED)
    return tuple(lengths)


def _fitting(chunk: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(chunk) != len(shape):
        raise InputError(f"its chunks have {len(chunk)} axes, but the array has {len(shape)}", fix=DAMAGED)
    return chunk


def _separator(value: object) -> str:
    if value not in (".", "/"):
        raise InputError(f"the numbers of its chunks are separated by {str(value)[:40]!r}", fix=DAMAGED)
    return str(value)


def _object(value: object) -> Metadata:
    if not isinstance(value, Mapping):
        raise InputError(f"its metadata have {str(value)[:60]} in the place of an object", fix=DAMAGED)
    return value


def _named(value: object) -> tuple[str, Metadata]:
    """Name and configuration of an extension point of version 3, which may be a name alone."""
    if isinstance(value, str):
        return value, {}
    thing = _object(value)
    return str(thing.get("name")), _object(thing.get("configuration", {}))


def _is_optional(value: object) -> bool:
    return isinstance(value, Mapping) and value.get("must_understand") is False
