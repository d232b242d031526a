"""Results of one volume that several metrics share, kept within a bound of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

BYTES_PER_VOXEL = 12
"""Most bytes that are kept, per voxel: ranks of clearances at centres and corners take 8, a map of voxels 4."""

SMALLEST_BYTES = 1 << 20
"""What is kept in any case, so that tables of a small volume need no thought."""


class SharedResults:
    """Results by key, the most recently used last.

    Args:
        voxels: of the volume.
    """

    def __init__(self, voxels: int) -> None:
        self.limit = max(BYTES_PER_VOXEL * voxels, SMALLEST_BYTES)
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        self._bytes: dict[Hashable, int] = {}

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of a key, computed if it is not kept."""
        if key in self._results:
            self._results.move_to_end(key)
            stored: T = self._results[key]
            return stored
        result = compute()
        size = 0
        for array in arrays_of(result):
            array.flags.writeable = False
            size += array.nbytes
        if size <= self.limit:
            self._results[key], self._bytes[key] = result, size
            while sum(self._bytes.values()) > self.limit:
                oldest, _ = self._results.popitem(last=False)
                del self._bytes[oldest]
        return result


def arrays_of(value: Any) -> Iterator[Any]:
    """The numpy arrays in a value: itself, or in tuples, lists and mappings."""
    if hasattr(value, "__array_interface__") and hasattr(value, "__setitem__"):  # a scalar of numpy has no items
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from arrays_of(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays_of(item)
