"""Raw voxels: a file of numbers only, whose shape, type and offset the caller gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError, Wording, argument
from porenet.formats.interface import Options, StoredArray, WrittenLayers, flat_blocks, plain_slabs
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DTYPE = argument("dtype")
_TYPES = re.compile(
    r"(?P<order>[<>|=]?)(?:(?P<code>[iu][1248]|f[248]|b1)|(?P<name>u?int(?:8|16|32|64)|float(?:16|32|64)|bool))\Z"
)


class Raw:
    """Voxels and nothing else, x fastest."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the voxels of a raw file, x fastest; the file must hold exactly the voxels of the shape."""
        options.refuse_dataset()
        if options.shape is None or options.dtype is None:
            raise InputError(
                "a raw file does not state its shape and type",
                fix=Wording(
                    "Give shape=(Z, Y, X) and dtype='uint8' (or '<u2', ...).",
                    "Give --shape Z,Y,X and --dtype uint8 (or '<u2', ...).",
                ),
            )
        shape = options.shape
        whole = (
            isinstance(shape, tuple | list)
            and len(shape) == 3
            and all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in shape)
        )
        if not whole or min(shape) < 1:
            raise InputError(
                f"three positive whole numbers (Z, Y, X) were expected, not {shape!r}", where=argument("shape")
            )
        if isinstance(options.offset, bool) or not isinstance(options.offset, int) or options.offset < 0:
            raise InputError(f"a number of bytes >= 0 was expected, not {options.offset!r}", where=argument("offset"))
        dtype = _dtype(options.dtype)
        size = path.stat().st_size
        lengths = tuple(map(int, shape))
        stored = StoredArray(
            lengths,
            dtype,
            size - options.offset,
            1.0,
            lambda: _blocks(path, options, stored),
            slabs=plain_slabs(path, options.offset, lengths, dtype, end=size),
        )
        needed = stored.size * dtype.itemsize
        if stored.packed_bytes != needed:
            raise InputError(
                f"holds {max(0, stored.packed_bytes)} bytes after an offset of {options.offset}, but "
                f"{'x'.join(map(str, shape))} voxels of {dtype.name} are {needed}",
                fix=Wording(
                    "Give the shape, dtype and offset that it was written with.",
                    "Give the --shape, --dtype and --offset that it was written with.",
                ),
            )
        return stored

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write the values of the labels, a byte each and x fastest, and nothing else."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory."""
        with path.open("wb") as file:
            for layer in layers.layers():
                file.write(values[layer].data)


def _blocks(path: Path, options: Options, stored: StoredArray) -> Iterator[NDArray[Any]]:
    with path.open("rb") as file:
        file.seek(options.offset)
        yield from flat_blocks(file.read, stored.dtype, stored.size)


def _dtype(written: str) -> np.dtype[Any]:
    parts = _TYPES.match(str(written))
    if parts is None:
        raise InputError(
            f"a type of numbers was expected, not {written!r}",
            where=_DTYPE,
            fix="Write uint8, '<u2', '>i4', '<f4', ...",
        )
    code = np.dtype(parts["code"] or parts["name"]).str[1:]
    dtype = np.dtype((parts["order"] or "=") + code)
    if dtype.itemsize > 1 and parts["order"] not in ("<", ">"):
        raise InputError(
            f"{written!r} does not state its byte order",
            where=_DTYPE,
            fix=f"Write '<{code}' (little-endian, as PCs write) or '>{code}' (big-endian, as ImageJ).",
        )
    return dtype
