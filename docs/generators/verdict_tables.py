"""The tables of verdict.md, from docs/results/verdict_simulation.json (``python -m benchmarks.verdict_simulation``)."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

NUMBERS = Path(__file__).parents[1] / "results" / "verdict_simulation.json"
SIZES = ((20, 20), (50, 50), (50, 300), (200, 200))
Entry = dict[str, Any]


@functools.cache
def _numbers() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(NUMBERS.read_text())
    return numbers


def _entries(experiment: str) -> list[Entry]:
    return [entry for entry in _numbers()["groups"] if entry["experiment"] == experiment]


def power() -> str:
    """OK / Fail of every case of the table and size."""
    return _by_size("row:table", "reference, generated", lambda entry: f"{entry['ok']:.2f} / {entry['fail']:.2f}")


def coverage() -> str:
    """Smallest and largest share of 90 % intervals that hold the true distance, over all pairs of laws."""
    rows = []
    for experiment, name in (("row:table", "table above"), ("row:distance", "d = 0.5"), ("row:spread", "spread 1.5")):
        cells = []
        for n, m in SIZES:
            shares = [entry["covered"] for entry in _entries(experiment) if (entry["n"], entry["m"]) == (n, m)]
            cells.append(f"{min(shares):.2f} to {max(shares):.2f}")
        rows.append([name, *cells])
    return _table(["pairs of laws", *_headings()], rows)


def boundary(experiment: str) -> str:
    """False OK / false Fail at the limit, by law and size."""
    return _by_size(experiment, "law", lambda entry: f"{entry['ok']:.3f} / {entry['fail']:.3f}")


def joint() -> str:
    """Share of pairs found by the joint test, by difference and size."""
    names = ("p", "p_energy", "p_whitened", "p_correlation", "p_pair")
    order = list(dict.fromkeys(entry["case"] for entry in _entries("correlated")))
    rows = [
        [entry["case"], str(entry["n"]), *(f"{entry[name]:.2f}" for name in names), str(entry["pairs"])]
        for entry in sorted(_entries("correlated"), key=lambda entry: (order.index(entry["case"]), entry["n"]))
    ]
    headings = ["difference", "n", "all four", "energy", "whitened", "correlations", "largest correlation", "pairs"]
    return _table(headings, rows)


def neighbourhood() -> str:
    """Coverage, precision and near copies at 50 against 50, with the power of their p values."""
    rows = [
        [
            entry["case"],
            *(f"{entry[name]:.2f} ({entry[f'{name}_p_5']:.2f})" for name in ("coverage", "precision", "near_copies")),
            str(entry["pairs"]),
        ]
        for entry in _entries("correlated")
        if entry["n"] == 50
    ]
    return _table(["generator", "coverage", "precision", "near copies", "pairs"], rows)


def whole() -> str:
    """Thirty quantities at once, and blocks."""
    rows = []
    for entry in _entries("thirty"):
        text = "thirty independent quantities, all right" if entry["case"] == "none" else f"of thirty, {entry['case']}"
        rows.append([f"{text}: any Fail", _size(entry), f"{entry['any_fail']:.3f}", str(entry["pairs"])])
        if entry["case"] != "none":
            rows.append(
                [f"{text}: Holm p <= 0.025", _size(entry), f"{entry['first_holm_2_5']:.2f}", str(entry["pairs"])]
            )
    for entry in _entries("blocked"):
        size = f"{entry['n']} blocks of 3 against {entry['m']}"
        text = "blocks, equal" if entry["case"] == "0" else f"blocks, shift of {entry['case']} sd"
        for name, label in (
            ("p_5", "p <= 0.05"),
            ("joint_5", "joint p <= 0.05"),
            ("ok", "OK"),
            ("any_fail", "any Fail"),
        ):
            rows.append([f"{text}: {label}", size, f"{entry[name]:.3f}", str(entry["pairs"])])
    return _table(["", "sizes", "rate", "pairs"], rows)


def advice() -> str:
    """The number advised for a right generator that 50 against 50 leave undecided, and how often it then decides."""
    (entry,) = _entries("advised")
    each, generated = ("{0} to {2}".format(*entry[f"{name}_quartiles"]) for name in ("each", "generated"))
    return (
        f"Of {entry['pairs']} right generators of a normal quantity that 50 against 50 left undecided, "
        f"{entry['each_advised']:.0%} got a number of structures on both sides (quartiles {each}), which then "
        f"gave a match in {entry['ok_each']:.0%}, and {entry['generated_advised']:.0%} a number of generated ones "
        f"alone (quartiles {generated}), which gave a match in {entry['ok_generated']:.0%}."
    )


def _by_size(experiment: str, heading: str, cell: Callable[[Entry], str]) -> str:
    rows: dict[str, dict[tuple[int, int], str]] = {}
    for entry in _entries(experiment):
        rows.setdefault(entry["case"], {})[entry["n"], entry["m"]] = cell(entry)
    return _table([heading, *_headings()], [[case, *map(cells.__getitem__, SIZES)] for case, cells in rows.items()])


def _headings() -> list[str]:
    return [f"{n} against {m}" for n, m in SIZES]


def _size(entry: Entry) -> str:
    return f"{entry['n']} against {entry['m']}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
