"""One volume in every format that is read by slabs: voxels and rows are those in memory, however it is cut.

Files are as strangers write them: chunks that do not fill the volume, or are deeper than it, other byte orders, values
that are no labels, streams that can only be read from their start.
"""

import itertools
import json

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from porenet import formats
from porenet.interface import Grid, Volume
from porenet.measurement import measure, slab_plan

pytest.importorskip("porenet_statistics")
pytest.importorskip("porenet_formats")

from porenet_formats.legacy_vtk.samples import write_legacy_vtk
from porenet_formats.nrrd.samples import write_gzip_nrrd, write_nrrd
from porenet_formats.vti.samples import write_vti

zarr = pytest.importorskip("zarr", reason="zarr, an oracle, is not installed")

EDGES = (0.1, 0.2, 0.1)
PHASES = {"Ni": 255, "YSZ": 127, "pore": 0}
GRID = Grid(tuple(PHASES), EDGES)
METRICS = ("vf", "ssa", "dpb", "tpb", "connectivity", "percolates", "euler_number")


def hdf5(path, values, chunks=None, **options):
    if chunks:  # libhdf5 refuses chunks larger than the data set
        options["chunks"] = tuple(map(min, chunks, values.shape))
    with h5py.File(path, "w") as file:
        file.create_dataset("labels", data=values, **options)


def ome_zarr(path, values):
    """An image of five axes in nm, one level, its transformation of the image and of the level together."""
    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.create_array("0", shape=(1, 1, *values.shape), dtype="u1", chunks=(1, 1, 24, 50, 128))[0, 0] = values
    axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}]
    axes += [{"name": axis, "type": "space", "unit": "nanometer"} for axis in "zyx"]
    scale = {"type": "scale", "scale": [1, 1, *(1000 * edge for edge in EDGES)]}
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}


def one_header(path, values, order="<"):
    """As ImageJ writes stacks above 4 GB: one page header, and all slices behind it."""
    depth = len(values)
    description = f"ImageJ=1.54f\nimages={depth}\nslices={depth}\n"
    tifffile.imwrite(path, values[0], photometric="minisblack", description=description, metadata=None, byteorder=order)
    with tifffile.TiffFile(path) as tif:
        end = tif.pages[0].dataoffsets[0] + values[0].nbytes
    content = path.read_bytes()
    path.write_bytes(content[:end] + values[1:].astype(values.dtype.newbyteorder(order)).tobytes())


def slices(path, values):
    path.mkdir()
    for z, page in enumerate(values):
        Image.fromarray(page).save(path / f"scan_{z}.png")


def zarr_2(path, values):
    zarr.create_array(path, data=values, chunks=(10, 33, 128), zarr_format=2)


def zarr_shards(path, values):
    edges = tuple(-(-length // 40) * 40 for length in values.shape)
    shards = (edges[0], 40, edges[2])
    zarr.create_array(path, shape=values.shape, dtype=values.dtype, chunks=(20, 20, 40), shards=shards)[:] = values


WRITERS = {
    "v.npy": np.save,
    "uint16.npy": lambda path, values: np.save(path, values.astype("<u2")),
    "big_endian.npy": lambda path, values: np.save(path, values.astype(">i4")),
    "float.npy": lambda path, values: np.save(path, values.astype("f4")),
    "v.raw": lambda path, values: path.write_bytes(values.tobytes()),
    "v.nrrd": lambda path, values: write_nrrd(path, values.astype(">u2"), EDGES),
    "gzip.nrrd": lambda path, values: write_gzip_nrrd(path, values.astype("<u2"), EDGES),
    "v.vtk": lambda path, values: write_legacy_vtk(path, values, EDGES),
    "v.vti": lambda path, values: write_vti(path, values, EDGES),
    "v.h5": hdf5,
    "chunks.h5": lambda path, values: hdf5(path, values, chunks=(13, 50, 7), compression="gzip"),
    "one_chunk.h5": lambda path, values: hdf5(path, values, chunks=values.shape, shuffle=True, compression="gzip"),
    "v2.zarr": zarr_2,
    "v3.zarr": lambda path, values: zarr.create_array(path, data=values.astype(">u2"), chunks=(64, 64, 64)),
    "shards.zarr": zarr_shards,
    "deep.zarr": lambda path, values: zarr.create_array(path, data=values, chunks=(500, 64, 64)),
    "ome.zarr": ome_zarr,
    "v.tif": lambda path, values: tifffile.imwrite(path, values, photometric="minisblack", compression="zlib"),
    "big_endian.tif": lambda path, values: tifffile.imwrite(path, values.astype("u2"), byteorder=">", imagej=True),
    "one_header.tif": one_header,
    "big_endian_header.tif": lambda path, values: one_header(path, values.astype("u2"), ">"),
    "slices": slices,
    "v.npz": lambda path, values: np.savez_compressed(path, im=values),
}


def blobs(side):
    coarse = np.random.default_rng(0).choice([255, 127, 0], size=[-(-side // 4)] * 3).astype(np.uint8)
    labels = np.kron(coarse, np.ones((4, 4, 4), np.uint8))[:side, :side, :side]
    return np.ascontiguousarray(labels)


def opened(name, path, side):
    raw = {"shape": (side, side, side), "dtype": "uint8"} if name.endswith(".raw") else {}
    return formats.open_slabs(path, phases=PHASES, voxel_um=EDGES, **raw)


@pytest.fixture(scope="module")
def expected():
    volume = Volume.from_array(blobs(128), phases=PHASES, voxel_um=EDGES)
    return volume, json.dumps(measure(volume, METRICS))


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_voxels_and_rows_are_those_in_memory(tmp_path, monkeypatch, expected, name):
    volume, rows = expected
    WRITERS[name](tmp_path / name, blobs(128))
    for layers in (1, 7, 37, 64):
        slabs = opened(name, tmp_path / name, 128)
        for z0 in range(0, 128, layers):
            z1 = min(z0 + layers, 128)
            np.testing.assert_array_equal(slabs.read(z0, z1), volume.labels[z0:z1])
        monkeypatch.setattr(slab_plan, "USUAL_LAYERS", layers)
        assert json.dumps(measure(opened(name, tmp_path / name, 128), METRICS)) == rows


@pytest.mark.parametrize("name", WRITERS)
def test_voxels_of_any_cuts(tmp_path, name):
    values = blobs(9)
    WRITERS[name](tmp_path / name, values)
    labels = Volume.from_array(values, phases=PHASES, voxel_um=EDGES).labels
    slabs = opened(name, tmp_path / name, 9)
    assert slabs.grid == GRID
    cuts = [(0, 9), (0, 1), (1, 5), (5, 9)]
    if slabs.cuts == "anywhere":
        cuts += itertools.combinations(range(10), 2)
    for z0, z1 in cuts:
        np.testing.assert_array_equal(slabs.read(z0, z1), labels[z0:z1])
    if slabs.slabs.read_y:
        for y0, y1 in itertools.combinations(range(10), 2):
            np.testing.assert_array_equal(slabs.read_y(y0, y1), labels[:, y0:y1])
    assert (slabs.cuts == "forwards") == (name in ("gzip.nrrd", "v.npz"))
