"""Simulate the verdict of `porenet compare` as a whole, on samples whose truth is known.

Run as ``python -m benchmarks.verdict_simulation``; writes docs/results/verdict_simulation.json. Every finished batch
goes to a journal first: a run that was stopped goes on where it was. The journal belongs to the sources of the verdict
and of the simulation: it starts anew when one of them changes.
"""

from __future__ import annotations

import argparse
import ast
import concurrent.futures
import hashlib
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy reads it: one process per core

import numpy as np

from benchmarks import verdict_pairs
from benchmarks.verdict_cases import TABLE, Case, distance_boundary, spread_boundary
from benchmarks.verdict_summary import summary

ROOT = Path(__file__).parent.parent
RESULT, JOURNAL = ROOT / "docs/results/verdict_simulation.json", ROOT / "runs/verdict_simulation.jsonl"
SIZES = ((20, 20), (50, 50), (50, 300), (200, 200))
SEED = 21
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Batch:
    """Consecutive pairs of one case and size; each pair has a generator of its own."""

    experiment: str
    case: str
    n: int
    m: int
    first: int
    pairs: int

    @property
    def key(self) -> str:
        return f"{self.experiment}|{self.case}|{self.n}|{self.m}|{self.first}|{self.pairs}"

    def simulate(self) -> Rows:
        """One row per pair."""
        function: Callable[..., dict[str, Any]] = getattr(verdict_pairs, self.experiment.split(":")[0])
        subject: Any = _cases(self.experiment)[self.case] if ":" in self.experiment else self.case
        name = zlib.crc32(f"{self.experiment}|{self.case}".encode())
        return [
            function(subject, self.n, self.m, np.random.default_rng([SEED, name, self.n, self.m, pair]))
            for pair in range(self.first, self.first + self.pairs)
        ]


_CASES: dict[str, dict[str, Case]] = {}


def _cases(experiment: str) -> dict[str, Case]:
    kinds = {"row:table": lambda: TABLE, "row:distance": distance_boundary, "row:spread": spread_boundary}
    if experiment not in _CASES:
        _CASES[experiment] = {case.name: case for case in kinds[experiment]()}
    return _CASES[experiment]


def plan(share: float) -> Iterator[Batch]:
    """All batches, the quick ones first; ``share`` of the full number of pairs."""
    for kind in ("row:table", "row:distance", "row:spread"):
        for case in _cases(kind):
            for n, m in SIZES:
                yield from _batches(kind, case, n, m, round(300 * share), 50)
    for n, m in ((20, 20), (50, 50)):
        yield from _batches("thirty", "none", n, m, round(300 * share), 10)
    yield from _batches("correlated", "none", 50, 50, round(500 * share), 20)
    for change in verdict_pairs.CHANGES:
        for n in (20, 50):
            if (change, n) != ("none", 50):
                yield from _batches("correlated", change, n, n, round(100 * share), 20)
    for change in ("one sd halved", "one shifted 1 sd"):
        yield from _batches("thirty", change, 50, 50, round(100 * share), 10)
    for change, n, m in (("0", 16, 48), ("0", 32, 96), ("0.5", 32, 96)):
        yield from _batches("blocked", change, n, m, round(200 * share), 10)
    yield from _batches("advised", "equal normal", 50, 50, round(200 * share), 20)


def _batches(experiment: str, case: str, n: int, m: int, pairs: int, size: int) -> Iterator[Batch]:
    for first in range(0, pairs, size):
        yield Batch(experiment, case, n, m, first, min(size, pairs - first))


def simulated(batches: list[Batch], journal: Path, workers: int) -> dict[str, Rows]:
    """Rows of every batch, from the journal or simulated now."""
    version = _version()
    rows = {key: part for key, part in _read(journal, version).items() if key in {batch.key for batch in batches}}
    rest = [batch for batch in batches if batch.key not in rows]
    journal.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with journal.open("a") as file, concurrent.futures.ProcessPoolExecutor(workers) as processes:
        futures = {processes.submit(batch.simulate): batch for batch in rest}
        for done, future in enumerate(concurrent.futures.as_completed(futures), start=1):
            batch = futures[future]
            rows[batch.key] = future.result()
            file.write(json.dumps({"version": version, "batch": batch.key, "rows": rows[batch.key]}) + "\n")
            file.flush()
            minutes = (time.monotonic() - start) / 60
            print(f"{done} of {len(rest)} batches, {minutes:.1f} min: {batch.key}", flush=True)
    return rows


def _read(journal: Path, version: str) -> dict[str, Rows]:
    rows: dict[str, Rows] = {}
    for line in journal.read_text().splitlines() if journal.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # the line that a kill cut short
        if entry["version"] == version:
            rows[entry["batch"]] = entry["rows"]
    return rows


def _version() -> str:
    """Of the code that decides and that simulates; its comments and docstrings aside."""
    sources = [path for folder in ("evidence", "judgement") for path in ROOT.glob(f"porenet/comparison/{folder}/*.py")]
    sources = [path for path in sources if path.name != "wording.py"]
    sources += [ROOT / "benchmarks/verdict_cases.py", ROOT / "benchmarks/verdict_pairs.py"]
    return hashlib.sha256("".join(_code(path) for path in sorted(sources)).encode()).hexdigest()[:12]


def _code(path: Path) -> str:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.dump(tree)


def grouped(batches: list[Batch], rows: dict[str, Rows]) -> dict[tuple[str, str, int, int], Rows]:
    """All rows of each case and size."""
    groups: dict[tuple[str, str, int, int], Rows] = {}
    for batch in batches:
        groups.setdefault((batch.experiment, batch.case, batch.n, batch.m), []).extend(rows[batch.key])
    return groups


def main() -> None:
    """Simulate what is missing, write the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="Share of the pairs to simulate.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--journal", type=Path, default=JOURNAL)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    batches = list(plan(options.share))
    groups = grouped(batches, simulated(batches, options.journal, options.workers))
    result = {
        "what": "verdicts of porenet compare on samples whose truth is known; rates of pairs",
        "seed": SEED,
        "n_boot": verdict_pairs.N_BOOT,
        "n_permutations": verdict_pairs.N_PERMUTATIONS,
        "groups": summary(groups),
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
