"""The tables of results/wgan_gp.md, from the values that the study wrote."""

import json
from collections.abc import Sequence
from pathlib import Path

from examples.wgan_gp import study

RESULTS = Path(__file__).resolve().parents[1] / "results"
ALL = tuple(study.QUANTITIES)
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
    chosen = names.split()
    pairs = [(against, name) for name in chosen if name != against] if against else None
    return study.table(_values(file), chosen, range(seeds), steps, pairs=pairs, titles=titles)


def side_by_side(file: str, names: dict[str, str], steps: int, titles: Sequence[str], *, seeds: int = 5) -> str:
    """Medians and ranges of runs under headings of their own, without differences."""
    values = _values(file)
    headed = {
        study.key_of(heading, seed, steps): values[study.key_of(name, seed, steps)]
        for heading, name in names.items()
        for seed in range(seeds)
    }
    return study.table(headed, list(names), range(seeds), steps, pairs=[], titles=titles)


def _values(file: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads((RESULTS / f"{file}.json").read_text(encoding="utf-8"))
    return found
