"""One simulated comparison: what porenet decides about a pair of samples of known laws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdict_cases import BETA, BIMODAL, EXPONENTIAL, LOGNORMAL, NORMAL, TAU, UNIFORM, Case, bernoulli
from porenet.comparison import Quantity, RunDecision, Sample, decide
from porenet.comparison.evidence.interval import effect
from porenet.comparison.evidence.quantity_test import quantity_test
from porenet.comparison.evidence.structures import Blocks
from porenet.comparison.judgement.labels import Tolerance, inside, outside
from porenet.comparison.judgement.pooling import Pool
from porenet.comparison.judgement.together import joint_of, neighbourhood_of
from porenet.interface import Undefined

Floats = NDArray[np.float64]
N_BOOT, N_PERMUTATIONS = 400, 999
LIMITS = Tolerance(0.5, 1.5)
MIXED = (NORMAL, LOGNORMAL, BETA, BIMODAL, EXPONENTIAL, UNIFORM, bernoulli(0.9), bernoulli(0.98), TAU, bernoulli(1.0))
COLUMNS = 23


def quantity(index: int) -> Quantity:
    return Quantity("simulated", f"{index:02d}", "{}", "porenet", "1", "[0.1, 0.1, 0.1]", "null")


def samples(matrix: Floats, side: str, blocks: Sequence[int] | None = None) -> dict[Quantity, Sample]:
    """Samples of a ``(n, C)`` matrix; structures of one block were cut from one place."""
    names = [f"{side}_{row:04d}" for row in range(len(matrix))]
    origins: list[Any] = [None] * len(names)
    if blocks is not None:
        origins = [{"source": f"{side}_{block}", "corner": [0, 0, 0]} for block in blocks]
    shapes = [(8, 8, 8)] * len(names)
    return {
        quantity(column): Sample(
            names, [Undefined("simulated") if np.isnan(value) else float(value) for value in values], origins, shapes
        )
        for column, values in enumerate(matrix.T)
    }


def row(case: Case, n: int, m: int, rng: np.random.Generator) -> dict[str, Any]:
    """One quantity alone, before the door."""
    x, y = case.reference.draw(rng, n), case.generated.draw(rng, m)
    return judged(case, x, y, list(range(n)), list(range(m)), int(rng.integers(2**31)))


def judged(case: Case, x: Floats, y: Floats, ours: Sequence[int], yours: Sequence[int], seed: int) -> dict[str, Any]:
    """Label before the door, p value and whether the 90 % interval covers the true distance."""
    blocks = Blocks.of(ours, yours, seed)
    labels = blocks.permutations(N_PERMUTATIONS)
    counts = blocks.bootstrap(N_BOOT)
    size = effect(x, y, counts, labels[blocks.ids, 1:], min(blocks.counts))
    values = np.concatenate([x, y])
    p = quantity_test(values, np.ones(values.size, bool), blocks, labels)
    return {
        "ok": inside(size, LIMITS),
        "fail": outside(size, LIMITS),
        "covered": bool(size.distance.low <= case.truth[0] <= size.distance.high),
        "distance": size.distance.distance,
        "p": p,
    }


def decided(reference: dict[Quantity, Sample], run: dict[Quantity, Sample], seed: int) -> RunDecision:
    return decide(reference, run, n_boot=N_BOOT, n_permutations=N_PERMUTATIONS, seed=seed)


def thirty(change: str, n: int, m: int, rng: np.random.Generator) -> dict[str, Any]:
    """Thirty independent quantities of ten laws, all of them right or one of them changed."""
    laws = MIXED * 3
    x, y = (np.stack([law.draw(rng, size) for law in laws], axis=1) for size in (n, m))
    if change != "none":
        other = NORMAL.moved(factor=0.5) if change == "one sd halved" else NORMAL.moved(shift=1)
        y[:, 0] = other.draw(rng, m)
    verdict = decided(samples(x, "real"), samples(y, "run"), int(rng.integers(2**31)))
    first = verdict.decisions[quantity(0)]
    assert verdict.joint.p is not None
    return {
        "any_fail": bool(verdict.labelled("Fail")),
        "door": verdict.door_open,
        "joint_p": verdict.joint.p,
        "first_holm": first.p_holm,
        "first_ok": first.label == "OK",
        "first_fail": first.label == "Fail",
    }


def correlated(change: str, n: int, m: int, rng: np.random.Generator) -> dict[str, Any]:
    """Joint test and neighbourhood of 23 correlated quantities."""
    x, y = electrodes(rng, n), electrodes(rng, m)
    y = CHANGES[change](rng, x, y)
    pooled = np.concatenate([x, y])
    everywhere = np.ones(n + m, bool)
    blocks = Blocks.of(range(n), range(m), int(rng.integers(2**31)))
    columns = [quantity(column) for column in range(COLUMNS)]
    values = dict(zip(columns, pooled.T, strict=True))
    pool = Pool(blocks, values, dict.fromkeys(columns, everywhere), dict.fromkeys(columns, ""))
    labels = blocks.permutations(N_PERMUTATIONS)
    joint, near = joint_of(pool, labels), neighbourhood_of(pool, labels)
    assert joint.pair is not None
    pair = [joint.pair.first.key, joint.pair.second.key]
    return {"pair": pair, **{name: value for name, value in (joint.as_row() | near.as_row()).items() if name in KEPT}}


KEPT = ("p", "p_energy", "p_whitened", "p_correlation", "p_pair", "coverage", "coverage_p", "precision", "precision_p",
        "near_copies", "near_copies_p")  # fmt: skip


def electrodes(rng: np.random.Generator, size: int) -> Floats:
    """``(size, 23)``: two pairs correlated by 0.6 and 0.95, the others through four factors, one column bimodal."""
    common = rng.normal(size=(size, 4)) @ LOADINGS
    rows: Floats = common + 0.6 * rng.normal(size=(size, COLUMNS))
    for column, correlation in ((0, 0.6), (2, 0.95)):
        rows[:, column] = rng.normal(size=size)
        noise = math.sqrt(1 - correlation**2) * rng.normal(size=size)
        rows[:, column + 1] = correlation * rows[:, column] + noise
    return rows


LOADINGS = np.random.default_rng(21).normal(size=(4, COLUMNS)) / 2


def _turned(column: int) -> Any:
    def change(rng: np.random.Generator, x: Floats, y: Floats) -> Floats:
        y[:, column] *= -1
        return y

    return change


def _mode(share: float, invented: bool) -> Any:
    """A mode of this share, in which half of the columns are 2.5 sd higher, on one side only."""

    def change(rng: np.random.Generator, x: Floats, y: Floats) -> Floats:
        side = y if invented else x
        side[np.ix_(rng.random(len(side)) < share, range(4, 14))] += 2.5
        return y

    return change


def _shifted(columns: slice, shift: float, factor: float = 1.0) -> Any:
    def change(rng: np.random.Generator, x: Floats, y: Floats) -> Floats:
        y[:, columns] = factor * y[:, columns] + shift * electrodes(np.random.default_rng(0), 2000).std(axis=0)[columns]
        return y

    return change


def _copied(share: float) -> Any:
    """A share of the generated structures are real ones, changed by 2 % of an sd."""

    def change(rng: np.random.Generator, x: Floats, y: Floats) -> Floats:
        count = round(share * len(y))
        y[:count] = x[rng.integers(len(x), size=count)] + 0.02 * rng.normal(size=(count, COLUMNS))
        return y

    return change


CHANGES = {
    "none": lambda rng, x, y: y,
    "two columns, +0.95 to -0.95": _turned(2),
    "two columns, +0.6 to -0.6": _turned(0),
    "one of 23 columns mirrored": _turned(10),
    "all correlations lost": lambda rng, x, y: rng.permuted(y, axis=0),
    "one column shifted 0.5 sd": _shifted(slice(6, 7), 0.5),
    "all shifted 0.25 sd": _shifted(slice(None), 0.25),
    "all sd x 0.7": _shifted(slice(None), 0.0, 0.7),
    "spread halved": _shifted(slice(None), 0.0, 0.5),
    "mode of 30 % dropped": _mode(0.3, False),
    "mode of 10 % dropped": _mode(0.1, False),
    "mode of 30 % invented": _mode(0.3, True),
    "all copied": _copied(1.0),
    "half copied": _copied(0.5),
    "a tenth copied": _copied(0.1),
}


def blocked(change: str, n: int, m: int, rng: np.random.Generator) -> dict[str, Any]:
    """Three quantities on ``n`` blocks of three real structures each, correlated by 0.8, against singles."""
    within = np.repeat(np.arange(n), 3)
    shared = rng.normal(size=(n, 3))[within]
    x = math.sqrt(0.8) * shared + math.sqrt(0.2) * rng.normal(size=(3 * n, 3))
    y = rng.normal(size=(m, 3)) + float(change)
    verdict = decided(samples(x, "real", within), samples(y, "run"), int(rng.integers(2**31)))
    first = verdict.decisions[quantity(0)]
    case = Case("", NORMAL, NORMAL.moved(float(change)))
    return {
        "joint_p": verdict.joint.p,
        "p": first.p,
        "ok": first.label == "OK",
        "any_fail": bool(verdict.labelled("Fail")),
        "covered": first.lower <= case.truth[0] <= first.upper,
    }


def advised(change: str, n: int, m: int, rng: np.random.Generator) -> dict[str, Any]:
    """What is advised to an undecided quantity of a right generator, and whether that number decides."""
    while True:
        x, y = rng.normal(size=(n, 1)), rng.normal(size=(m, 1))
        (first,) = decided(samples(x, "real"), samples(y, "run"), int(rng.integers(2**31))).decisions.values()
        if first.needed is not None:
            break
    case, each, generated = Case("", NORMAL, NORMAL), first.needed.each, first.needed.generated
    result: dict[str, Any] = {"each": each, "generated": generated, "ok_each": None, "ok_generated": None}
    if each is not None:
        result["ok_each"] = row(case, each, each, rng)["ok"]
    if generated is not None:
        seed, more = int(rng.integers(2**31)), NORMAL.draw(rng, generated)
        result["ok_generated"] = judged(case, x[:, 0], more, range(n), range(generated), seed)["ok"]
    return result
