"""The tables of results/real-electrodes.md and of the untrained fields in results/wgan_gp.md, a line per generator.

Values lie in docs/results as ``NAME-SEED-STEPS`` -> title -> number. Every ``real_electrodes_*.json`` adds lines to the
first page, every ``synthetic_fields_*.json`` to the second.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results"
Values = Mapping[str, float]
"""Title -> number, of one seed."""
Lines = Mapping[tuple[str, int], Sequence[Values]]
"""Name and steps -> its seeds."""

SCORES = {
    "mean of five S": "mean of the five S",
    "scaled": "mean of the five scaled S",
    **{phase: f"S, {phase} connectivity" for phase in ("pore", "Ni", "YSZ")},
    **{f"{kind} TPB": f"S, {kind} TPB" for kind in ("active", "total")},
    **{f"without {phase}": f"without a {phase} network" for phase in ("pore", "Ni")},
}
STRUCTURES = {
    **{f"tau of {phase}": f"{phase} tortuosity factor, median" for phase in ("Ni", "YSZ", "pore")},
    "scatter of TPB": "total TPB, scatter over the real",
    **{f"surface of {phase}": f"{phase} surface, scatter over the real" for phase in ("Ni", "YSZ", "pore")},
}
NECKS = {
    **{f"neck of {phase}, um": f"{phase} breakthrough diameter, um, median" for phase in ("Ni", "YSZ", "pore")},
    **{f"Euler number of {phase}, um^-3": f"{phase} Euler number, um^-3, mean" for phase in ("Ni", "YSZ", "pore")},
}
NAMES = {
    "training": "the training structures themselves",
    "fields": "**fields, untrained**",
    "fields_8": "**fields, untrained, best of 8**",
    "fields_other": "fields, untrained",
    "fields_8_other": "fields, untrained, best of 8",
    "training_other": "the training structures themselves",
    "fields_held_out": "fields, untrained",
    "fields_8_held_out": "fields, untrained, best of 8",
    "training_held_out": "the training structures themselves",
    "run_a": "run A",
    "run_b": "run B",
    "run_c": "run C",
    "run_d_target": "run D, target",
    "run_d_conditioned": "run D, conditioned",
    "run_d": "run D, maximising",
    **dict.fromkeys(("run_e", "run_e_real"), "run E"),
    "run_e_real_start": "run E, before its first step",
    "run_e_real_last": "run E, its last weights",
    **dict.fromkeys(("run_e_without_fields", "run_e_real_without_fields"), "run E without fields"),
    "run_e_real_without_fields_start": "run E without fields, before its first step",
    "run_e_real_without_fields_last": "run E without fields, its last weights",
    "run_e_real_batch_norm": "run E with batch norm",
    "run_e_real_batch_norm_start": "run E with batch norm, before its first step",
    "run_e_real_batch_norm_last": "run E with batch norm, its last weights",
    "run_e_real_batch_norm_without_fields": "run E with batch norm, without fields",
    "run_e_real_batch_norm_without_fields_last": "run E with batch norm, without fields, its last weights",
}
UNTRAINED = ("training", "fields", "fields_8")
PUBLISHED = (
    ("run_a", 300), ("run_b", 300), ("run_c", 300), ("run_c", 1000), ("run_d_target", 300),
    ("run_d_target", 1000), ("run_d_conditioned", 300), ("run_d", 300),
)  # fmt: skip


def scores() -> str:
    """S-values on the real electrode: fields, whatever other files hold, and the published runs."""
    return _table(_all(), SCORES)


def structures() -> str:
    """Tortuosity and scatter on the real electrode, of generators whose files hold them."""
    return _table(_with(_all(), STRUCTURES), STRUCTURES)


def necks() -> str:
    """Necks and Euler numbers on the real electrode, of generators whose files hold them."""
    return _table(_with(_all(), NECKS), NECKS)


def other_conditions() -> str:
    """The same with other conditions for each seed."""
    return _table(_named("real_electrodes", "training_other", "fields_other", "fields_8_other"), SCORES)


def held_out() -> str:
    """S-values against the cubes that were held out."""
    return _table(_named("real_electrodes", "training_held_out", "fields_held_out", "fields_8_held_out"), SCORES)


def fitted(file: str = "real_electrodes") -> str:
    """Lengths and skews of the five fits."""
    seeds = _lines(file)["fields", 0]
    rows = ["| phase | l, voxels | c |", "| --- | --- | --- |"]
    for phase in ("Ni", "YSZ", "pore"):
        cells = (spread([values[title] for values in seeds]) for title in (f"l of {phase}, voxels", f"c of {phase}"))
        rows.append(f"| {phase} | {' | '.join(cells)} |")
    return "\n".join(rows)


def synthetic(ending: str = "") -> str:
    """S-values on synthetic electrodes: fields, and the published runs where these are of the same size.

    Args:
        ending: of the names of the rows; empty: 32^3 voxels.
    """
    lines = {(_stem(name), 0): _lines("synthetic_fields")[name + ending, 0] for name in UNTRAINED}
    if not ending:
        for path in sorted(RESULTS.glob("synthetic_fields_*.json")):
            lines |= _lines(path.stem)
        published = _lines("wgan_gp")
        lines |= {key: published[key] for key in PUBLISHED if key in published}
    return _table(lines, SCORES)


def acceptance() -> str:
    """What was to be reached on the real electrode, and what was: medians of five seeds."""
    lines = _lines("real_electrodes")
    rows = ["| asked for | best of 8 | without candidates |", "| --- | --- | --- |"]
    limits = [("mean of five S", 0.89, 0.87), ("scaled", 0.79, 0.76)]
    limits += [(name, 0.85, None) for name in ("pore", "Ni", "active TPB", "total TPB")] + [("YSZ", 0.82, None)]
    for heading, least, least_plain in limits:
        cells = []
        for name, limit in (("fields_8", least), ("fields", least_plain)):
            middle = statistics.median(values[SCORES[heading]] for values in lines[name, 0])
            cells.append(f"{middle:.3f}" + ("" if limit is None else f", {_met(middle >= limit)}"))
        asked = f"{heading} >= {least}" + (f"; without candidates {least_plain}" if least_plain else "")
        rows.append(f"| {asked} | {' | '.join(cells)} |")
    for heading, low, high in (
        ("without pore", 0.08, 0.43), ("without Ni", 0.04, 0.36), ("tau of Ni", 4, 6), ("scatter of TPB", 0.7, 1.3),
        *((f"surface of {phase}", 0.7, 1.3) for phase in ("Ni", "YSZ", "pore")),
    ):  # fmt: skip
        title = (SCORES | STRUCTURES)[heading]
        middles = [statistics.median(values[title] for values in lines[name, 0]) for name in ("fields_8", "fields")]
        cells = [f"{middles[0]:.3g}, {_met(low <= middles[0] <= high)}", f"{middles[1]:.3g}"]
        kind = "scatter of " if heading.startswith("surface") else ""
        rows.append(f"| {kind}{heading} {low} to {high} | {' | '.join(cells)} |")
    return "\n".join(rows)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range; the value alone where all are the same."""
    middle, low, high = (
        round(number, digits) + 0.0 for number in (statistics.median(values), min(values), max(values))
    )
    if low == high:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _met(reached: bool) -> str:
    return "met" if reached else "**not met**"


def _stem(name: str) -> str:
    return name.removesuffix("_demo")


def _all() -> Lines:
    lines = dict(_named("real_electrodes", *UNTRAINED))
    for path in sorted(RESULTS.glob("real_electrodes_*.json")):
        lines |= _lines(path.stem)
    published = _lines("wgan_gp_real")
    return lines | {key: published[key] for key in PUBLISHED}


def _with(lines: Lines, columns: Mapping[str, str]) -> Lines:
    """Those of which some column is known."""
    return {key: seeds for key, seeds in lines.items() if any(title in seeds[0] for title in columns.values())}


def _named(file: str, *names: str) -> Lines:
    lines = _lines(file)
    return {(name, 0): lines[name, 0] for name in names}


def _lines(file: str) -> Lines:
    values: Mapping[str, Values] = json.loads((RESULTS / f"{file}.json").read_text(encoding="utf-8"))
    lines: dict[tuple[str, int], list[Values]] = {}
    for key, numbers in values.items():
        name, _, steps = key.rsplit("-", 2)
        lines.setdefault((name, int(steps)), []).append(numbers)
    return lines


def _table(lines: Lines, columns: Mapping[str, str]) -> str:
    head = f"| structures | seeds | {' | '.join(columns)} |"
    rule = "| --- " * (len(columns) + 2) + "|"
    return "\n".join([head, rule, *(_line(key, seeds, columns.values()) for key, seeds in lines.items())])


def _line(key: tuple[str, int], seeds: Sequence[Values], titles: Iterable[str]) -> str:
    name, steps = key
    words = NAMES.get(name, name) + (f", {steps} steps" if steps else "")
    cells = [
        spread([values[title] for values in seeds]) if all(title in values for values in seeds) else ""
        for title in titles
    ]
    return f"| {words} | {len(seeds)} | {' | '.join(cells)} |"
