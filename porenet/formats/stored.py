"""What a file holds, before any voxel of it is kept; and the limits it must meet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_VOXELS = 4_000_000_000
"""Largest volume that is read unless a caller says otherwise: 1587^3, 4 GB of labels."""

BLOCK_BYTES = 1 << 22
"""Piece in which voxels are read: small beside a volume, large beside the cost of a call."""

DEFLATE_RATIO = 1032
"""No deflate stream expands further (zlib's technical notes, https://zlib.net/zlib_tech.html)."""

Voxel = tuple[float | None, float | None, float | None]
"""Edges (z, y, x), um; None where the file does not say."""

UNSTATED: Voxel = (None, None, None)


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller says about a file that does not say it itself.

    Attributes:
        dataset: name of the array to read, where a file holds several.
        shape: of a raw file, (Z, Y, X).
        dtype: of a raw file, with its byte order.
        offset: of a raw file, bytes before the first voxel.
        max_voxels: largest volume to read.
    """

    dataset: str | None = None
    shape: tuple[int, int, int] | None = None
    dtype: str | None = None
    offset: int = 0
    max_voxels: int = MAX_VOXELS

    def refuse_dataset(self) -> None:
        """For formats that hold one array.

        Raises:
            InputError: a name was given.
        """
        if self.dataset is not None:
            raise InputError(f"no array is called {self.dataset!r}: it holds one, without a name", fix="Leave it out.")


@dataclass(frozen=True, slots=True)
class Stored:
    """One array in a file.

    Attributes:
        shape: as the file gives it; (Z, Y, X) if it is a volume.
        dtype: of the values in the file.
        packed: bytes of the file that hold the values.
        expansion: largest number of value bytes that a packed byte can stand for; 1 if not compressed.
        blocks: the values again from the start, flat pieces in the order of ``fortran``.
        voxel_um: edges that the file states.
        fortran: z runs fastest, not x.
        phases: names that the file gives to its values, or None.
        periodic: per axis, where the file says so, or None.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    packed: int
    expansion: float
    blocks: Callable[[], Iterator[NDArray[Any]]]
    voxel_um: Voxel = UNSTATED
    fortran: bool = False
    phases: dict[str, int] | None = None
    periodic: tuple[bool, bool, bool] | None = None

    @property
    def size(self) -> int:
        """Number of values; a Python integer, so that a lying header cannot overflow it."""
        return math.prod(int(length) for length in self.shape)


def check(stored: Stored, max_voxels: int) -> None:
    """Refuse what is not a labelled volume, before memory is taken for it.

    Raises:
        InputError: not three-dimensional, empty, not integer, too large, or more values than the file can hold.
    """
    shape = "x".join(map(str, stored.shape)) or "()"
    if len(stored.shape) != 3:
        axes = len(stored.shape)
        fix = "Save one 3-D array (Z, Y, X) of labels."
        if axes == 2:
            fix = "For a volume one voxel thick save array[None], of shape (1, Y, X); slices go into one folder."
        elif axes == 4:
            fix = "Save one 3-D array (Z, Y, X): one sample, one channel; of probabilities the argmax over phases."
        raise InputError(f"a {axes}-D array of shape {shape}, not a volume (Z, Y, X)", fix=fix)
    if min(stored.shape) < 1:
        raise InputError(f"no voxels: shape {shape}", fix="Write the file again; it is empty.")
    if stored.dtype.kind not in "iub":
        raise InputError(
            f"values of type {stored.dtype.name}, not integer labels",
            fix="Segment grey values and take the argmax of probabilities first; if the values are whole numbers, "
            "save them as integers: array.astype('uint8').",
        )
    if stored.size > max_voxels:
        raise InputError(
            f"its header promises {stored.size} voxels ({shape}), above the limit of {max_voxels}",
            fix="Crop it, or raise max_voxels if the file really holds as many.",
        )
    promised, most = stored.size * stored.dtype.itemsize, int(stored.packed * stored.expansion)
    if promised > most + 1024:
        raise InputError(
            f"its header promises {promised} bytes of voxels ({shape} {stored.dtype.name}), "
            f"but the file can hold at most {most}",
            fix="It is truncated or damaged; copy it again.",
        )


def flat_blocks(read: Callable[[int], bytes], dtype: np.dtype[Any], size: int) -> Iterator[NDArray[Any]]:
    """Values from a stream of bytes.

    Args:
        read: gives up to so many bytes; fewer only at the end of the stream.
        dtype: of the values.
        size: number of values.

    Raises:
        InputError: the stream ends early.
    """
    step = max(1, BLOCK_BYTES // dtype.itemsize)
    for start in range(0, size, step):
        count = min(step, size - start)
        data = read(count * dtype.itemsize)
        if len(data) < count * dtype.itemsize:
            raise InputError(
                f"ends after {start + len(data) // dtype.itemsize} of {size} voxels",
                fix="It is truncated or damaged; copy it again.",
            )
        yield np.frombuffer(data, dtype)


def whole(word: bytes) -> int:
    """A whole number; int() alone would read 1_0 as ten."""
    if b"_" in word:
        raise ValueError(word)
    return int(word)


def text_blocks(
    read: Callable[[int], bytes], size: int, number: Callable[[bytes], int] = whole
) -> Iterator[NDArray[np.int64]]:
    """Whole numbers from a stream of text, separated by white space.

    Args:
        read: gives up to so many bytes; fewer only at the end of the stream.
        size: number of values; what follows them is left alone.
        number: reads one word, or raises ValueError.

    Raises:
        InputError: the stream ends early or holds something else than whole numbers.
    """
    found, rest = 0, b""
    while found < size:
        piece = read(BLOCK_BYTES >> 2)
        text = rest + piece
        words = text.split()
        rest = b""
        if piece and words and not text[-1:].isspace():
            rest = words.pop()
            if len(rest) > 64:
                raise InputError(f"{rest[:20].decode('latin-1')!r}... where a whole number was expected")
        if not words and not piece:
            raise InputError(f"ends after {found} of {size} voxels", fix="It is truncated or damaged; copy it again.")
        words = words[: size - found]
        if words:
            found += len(words)
            yield _numbers(words, number)


def _numbers(words: Sequence[bytes], number: Callable[[bytes], int]) -> NDArray[np.int64]:
    try:
        return np.array([number(word) for word in words], np.int64)
    except (ValueError, OverflowError) as error:
        wrong = next((word for word in words if not word.isdigit()), max(words, key=len))
        raise InputError(
            f"{wrong[:20].decode('latin-1')!r} where a whole number was expected",
            fix="Labels are whole numbers; segment grey values first.",
        ) from error
