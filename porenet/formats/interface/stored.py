"""Description of the array in a file, read before its voxels, and the limits that it must meet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError, Wording

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet.formats.interface.slabs import Slabs
    from porenet.interface.phase_values import PhaseValues

CHOOSE_ONE = Wording("Choose one: dataset='...'.", "Choose one with --dataset NAME.")
"""What to do about a file of several arrays."""

MAX_VOXELS = 4_000_000_000
"""Default of the largest volume that is read, voxels: 1587^3, 4 GB of labels."""

BLOCK_BYTES = 1 << 22
"""Bytes per block of voxels: small compared with a volume, large enough that the cost of a call is negligible."""

DEFLATE_RATIO = 1032
"""Largest expansion of a deflate stream (zlib's technical notes, https://zlib.net/zlib_tech.html)."""

BZIP2_RATIO = 1 << 21
"""Largest expansion of a bzip2 stream: 900,000 bytes of runs, each 259 bytes long in 5, in a block of 140 bytes."""

Voxel = tuple[float | None, float | None, float | None]
"""Voxel edges (z, y, x), um; None for an edge that the file does not state."""

UNSTATED: Voxel = (None, None, None)

DAMAGED = "It is truncated or damaged; copy it again."
"""What to do about a file that ends early or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Options:
    """Facts about a file that the caller states.

    Attributes:
        dataset: name of the array to read, if a file holds several.
        pattern: folders of slices only: their names, with ``*`` where the number stands.
        shape: raw files only: (Z, Y, X), voxels.
        dtype: raw files only: type of a voxel, with its byte order.
        offset: raw files only: bytes before the first voxel.
        max_voxels: largest volume to read, voxels.
        refuse_missing: whether chunks that a file leaves out are an error, not its fill value.
    """

    dataset: str | None = None
    pattern: str | None = None
    shape: tuple[int, int, int] | None = None
    dtype: str | None = None
    offset: int = 0
    max_voxels: int = MAX_VOXELS
    refuse_missing: bool = False

    def refuse_dataset(self) -> None:
        """Check that no array is named; for formats that hold one array.

        Raises:
            InputError: ``dataset`` is not None.
        """
        if self.dataset is not None:
            raise InputError(
                f"no array is called {self.dataset!r}: the only array has no name",
                fix=Wording("Leave dataset out.", "Leave --dataset out."),
            )

    def check_missing(self, words: str) -> None:
        """Check that chunks may be left out.

        Args:
            words: how many of them are.

        Raises:
            InputError: ``refuse_missing`` is set.
        """
        if self.refuse_missing:
            raise InputError(
                words,
                fix=Wording(
                    "Write it again, or leave refuse_missing out to read them as its fill value.",
                    "Write it again, or leave --refuse-missing out to read them as its fill value.",
                ),
            )


@dataclass(frozen=True, slots=True)
class StoredArray:
    """One array in a file.

    Attributes:
        shape: shape in the file; (Z, Y, X) if it is a volume.
        dtype: type of the values in the file, byte order included.
        packed_bytes: bytes of the file that hold the values.
        expansion: largest number of value bytes that one packed byte can stand for; 1 if not compressed.
        blocks: function that yields the values from the start, in flat pieces in the order of ``fortran``.
        voxel_um: voxel edges (z, y, x) that the file states, um.
        voxel_note: why an edge that the file seems to state counts as not stated, in words; empty for no reason.
        fortran: whether z varies fastest, not x.
        phases: value, or values, of each phase that the file names; None if it names none.
        periodic: per axis (z, y, x), whether the file states that it wraps; None if it states nothing.
        value_names: values that the file gives names to, by their names; offered where phases are asked for.
        record_note: why the phases that porenet wrote into the file do not count, in words; empty for no reason.
        slabs: the same values by slabs, where the file can be entered in the middle; None if it cannot.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    packed_bytes: int
    expansion: float
    blocks: Callable[[], Iterator[NDArray[Any]]]
    voxel_um: Voxel = UNSTATED
    voxel_note: str = ""
    fortran: bool = False
    phases: PhaseValues | None = None
    periodic: tuple[bool, bool, bool] | None = None
    value_names: dict[str, int] | None = None
    record_note: str = ""
    slabs: Slabs | None = None

    @property
    def volume_shape(self) -> tuple[int, int, int]:
        """(Z, Y, X), voxels, of an array that is a volume."""
        z, y, x = self.shape
        return z, y, x

    @property
    def size(self) -> int:
        """Number of values; a Python integer, so that a false header cannot overflow it."""
        return math.prod(int(length) for length in self.shape)


def flat_blocks(
    read: Callable[[int], bytes], dtype: np.dtype[Any], size: int, *, to_end: bool = False
) -> Iterator[NDArray[Any]]:
    """Yield values from a stream of bytes, in flat pieces.

    Args:
        read: function that returns up to the given number of bytes; fewer only at the end of the stream.
        dtype: type of the values.
        size: number of values.
        to_end: whether the stream must end behind the last value; this also verifies the checksum at its end.

    Raises:
        InputError: the stream ends early, or must end and does not.
    """
    step = max(1, BLOCK_BYTES // dtype.itemsize)
    for start in range(0, size, step):
        count = min(step, size - start)
        data = read(count * dtype.itemsize)
        if len(data) < count * dtype.itemsize:
            raise InputError(f"ends after {start + len(data) // dtype.itemsize} of {size} voxels", fix=DAMAGED)
        yield np.frombuffer(data, dtype)
    if to_end and read(1):
        raise too_many(size)


def bit_blocks(read: Callable[[int], bytes], size: int) -> Iterator[NDArray[np.uint8]]:
    """Yield values of one bit, eight to a byte, the first in the highest place, as 0 and 1.

    Args:
        read: function that returns up to the given number of bytes; fewer only at the end of the stream.
        size: number of values.

    Raises:
        InputError: the stream ends early.
    """
    for block in flat_blocks(read, np.dtype(np.uint8), (size + 7) // 8):
        bits = np.unpackbits(block)[:size]
        size -= bits.size
        yield bits


def too_many(size: int) -> InputError:
    """The error for values behind the last voxel."""
    return InputError(
        f"holds more than the {size} voxels that its header promises",
        fix="Its header does not fit its voxels: write it again from its source.",
    )
