"""The tables of results/wgan_gp.md, from values by run, training seed and number of steps, such as ``run_a-0-60``."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from porenet.evaluation import medians, paired_differences

RESULTS = Path(__file__).resolve().parents[1] / "results"
ALL = tuple(next(iter(json.loads((RESULTS / "wgan_gp.json").read_text(encoding="utf-8")).values())))
"""Every quantity of the study."""
FIRST = ALL[: ALL.index("S, pore tortuosity")]
"""Networks and the published five S-values."""


def runs(
    file: str,
    names: str,
    steps: int,
    *,
    against: str = "",
    titles: Sequence[str] = ALL,
    seeds: int = 5,
) -> str:
    """Medians and ranges of runs, and of their paired differences.

    Args:
        file: name of the values in docs/results.
        names: of the runs, with blanks between.
        steps: of the generator.
        against: the run to take from all others; unless given, each run from the one after it.
        titles: of the rows.
        seeds: how many, from 0.
    """
    chosen = {name: name for name in names.split()}
    pairs = [(against, name) for name in chosen if name != against] if against else None
    return _table(_repeats(file, chosen, steps, seeds), titles, pairs)


def side_by_side(file: str, names: dict[str, str], steps: int, titles: Sequence[str], *, seeds: int = 5) -> str:
    """Medians and ranges of runs under headings of their own, without differences."""
    return _table(_repeats(file, names, steps, seeds), titles, [])


def _repeats(file: str, names: Mapping[str, str], steps: int, seeds: int) -> dict[str, list[dict[str, float]]]:
    """Heading -> the values of each training seed of a run."""
    values = json.loads((RESULTS / f"{file}.json").read_text(encoding="utf-8"))
    return {heading: [values[f"{name}-{seed}-{steps}"] for seed in range(seeds)] for heading, name in names.items()}


def _table(
    repeats: Mapping[str, Sequence[Mapping[str, float]]],
    titles: Sequence[str],
    pairs: Sequence[tuple[str, str]] | None,
) -> str:
    middles, differences = medians(repeats), paired_differences(repeats, pairs)
    head = ["", *repeats, *(f"{second} - {first}" for first, second in differences[titles[0]])]
    rows = [
        [
            title,
            *(spread.text() for spread in middles[title].values()),
            *(spread.text("+.2f") for spread in differences[title].values()),
        ]
        for title in titles
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])
