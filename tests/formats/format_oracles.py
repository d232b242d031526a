"""What other programs make of a file of any format: its values (Z, Y, X), or None where they cannot read it.

VTK itself is half a gigabyte, so its files are read here by a few lines that believe the header, as MetaImage and Amira
in `archive_oracles`. Libraries in C end the process on some damaged files, so all of them are called in one of its own.
"""

import base64
import contextlib
import multiprocessing
import re
import resource
import warnings
import zlib
from xml.etree import ElementTree

import archive_oracles
import h5py
import nrrd
import numpy as np
import tifffile
import zarr
from PIL import Image

MEMORY = 6 << 30
PATIENCE_S = 20
LARGEST = 10**7


def values_of(kind, path):
    """The values of a file of a kind of `format_samples` by another reader."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            values = _READERS[kind.split()[0]](path)
        except Exception:  # libraries raise exceptions of many types on a damaged file
            return None
    return None if values is None or np.size(values) > LARGEST else np.asarray(values)


def has_reader(kind):
    """Whether anything else reads a kind of files: pynrrd does not read hexadecimal NRRD."""
    return kind != "NRRD hex"


class Readers:
    """The other readers in a process of their own, which is started again where a file ended it or took too long."""

    def __init__(self):
        self._process = None

    def values_of(self, kind, path):
        """The values, or None."""
        if self._process is None or not self._process.is_alive():
            self._start()
        try:
            self._connection.send((kind, path))
            if self._connection.poll(PATIENCE_S):
                return self._connection.recv()
        except (EOFError, OSError):
            pass
        self.close()
        return None

    def close(self):
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    def _start(self):
        self._connection, other = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()


def _serve(connection):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(EOFError):
        while True:
            connection.send(values_of(*connection.recv()))


def _npz(path):
    with np.load(path, allow_pickle=False) as arrays:
        (name,) = arrays.files
        return arrays[name]


def _raw(path):
    return np.fromfile(path, "u1").reshape(5, 9, 8)


def _nrrd(path):
    return nrrd.read(str(path), index_order="C")[0]


def _tiff(path):
    if path.is_dir():
        return np.stack([tifffile.imread(file) for file in sorted(path.glob("*.tif"))])
    with tifffile.TiffFile(path) as file:
        pages = [page.asarray() for page in file.pages if not (page.is_reduced or page.is_mask)]
        return np.concatenate([page if page.ndim == 3 else page[None] for page in pages])


def _hdf5(path):
    with h5py.File(path, "r") as file:
        sets = []
        file.visititems(lambda _, item: sets.append(item) if isinstance(item, h5py.Dataset) else None)
        return sets[0][()]


def _images(path):
    pages = []
    for file in sorted(path.glob("s*.*")):
        with Image.open(file) as image:
            colours = np.asarray(image.convert("RGB"))
            is_grey = image.mode in ("RGB", "P") and (colours == colours[..., :1]).all()
            pages.append(colours[..., 0] if is_grey else np.asarray(image))
    return np.stack(pages)


def _zarr(path):
    node = zarr.open(path, mode="r")
    return (node if isinstance(node, zarr.Array) else node["0"])[...]


def _vti(path):
    data = path.read_bytes()
    start, _, appended = data.partition(b'<AppendedData encoding="raw">')
    root = ElementTree.fromstring(start + b"</VTKFile>" if appended else data)
    order = {"LittleEndian": "<", "BigEndian": ">"}[root.attrib["byte_order"]]
    array = root.find("ImageData/Piece/CellData/DataArray")
    ends = [int(word) for word in root.find("ImageData/Piece").attrib["Extent"].split()]
    shape = [ends[at + 1] - ends[at] for at in (4, 2, 0)]
    kind = array.attrib["type"]
    code = order + {"I": "i", "U": "u", "F": "f"}[kind[0]] + str(int(re.search(r"\d+", kind)[0]) // 8)
    size = int(np.prod(shape)) * np.dtype(code).itemsize
    if array.attrib["format"] == "ascii":
        return np.array([int(word) for word in array.text.split()], code).reshape(shape)
    head = order + {"UInt64": "u8"}.get(root.attrib.get("header_type"), "u4")
    if array.attrib["format"] == "appended":
        place = appended.index(b"_") + 1 + int(array.attrib["offset"]) + np.dtype(head).itemsize
        return np.frombuffer(appended[place : place + size], code).reshape(shape)
    return _inline(array.text.strip(), head, "compressor" in root.attrib)[:size].view(code).reshape(shape)


def _inline(text, head, packed):
    width = np.dtype(head).itemsize
    if not packed:
        return np.frombuffer(base64.b64decode(text)[width:], "u1")
    count = int(np.frombuffer(base64.b64decode(text[:32])[:width], head)[0])
    length = -(-(3 + count) * width // 3) * 4
    sizes = np.frombuffer(base64.b64decode(text[:length])[: (3 + count) * width], head)[3:]
    blocks, pieces = base64.b64decode(text[length:]), []
    for size in sizes.tolist():
        pieces.append(zlib.decompress(blocks[:size]))
        blocks = blocks[size:]
    return np.frombuffer(b"".join(pieces), "u1")


def _legacy_vtk(path):
    _, _, kind, *lines = path.read_bytes().split(b"\n", 9)
    words = [line.split() for line in lines]
    (shape,) = ([int(word) for word in row[1:]][::-1] for row in words[:-1] if row[0].upper() == b"DIMENSIONS")
    (code,) = (_VTK_TYPES[row[2].lower()] for row in words[:-1] if row[0].upper() == b"SCALARS")
    data = lines[-1]
    if kind.strip().upper() == b"ASCII":
        return np.array([int(word) for word in data.split()], code).reshape(shape)
    return np.frombuffer(data[: int(np.prod(shape)) * np.dtype(code).itemsize], code).reshape(shape)


_VTK_TYPES = {
    b"unsigned_char": ">u1", b"char": ">i1", b"unsigned_short": ">u2", b"short": ">i2", b"unsigned_int": ">u4",
    b"int": ">i4",
}  # fmt: skip
_READERS = {
    "NPY": lambda path: np.load(path, allow_pickle=False), "NPZ": _npz, "raw": _raw, "NRRD": _nrrd, "VTI": _vti,
    "legacy": _legacy_vtk, "TIFF": _tiff, "HDF5": _hdf5, "PNG": _images,
    "BMP": _images, "zarr": _zarr,
    **dict.fromkeys(("Amira", "MATLAB", "MetaImage", "MRC", "NIfTI"), archive_oracles.values_of),
}  # fmt: skip
