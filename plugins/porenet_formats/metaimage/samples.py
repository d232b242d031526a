"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


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
