"""CPU time and memory of reading a volume of 512^3 bytes, beside `numpy.load`: files of labels, and of greys.

Run as ``python -m benchmarks.reading``, two minutes; writes ``results/reading.json``. Each row is a process of its own
that reads the file once before, so that libraries are loaded and the file is in the page cache; the least of three
times counts. ``extra`` is peak memory (``ru_maxrss``) beyond that before reading, per byte of the labels.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile
import zarr

RESULT = Path(__file__).parent / "results" / "reading.json"
SIDE = 512
GREYS = np.array([0, 127, 255], np.uint8)
CHUNKS = (64, 64, 64)
BAR = 2.0
"""Most that labels in NPY may take, times `numpy.load`."""
WRITERS: Mapping[str, Callable[[Path, Any], Any]] = {
    "labels.npy": lambda path, labels: np.save(path, labels),
    "greys.npy": lambda path, labels: np.save(path, GREYS[labels]),
    "uint16.npy": lambda path, labels: np.save(path, labels.astype("<u2")),
    "big_endian_greys.npy": lambda path, labels: np.save(path, GREYS[labels].astype(">u2")),
    "labels.raw": lambda path, labels: labels.tofile(path),
    "labels.nrrd": lambda path, labels: path.write_bytes(_NRRD + labels.tobytes()),
    "contiguous.h5": lambda path, labels: _hdf5(path, labels),
    "gzip.h5": lambda path, labels: _hdf5(path, labels, chunks=CHUNKS, compression="gzip", compression_opts=1),
    "plain.tif": lambda path, labels: tifffile.imwrite(path, labels, photometric="minisblack"),
    "zstd.zarr": lambda path, labels: zarr.create_array(path, data=labels, chunks=CHUNKS),
}
_NRRD = f"NRRD0004\ntype: uint8\ndimension: 3\nsizes: {SIDE} {SIDE} {SIDE}\nencoding: raw\n\n".encode()


def main() -> None:
    """Print and write a row per file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _alone(_write, folder)
        rows: list[dict[str, Any]] = [{"file": "numpy.load", **_alone(_numpy, folder / "labels.npy")}]
        rows += [{"file": file, **_alone(_porenet, folder / file)} for file in WRITERS]
    for row in rows:
        print(json.dumps(row))
    what = f"CPU (ms) and memory (bytes per byte of labels) of reading {SIDE}^3 voxels"
    RESULT.write_text(json.dumps({"what": what, "bar": BAR, "rows": rows}, indent=2) + "\n")
    if rows[1]["ms"] > BAR * rows[0]["ms"] or rows[1]["extra"] > 1.1:
        sys.exit("labels are read slower than they may, or twice")


def _alone(work: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _write(folder: Path) -> None:
    from scipy import ndimage

    field = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(64, 64, 64)), 3, mode="wrap")
    labels = np.tile(np.digitize(field, np.quantile(field, [1 / 3, 2 / 3])).astype(np.uint8), (SIDE // 64,) * 3)
    for file, writer in WRITERS.items():
        writer(folder / file, labels)


def _hdf5(path: Path, labels: Any, **options: Any) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("labels", data=labels, **options)


def _numpy(path: Path) -> dict[str, float]:
    return _figures(lambda: np.load(path), lambda: None)


def _porenet(path: Path) -> dict[str, float]:
    from porenet.formats import open_slabs, read

    values = GREYS if "greys" in path.name else range(3)
    stated = {"phases": {name: int(value) for name, value in zip("abc", values, strict=True)}, "voxel_um": 0.1}
    if path.suffix == ".raw":
        stated |= {"shape": (SIDE, SIDE, SIDE), "dtype": "uint8"}
    return _figures(lambda: read(path, **stated), lambda: open_slabs(path, **stated).read(0, 1))


def _figures(step: Callable[[], Any], before: Callable[[], Any]) -> dict[str, float]:
    before()
    start = _peak_bytes()
    step()
    extra = (_peak_bytes() - start) / SIDE**3
    times = []
    for _ in range(3):
        began = time.process_time()
        step()
        times.append(time.process_time() - began)
    return {"ms": round(1e3 * min(times)), "extra": round(extra, 2)}


def _peak_bytes() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
