"""Amira files written by hand, from the description of the format alone."""

import zlib

PARAMETERS = 'BoundingBox 0 1.4 0 1.0 0 0.4, CoordType "uniform"'
"""Edges of 0.2, 0.2 and 0.1 (x, y, z) for 8 x 6 x 5 voxels; without a unit."""


def amira(
    labels, *, parameters=PARAMETERS, encoding="BINARY-LITTLE-ENDIAN", kind="byte", codec="", first=None, name="Labels"
):
    """An Amira file of one lattice."""
    code = ("<" if encoding.endswith("LITTLE-ENDIAN") else ">") + {
        "byte": "u1",
        "short": "i2",
        "ushort": "u2",
        "int": "i4",
        "float": "f4",
    }[kind]
    data = labels.astype(code).tobytes()
    if encoding == "ASCII":
        data = "\n".join(map(str, labels.ravel().tolist())).encode()
    elif codec:
        data = {"HxByteRLE": runs, "HxZip": zlib.compress}[codec](data)
    place = f"@1({codec},{len(data)})" if codec else "@1"
    z, y, x = labels.shape
    header = (
        f"{first or f'# AmiraMesh {encoding} 2.1'}\n\n\ndefine Lattice {x} {y} {z}\n\n"
        f"Parameters {{\n    {parameters}\n}}\n\n"
        f"Lattice {{ {kind} {name} }} {place}\n\n# Data section follows\n@1\n"
    )
    return header.encode() + data


def runs(data):
    """HxByteRLE: a count and a byte to repeat, or 128 + a count and as many bytes."""
    packed = bytearray()
    place = 0
    while place < len(data):
        same = 1
        while place + same < len(data) and same < 127 and data[place + same] == data[place]:
            same += 1
        if same > 1:
            packed += bytes([same, data[place]])
            place += same
            continue
        end = place + 1
        while end < len(data) and end - place < 127 and data[end] != data[end - 1]:
            end += 1
        packed += bytes([128 + end - place]) + data[place:end]
        place = end
    return bytes(packed)
