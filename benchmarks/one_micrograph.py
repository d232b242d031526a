"""One micrograph to volumes, with the named losses and by SliceGAN's recipe alone: five sections, a seed each.

Writes docs/results/one_micrograph.json and goes on after a kill. Seconds are of processor time of one thread.

    python -m benchmarks.one_micrograph
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
import tomllib
from pathlib import Path

import torch

from examples.one_micrograph.evaluate import evaluate
from examples.one_micrograph.train import main as train
from porenet import formats

ROOT = Path(__file__).parent.parent
RUN = ROOT / "examples" / "one_micrograph" / "sofc.toml"
RESULTS = ROOT / "docs" / "results" / "one_micrograph.json"
LAYERS = (6, 18, 31, 43, 55)
"""Sections of the 62 layers, evenly spread; the seed of a training is the place in this list."""


def run(layer: int, seed: int, *, losses: bool, folder: Path) -> dict[str, object]:
    """Train on a section and evaluate."""
    words = [str(RUN), "--out", str(folder), "--device", "cpu", "--seed", str(seed), "--layer", str(layer)]
    began = time.process_time()
    assert train([*words, *([] if losses else ["--without-losses"])]) == 0
    seconds = time.process_time() - began
    report = evaluate(folder)
    return {
        "layer": layer,
        "seed": seed,
        "losses": losses,
        "seconds": round(seconds, 1),
        "steps": report["step"],
        "edge": report["edge"],
        "quantities": report["quantities"],
    }


def processor() -> str:
    """Model of the processor."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def main() -> None:
    """Every section, with and without the losses."""
    torch.set_num_threads(1)
    table = tomllib.loads(RUN.read_text(encoding="utf-8"))
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if results.get("run") != table:
        results = {"run": table, "processor": processor(), "runs": []}
    done = {(row["layer"], row["losses"]) for row in results["runs"]}
    for seed, layer in enumerate(LAYERS):
        for losses in (True, False):
            if (layer, losses) in done:
                continue
            with tempfile.TemporaryDirectory() as folder:
                results["runs"].append(run(layer, seed, losses=losses, folder=Path(folder) / "run"))
            formats.write_whole(RESULTS, (json.dumps(results, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
