"""The published five S-values and their mean: in memory and quick, for a choice among checkpoints."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from porenet import registry
from porenet.errors import InputError
from porenet.evaluation.conditions import Condition, conditions_of
from porenet.evaluation.drawing import Generator, draw
from porenet.evaluation.real_structures import RealStructures
from porenet.interface import Grid, Undefined, Value, Volume
from porenet.measurement import Request, measure, requests_for

SCORES = ("s_value", "s_value_scaled")
PUBLISHED_METRICS = ("connectivity", "tpb")


@dataclass(frozen=True, slots=True)
class MeanScores:
    """S-values of one set of structures.

    Attributes:
        s_value: mean of the published S-values, 0 to 1, dimensionless; a quantity that is defined in no structure of a
            side counts as 0.
        s_value_scaled: the same of the scaled S-values.
        by_quantity: name of each quantity, such as ``connectivity Ni`` -> score -> value; None where it is undefined.
    """

    s_value: float
    s_value_scaled: float
    by_quantity: Mapping[str, Mapping[str, float | None]]


def published_keys(grid: Grid) -> tuple[tuple[str, str], ...]:
    """Metric and key of the quantities that the published comparison averages.

    The connected share of each phase and, of three phases, the density of the active and of all triple-phase boundary.
    """
    lines = (("tpb", "active"), ("tpb", "total")) if len(grid.phases) == 3 else ()
    return (*(("connectivity", phase) for phase in grid.phases), *lines)


class Scorer:
    """Scores sets of structures against real ones, which are measured once.

    Args:
        real: structures to compare with.
        training: structures whose volume fractions and surface areas generators are asked for; default: the real ones.

    Raises:
        InputError: a metric refuses a structure.

    Example:
        >>> from porenet import evaluation, synthetic
        >>> def electrode(seed, shape, fractions):
        ...     return synthetic.skewed_fields(
        ...         shape, voxel_um=0.1, lengths_um=0.3, skews=0, fractions=fractions, seed=seed
        ...     )
        >>> real = [electrode(seed, (16, 16, 16), (0.36, 0.34, 0.30)) for seed in range(4)]
        >>> scorer = evaluation.Scorer(evaluation.RealStructures.of(real))
        >>> def generate(seed, condition):
        ...     return electrode(seed, condition.shape, list(condition.vf.values()))
        >>> 0 <= scorer.scores_of(generate, n=4, seed=1).s_value <= 1
        True
    """

    def __init__(self, real: RealStructures, training: RealStructures | None = None) -> None:
        self._grid = real.grid
        self._requests = published_requests(real)
        self._real = _values(real.volumes, self._requests)
        asked = training or real
        self._conditions = conditions_of(asked.volumes, asked.names)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that generators are asked to meet, in the order of the training structures."""
        return self._conditions

    def scores_of(self, generator: Generator, *, n: int = 50, seed: int = 0) -> MeanScores:
        """Scores of structures of a generator.

        Args:
            generator: called as ``generator(seed, condition)``, see `porenet.evaluation.decoded`.
            n: number of structures.
            seed: of noise and conditions. To choose a checkpoint take another one than for the result.

        Raises:
            InputError: the generator failed, or what it returned is not a structure for the condition.
        """
        if n < 1:
            raise InputError(f"1 or more was expected, not {n!r}", where="n")
        return self.scores_of_volumes([each.volume for each in draw(generator, self._conditions, n=n, seed=seed)])

    def scores_of_volumes(self, volumes: Sequence[Volume]) -> MeanScores:
        """Scores of structures of the same grid, at least one."""
        values = _values(volumes, self._requests)
        by_quantity: dict[str, dict[str, float | None]] = {}
        for metric, key in published_keys(self._grid):
            pair = self._real[metric, key], values[metric, key]
            by_quantity[f"{metric} {key}"] = {score: _score(score, *pair) for score in SCORES}
        means = {score: statistics.fmean(row[score] or 0.0 for row in by_quantity.values()) for score in SCORES}
        return MeanScores(means["s_value"], means["s_value_scaled"], by_quantity)


def published_requests(real: RealStructures) -> tuple[Request, ...]:
    """The metrics of the published comparison that these structures allow."""
    names = dict.fromkeys(metric for metric, _ in published_keys(real.grid))
    return requests_for(list(names), {}, real.grid_file)


def _values(volumes: Iterable[Volume], requests: Sequence[Request]) -> dict[tuple[str, str], list[Value]]:
    values: dict[tuple[str, str], list[Value]] = {}
    for volume in volumes:
        for row in measure(volume, requests):
            value = Undefined(str(row["undefined"])) if row["value"] is None else float(row["value"])
            values.setdefault((row["metric"], row["key"]), []).append(value)
    return values


def _score(name: str, real: Sequence[Value], generated: Sequence[Value]) -> float | None:
    value = registry.create_score(name)(real, generated).value
    return None if isinstance(value, Undefined) else float(value)
