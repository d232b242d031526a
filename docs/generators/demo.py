"""The whole story in a few minutes and without data: audit, train runs A to D, evaluate, one picture, one page.

    python -m docs.generators.demo

Run A meets its volume fractions with probabilities, and its structures lack channels. Run B is the published fix. Run C
shows the losses the structure, and run D adds losses that see paths and a generator that holds its fractions and joins
what is still cut. All four start from the same weights and see the same synthetic electrodes. Below them stand Gaussian
fields, fitted to these electrodes and not trained: a run with a lower S has learned nothing that the scores see.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs.generators.untrained_row import untrained_row

EXAMPLE = Path(os.path.relpath(Path(__file__).parents[2] / "examples" / "wgan_gp"))
RUNS = ("a", "b", "c", "d")


def said(*words: object) -> None:
    """Run a module, or porenet, shown as it would be typed."""
    module, *arguments = map(str, words)
    print("\n$", module if module == "porenet" else f"python -m {module}", *arguments, flush=True)
    # Small networks: one thread is faster than two that wait for each other.
    subprocess.run([sys.executable, "-m", module, *arguments], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def _score(report: Mapping[str, Any], run: str) -> str:
    """The mean of the five published S-values, of a run."""
    value = report["mean_scores"].get(run, {}).get("s_value", {}).get("value")
    return "" if value is None else f"; S {value:.2f}"


def main() -> None:
    """Train, evaluate, draw, and say what came out."""
    parser = argparse.ArgumentParser(prog="python -m docs.generators.demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/demo"), help="folder for the runs; what is there goes")
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--steps", type=int, default=60, help="of the generator")
    options = parser.parse_args()
    if options.out.exists():
        if not (options.out / "demo.json").exists():
            sys.exit(f"error: {options.out} holds something else than a demo; choose another --out")
        shutil.rmtree(options.out)
    options.out.mkdir(parents=True)
    (options.out / "demo.json").write_text(json.dumps({"seed": options.seed, "steps": options.steps}))
    began = time.perf_counter()
    folders = [options.out / run for run in RUNS]
    for run, folder in zip(RUNS, folders, strict=True):
        said(
            "examples.wgan_gp.train",
            EXAMPLE / f"run_{run}.toml",
            "--out",
            folder,
            "--seed",
            options.seed,
            "--steps",
            options.steps,
        )
    evaluation = options.out / "evaluation"
    said("examples.wgan_gp.evaluate", *folders, "-o", evaluation)
    said("docs.generators.picture", evaluation, "-o", options.out / "picture.png")
    page = options.out / "page.html"
    said("porenet", "page", *folders, "--comparison", evaluation / "evaluation.json", "-o", page)
    report = json.loads((evaluation / "evaluation.json").read_text(encoding="utf-8"))
    print(f"\nStructures without a pore network from z = 0 to z = max ({time.perf_counter() - began:.0f} s):")
    for run in ("real", *RUNS):
        counted, fraction = report["without_network"][run]["pore"], report["volume_fraction"][run]["pore"]
        soft = f", {fraction['soft']:.2f} in the probabilities" if "soft" in fraction else ""
        name = "real" if run == "real" else f"run {run.upper()}"
        pore = f"pore {fraction['decoded']:.2f} in the structures{soft}"
        joined = report["joined"].get(run)
        note = f"; {joined['count']} had a phase joined by its generator" if joined else ""
        print(f"  {name:<6} {counted['count']:>2} of {counted['of']}   {pore}{note}{_score(report, run)}")
    print(untrained_row(options.seed))
    print(f"\nThe picture: {options.out / 'picture.png'}")
    print(f"The page, to turn the structures and see what gets stuck: {page} (open it in a browser)")


if __name__ == "__main__":
    main()
