"""Small files of formats that porenet reads and does not write, made for the laws from the descriptions alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Edges = tuple[float, float, float]
Writer = Callable[[Path, "NDArray[Any]", Edges], None]


def write_npy(path: Path, values: NDArray[Any], _: Edges) -> None:
    """NPY in C order."""
    np.save(path, values)


def write_fortran_npy(path: Path, values: NDArray[Any], _: Edges) -> None:
    """NPY in Fortran order."""
    np.save(path, np.asfortranarray(values))


def write_npz(path: Path, values: NDArray[Any], _: Edges) -> None:
    """NPZ of another program."""
    np.savez_compressed(path, im=values)


def write_raw(path: Path, values: NDArray[Any], _: Edges) -> None:
    """Voxels and nothing else."""
    path.write_bytes(values.tobytes())


def write_tiff(path: Path, values: NDArray[Any], _: Edges) -> None:
    """Plain pages of tifffile, in the byte order of the values."""
    import tifffile

    if len(values) == 1:  # one page is a slice
        raise NotImplementedError
    with tifffile.TiffWriter(path, byteorder=">" if values.dtype.byteorder == ">" else "<") as tif:
        for page in values:
            tif.write(page, photometric="minisblack", metadata=None)


def write_hdf5(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """One data set in chunks, gzip and Fletcher-32."""
    import h5py

    with h5py.File(path, "w") as file:
        chunks = tuple(min(3, length) for length in values.shape)
        dataset = file.create_dataset("labels", data=values, chunks=chunks, compression="gzip", fletcher32=True)
        dataset.attrs["element_size_um"] = voxel_um


def write_contiguous_hdf5(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """One data set in one piece."""
    import h5py

    with h5py.File(path, "w") as file:
        file["labels"] = values
        file["labels"].attrs["element_size_um"] = voxel_um


def write_matlab7(path: Path, values: NDArray[Any], _: Edges) -> None:
    """A variable as ``save -v7.3`` writes it: A(y, x, z)."""
    import h5py

    if values.dtype.kind == "f" or values.dtype.byteorder == ">":
        raise NotImplementedError
    with h5py.File(path, "w", userblock_size=512) as file:
        variable = file.create_dataset("im", data=values.transpose(0, 2, 1))
        variable.attrs["MATLAB_class"] = np.bytes_(values.dtype.name)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def write_matlab5(path: Path, values: NDArray[Any], _: Edges) -> None:
    """A compressed variable as ``save -v7`` writes it."""
    import scipy.io

    scipy.io.savemat(path, {"im": values.transpose(1, 2, 0)}, do_compression=True)


def write_vti(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Cell data, appended as raw bytes."""
    z, y, x = values.shape
    dz, dy, dx = voxel_um
    kind = {"i": "Int", "u": "UInt", "f": "Float"}[values.dtype.kind] + str(8 * values.dtype.itemsize)
    order = "BigEndian" if values.dtype.byteorder == ">" else "LittleEndian"
    length = struct.pack(">Q" if order == "BigEndian" else "<Q", values.nbytes)
    path.write_bytes(
        f'<VTKFile type="ImageData" version="1.0" byte_order="{order}" header_type="UInt64">\n'
        f'<ImageData WholeExtent="0 {x} 0 {y} 0 {z}" Origin="0 0 0" Spacing="{dx} {dy} {dz}">\n'
        f'<Piece Extent="0 {x} 0 {y} 0 {z}"><CellData>\n'
        f'<DataArray type="{kind}" Name="labels" format="appended" offset="0"/>\n'
        f'</CellData></Piece></ImageData>\n<AppendedData encoding="raw">\n_'.encode()
        + length
        + values.tobytes()
        + b"\n</AppendedData>\n</VTKFile>\n"
    )


def write_legacy_vtk(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Structured points in binary, which is big-endian."""
    kinds = {"u1": "unsigned_char", "i1": "char", "i2": "short", "u2": "unsigned_short", "i4": "int", "f4": "float"}
    kind = kinds.get(values.dtype.str[1:])
    if kind is None:
        raise NotImplementedError
    z, y, x = values.shape
    dz, dy, dx = voxel_um
    path.write_bytes(
        f"# vtk DataFile Version 3.0\nlabels\nBINARY\nDATASET STRUCTURED_POINTS\nDIMENSIONS {x} {y} {z}\n"
        f"ORIGIN 0 0 0\nSPACING {dx} {dy} {dz}\nPOINT_DATA {values.size}\nSCALARS labels {kind} 1\n"
        f"LOOKUP_TABLE default\n".encode()
        + values.astype(values.dtype.newbyteorder(">")).tobytes()
    )


def write_nrrd(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Raw values behind the header, edges in nm."""
    path.write_bytes(_nrrd_header(values, voxel_um, "raw") + values.tobytes())


def write_gzip_nrrd(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Values in gzip behind the header."""
    import gzip

    path.write_bytes(_nrrd_header(values, voxel_um, "gzip") + gzip.compress(values.tobytes(), mtime=0))


def write_detached_nrrd(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """A header, and the values in a file beside it."""
    header = _nrrd_header(values, voxel_um, "raw").rstrip() + b"\ndata file: voxels.bin\n"
    path.write_bytes(header)
    path.with_name("voxels.bin").write_bytes(values.tobytes())


def write_amira(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """A uniform lattice in binary; its bounding box ends at the centres of voxels."""
    types = {"u1": "byte", "i2": "short", "u2": "ushort", "i4": "int", "f4": "float", "f8": "double"}
    kind = types.get(values.dtype.str[1:])
    if kind is None:
        raise NotImplementedError
    order = "BINARY" if values.dtype.byteorder == ">" else "BINARY-LITTLE-ENDIAN"
    size = values.shape[::-1]
    box = " ".join(f"0 {edge * max(1, n - 1)!r}" for edge, n in zip(voxel_um[::-1], size, strict=True))
    header = (
        f"# AmiraMesh {order} 2.1\n\ndefine Lattice {size[0]} {size[1]} {size[2]}\n\n"
        f'Parameters {{\n BoundingBox {box}, CoordType "uniform", Units {{ Coordinates "um" }}\n}}\n\n'
        f"Lattice {{ {kind} Labels }} @1\n\n# Data section follows\n@1\n"
    )
    path.write_bytes(header.encode() + values.tobytes())


def write_metaimage(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """A header, and the compressed values in a file beside it."""
    kinds = {"u1": "UCHAR", "i1": "CHAR", "u2": "USHORT", "i2": "SHORT", "u4": "UINT", "i4": "INT", "f4": "FLOAT"}
    kind = kinds.get(values.dtype.str[1:])
    if kind is None:
        raise NotImplementedError
    packed = zlib.compress(values.tobytes())
    fields = {
        "ObjectType": "Image",
        "NDims": "3",
        "DimSize": " ".join(map(str, values.shape[::-1])),
        "ElementSpacing": " ".join(map(repr, voxel_um[::-1])),
        "DistanceUnits": "um",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": str(values.dtype.byteorder == ">"),
        "CompressedData": "True",
        "CompressedDataSize": str(len(packed)),
        "ElementType": f"MET_{kind}",
        "ElementDataFile": "voxels.zraw",
    }
    path.write_text("".join(f"{name} = {text}\n" for name, text in fields.items()))
    path.with_name("voxels.zraw").write_bytes(packed)


def write_nifti(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """Version 1 in one file, edges in um."""
    codes = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024}
    code = codes.get(values.dtype.str[1:])
    if code is None:
        raise NotImplementedError
    order = ">" if values.dtype.byteorder == ">" else "<"
    z, y, x = values.shape
    header = bytearray(352)
    struct.pack_into(f"{order}i", header, 0, 348)
    struct.pack_into(f"{order}8h", header, 40, 3, x, y, z, 1, 1, 1, 1)
    struct.pack_into(f"{order}2h", header, 70, code, 8 * values.dtype.itemsize)
    struct.pack_into(f"{order}4f", header, 76, 1.0, *reversed(voxel_um))
    struct.pack_into(f"{order}f", header, 108, 352.0)
    header[123] = 3  # micrometres
    header[344:348] = b"n+1\0"
    path.write_bytes(bytes(header) + values.tobytes())


def write_gzip_nifti(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """The same in gzip."""
    import gzip

    write_nifti(path, values, voxel_um)
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def write_mrc(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """The format of 2014, edges in angstrom."""
    modes = {"i1": 0, "i2": 1, "f4": 2, "u2": 6}
    mode = modes.get(values.dtype.str[1:])
    if mode is None:
        raise NotImplementedError
    order = ">" if values.dtype.byteorder == ">" else "<"
    sizes = values.shape[::-1]
    header = bytearray(1024)
    struct.pack_into(f"{order}4i", header, 0, *sizes, mode)
    struct.pack_into(f"{order}3i", header, 28, *sizes)
    cell = [n * edge * 1e4 for n, edge in zip(sizes, reversed(voxel_um), strict=True)]
    struct.pack_into(f"{order}6f", header, 40, *cell, 90, 90, 90)
    struct.pack_into(f"{order}3i", header, 64, 1, 2, 3)
    struct.pack_into(f"{order}i", header, 88, 1)
    header[208:212] = b"MAP "
    header[212:216] = b"\x11\x11\0\0" if order == ">" else b"DD\0\0"
    path.write_bytes(bytes(header) + values.tobytes())


def write_zarr2(path: Path, values: NDArray[Any], _: Edges) -> None:
    """An array of version 2 in chunks, compressed with zlib."""
    import json
    from itertools import product

    edges = tuple(min(3, length) for length in values.shape)
    path.mkdir()
    array = {
        "zarr_format": 2, "shape": values.shape, "chunks": edges, "dtype": values.dtype.str, "order": "C",
        "compressor": {"id": "zlib", "level": 1}, "fill_value": 0, "filters": None,
    }  # fmt: skip
    (path / ".zarray").write_text(json.dumps(array))
    for index in product(*(range(-(-length // edge)) for length, edge in zip(values.shape, edges, strict=True))):
        start = [i * edge for i, edge in zip(index, edges, strict=True)]
        part = values[tuple(slice(s, s + edge) for s, edge in zip(start, edges, strict=True))]
        chunk = np.zeros(edges, values.dtype)
        chunk[tuple(slice(length) for length in part.shape)] = part
        (path / ".".join(map(str, index))).write_bytes(zlib.compress(chunk.tobytes()))


def write_png_slices(path: Path, values: NDArray[Any], _: Edges) -> None:
    """A folder of grey PNG."""
    import PIL.Image

    if values.dtype != np.uint8:
        raise NotImplementedError
    path.mkdir()
    for z, page in enumerate(values):
        PIL.Image.fromarray(page).save(path / f"slice_{z:03}.png")


def _nrrd_header(values: NDArray[Any], voxel_um: Edges, encoding: str) -> bytes:
    kind = {"i": "int", "u": "uint"}.get(values.dtype.kind)
    name = f"{kind}{8 * values.dtype.itemsize}" if kind else {4: "float", 8: "double"}[values.dtype.itemsize]
    spacings = " ".join(repr(1000 * edge) for edge in reversed(voxel_um))
    lines = [
        "NRRD0004", f"type: {name}", "dimension: 3", f"sizes: {' '.join(map(str, values.shape[::-1]))}",
        f"spacings: {spacings}", 'units: "nm" "nm" "nm"', f"encoding: {encoding}",
        f"endian: {'big' if values.dtype.byteorder == '>' else 'little'}",
    ]  # fmt: skip
    return "\n".join(lines).encode() + b"\n\n"
