"""A format of somebody else's: `VOX1`, three sizes, three edges in um, and a byte per voxel."""

SOURCE = '''
import struct
from pathlib import Path

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import Options, StoredArray, flat_blocks, plain_slabs, span

_START = struct.Struct("<4s3i3d")


class Vox:
    """Voxels of a fictional microscope."""

    def header(self, path, options: Options):
        options.refuse_dataset()
        with path.open("rb") as file:
            start = file.read(_START.size)
        if len(start) < _START.size or start[:4] != b"VOX1":
            raise InputError("does not begin as a VOX file does")
        _, z, y, x, *edges = _START.unpack(start)
        if min(z, y, x) < 1:
            raise InputError(f"has the size {z} x {y} x {x}")
        size, end = z * y * x, path.stat().st_size

        def blocks():
            with path.open("rb") as file:
                yield from flat_blocks(span(file, _START.size, end), np.dtype("u1"), size, to_end=True)

        slabs = plain_slabs(path, _START.size, (z, y, x), np.dtype("u1"), end=end)
        return StoredArray(
            (z, y, x), np.dtype("u1"), end - _START.size, 1.0, blocks, tuple(edges), slabs=slabs
        )

    def write(self, volume, path, values):
        start = _START.pack(b"VOX1", *volume.labels.shape, *volume.grid.voxel_um)
        path.write_bytes(start + values[volume.labels].tobytes())


class Careless(Vox):
    """Wrong: fills up what is missing, and takes no notice of what is too much."""

    def header(self, path, options):
        stored = super().header(path, options)

        def blocks():
            data = path.read_bytes()[_START.size :]
            yield np.frombuffer(data.ljust(stored.size, b"\\0")[: stored.size], "u1")

        return StoredArray(stored.shape, stored.dtype, stored.size, 1.0, blocks, stored.voxel_um)


class Turned(Vox):
    """Wrong: edges in the order x, y, z, and in nm."""

    def header(self, path, options):
        stored = super().header(path, options)
        edges = tuple(1000 * edge for edge in reversed(stored.voxel_um))
        return StoredArray(stored.shape, stored.dtype, stored.packed_bytes, 1.0, stored.blocks, edges)


class Shifted(Vox):
    """Wrong: slabs begin one layer late."""

    def header(self, path, options):
        from dataclasses import replace

        stored = super().header(path, options)
        slabs = stored.slabs

        def read(z0, z1):
            return np.roll(slabs.read(0, stored.shape[0]), -1, 0)[z0:z1]

        return replace(stored, slabs=replace(slabs, read=read))


class Greedy(Vox):
    """Wrong: says nothing of its size before it is read."""

    def header(self, path, options):
        from dataclasses import replace

        return replace(super().header(path, options), shape=(1, 1, 1), slabs=None)


class Forgetful(Vox):
    """Wrong: writes labels in the place of values, and the last phase as the first."""

    def write(self, volume, path, values):
        super().write(volume, path, np.minimum(values, 1))


class Vague:
    """Wrong: describes nothing."""

    def header(self, path, options):
        return {"shape": (1, 2, 3)}
'''
"""Source of the module ``vox``."""

PLUGIN = """
from porenet.interface import Storage

@hookimpl
def porenet_specs():
    yield Spec(
        api=1, kind="format", name="{name}", target="vox:{target}", summary="Voxels of a fictional microscope.",
        storage=Storage(title="VOX", suffixes=("{suffix}",), first_bytes=((0, "{start}"),), writes=("{suffix}",)),
    )
"""
"""Source of a plugin that offers it."""


def plugin(name="vox", target="Vox", suffix=".vox", start="VOX1"):
    """Source of a plugin with one format of the module."""
    return PLUGIN.format(name=name, target=target, suffix=suffix, start=start)
