"""Rates over the pairs of each simulated case."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from scipy import stats

Rows = list[dict[str, Any]]


def summary(groups: Mapping[tuple[str, str, int, int], Rows]) -> list[dict[str, Any]]:
    """One entry per experiment, case and size, with the number of pairs."""
    entries = []
    for (experiment, case, n, m), rows in groups.items():
        rates = _RATES[experiment.split(":")[0]](rows)
        rounded = {name: round(rate, 3) if isinstance(rate, float) else rate for name, rate in rates.items()}
        entries.append({"experiment": experiment, "case": case, "n": n, "m": m, "pairs": len(rows), **rounded})
    return entries


def _row(rows: Rows) -> dict[str, Any]:
    return {
        "ok": _mean(rows, "ok"),
        "fail": _mean(rows, "fail"),
        "covered": _mean(rows, "covered"),
        "median_distance": statistics.median(row["distance"] for row in rows),
        "p_5": _below(rows, "p", 0.05),
    }


def _thirty(rows: Rows) -> dict[str, Any]:
    return {
        "any_fail": _mean(rows, "any_fail"),
        "door": _mean(rows, "door"),
        "joint_5": _below(rows, "joint_p", 0.05),
        "first_holm_2_5": _below(rows, "first_holm", 0.025),
        "first_ok": _mean(rows, "first_ok"),
        "first_fail": _mean(rows, "first_fail"),
    }


def _correlated(rows: Rows) -> dict[str, Any]:
    pairs = [tuple(row["pair"]) for row in rows]
    return {
        **{name: _below(rows, name, 0.05) for name in ("p", "p_energy", "p_whitened", "p_correlation", "p_pair")},
        "uniform": float(stats.kstest([row["p"] for row in rows], "uniform").pvalue),
        "commonest_pair": list(max(set(pairs), key=pairs.count)),
        "commonest_pair_share": pairs.count(max(set(pairs), key=pairs.count)) / len(pairs),
        **{name: _mean(rows, name) for name in ("coverage", "precision", "near_copies")},
        **{f"{name}_p_5": _below(rows, f"{name}_p", 0.05) for name in ("coverage", "precision", "near_copies")},
    }


def _blocked(rows: Rows) -> dict[str, Any]:
    return {
        "joint_5": _below(rows, "joint_p", 0.05),
        "p_5": _below(rows, "p", 0.05),
        **{name: _mean(rows, name) for name in ("ok", "any_fail", "covered")},
    }


def _advised(rows: Rows) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in ("each", "generated"):
        numbers = sorted(row[name] for row in rows if row[name] is not None)
        result[f"{name}_quartiles"] = [numbers[len(numbers) * part // 4] for part in (1, 2, 3)] if numbers else None
        result[f"{name}_advised"] = len(numbers) / len(rows)
        result[f"ok_{name}"] = _mean([row for row in rows if row[name] is not None], f"ok_{name}")
    return result


_RATES: Mapping[str, Callable[[Rows], dict[str, Any]]] = {
    "row": _row,
    "thirty": _thirty,
    "correlated": _correlated,
    "blocked": _blocked,
    "advised": _advised,
}


def _mean(rows: Rows, name: str) -> float | None:
    return statistics.fmean(float(row[name]) for row in rows) if rows else None


def _below(rows: Rows, name: str, limit: float) -> float:
    return statistics.fmean(row[name] <= limit for row in rows)
