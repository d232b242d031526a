"""The table of sample-sizes.md: how often a generator matches or differs, from docs/results/verdict_simulation.json."""

import json
from pathlib import Path

NUMBERS = Path(__file__).parents[1] / "results" / "verdict_simulation.json"
SIZES = {
    (20, 20): "20 against 20",
    (50, 50): "50 against 50",
    (50, 300): "50 real, 300 generated",
    (200, 200): "200 against 200",
}
GENERATORS = {
    "equal normal": "perfect, a normal quantity",
    "equal lognormal": "perfect, lognormal",
    "equal beta(8,1)": "perfect, a share near 1 (beta(8, 1))",
    "equal bimodal": "perfect, two modes",
    "equal Bernoulli 0.9": "perfect, 0.9 of the structures percolate",
    "equal Bernoulli 0.98": "perfect, 0.98 percolate",
    "equal, all 1": "perfect, all percolate",
    "equal, 20 % undefined": "perfect, a tortuosity of which 20 % are undefined",
    "shift 0.25 sd": "shifted by 0.25 sd",
    "shift 0.5 sd": "shifted by 0.5 sd, the tolerance itself",
    "shift 1 sd": "shifted by 1 sd",
    "shift 2 sd": "shifted by 2 sd",
    "sd halved": "half the spread",
    "sd doubled": "twice the spread",
    "one of two equal modes dropped": "one of two equal modes missing",
    "mode of 20 % dropped": "a mode of 20 % missing",
    "collapse to one value": "collapsed to one value",
    "percolates 0.98 against 1": "0.98 percolate, all real ones do",
    "percolates 0.7 against 1": "0.7 percolate, all real ones do",
}
"""Cases of the simulation, in the words of the page."""


def power() -> str:
    """Share of matches / of differences, by generator and sizes."""
    groups = json.loads(NUMBERS.read_text(encoding="utf-8"))["groups"]
    entries = {(entry["case"], entry["n"], entry["m"]): entry for entry in groups if entry["experiment"] == "row:table"}
    lines = [["generated sample", *SIZES.values()], ["---"] * (len(SIZES) + 1)]
    for case, words in GENERATORS.items():
        cells = [entries[case, *sizes] for sizes in SIZES]
        lines.append([words, *(f"{cell['ok']:.2f} / {cell['fail']:.2f}" for cell in cells)])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    pairs = min(entry["pairs"] for entry in entries.values())
    return f"{table}\n\nSimulated with {pairs} pairs of samples per cell: an error of 0.03 at most."
