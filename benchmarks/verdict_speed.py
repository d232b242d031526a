"""CPU seconds of a decision: 28 quantities of 50 structures against 50 on one core, of which 2 s are allowed.

Run as ``python -m benchmarks.verdict_speed``; writes benchmarks/results/verdict_speed.json.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy reads it

import numpy as np

from benchmarks.side_by_side import conditions
from benchmarks.verdict_pairs import samples
from porenet.comparison import decide

RESULT = Path(__file__).parent / "results" / "verdict_speed.json"
CASES = ((28, 50, 50), (84, 50, 50), (28, 50, 300), (28, 200, 200))
RUNS = 5


def main() -> None:
    """Time each size, print it, write the result."""
    rows = []
    for quantities, n, m in CASES:
        rng = np.random.default_rng(0)
        reference, run = (
            samples(rng.normal(size=(size, quantities)), side) for size, side in ((n, "real"), (m, "run"))
        )
        times = []
        for _ in range(RUNS):
            start = time.process_time()
            decide(reference, run)
            times.append(time.process_time() - start)
        rows.append({"quantities": quantities, "real": n, "generated": m, "seconds": statistics.median(times)})
        print(json.dumps(rows[-1]))
    result = {
        "what": f"CPU seconds of decide(), one thread, median of {RUNS}",
        "decisions": rows,
        **conditions(("scipy",)),
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
