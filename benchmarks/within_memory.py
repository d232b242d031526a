"""Nine metrics of mirrored blobs by ``porenet measure --memory``: CPU per voxel, and the most memory that it ever took.

The peak is that of the process (VmHWM, which Linux keeps), plus that of its children, if it has any.

    python -m benchmarks.within_memory 1024 1GB 2048 2GB 2048 4GB --json docs/results/within_memory.json
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

from benchmarks.big_volumes import PHASES, SIX, written

NINE = (*SIX, "euler_number", "chord_length", "s2")


def measured(path: Path, size: int, memory: str) -> dict[str, object]:
    """One measurement, in a process of its own."""
    phases = ",".join(f"{phase}={value}" for phase, value in PHASES.items())
    command = [sys.executable, "-m", "porenet", "measure", str(path), "--phases", phases, "--voxel-um", "0.1"]
    command += ["--memory", memory, "-m", ",".join(NINE), "-o", str(path.with_suffix(".json"))]
    before, peaks = resource.getrusage(resource.RUSAGE_CHILDREN), dict[int, int]()
    process = subprocess.Popen(command)
    while process.poll() is None:
        peaks |= {pid: peak for pid in [process.pid, *children_of(process.pid)] if (peak := peak_of(pid))}
        time.sleep(0.5)
    if process.returncode:
        raise SystemExit(process.returncode)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "volume": path.stem,
        "metrics": "nine",
        "memory": memory,
        "ns_per_voxel": round(seconds * 1e9 / size**3, 2),
        "peak_gib": round(sum(peaks.values()) / 2**30, 2),
    }


def children_of(pid: int) -> list[int]:
    """Processes that a process began; none if it has ended."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def peak_of(pid: int) -> int:
    """The most memory that a process ever had resident, bytes; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Write each structure and measure it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", metavar="SIZE MEMORY")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for size, memory in zip(options.runs[::2], options.runs[1::2], strict=True):
            path = Path(folder) / f"blobs_{size}.npy"
            written(path, int(size))
            records.append(measured(path, int(size), memory))
            print(records[-1], flush=True)
            path.unlink()
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
