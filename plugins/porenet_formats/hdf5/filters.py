"""The filters of an HDF5 chunk, undone without libhdf5 except for those that hdf5plugin brings.

Source: HDF5 File Format Specification, https://docs.hdfgroup.org/hdf5/latest/_f_m_t3.html.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import DAMAGED, library

DEFLATE, SHUFFLE, FLETCHER32, LZF = 1, 2, 3, 32000
_BLOSC, _ZSTD = 32001, 32015
_PLUGINS = {_BLOSC: "blosc", _ZSTD: "zstd"}
_OTHERS = {4: "szip", 5: "nbit", 6: "scaleoffset", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32026: "blosc2"}
_EXPANSIONS = {DEFLATE: 1032.0, LZF: 132.0, _BLOSC: 65536.0, _ZSTD: 32768.0}
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a data set.

    Attributes:
        number: registered number of the filter.
        values: its parameters, as the file states them.
    """

    number: int
    values: tuple[int, ...] = ()


def check_filters(filters: Sequence[Filter]) -> None:
    """Check that all filters can be undone.

    Raises:
        InputError: one of them cannot be; it is named.
    """
    for used in filters:
        if used.number in (DEFLATE, SHUFFLE, FLETCHER32, LZF):
            continue
        name = _PLUGINS.get(used.number) or _OTHERS.get(used.number, f"filter {used.number}")
        if used.number not in _PLUGINS:
            raise InputError(
                f"its voxels are compressed with {name}", fix="Write it with gzip: h5repack -f GZIP=4 IN OUT."
            )
        try:
            importlib.import_module("hdf5plugin")  # registers its filters with h5py
        except ImportError as error:
            raise InputError(
                f"its voxels are compressed with {name}, which needs the package hdf5plugin",
                fix="pip install hdf5plugin, or write it with gzip: h5repack -f GZIP=4 IN OUT.",
            ) from error


def expansion(filters: Sequence[Filter]) -> float:
    """Largest number of value bytes that one byte of a chunk can stand for."""
    return max([1.0, *(_EXPANSIONS.get(used.number, 1.0) for used in filters)])


def undo(filters: Sequence[Filter], mask: int, data: bytes, size: int, itemsize: int) -> bytes:
    """The bytes of a chunk before its filters.

    Args:
        filters: in the order of writing.
        mask: bit i is set if filter i was left out, as where it would have made the chunk larger.
        data: bytes in the file.
        size: bytes of the values.
        itemsize: bytes per value.

    Raises:
        InputError: they are damaged: a checksum does not agree, or they do not give the size.
    """
    for place in reversed(range(len(filters))):
        if mask >> place & 1:
            continue
        used = filters[place]
        checks = sum(before.number == FLETCHER32 and not mask >> i & 1 for i, before in enumerate(filters[:place]))
        expected = size + 4 * checks  # a checksum may come before the compression
        if used.number == FLETCHER32:
            data = _checked(data)
        elif used.number == SHUFFLE:
            data = _unshuffled(data, itemsize)
        elif used.number == DEFLATE:
            data = _inflated(data, expected)
        elif used.number == LZF:
            data = _unlzf(data, expected)
        else:
            data = _by_plugin(used, data, expected)
    if len(data) != size:
        raise InputError(f"a chunk holds {len(data)} bytes, not {size}", fix=DAMAGED)
    return data


def fletcher32(data: bytes) -> int:
    """Checksum of the filter fletcher32: two sums modulo 65535 over big-endian words of 16 bits."""
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2")
    first = second = 0
    for start in range(0, words.size, _PIECE):
        piece = words[start : start + _PIECE].astype(np.uint64)
        weights = np.arange(piece.size, 0, -1, dtype=np.uint64)
        second = (second + first * piece.size + int(piece @ weights)) % 65535
        first = (first + int(piece.sum())) % 65535
    if words.any():  # libhdf5 folds its sums, which gives 65535 and not 0
        first, second = first or 65535, second or 65535
    return second << 16 | first


def _checked(data: bytes) -> bytes:
    body, stored = data[:-4], int.from_bytes(data[-4:], "little")
    checksum = fletcher32(body)
    # Versions before 1.6.3 swapped the bytes of each half.
    swapped = int.from_bytes(checksum.to_bytes(4, "big"), "big")
    swapped = (swapped & 0x00FF00FF) << 8 | (swapped & 0xFF00FF00) >> 8
    if stored not in (checksum, swapped):
        raise InputError("the checksum of a chunk does not agree", fix=DAMAGED)
    return body


def _unshuffled(data: bytes, itemsize: int) -> bytes:
    """Bytes in the order of values; a rest that fills no value stays at the end."""
    whole = len(data) // itemsize * itemsize
    if itemsize == 1:
        return data
    return np.frombuffer(data[:whole], np.uint8).reshape(itemsize, -1).T.tobytes() + data[whole:]


def _inflated(data: bytes, size: int) -> bytes:
    machine = zlib.decompressobj()
    try:
        inflated = machine.decompress(data, size)
        # at the size the stream has ended but for its checksum
        more = machine.decompress(machine.unconsumed_tail, 1) if not machine.eof else b""
    except zlib.error as error:
        raise InputError(f"a chunk is damaged ({error})", fix=DAMAGED) from error
    if more or not machine.eof:
        raise InputError(f"a chunk does not end at its {size} bytes", fix=DAMAGED)
    return inflated


def _unlzf(data: bytes, size: int) -> bytes:
    """LZF: a control byte below 32 precedes literals; any other starts a copy of bytes already written."""
    out = bytearray()
    at = 0
    try:
        while at < len(data) and len(out) <= size:
            control = data[at]
            at += 1
            if control < 32:
                out += data[at : at + control + 1]
                at += control + 1
                continue
            length = control >> 5
            if length == 7:
                length += data[at]
                at += 1
            start = len(out) - ((control & 31) << 8 | data[at]) - 1
            at += 1
            if start < 0:
                raise InputError("a chunk copies what comes before its start", fix=DAMAGED)
            length += 2
            pattern = bytes(out[start : start + length])
            out += (pattern * (length // len(pattern) + 1))[:length]
    except IndexError:
        raise InputError("a chunk ends too early", fix=DAMAGED) from None
    if at != len(data) or len(out) != size:
        raise InputError(f"a chunk gives {len(out)} bytes, not {size}", fix=DAMAGED)
    return bytes(out)


def _by_plugin(used: Filter, data: bytes, size: int) -> bytes:
    """The bytes of a chunk through a filter of hdf5plugin, as the only chunk of a file in memory.

    libhdf5 reads out of bounds where a filter gives fewer bytes than expected, so the size that the data itself states
    is compared first.
    """
    stated = _blosc_size(data) if used.number == _BLOSC else _zstd_size(data)
    if stated != size:
        raise InputError(f"a chunk holds {stated} bytes, not {size}", fix=DAMAGED)
    h5py = library("h5py", extra="hdf5", title="HDF5")
    with h5py.File("chunk", "w", driver="core", backing_store=False) as file:
        dataset = file.create_dataset(
            "chunk", (size,), "u1", chunks=(size,), compression=used.number, compression_opts=used.values
        )
        dataset.id.write_direct_chunk((0,), data)
        return bytes(dataset[()].tobytes())


def _blosc_size(data: bytes) -> int:
    """Bytes that a buffer of Blosc 1 states, if its own length agrees; else -1."""
    if len(data) < 16 or int.from_bytes(data[12:16], "little") != len(data):
        return -1
    return int.from_bytes(data[4:8], "little")


def _zstd_size(data: bytes) -> int:
    """Bytes that a frame of Zstandard states (RFC 8878, section 3.1.1); -1 if none."""
    if data[:4] != b"\x28\xb5\x2f\xfd" or len(data) < 6:
        return -1
    descriptor = data[4]
    single, dictionary = descriptor >> 5 & 1, (0, 1, 2, 4)[descriptor & 3]
    start = 5 + (not single) + dictionary
    length = (single, 2, 4, 8)[descriptor >> 6]
    field = data[start : start + length]
    if not length or len(field) < length:
        return -1
    return int.from_bytes(field, "little") + (256 if length == 2 else 0)
