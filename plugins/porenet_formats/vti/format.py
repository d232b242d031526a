"""VTK image data (``.vti``): ascii, base64 or raw; plain or compressed.

Read here and not with VTK: the library is 0.5 GB, and on damaged files it prints a line on stderr and returns an
empty volume. Source of the format: https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import (
    CHOOSE_ONE,
    DAMAGED,
    UNSTATED,
    Options,
    Slabs,
    StoredArray,
    Voxel,
    WrittenLayers,
    bit,
    bit_blocks,
    flat_blocks,
    plain_slabs,
    record_text,
    spacing_without_unit,
    span,
    text_blocks,
    text_expansion,
    too_many,
    unbase64,
    with_noted_record,
)
from porenet.interface import Volume
from porenet_formats.vti.blocks import RATIOS, unpack, words
from porenet_formats.vti.header import OWN_ARRAY, OWN_RECORD, OWN_VOXEL, DataArray, Header, read_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES = {f"{kind}{bits}": f"{kind[0].lower()}{bits // 8}" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64)}
_BIT = "Bit"
_TYPES[_BIT] = "u1"
_DTYPES = _TYPES | {"Float32": "f4", "Float64": "f8"}
_ZLIB = "vtkZLibDataCompressor"
_BLOCK = 1 << 20
_FILL = b" \t\r\n\0"
"""Bytes that may stand behind the voxels of an array, to align the next one."""
_LONGEST_FILL = 64


class Vti:
    """VTK image data."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the cell or point data of an image, one voxel per cell or point."""
        with path.open("rb") as file:
            header = read_header(file)
            array = _choose(header, options.dataset)
            voxel, note = _voxel(header, file)
            record = header.record if (array.section, array.name) == ("CellData", OWN_ARRAY) else None
        if array.type not in _DTYPES:
            raise InputError(f"its array {array.name!r} is of type {array.type!r}, not of integers")
        if array.components != 1:
            raise InputError(f"its array {array.name!r} has {array.components} components, not one label per voxel")
        if header.compressor and header.compressor not in RATIOS:
            raise InputError(
                f"it is compressed with {header.compressor}", fix="Write it with zlib or without compression."
            )
        # an image of points one layer thick still has one layer of cells
        points = array.section == "PointData"
        lengths = [high - low + 1 if points or high == low else high - low for low, high in header.extent]
        order = "<" if header.byte_order == "LittleEndian" else ">"
        stored = StoredArray(
            shape=tuple(reversed(lengths)),
            dtype=np.dtype(order + _DTYPES[array.type]),
            packed_bytes=array.end - array.start,
            expansion=RATIOS[header.compressor] if header.compressor else 1.0,
            blocks=lambda: iter(()),
            voxel_um=voxel,
            voxel_note=note,
        )
        if array.format == "ascii":
            stored = replace(stored, expansion=text_expansion(stored.dtype))
        elif array.type == _BIT:
            stored = replace(stored, expansion=8 * stored.expansion)
        slabs = _slabs(path, header, array, stored)
        whole = replace(stored, blocks=lambda: _blocks(path, header, array, stored), slabs=slabs)
        return with_noted_record(whole, record)

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write cell data ``Phases`` as raw appended zlib blocks, with ``Spacing`` in um."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory."""
        with path.open("wb") as file:
            write_vti(layers, file, values)


def write_vti(layers: WrittenLayers, file: BinaryIO, values: NDArray[np.uint8]) -> None:
    """Write cell data ``Phases`` as raw appended zlib blocks, with ``Spacing`` in um.

    The record of phases is a string in the field data, which VTK hands on and ParaView shows.

    Args:
        layers: volume to write.
        file: a file open for writing.
        values: (256,) value of each label.
    """
    shape = layers.box
    extent = " ".join(f"0 {length}" for length in reversed(shape))
    z, y, x = (repr(edge) for edge in layers.grid.voxel_um)
    record = " ".join(map(str, record_text(layers, values).encode("ascii")))
    file.write(
        f'<?xml version="1.0"?>\n'
        f'<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64" '
        f'compressor="{_ZLIB}">\n'
        f'<ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{x} {y} {z}">\n'
        f'<FieldData><DataArray type="Float64" Name="{OWN_VOXEL}" NumberOfTuples="3" format="ascii">'
        f"{z} {y} {x}</DataArray>\n"
        f'<Array type="String" Name="{OWN_RECORD}" NumberOfTuples="1" format="ascii">{record} 0</Array></FieldData>\n'
        f'<Piece Extent="{extent}"><CellData Scalars="{OWN_ARRAY}">\n'
        f'<DataArray type="UInt8" Name="{OWN_ARRAY}" format="appended" offset="0"/>\n'
        f"</CellData></Piece></ImageData>\n"
        f'<AppendedData encoding="raw">\n_'.encode()
    )
    size = math.prod(shape)
    last, count = size % _BLOCK, -(-size // _BLOCK)
    header_at = file.tell()
    file.write(bytes(8 * (3 + count)))
    sizes = [file.write(zlib.compress(values[block].tobytes(), 6)) for block in layers.blocks(_BLOCK)]
    file.write(b"\n</AppendedData>\n</VTKFile>\n")
    file.seek(header_at)
    file.write(np.array([count, _BLOCK, last, *sizes], "<u8").tobytes())


def _choose(header: Header, dataset: str | None) -> DataArray:
    arrays = [array for array in header.arrays if array.section in ("CellData", "PointData")]
    if dataset is None:
        single = [array for array in arrays if array.type in _DTYPES and array.components == 1]
        fitting = [array for array in single if array.type in _TYPES] or single
    else:
        fitting = [array for array in arrays if dataset in (array.name, f"{array.section}/{array.name}")]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{array.section}/{array.name} {array.type}" for array in arrays[:20]) or "none"
    if dataset is not None and not fitting:
        raise InputError(f"no array is called {dataset!r}; its arrays are {listed}")
    if not fitting:
        raise InputError(f"no array has one number per voxel; its arrays are {listed}")
    raise InputError(f"several arrays could hold the labels; its arrays are {listed}", fix=CHOOSE_ONE)


def _voxel(header: Header, file: BinaryIO) -> tuple[Voxel, str]:
    """Voxel edges, and why porenet's own field array does not count."""
    own = [array for array in header.arrays if array.section == "FieldData" and array.name == OWN_VOXEL]
    spacing = header.spacing[::-1]
    if not own or own[0].format != "ascii":
        return spacing_without_unit(spacing), ""
    try:
        z, y, x = (float(word) for word in span(file, own[0].start, min(own[0].end, own[0].start + 200))(200).split())
    except ValueError:
        return UNSTATED, f"its field array {OWN_VOXEL} does not hold three numbers"
    # a program that resamples an image changes its spacing, and copies a field array that it does not know
    if not np.allclose((z, y, x), spacing, rtol=1e-6, atol=0):
        return UNSTATED, f"its field array {OWN_VOXEL} and its spacing differ"
    return (z, y, x), ""


def _slabs(path: Path, header: Header, array: DataArray, stored: StoredArray) -> Slabs | None:
    """Slabs of an array that is appended as it is, behind the number of its bytes."""
    if array.format != "raw" or header.compressor or array.type == _BIT:
        return None
    order = "<" if header.byte_order == "LittleEndian" else ">"
    with path.open("rb") as file:
        length = words(span(file, array.start, array.end), np.dtype(f"{order}u{header.header_bytes}"), 1)[0]
        start = array.start + header.header_bytes
        if length != stored.size * stored.dtype.itemsize or start + length > array.end:
            return None
        more = span(file, start + length, array.end)(_LONGEST_FILL).strip(_FILL)
    return None if more else plain_slabs(path, start, stored.shape, stored.dtype)


def _blocks(path: Path, header: Header, array: DataArray, stored: StoredArray) -> Iterator[NDArray[Any]]:
    with path.open("rb") as file:
        source = span(file, array.start, array.end)
        if array.format == "ascii":
            parse = bit if array.type == _BIT else None
            yield from text_blocks(source, stored.dtype, stored.size, to_end=True, parse=parse)
            return
        read = source if array.format == "raw" else unbase64(source)
        order = "<" if header.byte_order == "LittleEndian" else ">"
        word = np.dtype(f"{order}u{header.header_bytes}")
        needed = (stored.size + 7) // 8 if array.type == _BIT else stored.size * stored.dtype.itemsize
        plain = read
        if header.compressor:
            plain = unpack(header.compressor, read, word, needed)
        else:
            promised = words(read, word, 1)[0]
            if promised != needed:
                raise InputError(f"its array holds {promised} bytes, not the {needed} of its extent", fix=DAMAGED)
        if array.type == _BIT:
            yield from bit_blocks(plain, stored.size)
        else:
            yield from flat_blocks(plain, stored.dtype, stored.size)
        if read(_LONGEST_FILL).strip(_FILL):
            raise too_many(stored.size)
