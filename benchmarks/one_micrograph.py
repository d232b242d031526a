"""One micrograph to volumes, with the named losses and by SliceGAN's recipe alone: five sections, a seed each.

Writes docs/results/one_micrograph.json and goes on after a kill. Seconds are of processor time of one thread.

    python -m benchmarks.one_micrograph
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from porenet import formats

RUN = Path("examples/one_micrograph/sofc.toml")
ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results" / "one_micrograph.json"
LAYERS = (6, 18, 31, 43, 55)
"""Sections of the 62 layers, evenly spread; the seed of a training is the place in this list."""


def run(layer: int, seed: int, *, losses: bool, folder: Path) -> dict[str, object]:
    """Train on a section and evaluate."""
    options = [] if losses else ["--without-losses"]
    began = seconds_of_children()
    script("train", RUN, "--out", folder, "--device", "cpu", "--seed", seed, "--layer", layer, *options)
    seconds = seconds_of_children() - began
    (report,) = json.loads(script("evaluate", folder, "--json"))
    return {
        "layer": layer,
        "seed": seed,
        "losses": losses,
        "seconds": round(seconds, 1),
        "steps": report["step"],
        "edge": report["edge"],
        "quantities": report["quantities"],
    }


def script(name: str, *arguments: object) -> str:
    """Run a script of the example; returns what it printed."""
    words = [sys.executable, "-m", f"examples.one_micrograph.{name}", *map(str, arguments)]
    print("$ python", *words[1:], file=sys.stderr, flush=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT, env=environment).stdout


def seconds_of_children() -> float:
    """Processor time of what has ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def processor() -> str:
    """Model of the processor."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def main() -> None:
    """Every section, with and without the losses."""
    text = (ROOT / RUN).read_text(encoding="utf-8")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if results.get("run") != text:
        results = {"run": text, "processor": processor(), "runs": []}
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
