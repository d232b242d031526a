"""Small valid files of every format, in the ways that are read by code of their own; each holds the same labels.

A sample is the bytes of a file, or of a folder a mapping from names to bytes.
"""

import base64
import io
import tempfile
import zlib
from pathlib import Path

import h5py
import nrrd
import numpy as np
import tifffile
import zarr
from archive_samples import archive_samples
from PIL import Image

from porenet.formats import write

EDGES = (0.1, 0.2, 0.3)
"""Voxel edges (z, y, x) of the samples that state any, um."""

_ARCHIVES = {
    ".am": "Amira", ".mat": "MATLAB", ".mha": "MetaImage", ".mrc": "MRC", ".nii": "NIfTI", ".nii.gz": "NIfTI gzip"
}  # fmt: skip
_TIFF_CODECS = ({"compression": code} for code in ("zlib", "lzw", "packbits", "zstd", "lzma"))


def format_samples(volume):
    """Suffix and samples of each kind of file.

    Args:
        volume: labels below 3, with the edges `EDGES`.
    """
    labels = volume.labels
    chunk = tuple(max(2, -(-length // 2)) for length in labels.shape)
    chunks = {"chunks": chunk}
    kinds = {
        "NPY": (".npy", _npy(labels)),
        "NPZ": (".npz", [_bytes(saved, im=labels) for saved in (np.savez, np.savez_compressed)]),
        "raw": (".raw", [labels.tobytes()]),
        **{f"NRRD {code}": (".nrrd", [_nrrd(labels, code)]) for code in ("raw", "gzip", "bzip2", "hex", "text")},
        **_vti(volume),
        "legacy VTK": (".vtk", _legacy_vtk(labels)),
        "TIFF plain": (".tif", [_tiff(labels, **options) for options in _PAGES]),
        "TIFF compressed": (".tif", [_tiff(labels, **options) for options in _TIFF_CODECS]),
        "TIFF of porenet": (".tif", [_written(volume, "v.tif")]),
        "HDF5 plain": (".h5", [_hdf5(labels, **options) for options in ({}, chunks, {"libver": "latest"})]),
        "HDF5 gzip, LZF": (".h5", [_hdf5(labels, **chunks, compression=code) for code in ("gzip", "lzf")]),
        "HDF5 fletcher32": (
            ".h5", [_hdf5(labels, **chunks, fletcher32=True, **more) for more in ({}, {"compression": "gzip"})]
        ),
        "HDF5 of DREAM.3D": (".dream3d", [_dream3d(labels), _dream3d(labels, **chunks, compression="gzip")]),
        "PNG slices": ("", [_slices(labels, "png", mode) for mode in ("L", "RGB", "P")]),
        "BMP slices": ("", [_slices(labels, "bmp", mode) for mode in ("L", "RGB", "P")] + [_written(volume, "v")]),
        "TIFF slices": ("", [_tiff_slices(labels, code) for code in (None, "zlib", "lzw")]),
        "zarr v2": (".zarr", [_zarr(labels, chunk, zarr_format=2, order=order) for order in "CF"]),
        "zarr v3": (".zarr", [
                _zarr(labels, chunk),
                _zarr(labels, chunk, shards=(chunk[0], 2 * chunk[1], 2 * chunk[2])),
                _written(volume, "v.zarr"),
            ],
        ),
    }  # fmt: skip
    for suffix, data in archive_samples(volume):
        kinds.setdefault(_ARCHIVES[suffix], (suffix, []))[1].append(data)
    return kinds


def lay(sample, place):
    """Write a sample to a place that does not exist."""
    if isinstance(sample, bytes):
        place.write_bytes(sample)
        return
    for name, data in sample.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)


def _bytes(saved, *arguments, **options):
    file = io.BytesIO()
    saved(file, *arguments, **options)
    return file.getvalue()


def _in_folder(name, saved):
    """A sample that is written to a path of a name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        saved(path)
        if path.is_file():
            return path.read_bytes()
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def _written(volume, name):
    return _in_folder(name, lambda path: write(volume, path))


def _npy(labels):
    return [_bytes(np.save, array) for array in (labels, np.asfortranarray(labels), labels.astype(">i4"))]


def _nrrd(labels, encoding):
    header = {"encoding": "raw" if encoding == "hex" else encoding, "spacings": EDGES[::-1], "units": ["um"] * 3}
    data = _in_folder("v.nrrd", lambda path: nrrd.write(str(path), labels, header, index_order="C"))
    if encoding != "hex":
        return data
    start, voxels = data.split(b"\n\n", 1)
    return start.replace(b"encoding: raw", b"encoding: hex") + b"\n\n" + voxels.hex().encode()


def _vti(volume):
    labels = volume.labels
    z, y, x = labels.shape
    raw = np.uint32(labels.size).tobytes() + labels.tobytes()
    packed = zlib.compress(labels.tobytes())
    sizes = np.uint32([1, labels.size + 1, labels.size, len(packed)]).tobytes()
    extent = f"0 {x} 0 {y} 0 {z}"

    def file(attribute, kind, content, appended=b""):
        start = (
            f'<VTKFile type="ImageData" byte_order="LittleEndian"{attribute}><ImageData WholeExtent="{extent}" '
            f'Spacing="{EDGES[2]} {EDGES[1]} {EDGES[0]}"><Piece Extent="{extent}"><CellData>'
            f'<DataArray type="UInt8" Name="a" {kind}>{content}</DataArray></CellData></Piece></ImageData>'
        )
        return start.encode() + appended + b"</VTKFile>"

    zipped = base64.b64encode(sizes) + base64.b64encode(packed)
    inline = 'format="binary"'
    behind = b'<AppendedData encoding="raw">\n_%b\n</AppendedData>'
    return {
        "VTI zlib": (
            ".vti",
            [file(' compressor="vtkZLibDataCompressor"', inline, zipped.decode()), _written(volume, "v.vti")],
        ),
        "VTI plain": (
            ".vti",
            [
                file("", inline, base64.b64encode(raw).decode()),
                file("", 'format="appended" offset="0"', "", behind % raw),
            ],
        ),
        "VTI text": (".vti", [file("", 'format="ascii"', " ".join(map(str, labels.ravel())))]),
    }


def _legacy_vtk(labels):
    z, y, x = labels.shape
    header = (
        f"# vtk DataFile Version 3.0\nt\n{{}}\nDATASET STRUCTURED_POINTS\nDIMENSIONS {x} {y} {z}\n"
        f"SPACING {EDGES[2]} {EDGES[1]} {EDGES[0]}\nPOINT_DATA {labels.size}\nSCALARS a unsigned_char 1\n"
        f"LOOKUP_TABLE default\n"
    )
    text = " ".join(map(str, labels.ravel())).encode()
    return [header.format("BINARY").encode() + labels.tobytes(), header.format("ASCII").encode() + text]


_PAGES = ({}, {"metadata": None}, {"imagej": True}, {"ome": True}, {"bigtiff": True}, {"tile": (16, 16)})


def _tiff(labels, **options):
    return _bytes(tifffile.imwrite, labels, photometric="minisblack", **options)


def _tiff_slices(labels, code):
    return {
        f"s{z}.tif": _bytes(tifffile.imwrite, page, photometric="minisblack", compression=code)
        for z, page in enumerate(labels)
    }


def _hdf5(labels, libver="earliest", **options):
    def saved(path):
        with h5py.File(path, "w", libver=libver) as file:
            file.create_dataset("labels", data=labels, **options).attrs["element_size_um"] = EDGES

    return _in_folder("v.h5", saved)


def _dream3d(labels, **options):
    def saved(path):
        with h5py.File(path, "w") as file:
            file.create_dataset("DataContainers/I/CellData/Phases", data=labels.astype("i4"), **options)
            file["DataContainers/I/_SIMPL_GEOMETRY/SPACING"] = np.float32(EDGES[::-1])

    return _in_folder("v.dream3d", saved)


def _slices(labels, suffix, mode):
    """Slices of a mode; the palette is of colours, so that its numbers are the labels."""

    def image(page):
        picture = Image.fromarray(page)
        if mode == "P":
            picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
            return picture
        return picture.convert(mode)

    return {f"s{z}.{suffix}": _bytes(image(page).save, suffix) for z, page in enumerate(labels)}


def _zarr(labels, chunk, **options):
    return _in_folder(
        "v.zarr", lambda path: zarr.create_array(path, data=labels, chunks=chunk, fill_value=0, **options)
    )
