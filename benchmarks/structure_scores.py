"""How alike two sets of structures are, under the titles of `examples.wgan_gp.study`, and what each set is like."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from porenet import create_score
from porenet.config import GridFile
from porenet.interface import Undefined, Value, Volume
from porenet.measurement import measure, requests_for

METRICS = ("vf", "ssa", "connectivity", "tpb", "tortuosity", "percolates", "breakthrough_diameter", "euler_number")
Measured = Mapping[tuple[str, str], Sequence[Value]]
"""Metric and key -> the value of each structure, in the metric's unit."""


def measured(volumes: Sequence[Volume], grid_file: GridFile) -> Measured:
    """Every value of `METRICS` of each structure."""
    requests = requests_for(METRICS, {}, grid_file)
    values: dict[tuple[str, str], list[Value]] = {}
    for volume in volumes:
        for row in measure(Volume(volume.labels, volume.grid), requests):  # nothing of it is kept in memory
            value = Undefined(row["undefined"]) if row["value"] is None else row["value"]
            values.setdefault((row["metric"], row["key"]), []).append(value)
    return values


def described(reference: Measured, drawn: Measured, phases: Sequence[str]) -> dict[str, float]:
    """All numbers of a set of structures, and its likeness to another.

    Args:
        reference: the structures that are compared with.
        drawn: the structures to describe.
        phases: phase names.

    Returns:
        Title -> number; a score that is undefined counts as 0, as for `examples.wgan_gp.study`.
    """
    networks = [("connectivity", phase) for phase in phases]
    lines = [("tpb", "active"), ("tpb", "total")]
    scores = {
        name: {of: _score(name, reference[of], drawn[of]) for of in (*networks, *lines)}
        for name in ("s_value", "s_value_scaled")
    }
    plain = scores["s_value"]
    numbers = {f"without a {phase} network": 1 - _mean(drawn["percolates", f"{phase}.z"]) for phase in phases}
    numbers |= {f"S, {phase} connectivity": plain["connectivity", phase] for phase in phases}
    numbers |= {f"S, {key} TPB": plain["tpb", key] for _, key in lines}
    numbers["mean of the five S"] = statistics.fmean(plain.values())
    numbers["mean of the five scaled S"] = statistics.fmean(scores["s_value_scaled"].values())
    for phase in phases:
        numbers |= _of_phase(reference, drawn, phase)
    numbers["total TPB, scatter over the real"] = _over(statistics.stdev, reference, drawn, ("tpb", "total"))
    numbers["total TPB over the real"] = _over(statistics.fmean, reference, drawn, ("tpb", "total"))
    return {title: round(number, 4) for title, number in numbers.items()}


def _of_phase(reference: Measured, drawn: Measured, phase: str) -> dict[str, float]:
    factor = ("tortuosity", f"{phase}.tortuosity_factor")
    return {
        f"S, {phase} tortuosity": _score("s_value", reference[factor], drawn[factor]),
        f"{phase} tortuosity factor, median": statistics.median(_defined(drawn[factor]) or [0.0]),
        f"{phase} connectivity, mean": _mean(drawn["connectivity", phase]),
        f"{phase} breakthrough diameter, um, median": statistics.median(
            _defined(drawn["breakthrough_diameter", f"{phase}.breakthrough_diameter"])
        ),
        f"{phase} Euler number, um^-3, mean": _mean(drawn["euler_number", phase]),
        f"{phase} surface, scatter over the real": _over(statistics.stdev, reference, drawn, ("ssa", phase)),
        f"{phase} surface over the real": _over(statistics.fmean, reference, drawn, ("ssa", phase)),
    }


def _score(name: str, reference: Sequence[Value], drawn: Sequence[Value]) -> float:
    value = create_score(name)(list(reference), list(drawn)).value
    return 0.0 if isinstance(value, Undefined) else float(value)


def _over(
    statistic: Callable[[Sequence[float]], float], reference: Measured, drawn: Measured, of: tuple[str, str]
) -> float:
    """A statistic of the drawn structures over that of the reference."""
    return statistic(_defined(drawn[of])) / statistic(_defined(reference[of]))


def _mean(values: Sequence[Value]) -> float:
    return statistics.fmean(_defined(values))


def _defined(values: Sequence[Value]) -> list[float]:
    return [float(value) for value in values if not isinstance(value, Undefined)]
