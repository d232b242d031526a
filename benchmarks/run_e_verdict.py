"""What `porenet evaluate` says of run E and of untrained fields: docs/results/run_e_verdict.json, with its commands.

Make the evaluations by the commands of `COMMANDS` (minutes each on one core), then condense them:

    python -m benchmarks.run_e_verdict synthetic=evaluations/synthetic real=evaluations/real
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porenet import formats

RESULTS = Path(__file__).parent.parent / "docs" / "results" / "run_e_verdict.json"
_TRAIN = "python -m examples.wgan_gp.train examples/wgan_gp"
_FIELDS = (
    'python -c \'import json; print(json.dumps({{"fit": json.load(open("runs/{run}/fields.json"))["fit"], '
    '"request": {{"candidates": {candidates}}}}}))\' > {file}'
)
_G, _F = "examples.wgan_gp.structures", "porenet.synthetic:stored_fields"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "synthetic": (
        f"{_TRAIN}/run_e.toml --seed 0 --out runs/e",
        f"{_TRAIN}/run_e_without_fields.toml --seed 0 --out runs/noise",
        _FIELDS.format(run="e", candidates=1, file="fields_1.json"),
        _FIELDS.format(run="e", candidates=8, file="fields_8.json"),
        f"porenet evaluate {_G}:held_out:runs/e e={_G}:generator:runs/e fields={_F}:fields_1.json "
        f"best_of_8={_F}:fields_8.json e_without_fields={_G}:generator:runs/noise --training {_G}:training:runs/e "
        "--n 300 --workers 1 -o evaluations/synthetic",
    ),
    "synthetic, three seeds": (
        f"{_TRAIN}/run_e.toml --seed $seed --out runs/e-$seed    # 0 to 2",
        f"porenet evaluate {_G}:held_out:runs/e-0 'e={_G}:generator:runs/e-*' fields={_F}:fields_1.json "
        f"--training {_G}:training:runs/e-0 --repeats 3 --n 300 --workers 1 -o evaluations/seeds",
    ),
    "real": (
        f"{_TRAIN}/run_e_real.toml --seed $seed --out runs/real-$seed    # 0 to 4",
        f"{_TRAIN}/run_e_real_without_fields.toml --seed $seed --out runs/real_noise-$seed    # 0 to 4",
        _FIELDS.format(run="real-0", candidates=1, file="fields_1.json"),
        _FIELDS.format(run="real-0", candidates=8, file="fields_8.json"),
        f"porenet evaluate {_G}:training:runs/real-0 'e={_G}:generator:runs/real-*' fields={_F}:fields_1.json "
        f"best_of_8={_F}:fields_8.json 'e_without_fields={_G}:generator:runs/real_noise-*' --repeats 5 "
        "--n 50 --workers 1 -o evaluations/real",
    ),
}
"""Name of an evaluation -> how it is made."""


def condensed(report: Mapping[str, Any]) -> dict[str, Any]:
    """Of an ``evaluation.json``: per run the verdict, means of S, and the distance of each quantity with its interval.

    Args:
        report: what `porenet evaluate -o` writes.

    Returns:
        The reference; and per run its generator, repeat and number of structures, ``summary`` (sentences), ``joint p``,
        means of S with their ceilings, and per quantity ``[distance, lower, upper]`` in standard deviations of the
        reference with the label.
    """
    runs = {}
    for name, decision in report["decisions"].items():
        means = report["mean_scores"][name]
        runs[name] = {
            **{key: report["runs"][name][key] for key in ("generator", "repeat", "n")},
            "summary": decision["summary"],
            "joint p": decision["joint"]["p"],
            **{score: [_rounded(mean[key]) for key in ("value", "ceiling")] for score, mean in means.items()},
            "distances": {
                f"{row['metric']} {row['key']}": [
                    *(_rounded(row[key]) for key in ("distance", "lower", "upper")),
                    row["label"],
                ]
                for row in decision["decisions"]
            },
        }
    return {"reference": report["reference"], "runs": runs}


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def main() -> None:
    """Condense the evaluations that are named, beside those that the file holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run_e_verdict", description=__doc__.partition("\n")[0])
    parser.add_argument("evaluations", nargs="+", help=f"NAME=FOLDER, NAME one of {', '.join(COMMANDS)}")
    values = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for text in parser.parse_args().evaluations:
        name, _, folder = text.partition("=")
        if name not in COMMANDS or not folder:
            parser.error(f"NAME=FOLDER was expected, NAME one of {', '.join(COMMANDS)}, not {text!r}")
        values[name] = {"commands": COMMANDS[name], **condensed(formats.read_json(Path(folder) / "evaluation.json"))}
    formats.write_whole(RESULTS, (json.dumps(values, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
