"""Compare volumes of trained runs with the micrograph, and with the volume that they never saw, where there is one.

    python -m examples.one_micrograph.evaluate runs/named runs/slicegan

Volume fractions, surfaces (faces) and triple line (edges) are set beside the micrograph's, converted by stereology, its
95 % interval and the volume's; the share of each phase that is joined from side to side, on average over z, y and x,
beside the volume's alone: a micrograph does not show it. --json prints all of it for programs.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from examples.wgan_gp.networks import Generator, trained_generator
from porenet import Objective, Volume, metrics
from porenet.errors import InputError
from porenet.generation import SAMPLES, exit_code, parser_with_help, sampled_labels, seed_of, table_text
from porenet.objective import targets_of_sections

from .micrographs import SOURCES, read_sections

TERMS = {"vf": None, "ssa": {"estimator": "faces"}, "tpb": {"estimator": "edges"}}


def evaluate(folder: Path) -> dict[str, Any]:
    """A run's volumes: quantity -> micrograph, low, high, volume (each None if not known), generated (a list)."""
    settings, generator, step = trained_generator(folder, SOURCES)
    grid, asked, (sections, volumes) = settings.run.grid, settings.evaluate, read_sections(settings)
    size = (asked.size or settings.data.size,) * 3
    noise = seed_of(asked.seed, settings.train.seed, SAMPLES)
    settle(generator, settings.data.size, settings.train.batch, noise)
    made = sampled_labels(generator, torch.zeros((asked.n, 0)), size, seed=noise, at_once=1)
    generated, truth = [measured(Volume(each.numpy(), grid)) for each in made], [measured(each) for each in volumes]
    rows: dict[str, dict[str, Any]] = {
        name: dict.fromkeys(("micrograph", "low", "high"))
        | {"volume": statistics.fmean(each[name] for each in truth) if truth else None}
        | {"generated": [each[name] for each in generated]}
        for name in generated[0]
    }
    terms = {key: params for key, params in TERMS.items() if key != "tpb" or len(grid.phases) == 3}
    seen = targets_of_sections(Objective(grid, terms), sections).to_3d(assume="same in z, y and x")
    for key in terms:
        names = ["tpb"] if key == "tpb" else [f"{key} {phase}" for phase in grid.phases]
        ends = (end[0].tolist() for end in (seen[key], *seen.interval(key)))
        for name, value, low, high in zip(names, *ends, strict=True):
            rows[name] |= {"micrograph": value, "low": low, "high": high}
    return {"folder": folder.name, "step": step, "edge": size[0], "quantities": rows}


def settle(generator: Generator, size: int, batch: int, seed: int) -> None:
    """Batch norm's statistics anew, with the trained weights: those of a short training lag behind."""
    source = torch.Generator().manual_seed(seed)
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.reset_running_stats()
            module.momentum = None  # the mean of all batches
    with torch.no_grad():
        for _ in range(32):
            noise = torch.randn((batch, *generator.noise_shape((size,) * 3)), generator=source)
            generator.train()(noise, torch.zeros((batch, 0)))


def measured(volume: Volume) -> dict[str, float]:
    """What is compared; ``joined`` is the share of a phase that spans from side to side, mean over z, y and x."""
    phases, shares = volume.grid.phases, metrics.connectivity(volume, axis="all")
    fractions, surfaces = metrics.vf(volume), metrics.ssa(volume, estimator="faces")
    return {
        **{f"vf {phase}": fractions[phase] for phase in phases},
        **{f"ssa {phase}": surfaces[phase] for phase in phases},
        **({"tpb": metrics.tpb(volume)["total"]} if len(phases) == 3 else {}),
        **{f"joined {phase}": statistics.fmean(shares[f"{phase}.{axis}"] for axis in "zyx") for phase in phases},
    }


def table(reports: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: means of the generated volumes, marked where they lie outside the micrograph's interval."""
    rows = []
    for quantity, first in reports[0]["quantities"].items():
        shown = {name: "" if first[name] is None else f"{first[name]:.3g}" for name in ("micrograph", "volume")}
        interval = "not seen" if first["low"] is None else f"{first['low']:.3g} to {first['high']:.3g}"
        means = [statistics.fmean(report["quantities"][quantity]["generated"]) for report in reports]
        outside = [first["low"] is not None and not first["low"] <= mean <= first["high"] for mean in means]
        marked = [f"{mean:.3g}{' outside' * misses}" for mean, misses in zip(means, outside, strict=True)]
        rows.append([quantity, shown["micrograph"], interval, shown["volume"], *marked])
    return ["", "micrograph", "95 %", "volume", *(report["folder"] for report in reports)], rows


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = parser_with_help("examples.one_micrograph.evaluate", str(__doc__))
    parser.add_argument("folders", type=Path, nargs="+", help="run folders that train.py wrote, of one micrograph")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    options = parser.parse_args(argv)

    def work() -> int:
        reports = [evaluate(folder) for folder in options.folders]
        if len({tuple(row["micrograph"] for row in report["quantities"].values()) for report in reports}) > 1:
            raise InputError("they saw different micrographs", where="folders", fix="Evaluate them one by one.")
        print(json.dumps(reports) if options.json else table_text(*table(reports)))
        return 0

    return exit_code(work, debug=False)


if __name__ == "__main__":
    sys.exit(main())
