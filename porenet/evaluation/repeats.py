"""Several repeats of several generators: medians, ranges, and differences that are paired by repeat."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from porenet.evaluation.statistics_of_runs import title_of

Values = Mapping[str, float | None]
"""Name of a quantity -> its value in one repeat."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and range of the repeats in which a number is defined.

    The range of five repeats is a 94 % interval of the median.

    Attributes:
        median: None where it is defined in no repeat.
        low: the smallest.
        high: the largest.
        n: repeats in which it is defined.
        of: repeats.
    """

    median: float | None
    low: float | None
    high: float | None
    n: int
    of: int

    @classmethod
    def over(cls, values: Sequence[float | None]) -> Spread:
        """Of one value per repeat."""
        known = [value for value in values if value is not None]
        if not known:
            return cls(None, None, None, 0, len(values))
        return cls(statistics.median(known), min(known), max(known), len(known), len(values))

    def text(self, form: str = ".2f") -> str:
        """Such as ``0.86 [0.82, 0.90]``; of one repeat the number alone."""
        if self.median is None or self.low is None or self.high is None:
            return "undefined"
        middle, low, high = (f"{number + 0.0:{form}}" for number in self._rounded(form))
        missing = f" ({self.n} of {self.of})" if self.n < self.of else ""
        return (middle if self.of == 1 else f"{middle} [{low}, {high}]") + missing

    def _rounded(self, form: str) -> list[float]:
        numbers = [number for number in (self.median, self.low, self.high) if number is not None]
        return [float(f"{number:{form}}") for number in numbers]  # -0.00 becomes 0


def medians(repeats: Mapping[str, Sequence[Values]]) -> dict[str, dict[str, Spread]]:
    """Quantity -> generator -> median and range.

    Args:
        repeats: generator -> the values of each of its repeats.
    """
    names = dict.fromkeys(name for sets in repeats.values() for values in sets for name in values)
    return {
        name: {generator: Spread.over([values.get(name) for values in sets]) for generator, sets in repeats.items()}
        for name in names
    }


def paired_differences(
    repeats: Mapping[str, Sequence[Values]], pairs: Sequence[tuple[str, str]] | None = None
) -> dict[str, dict[tuple[str, str], Spread]]:
    """Quantity -> pair of generators -> median and range of the second less the first, repeat by repeat.

    Repeats of one number share conditions, noise and whatever else the seed decides, so that their difference scatters
    less than they do.

    Args:
        repeats: generator -> the values of each of its repeats, as many of each generator.
        pairs: the first is taken from the second; default: each generator and the one after it.
    """
    chosen = list(itertools.pairwise(repeats)) if pairs is None else list(pairs)
    names = dict.fromkeys(name for sets in repeats.values() for values in sets for name in values)
    return {
        name: {
            (first, second): Spread.over(
                [_less(b.get(name), a.get(name)) for a, b in zip(repeats[first], repeats[second], strict=True)]
            )
            for first, second in chosen
        }
        for name in names
    }


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def headline(report: Mapping[str, Any], run: str) -> dict[str, tuple[float | None, str]]:
    """The numbers of a run that repeats are put together of: name -> value and unit.

    An S-value of a quantity that is defined in no structure counts as 0: a missing score shows no likeness.
    """
    numbers: dict[str, tuple[float | None, str]] = {}
    for phase, share in report["without_network"][run].items():
        numbers[f"without a {phase} network"] = share["share"], "1"
    scores = {
        (entry["score"], f"{entry['metric']} {entry['key']}"): entry["value"] or 0.0
        for entry in report["comparisons"]
        if entry["run"] == run
    }
    means = report["mean_scores"][run]
    for name in means["s_value"]["of"]:
        numbers[f"S, {name}"] = scores["s_value", name], "1"
    for score, mean in means.items():
        numbers[f"mean of the {len(mean['of'])} {score}"] = mean["value"] or 0.0, "1"
    for name, entry in report["quantities"][run].items():
        if name.split()[0] in ("tortuosity", "breakthrough_diameter", "euler_number"):
            numbers[f"median {title_of(name)}"] = entry["median"], entry["unit"]
    for metric, misses in _misses(report["conditions"].get(run, {})).items():
        numbers[f"largest miss of the mean {metric}"] = max(misses), "1"
    spreads = list(report["scatter"][run].values())
    if spreads:
        numbers["least scatter over that of the real"] = min(spreads), "1"
        numbers["largest scatter over that of the real"] = max(spreads), "1"
    if agreement := report["agreement"].get(run):
        numbers["largest voxel agreement with a training structure"] = agreement["largest"], "1"
    return numbers


def _misses(conditions: Mapping[str, Any]) -> dict[str, list[float]]:
    misses: dict[str, list[float]] = {}
    for name, entry in conditions.items():
        if entry["ratio"] is not None:
            misses.setdefault(name.split()[0], []).append(abs(entry["ratio"] - 1))
    return misses
