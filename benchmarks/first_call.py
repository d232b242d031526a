"""What the first answer of a process costs: with kernels to compile, and with kernels that an earlier process compiled.

Run as ``python -m benchmarks.first_call``, about a minute. Each row is a process of its own; its kernels are kept in a
folder that is new for the first one. Importing numba itself is kept apart.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.side_by_side import conditions, significant

RESULT = Path(__file__).parent / "results" / "first_call.json"
WARM_RUNS = 5
BARS_S = {"cold": 15.0, "warm": 1.0}
CALLS = {
    "reachable": "from porenet.flood_fill import reachable; reachable(labels, 1, ('z_min',))",
    "components": "from porenet.flood_fill import components; components(labels).ids",
    "faces_reached": "from porenet.flood_fill import faces_reached; faces_reached(labels)",
    "contacts": "from porenet.contacts import contacts; contacts(labels, 3, triples=[(0, 1, 2)])",
}
PROGRAM = """
import time
import numpy as np
labels = np.random.default_rng(0).integers(0, 3, (64, 64, 64)).astype(np.uint8)
begun = time.perf_counter()
import numba
imported = time.perf_counter()
{call}
print(imported - begun, time.perf_counter() - imported)
"""


def main() -> None:
    """Start the processes one after the other, print a row each, write the result."""
    rows = []
    for work, call in CALLS.items():
        with tempfile.TemporaryDirectory() as folder:
            numba_s, cold_s = _first(call, folder)
            warm_s = statistics.median(_first(call, folder)[1] for _ in range(WARM_RUNS))
        rows.append({"work": work, "numba_s": numba_s, "cold_s": significant(cold_s), "warm_s": significant(warm_s)})
        print(json.dumps(rows[-1]))
    what = (
        "seconds of wall time to the first answer at 64^3 in a new process, import of porenet's part included, that of "
        f"numba kept apart; cold: every kernel is compiled; warm: median of {WARM_RUNS} later processes"
    )
    RESULT.write_text(json.dumps({"what": what, "bars_s": BARS_S, "rows": rows, **conditions([])}, indent=2) + "\n")


def _first(call: str, folder: str) -> tuple[float, float]:
    """Seconds to import numba, and from there to the first answer."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(call=call)],
        env=os.environ | {"NUMBA_CACHE_DIR": folder},
        capture_output=True,
        text=True,
        check=True,
    )
    numba_s, answer_s = map(float, ended.stdout.split())
    return significant(numba_s), answer_s


if __name__ == "__main__":
    main()
