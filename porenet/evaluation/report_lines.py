"""The report of an evaluation in lines of text: one per quantity, the real structures before the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from porenet.evaluation.statistics_of_runs import title_of

Report = Mapping[str, Any]
NOT_KNOWN = "not known"
VERDICTS = {"OK": ", match", "Fail": ", differs", "undecided": ", undecided", "withheld": ""}
"""What follows a distance, by the label of the decision."""


def run_columns(report: Report) -> list[str]:
    """Headings: what the cells hold, unit, the real structures, and each run, with its size where this is another."""
    headings = [
        f"{run} ({' x '.join(map(str, about['size']))})" if about["other_size"] else run
        for run, about in report["runs"].items()
    ]
    return ["median; mean ± sd; distance in sd [90 %], verdict", "unit", "real", *headings]


def run_lines(report: Report) -> list[list[str]]:
    """One line per quantity, under `run_columns`."""
    return [
        *_networks(report),
        *_quantities(report),
        *_probabilities(report),
        *_conditions(report),
        *_summaries(report),
    ]


def repeat_columns(report: Report) -> list[str]:
    """Headings of medians and paired differences: what is compared, its unit, generators, differences."""
    first = next(iter(report["repeats"]["medians"]))
    return ["median [range]", "unit", *report["repeats"]["medians"][first], *report["repeats"]["differences"][first]]


def repeat_lines(report: Report) -> list[list[str]]:
    """One line per quantity, under `repeat_columns`."""
    from porenet.evaluation.repeats import Spread

    repeats, lines = report["repeats"], []
    for name, unit in repeats["units"].items():
        form = ".2f" if unit == "1" and not name.startswith("median") else ".3g"
        middles = [Spread(**spread).text(form) for spread in repeats["medians"][name].values()]
        differences = [Spread(**spread).text("+" + form) for spread in repeats["differences"][name].values()]
        lines.append([name, unit, *middles, *differences])
    return lines


def _networks(report: Report) -> list[list[str]]:
    lines = []
    for phase, real in report["without_network"]["real"].items():
        shares = [report["without_network"][name][phase] for name in ("real", *report["runs"])]
        cells = [f"{each['count']} of {each['of']} [{each['low']:.2f}, {each['high']:.2f}]" for each in shares]
        lines.append([f"without a {phase} network along {real['axis']} [95 %]", "1", *cells])
    return lines


def _quantities(report: Report) -> list[list[str]]:
    distances = {run: _distances(report, run) for run in report["runs"]}
    lines = []
    for name, real in report["quantities"]["real"].items():
        cells = [_entry(report["quantities"][run].get(name)) + distances[run].get(name, "") for run in report["runs"]]
        lines.append([title_of(name), real["unit"], _entry(real), *cells])
    return lines


def _entry(entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        return "not measured"
    if entry["mean"] is None:
        return f"undefined in {entry['of']}"
    spread = "" if entry["sd"] is None else f" ± {entry['sd']:.2g}"
    missing = f" ({entry['n']} of {entry['of']})" if entry["n"] < entry["of"] else ""
    return f"{entry['median']:.3g}; {entry['mean']:.3g}{spread}{missing}"


def _distances(report: Report, run: str) -> dict[str, str]:
    """Name of each quantity -> its distance with its interval, and its verdict, as a cell ends with them."""
    return {
        f"{row['metric']} {row['key']}": f"; {row['distance']:.2f} [{row['lower']:.2f}, {row['upper']:.2f}]"
        + VERDICTS[row["label"]]
        for row in report["decisions"][run]["decisions"]
        if None not in (row["distance"], row["lower"], row["upper"])
    }


def _probabilities(report: Report) -> list[list[str]]:
    """Volume fractions before and after decoding, where a generator gave probabilities."""
    fractions = report["volume_fraction"]
    if not any("soft" in entry for run in report["runs"] for entry in fractions[run].values()):
        return []
    lines = []
    for phase, real in fractions["real"].items():
        entries = [fractions[run][phase] for run in report["runs"]]
        cells = [f"{each['soft']:.3f} → {each['decoded']:.3f}" if "soft" in each else "labels only" for each in entries]
        lines.append([f"vf {phase}, probabilities → decoded", "1", f"{real['decoded']:.3f}", *cells])
    return lines


def _conditions(report: Report) -> list[list[str]]:
    """How the conditions are followed: mean over mean and correlation, for each quantity."""
    names = dict.fromkeys(name for entries in report["conditions"].values() for name in entries)
    lines = []
    for name in names:
        entries = [report["conditions"].get(run, {}).get(name) for run in report["runs"]]
        lines.append([f"{name} over that asked for; scatter; correlation", "1", "", *map(_followed, entries)])
    return lines


def _followed(entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        return NOT_KNOWN
    return "; ".join(
        "undefined" if entry[key] is None else f"{entry[key]:.2f}" for key in ("ratio", "scatter", "correlation")
    )


def _summaries(report: Report) -> list[list[str]]:
    runs = list(report["runs"])
    lines = []
    spreads = [list(report["scatter"][run].values()) for run in runs]
    cells = [f"{min(each):.2f} to {max(each):.2f}" if each else "undefined" for each in spreads]
    lines.append(["standard deviations over those of the real", "1", "1", *cells])
    if report["agreement"]:
        entries = [report["agreement"].get(run) for run in runs]
        usual = next(each["largest_of_training"] for each in entries if each)
        cells = [f"{each['largest']:.3f}" if each else "of another size" for each in entries]
        lines.append(["largest voxel agreement with a training structure", "1", _number(usual), *cells])
    for name in dict.fromkeys(name for entries in report["numbers"].values() for name in entries):
        entries = [report["numbers"].get(run, {}).get(name) for run in runs]
        cells = [_range(each) if each else NOT_KNOWN for each in entries]
        lines.append([f"{name}: not 0 in; mean, range", "", "", *cells])
    for score, entry in report["mean_scores"][runs[0]].items():
        means = [report["mean_scores"][run][score] for run in runs]
        tops = ", ".join(dict.fromkeys(_number(each["ceiling"]) for each in means))
        title = (
            f"mean {score} of {len(entry['of'])}: {', '.join(dict.fromkeys(name.split()[0] for name in entry['of']))}"
        )
        lines.append([title, "1", f"{tops} (ceiling)", *(_number(each["value"]) for each in means)])
    return lines


def _range(entry: Mapping[str, Any]) -> str:
    return f"{entry['not_zero']} of {entry['of']}; {entry['mean']:.3g}, {entry['low']:.3g} to {entry['high']:.3g}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
