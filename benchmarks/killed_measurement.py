"""A large volume that is measured while its process is killed at random moments: the table is equal to the byte.

White noise of 192^3 voxels and mirrored blobs of 256^3 in slabs of 8 layers, with metrics of all kinds of readings:
one, two, blocks of rows, parts. A state is kept after each slab, not every 30 s: each kill falls somewhere else.

    python -m benchmarks.killed_measurement --json docs/results/killed_measurement.json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.big_volumes import PHASES, written

METRICS = (
    "vf", "ssa", "dpb", "tpb", "connectivity", "euler_number", "chord_length", "s2", "lineal_path", "dpb_active",
    "tortuosity_bounds",
)  # fmt: skip
SETTINGS = """
from porenet.cli import main
from porenet.measurement import kept_states, slab_plan
kept_states.PERIOD_S, kept_states.MOST_SHARE = 0.0, 1e9
slab_plan.USUAL_LAYERS, slab_plan.WHOLE_BYTES = 8, 10**6
main(prog_name="porenet")
"""
KILLS, LEAST_S, MOST_S = 10, 2.0, 8.0


def started(volume: Path, table: Path) -> subprocess.Popen[str]:
    """A measurement in a process of its own."""
    phases = ",".join(f"{phase}={value}" for phase, value in PHASES.items())
    command = [sys.executable, "-c", SETTINGS, "measure", str(volume), "--phases", phases, "--voxel-um", "0.1"]
    command += ["-m", ",".join(METRICS), "--memory", "1GB", "--workers", "1", "-o", str(table)]
    for setting in ("slabs=6", "columns=2", "tolerance=0.1"):
        command += ["-p", f"tortuosity_bounds.{setting}"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def killed(volume: Path, folder: Path, rng: random.Random) -> dict[str, object]:
    """Measure a volume undisturbed, and again with kills until the command ends or has been killed often enough."""
    undisturbed = started(volume, folder / "undisturbed.json")
    undisturbed.communicate()
    table, kills, code = folder / f"{volume.stem}.json", 0, None
    while code is None:
        process = started(volume, table)
        try:
            process.communicate(timeout=rng.uniform(LEAST_S, MOST_S) if kills < KILLS else None)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
    return {
        "volume": volume.stem,
        "kills": kills,
        "exit_codes": [undisturbed.returncode, code],
        "equal": table.read_bytes() == (folder / "undisturbed.json").read_bytes(),
        "left_over": sorted(path.name for path in folder.glob(f"{table.name}.*")),
    }


def main() -> None:
    """Write each structure, measure it, and kill it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, records = random.Random(options.seed), []
    with tempfile.TemporaryDirectory() as folder:
        for name, size in (("blobs_256", 256), ("noise_192", 192)):
            path = Path(folder) / f"{name}.npy"
            written(path, size)
            records.append(killed(path, Path(folder), rng))
            print(records[-1], flush=True)
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
