"""What other programs make of a file in a format of archives: its values (Z, Y, X), or None where they cannot read it.

nibabel and mrcfile are the libraries of their formats. MetaImage and Amira are read by a few lines of their own, which
believe the header. scipy.io ends the process on some damaged files, so it is called in a process of its own
(`format_oracles`).
"""

import re
import warnings
import zlib

import h5py
import mrcfile
import nibabel
import numpy as np
import scipy.io

_META = {
    "CHAR": "i1",
    "UCHAR": "u1",
    "SHORT": "i2",
    "USHORT": "u2",
    "INT": "i4",
    "UINT": "u4",
    "LONG": "i4",
    "ULONG": "u4",
}
_AMIRA = {"byte": "u1", "sbyte": "i1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"}


def values_of(path):
    """The values of a file by another reader."""
    reader = {".nii": _nifti, ".gz": _nifti, ".mrc": _mrc, ".mha": _metaimage, ".am": _amira, ".mat": _matlab}[
        path.suffix
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return reader(path)
        except Exception:  # libraries raise exceptions of many types on a damaged file
            return None


def _nifti(path):
    return np.asarray(nibabel.load(path).dataobj).T


def _mrc(path):
    with mrcfile.open(path, permissive=True) as file:
        return np.array(file.data)


def _metaimage(path):
    header, voxels = re.split(rb"(?<=ElementDataFile = LOCAL)\n", path.read_bytes(), maxsplit=1)
    fields = dict(line.split(" = ", 1) for line in header.decode("latin-1").splitlines() if " = " in line)
    code = _META[fields["ElementType"].removeprefix("MET_")]
    order = ">" if fields.get("BinaryDataByteOrderMSB", "False")[0] in "Tt1" else "<"
    if fields.get("CompressedData", "False")[0] in "Tt1":
        voxels = zlib.decompress(voxels)
    shape = [int(size) for size in fields["DimSize"].split()][::-1]
    return np.frombuffer(voxels, order + code).reshape(shape)


def _amira(path):
    header, voxels = path.read_bytes().split(b"\n@1\n", 1)
    shape = [int(size) for size in re.search(rb"define Lattice (\d+) (\d+) (\d+)\s", header).groups()][::-1]
    code = _AMIRA[re.search(rb"Lattice \{ (\w+) ", header)[1].decode()]
    if b" ASCII " in header[:60]:
        return np.array([int(word) for word in voxels.split()]).reshape(shape)
    if b"HxZip" in header:
        voxels = zlib.decompress(voxels)
    elif b"HxByteRLE" in header:
        voxels = _unrun(voxels)
    return np.frombuffer(voxels, ("<" if b"LITTLE-ENDIAN" in header[:60] else ">") + code).reshape(shape)


def _unrun(packed):
    values = bytearray()
    place = 0
    while place < len(packed):
        count = packed[place] & 127
        literal = packed[place] > 127
        values += packed[place + 1 : place + 1 + count] if literal else packed[place + 1 : place + 2] * count
        place += 1 + count if literal else 2
    return bytes(values)


def _matlab(path):
    if b"HDF" in path.read_bytes()[:600]:
        with h5py.File(path, "r") as file:
            return file["im"][()].transpose(0, 2, 1)
    contents = scipy.io.loadmat(path, variable_names=["im"])
    return contents["im"].transpose(2, 0, 1)
