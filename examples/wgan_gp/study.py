"""Several runs, seeds and lengths, and one table: does a run beat another, and is that more than the seeds' scatter?

    python -m examples.wgan_gp.study examples/wgan_gp/run_?.toml --seeds 5 --steps 60 300 --out runs/study

Each run of a seed is trained to the first number of steps, evaluated, and goes on to the next. What is done is not done
again, so the same command goes on after a kill. Runs of a seed share noise, data and, where their networks are of the
same size, weights at the start, so differences are paired: given are the median over the seeds and their range, which
for five seeds is a 94 % interval of the median.
`study.json` in the folder holds every value, those of earlier commands included.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats

PHASES = ("pore", "Ni", "YSZ")
Report = dict[str, Any]


def done(run: Path, seed: int, steps: int, out: Path, against: str = "held_out") -> Report:
    """The evaluation of a run of a seed after a number of steps; trained and evaluated unless it is there.

    Args:
        run: in TOML.
        seed: of the training.
        steps: of the generator.
        out: folder for runs and evaluations.
        against: ``held_out`` or ``training``: the real structures to compare with.
    """
    place = out / key_of(run.stem, seed, steps)
    kept = place.with_name(f"{place.name}.json")
    text = run.read_text(encoding="utf-8")
    if kept.exists():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["run"] != text:
            sys.exit(f"error: {kept} is of another {run.name}; choose another --out, or remove {out}/{run.stem}-*")
        report: Report = found["report"]
        compared = report["reference"]["set"]
        if compared != against:
            sys.exit(f"error: {kept} compares with {compared} structures; choose another --out")
    else:
        folder = out / f"{run.stem}-{seed}"
        again = ["--resume"] if folder.exists() else []
        _script("train", run, "--out", folder, "--seed", seed, "--steps", steps, *again)
        report = json.loads(_script("evaluate", folder, "-o", place, "--against", against, "--json"))
        formats.write_whole(kept, json.dumps({"run": text, "report": report}).encode())
    return report


def _script(name: str, *arguments: object) -> str:
    words = [sys.executable, "-m", f"examples.wgan_gp.{name}", *map(str, arguments)]
    print("$ python", *words[1:], file=sys.stderr, flush=True)
    ended = subprocess.run(
        words, stdout=subprocess.PIPE, text=True, check=False, env={"OMP_NUM_THREADS": "1"} | os.environ
    )
    if ended.returncode:
        sys.exit(f"error: {name} ended with exit code {ended.returncode}")
    return ended.stdout


def s_value(metric: str, key: str, score: str = "s_value") -> Callable[[Report], float]:
    """What reads one S-value out of an evaluation."""

    def read(report: Report) -> float:
        found = [
            row["value"]
            for row in report["comparisons"]
            if (row["metric"], row["key"], row["score"]) == (metric, key, score)
        ]
        # No score, because nothing is defined in the structures, is no likeness.
        return float(found[0]) if found and found[0] is not None else 0.0

    return read


def mean_tortuosity(score: str) -> Callable[[Report], float]:
    """What reads the mean S-value of the tortuosity factors."""
    one_by_one = [s_value("tortuosity", f"{phase}.tortuosity_factor", score) for phase in PHASES]
    return lambda report: statistics.fmean(read(report) for read in one_by_one)


def worst_miss(metric: str) -> Callable[[Report], float]:
    """What reads how far the mean of a phase is from the conditions, of the phase farthest from them."""
    return lambda report: max(map(abs, _only(report["condition_misses"])[metric].values()))


def spread(pick: Callable[..., float]) -> Callable[[Report], float]:
    """What reads the least or the largest standard deviation over that of the real structures."""
    return lambda report: pick(_only(report["spread"]).values())


def mean_score(score: str) -> Callable[[Report], float]:
    """What reads the mean S-value of connectivity and triple-phase boundary."""
    return lambda report: float(_only(report["mean_scores"])[score]["value"])


def lacking(phase: str) -> Callable[[Report], float]:
    """What reads the share of structures without a network of a phase."""
    return lambda report: float(_only(report["without_network"])[phase]["share"])


def _only(by_run: dict[str, Any]) -> Any:
    return next(value for run, value in by_run.items() if run != "real")


QUANTITIES: dict[str, Callable[[Report], float]] = {
    **{f"without a {phase} network": lacking(phase) for phase in PHASES},
    **{f"S, {phase} connectivity": s_value("connectivity", phase) for phase in PHASES},
    "S, active TPB": s_value("tpb", "active"),
    "S, total TPB": s_value("tpb", "total"),
    "mean of the five S": mean_score("s_value"),
    "mean of the five scaled S": mean_score("s_value_scaled"),
    **{f"S, {phase} tortuosity": s_value("tortuosity", f"{phase}.tortuosity_factor") for phase in PHASES},
    "mean of the three scaled S, tortuosity": mean_tortuosity("s_value_scaled"),
    "largest miss of a volume fraction": worst_miss("vf"),
    "largest miss of a surface area": worst_miss("ssa"),
    "least scatter over the real": spread(min),
    "largest scatter over the real": spread(max),
}


def quantities(report: Report) -> dict[str, float]:
    """What the tables tell of an evaluation, by title."""
    return {title: round(read(report), 4) for title, read in QUANTITIES.items()}


def key_of(name: str, seed: int, steps: int) -> str:
    """A run, its seed and its number of generator steps, in one word."""
    return f"{name}-{seed}-{steps}"


def table(
    values: Mapping[str, Mapping[str, float]],
    names: Sequence[str],
    seeds: Sequence[int],
    steps: int,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    titles: Sequence[str] = tuple(QUANTITIES),
) -> str:
    """A Markdown table at one number of steps: medians of the runs and of paired differences, with their ranges.

    Args:
        values: what `quantities` gives, by `key_of`.
        names: of the runs, a column each.
        seeds: that are put together.
        steps: of the generator.
        pairs: of runs, the first to be taken from the second; neighbours unless given.
        titles: of the rows.
    """
    pairs = list(itertools.pairwise(names)) if pairs is None else pairs
    head = ["", *names, *(f"{second} - {first}" for first, second in pairs)]
    rows = []
    for title in titles:
        by_run = {name: [values[key_of(name, seed, steps)][title] for seed in seeds] for name in names}
        differences = [[b - a for a, b in zip(by_run[first], by_run[second], strict=True)] for first, second in pairs]
        rows.append([title, *(_spread(by_run[name]) for name in names), *(_spread(one, "+") for one in differences)])
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _spread(values: Sequence[float], sign: str = "") -> str:
    middle, low, high = (
        round(one, 2) + 0.0 for one in (statistics.median(values), min(values), max(values))
    )  # no -0.00
    if len(values) == 1:
        return f"{middle:{sign}.2f}"
    return f"{middle:{sign}.2f} [{low:{sign}.2f}, {high:{sign}.2f}]"


def main() -> None:
    """Train, evaluate, and print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.wgan_gp.study",
        description=__doc__.partition("\n")[0],
        epilog="For the phases Ni, YSZ and pore.",
    )
    parser.add_argument("runs", type=Path, nargs="+", help="runs in TOML, each to be compared with the one before it")
    parser.add_argument("--seeds", type=int, default=5, help="number of training seeds")
    parser.add_argument("--steps", type=int, nargs="+", default=[60], help="generator steps to evaluate at")
    parser.add_argument("--against", choices=["held_out", "training"], default="held_out", help="real structures")
    parser.add_argument("--out", type=Path, required=True, help="folder for runs and evaluations")
    options = parser.parse_args()
    seeds, names = range(options.seeds), [run.stem for run in options.runs]
    if options.seeds < 1 or min(options.steps) < 1:
        parser.error("--seeds and --steps must be 1 or more")
    if len(set(names)) < len(names):
        parser.error(f"runs need file names of their own, not {', '.join(names)}")
    missing = [str(run) for run in options.runs if not run.is_file()]
    if missing:
        parser.error(f"there is no run {', '.join(missing)}")
    options.out.mkdir(parents=True, exist_ok=True)
    values = {
        key_of(run.stem, seed, steps): quantities(done(run, seed, steps, options.out, options.against))
        for seed in seeds
        for run in options.runs
        for steps in sorted(options.steps)
    }
    kept = options.out / "study.json"
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    kept.write_text(json.dumps(before | values, indent=1) + "\n", encoding="utf-8")
    for steps in sorted(options.steps):
        print(f"\nAfter {steps} generator steps, median [range] of {len(seeds)} seeds:\n")
        print(table(values, names, seeds, steps))


if __name__ == "__main__":
    main()
