"""Volumes by slabs beside the same in memory: CPU per voxel, peak memory, equal values.

Mirrored blobs (three phases, Gaussian fields of sigma 4 voxels, cut at their argmax) in NPY, and white noise. Each
measurement runs in a process of its own; time is that of the processor, peak memory is ``ru_maxrss``. With a Dask
cluster of one and of two workers on this machine it is the time of the processors of all workers, that of the busiest
worker, the peak of the largest, and the time on the clock, which says little on a machine that does other work too.

    python benchmarks/big_volumes.py 512 1024 --json docs/results/big_volumes.json
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

SIX = ("vf", "ssa", "dpb", "tpb", "connectivity", "percolates")
ALL = (*SIX, "euler_number", "mean_curvature", "chord_length", "lineal_path", "s2")
PHASES = {"Ni": 0, "YSZ": 1, "pore": 2}
SETS = {"six": SIX, "all": ALL, "tpb": ("tpb",), "dpb_active": ("dpb_active",)}


def blobs() -> np.ndarray:
    """A cube of 128 voxels, of which the cubes of blobs are mirror images."""
    rng = np.random.default_rng(0)
    fields = [ndimage.gaussian_filter(rng.normal(size=(128,) * 3).astype(np.float32), 4, mode="wrap") for _ in PHASES]
    return np.stack(fields).argmax(0).astype(np.uint8)


def write_blobs(path: Path, size: int) -> None:
    """Write a cube of mirrored blobs layer by layer."""
    cube, places = blobs(), np.arange(size) % 256
    places = np.minimum(places, 255 - places)
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (size,) * 3}
        np.lib.format.write_array_header_1_0(file, header)
        for z in places:
            file.write(cube[z][places][:, places].tobytes())


def noise(size: int) -> np.ndarray:
    """White noise of three equal phases."""
    return np.random.default_rng(0).integers(3, size=(size,) * 3, dtype=np.uint8)


def written(path: Path, size: int) -> None:
    """Write a structure in a process of its own: that of the comparison stays small, and so do those it begins."""
    subprocess.run([sys.executable, __file__, "--write", str(path), str(size)], check=True)


def measured(path: Path, metrics: str, layers: int) -> dict[str, object]:
    """Measure a file in this process, in slabs of so many layers; 0: in memory."""
    import porenet
    from porenet import formats
    from porenet.measurement import slab_plan

    reading = {"phases": PHASES, "voxel_um": (0.1, 0.1, 0.1)}
    with tempfile.TemporaryDirectory() as folder:  # loads the compiled loops
        np.save(Path(folder) / "small.npy", noise(16))
        for read in (formats.read, formats.open_slabs):
            porenet.measure(read(Path(folder) / "small.npy", **reading), SETS[metrics])
    started = time.process_time()
    slab_plan.USUAL_LAYERS = layers
    volume = formats.open_slabs(path, **reading) if layers else formats.read(path, **reading)
    rows = porenet.measure(volume, SETS[metrics])
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "peak_bytes": peak, "values": {f"{r['metric']} {r['key']}": r["value"] for r in rows}}


def on_cluster(path: Path, metrics: str, workers: int) -> dict[str, object]:
    """Measure a file with a Dask cluster of this machine, one thread per worker, 600 MB each."""
    import distributed

    from porenet.config import GridFile
    from porenet.interface import Grid
    from porenet.measurement import Job, measure_all, read_table, requests_for

    grid = GridFile(Grid(tuple(PHASES), (0.1, 0.1, 0.1)), PHASES, {})
    requests = requests_for(SETS[metrics], {}, grid)
    memory = 600_000_000
    with (
        tempfile.TemporaryDirectory() as folder,
        distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        np.save(Path(folder) / "small.npy", noise(16))
        small = Job({"small": Path(folder) / "small.npy"}, grid, requests, {}, {})
        for _ in range(2 * workers):  # loads the compiled loops
            measure_all(small, Path(folder) / "small.json", dask=cluster.scheduler_address)
        before, begun = client.run(time.process_time), time.perf_counter()
        job = Job({"large": path}, grid, requests, {}, {}, memory)
        report = measure_all(job, Path(folder) / "large.json", dask=cluster.scheduler_address)
        wall = time.perf_counter() - begun
        after = client.run(time.process_time)
        seconds = [after[worker] - before[worker] for worker in before]
        peak = max(client.run(_peak_bytes).values())
        rows = read_table(Path(folder) / "large.json")
        values = {f"{row['metric']} {row['key']}": row["value"] for row in rows}
    print(*report.notes, file=sys.stderr)
    times = {"seconds": sum(seconds), "busiest_seconds": max(seconds), "wall_seconds": wall}
    return {**times, "peak_bytes": peak, "values": values}


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def state_bytes(path: Path, metrics: str) -> float:
    """Bytes per voxel of a layer of what travels of a stretch of 64 layers."""
    from porenet import formats
    from porenet.measurement import Request
    from porenet.measurement.by_slabs import asked_of
    from porenet.slabs.reading import stretch
    from porenet.slabs.stored import arrays_of

    layers = formats.open_slabs(path, phases=PHASES, voxel_um=(0.1, 0.1, 0.1))
    asked = asked_of(layers, [Request(name) for name in SETS[metrics]])
    middle = layers.shape[0] // 2
    arrays = arrays_of(stretch(layers, asked.tasks, middle, middle + 64, 64))
    return sum(array.nbytes for array in arrays.values()) / (layers.shape[1] * layers.shape[2])


def compared(path: Path, voxels: int, metrics: str, thicknesses: list[int]) -> list[dict[str, object]]:
    """Each measurement in a process of its own; the first one in memory."""
    records: list[dict[str, object]] = []
    expected = None
    for layers in (0, *thicknesses):
        done = _in_process("--one", path, metrics, layers)
        expected = expected or done["values"]
        record = {
            "volume": path.stem,
            "metrics": metrics,
            "layers": layers,
            "ns_per_voxel": round(done["seconds"] * 1e9 / voxels, 2),
            "peak_gib": round(done["peak_bytes"] / 2**30, 2),
            "equal": done["values"] == expected,
        }
        print(record, flush=True)
        records.append(record)
    return records


def compared_on_clusters(path: Path, voxels: int, metrics: str) -> list[dict[str, object]]:
    """With one worker and with two, each in a process of its own, beside slabs of 64 layers in one process."""
    expected = _in_process("--one", path, metrics, 64)["values"]
    state = state_bytes(path, metrics)
    records: list[dict[str, object]] = []
    for workers in (1, 2):
        done = _in_process("--cluster", path, metrics, workers)
        record = {
            "volume": path.stem,
            "metrics": metrics,
            "dask_workers": workers,
            "ns_per_voxel": round(done["seconds"] * 1e9 / voxels, 2),
            "busiest_ns_per_voxel": round(done["busiest_seconds"] * 1e9 / voxels, 2),
            "wall_ns_per_voxel": round(done["wall_seconds"] * 1e9 / voxels, 2),
            "peak_gib": round(done["peak_bytes"] / 2**30, 2),
            "state_bytes_per_column": round(state, 1),
            "equal": done["values"] == expected,
        }
        print(record, flush=True)
        records.append(record)
    return records


def _in_process(option: str, path: Path, metrics: str, number: int) -> dict[str, object]:
    command = [sys.executable, __file__, option, str(path), metrics, str(number)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main() -> None:
    """Run the comparison, or one measurement of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[512])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", nargs=3, metavar=("PATH", "METRICS", "LAYERS"))
    parser.add_argument("--cluster", nargs=3, metavar=("PATH", "METRICS", "WORKERS"))
    parser.add_argument("--only-clusters", action="store_true", help="leave out what is measured without Dask")
    parser.add_argument("--write", nargs=2, metavar=("PATH", "SIZE"))
    options = parser.parse_args()
    if options.write:
        path, size = options.write
        if "noise" in path:
            np.save(path, noise(int(size)))
        else:
            write_blobs(Path(path), int(size))
        return
    if options.one:
        path, metrics, layers = options.one
        print(json.dumps(measured(Path(path), metrics, int(layers))))
        return
    if options.cluster:
        path, metrics, workers = options.cluster
        print(json.dumps(on_cluster(Path(path), metrics, int(workers))))
        return
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            path = Path(folder) / f"blobs_{size}.npy"
            written(path, size)
            if not options.only_clusters:
                records += compared(path, size**3, "six", [8, 16, 32, 64])
                records += compared(path, size**3, "all", [32])
                records += compared(path, size**3, "dpb_active", [32])
            records += compared_on_clusters(path, size**3, "six")
            path.unlink()
        if not options.only_clusters:
            path = Path(folder) / "noise_256.npy"
            written(path, 256)
            records += compared(path, 256**3, "tpb", [64])
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
