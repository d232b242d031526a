"""How much memory it takes to read a volume of 64 MB by slabs of 16 layers, beyond one slab of one layer.

Run as ``python -m benchmarks.slabs``, a minute; writes ``results/slabs.json``. Each row is a process of its own, whose
peak it is; the volume read at once is beside it.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile
import zarr

from porenet.formats import open_slabs, read

RESULT = Path(__file__).parent / "results" / "slabs.json"
SIDE, LAYERS, MB = 400, 16, 1e6
BAR_MB = 16
"""Most that slabs may take: a quarter of the volume."""
CHUNKS = (16, 128, 128)
WRITERS: Mapping[str, Callable[[Path, Any], Any]] = {
    "v.npy": lambda path, labels: np.save(path, labels),
    "v.raw": lambda path, labels: labels.tofile(path),
    "v.tif": lambda path, labels: tifffile.imwrite(path, labels, photometric="minisblack", compression="zlib"),
    "plain.tif": lambda path, labels: tifffile.imwrite(path, labels, photometric="minisblack"),
    "v.zarr": lambda path, labels: zarr.create_array(path, data=labels, chunks=CHUNKS),
    "v.h5": lambda path, labels: _hdf5(path, labels, chunks=CHUNKS, compression="gzip"),
    "plain.h5": lambda path, labels: _hdf5(path, labels),
}


def main() -> None:
    """Print and write a row per file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _alone(_write, folder)
        rows = [
            {"file": file, "slabs_mb": _alone(_by_slabs, folder / file), "at_once_mb": _alone(_at_once, folder / file)}
            for file in WRITERS
        ]
    for row in rows:
        print(json.dumps(row))
    what = f"peak memory (MB) of reading {SIDE}^3 bytes by slabs of {LAYERS} layers, and at once"
    RESULT.write_text(json.dumps({"what": what, "bar_mb": BAR_MB, "rows": rows}, indent=2) + "\n")
    if any(row["slabs_mb"] > BAR_MB for row in rows):
        sys.exit(f"more than {BAR_MB} MB")


def _alone(work: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _write(folder: Path) -> None:
    labels = np.random.default_rng(0).integers(0, 3, (SIDE, SIDE, SIDE), dtype=np.uint8)
    for file, writer in WRITERS.items():
        writer(folder / file, labels)


def _hdf5(path: Path, labels: Any, **options: Any) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("labels", data=labels, **options)


def _stated(path: Path) -> dict[str, Any]:
    raw = {"shape": (SIDE, SIDE, SIDE), "dtype": "uint8"} if path.suffix == ".raw" else {}
    return {"phases": {"a": 0, "b": 1, "c": 2}, "voxel_um": (0.1, 0.1, 0.1), **raw}


def _by_slabs(path: Path) -> float:
    slabs = open_slabs(path, **_stated(path))
    slabs.read(0, 1)
    before = _peak_bytes()
    for z in range(0, SIDE, LAYERS):
        slabs.read(z, min(z + LAYERS, SIDE))
    return round((_peak_bytes() - before) / MB, 1)


def _at_once(path: Path) -> float:
    open_slabs(path, **_stated(path)).read(0, 1)
    before = _peak_bytes()
    read(path, **_stated(path))
    return round((_peak_bytes() - before) / MB, 1)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
