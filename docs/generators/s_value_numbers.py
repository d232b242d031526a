"""The tables of s-values.md: what both S-values say of samples whose likeness is known."""

from statistics import NormalDist

import numpy as np
from porenet_similarity.scores.s_value import s_value
from porenet_similarity.scores.s_value_scaled import s_value_scaled

from porenet.comparison import ceiling, interval, verdict
from porenet.interface import Undefined, Value

SCORES = (s_value, s_value_scaled)
MISSING = Undefined("does not percolate")


def sample(n: int, mean: float, std: float) -> list[float]:
    """Quantiles in the middle of n equal shares: a normal sample without luck."""
    return [NormalDist(mean, std).inv_cdf((i + 0.5) / n) for i in range(n)]


def defects() -> str:
    """One row a pair of samples of 50."""
    training = sample(50, 0.5, 0.1)
    outlier = [0.0] * 49 + [-1.0]
    rows: list[tuple[str, list[float], list[Value]]] = [
        ("the training sample itself", training, [*training]),
        ("all structures alike: every value is the training mean", training, [0.5] * 50),
        ("25 of 50 undefined, the others right", training, [*sample(25, 0.5, 0.1), *[MISSING] * 25]),
        ("47 of 50 undefined, the other three right", training, [*sample(3, 0.5, 0.1), *[MISSING] * 47]),
        ("two different constants", [0.5] * 50, [0.6] * 50),
        ("no overlap, ten standard deviations apart", training, [*sample(50, 1.5, 0.1)]),
        ("no overlap, one outlier in each", outlier, [1e-9] * 49 + [1.0]),
    ]
    table = [
        (what, *(cell for score in SCORES for cell in scored(score(reference, generated).value)))
        for what, reference, generated in rows
    ]
    return rendered(("generated sample", "`s_value`", "", "`s_value_scaled`", ""), table)


def units() -> str:
    """One row a unit of the same pair of samples of a length density."""
    table = []
    for unit, factor in (("um^-2", 1.0), ("0.1 um^-2", 10.0), ("10 um^-2", 0.1), ("mm^-2", 1e6)):
        training = [factor * value for value in sample(50, 2.0, 0.4)]
        generated = [factor * value for value in sample(50, 2.2, 0.2)]
        table.append((unit, *(cell for score in SCORES for cell in scored(score(training, generated).value))))
    return rendered(("unit of both samples", "`s_value`", "", "`s_value_scaled`", ""), table)


def sizes() -> str:
    """One row a size: two samples of one normal distribution, mean of 1,000 pairs."""
    rng = np.random.default_rng(0)
    table = []
    for n in (6, 20, 50, 100, 500):
        pairs = rng.normal(0.5, 0.01, size=(1000, 2, n))
        means = [np.mean([score.resampled(*pair, *ones(n)) for pair in pairs]) for score in SCORES]
        table.append((str(n), *(f"{mean:.3f}" for mean in means)))
    return rendered(("n of both samples", "`s_value`", "`s_value_scaled`"), table)


def example() -> str:
    """A generated sample scored with everything beside it."""
    rng = np.random.default_rng(1)
    training = rng.normal(0.50, 0.10, size=50).tolist()
    generated: list[Value] = [*rng.normal(0.53, 0.08, size=48).tolist(), *[MISSING] * 2]
    table = []
    for score in SCORES:
        found, around, top = (
            score(training, generated),
            interval(score, training, generated),
            ceiling(score, training, 50),
        )
        parts = ", ".join(f"{name} {part:.2f}" for name, part in found.components.items())
        table.append(
            (
                f"`{score.__name__}`",
                f"{found.value:.2f}",
                parts,
                f"{around.low:.2f} to {around.high:.2f}",
                f"{top.value:.2f}",
                f"{found.n_valid} / {found.n_total}",
                verdict(found.value, 50, n_valid=48, ceiling=top.value).label,
            )
        )
    return rendered(("score", "value", "components", "interval", "ceiling", "n_valid / n_total", "verdict"), table)


def ones(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.ones((1, n)), np.ones((1, n))


def scored(value: Value) -> tuple[str, str]:
    return f"{value:.2f}", verdict(value, 50).label


def rendered(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
