"""Volumes by slabs beside the same in memory: CPU per voxel, peak memory, equal values.

Mirrored blobs (three phases, Gaussian fields of sigma 4 voxels, cut at their argmax) in NPY, and white noise. Each
measurement runs in a process of its own; time is that of the processor, peak memory is ``ru_maxrss``.

    python benchmarks/big_volumes.py 512 1024 --json docs/results/big_volumes.json
    python benchmarks/big_volumes.py --within 1024 1GB --within 2048 2GB --json docs/results/big_volumes_within.json

The second form measures nine metrics with ``porenet measure --memory`` and reports the peak memory of that process, the
most that the system ever saw.
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
NINE = (*SIX, "euler_number", "chord_length", "s2")
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


def compared(path: Path, voxels: int, metrics: str, thicknesses: list[int]) -> list[dict[str, object]]:
    """Each measurement in a process of its own; the first one in memory."""
    records: list[dict[str, object]] = []
    expected = None
    for layers in (0, *thicknesses):
        command = [sys.executable, __file__, "--one", str(path), metrics, str(layers)]
        done = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
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


def within(path: Path, voxels: int, memory: str) -> dict[str, object]:
    """``porenet measure`` with a limit of memory, in a process of its own and without others before it."""
    phases = ",".join(f"{phase}={value}" for phase, value in PHASES.items())
    command = [sys.executable, "-m", "porenet", "measure", str(path), "--phases", phases, "--voxel-um", "0.1"]
    command += ["--memory", memory, "-m", ",".join(NINE), "-o", str(path.with_suffix(".json"))]
    before, largest = resource.getrusage(resource.RUSAGE_CHILDREN), 0
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        largest = max(largest, peak_of(process.pid))
        time.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert process.stderr is not None
    if process.returncode:
        raise SystemExit(process.stderr.read())
    record = {
        "volume": path.stem,
        "metrics": "nine",
        "memory": memory,
        "ns_per_voxel": round(seconds * 1e9 / voxels, 2),
        "peak_gib": round(largest / 2**30, 2),
    }
    print(record, flush=True)
    return record


def peak_of(pid: int) -> int:
    """The most memory that a process ever had resident, bytes; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Run the comparison, or one measurement of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--within", nargs=2, action="append", default=[], metavar=("SIZE", "MEMORY"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", nargs=3, metavar=("PATH", "METRICS", "LAYERS"))
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
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            path = Path(folder) / f"blobs_{size}.npy"
            written(path, size)
            records += compared(path, size**3, "six", [8, 16, 32, 64])
            records += compared(path, size**3, "all", [32])
            records += compared(path, size**3, "dpb_active", [32])
            path.unlink()
        if options.sizes:
            path = Path(folder) / "noise_256.npy"
            written(path, 256)
            records += compared(path, 256**3, "tpb", [64])
        for size, memory in options.within:
            path = Path(folder) / f"blobs_{size}.npy"
            written(path, int(size))
            records.append(within(path, int(size) ** 3, memory))
            path.unlink()
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
