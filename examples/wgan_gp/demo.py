"""The whole story in a few minutes and without data: audit, train runs A to D, evaluate, one picture, one page.

    python -m examples.wgan_gp.demo

Run A meets its volume fractions with probabilities, and its structures lack channels. Run B is the published fix. Run C
shows the losses the structure, and run D adds losses that see paths and a generator that holds its fractions and joins
what is still cut. All four start from the same weights and see the same synthetic electrodes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(os.path.relpath(Path(__file__).parent))
RUNS = ("a", "b", "c", "d")


def said(*words: object) -> None:
    """Run a module of this folder, or porenet, shown as it would be typed."""
    program, *arguments = map(str, words)
    own = program == "porenet"
    module = program if own else f"examples.wgan_gp.{program}"
    print("\n$", program if own else f"python -m {module}", *arguments, flush=True)
    # Small networks: one thread is faster than two that wait for each other.
    subprocess.run([sys.executable, "-m", module, *arguments], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def main() -> None:
    """Train, evaluate, draw, and say what came out."""
    parser = argparse.ArgumentParser(prog="python -m examples.wgan_gp.demo", description=__doc__.partition("\n")[0])
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
        said("train", HERE / f"run_{run}.toml", "--out", folder, "--seed", options.seed, "--steps", options.steps)
    evaluation = options.out / "evaluation"
    data = f"examples.wgan_gp.structures:held_out:{folders[0]}"
    trained = [f"{folder.name}=examples.wgan_gp.structures:generator:{folder}" for folder in folders]
    training = data.replace("held_out", "training")
    said("porenet", "evaluate", data, *trained, "--training", training, "--n", 100, "-o", evaluation)
    said("picture", evaluation, "-o", options.out / "picture.png")
    page = options.out / "page.html"
    said("porenet", "page", *folders, "--comparison", evaluation / "evaluation.json", "-o", page)
    report = json.loads((evaluation / "evaluation.json").read_text(encoding="utf-8"))
    print(f"\nStructures without a pore network from z = 0 to z = max ({time.perf_counter() - began:.0f} s):")
    for run in ("real", *RUNS):
        counted, fraction = report["without_network"][run]["pore"], report["volume_fraction"][run]["pore"]
        soft = f", {fraction['soft']:.2f} in the probabilities" if "soft" in fraction else ""
        name = "real" if run == "real" else f"run {run.upper()}"
        pore = f"pore {fraction['decoded']:.2f} in the structures{soft}"
        joined = report["numbers"].get(run, {}).get("voxels joined by held networks")
        note = f"; {joined['not_zero']} had a phase joined by its generator" if joined else ""
        print(f"  {name:<6} {counted['count']:>3} of {counted['of']:>3}   {pore}{note}")
    print(f"\nThe picture: {options.out / 'picture.png'}")
    print(f"The page, to turn the structures and see what gets stuck: {page} (open it in a browser)")


if __name__ == "__main__":
    main()
