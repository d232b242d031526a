"""The tables of speed.md, from the results that the benchmarks wrote."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"


def losses() -> str:
    """One row a loss: milliseconds, and how many times faster than the plain form."""
    found = _read("losses")
    rows = [
        (
            f"`{one['loss']}`",
            *(_ms(one["ms"].get(way)) for way in ("plain", "torch", "porenet")),
            _times(one["times_plain"].get("porenet")),
        )
        for one in found["losses"]
    ]
    return _table(("loss", "plain, ms", "torch only, ms", "as installed, ms", "times the plain form"), rows)


def together() -> str:
    """Volume fraction, surface area, isolation and hinge through one objective."""
    found = _read("losses")["all_four"]
    names = {
        "plain": "plain form, eager",
        "plain_compiled": "plain form, `torch.compile`",
        "torch": "porenet in torch alone, eager",
        "torch_compiled": "porenet in torch alone, `torch.compile`",
        "fused": "porenet as installed (fused CPU kernels), eager",
        "compiled": "porenet as installed, `torch.compile`",
    }
    rows = [
        (title, _ms(found["ms"][way]), _times(found["times_plain"].get(way)), _times(found["bars"].get(way)))
        for way, title in names.items()
    ]
    return _table(("four losses, one objective", "ms", "times the plain form", "bar"), rows)


def conditions(name: str) -> str:
    """What was measured, where, with which versions."""
    found = _read(name)
    versions = ", ".join(f"{package} {version}" for package, version in found["versions"].items())
    what = found["what"].replace("ms of", "milliseconds of", 1)
    return f"{what[0].upper()}{what[1:]}. {found['machine']}; Python {found['python']}, {versions}."


def step() -> str:
    """What run B's losses cost beside a training step."""
    found = _read("wgan_gp_step")
    rows = [
        ("a step of the networks (published preset)", f"{found['step_s']:.1f} s", "", ""),
        (
            "the four losses of run B",
            f"{1e3 * found['losses_of_run_b_s']:.0f} ms",
            f"{100 * found['share_of_the_step']:.2f} %",
            f"{100 * found['share_of_the_conv3d']:.0f} %",
        ),
        ("bar", "", "10 %", "50 %"),
    ]
    rows += [
        (title, f"{1e3 * found[key]:.0f} ms", f"{100 * found[key] / found['step_s']:.2f} %", "")
        for title, key in (
            ("decoding straight through", "straight_through_s"),
            ("holding the volume fractions", "held_fractions_s"),
            ("holding the networks, where all phases cross", "held_networks_s"),
            ("the same, where one does not", "held_networks_of_cut_phases_s"),
        )
    ]
    return _table(("", "", "of the step", "of an isolation by conv3d"), rows)


def step_shares() -> str:
    """What the objectives of three runs take of a step, at two presets."""
    rows = [
        (
            f"{row['preset']}, 8 x {row['voxels']}^3",
            row["run"].removeprefix("run_").upper(),
            f"{row['networks_ms']:,.0f}",
            f"{row['objective_ms']:,.1f}",
            f"{100 * row['share']:.1f} %",
        )
        for row in _read("step_shares")["shares"]
    ]
    return _table(("preset", "run", "networks, ms", "objective, ms", "of a step"), rows)


def tortuosity() -> str:
    """The metric beside TauFactor, and the largest volume."""
    rows = [
        (
            f"{row['side']}^3",
            f"{row['porenet_s']:.3g}",
            f"{row['taufactor_s']:.3g}",
            f"{row['ratio']:.0f}",
            f"{row['bar']:.0f}",
            f"{row['porenet_error']:.1e}",
            f"{row['taufactor_error']:.1e}",
            f"{row['floor_s']:.2g}",
        )
        for row in _read("tortuosity_full")["rows"]
    ]
    head = (
        "volume",
        "porenet, s",
        "TauFactor, s",
        "times TauFactor",
        "bar",
        "error",
        "error of TauFactor",
        "a step's floor, s",
    )
    return _table(head, rows)


def large_tortuosity() -> str:
    """The volume of 500^3, one row an axis."""
    rows = [
        (row["axis"], f"{row['tau']:.4g}", f"{row['porenet_s']:.1f}", str(row["steps"]), f"{row['peak_gib']:.2f}")
        for row in _read("tortuosity_full")["large"]
    ]
    return _table(("axis", "tau", "s", "steps", "peak of the process, GiB"), rows)


def composites() -> str:
    """Effective conductivity of real volumes beside TauFactor's multi-phase solver, one row a composite."""
    rows = [
        (
            f"`{row['volume']}`",
            ", ".join(f"{number:g}" for number in row["conductivities"]),
            *(f"{row[name]:.5g}" for name in ("porenet", "with_their_ends", "taufactor")),
            *(f"{row[name]:.2g}" for name in ("porenet_s", "taufactor_s")),
        )
        for row in _read("conductivity")["composites"]
    ]
    head = ("volume", "conductivities", "porenet", "porenet with their ends", "TauFactor", "porenet, s", "TauFactor, s")
    return _table(head, rows)


def shortest_paths() -> str:
    """Geodesic tortuosity of real volumes beside scikit-image and scipy, one row a phase."""
    ways = ("porenet_98", "porenet_26", "scipy", "scikit_image")
    rows = [
        (
            f"`{row['volume']}`",
            row["phase"],
            *(f"{row['values'][way]:.4f}" if "values" in row else "" for way in ways),
            *(f"{row['s'][way]:.2g}" for way in ways),
        )
        for row in _read("shortest_paths")["rows"]
    ]
    names = ("porenet", "porenet, 26", "scipy, the same 26", "scikit-image, 26")
    return _table(("volume", "phase", *names, *(f"{name}, s" for name in names)), rows)


def paths() -> str:
    """The losses that see paths, beside others of topology."""
    kinds = ("1 smooth", "1 noise", "8 smooth", "8 noise")
    rows = [(row["loss"], *(f"{row['ms'][kind]:.0f}" for kind in kinds)) for row in _read("topology_losses")["rows"]]
    return _table(("loss", *kinds), rows)


def joined(work: str) -> str:
    """Reachability, components or faces reached beside cc3d and scipy."""
    rows = [
        (
            row["structure"],
            f"{row['side']}^3",
            *(_three(row["ms"][way]) for way in ("porenet", "cc3d", "scipy")),
            _times(row["times"]["cc3d"]),
            _times(row["bar"]),
            _times(row["times"]["scipy"]),
            _three(row["floor_ms"]),
        )
        for name in ("flood_fill", "flood_fill_large")
        for row in _read(name)["rows"]
        if row["work"] == work
    ]
    head = (
        "structure",
        "volume",
        "porenet, ms",
        "cc3d, ms",
        "scipy, ms",
        "times cc3d",
        "bar",
        "times scipy",
        "floor, ms",
    )
    return _table(head, _grouped(rows))


def threads() -> str:
    """One thread and two."""
    ways = ("porenet, one", "porenet, two", "cc3d, one", "cc3d, two")
    rows = [
        (row["work"], *(_three(row["ms"].get(way)) for way in ways), _times(row["times"]["porenet, one"]))
        for name in ("flood_fill", "flood_fill_large")
        for row in _read(name)["threads"]
    ]
    return _table(("threads, ms", *ways, "one over two"), rows)


def memory() -> str:
    """Peak beyond the labels."""
    found = {(row["work"], row["package"]): row for row in _read("flood_fill_large")["memory"]}
    works = dict.fromkeys(work for work, _ in found)
    rows = [
        (work, *(f"{found[work, package]['bytes_per_voxel']:.1f}" for package in ("porenet", "cc3d"))) for work in works
    ]
    side = next(iter(found.values()))["side"]
    return _table((f"bytes per voxel at {side}^3, beyond the labels", "porenet", "cc3d"), rows)


def configurations() -> str:
    """Euler numbers beside scikit-image, mean curvature, and profiles beside the values of the whole volume."""
    rows = [
        (
            row["structure"],
            f"{row['side']}^3",
            work,
            _three(row[work]["ms"]["porenet"]),
            _three(row[work]["ms"].get("scikit-image")),
            _times(row[work]["times"].get("scikit-image")),
            _three(row[work]["ms"].get("whole")),
        )
        for row in _read("configurations")["rows"]
        for work in row
        if isinstance(row[work], dict)
    ]
    heads = ("structure", "volume", "metric", "porenet, ms", "scikit-image, ms", "times", "whole volume, ms")
    return _table(heads, rows)


def counting() -> str:
    """Voxels, faces and triple edges beside numpy."""
    ways = {"porenet": "porenet", "bytes": "bytes in slabs", "bytes, whole": "bytes", "masks": "masks"}
    rows = [
        (
            row["structure"],
            f"{row['side']}^3",
            row["work"],
            *(_three(row["ms"][way]) for way in ways),
            *(_times(row["times"].get(way)) for way in list(ways)[1:]),
            _three(row["floor_ms"]),
        )
        for row in _read("analysis")["counting"]
    ]
    titles = list(ways.values())
    of_ways = (*(f"{title}, ms" for title in titles), *(f"times {title}" for title in titles[1:]))
    return _table(("structure", "volume", "counted", *of_ways, "floor, ms"), _grouped(rows))


def analysis() -> str:
    """The standard analysis beside two scripts."""
    rows = [
        (
            row["structure"],
            *(_three(row["s"][way]) for way in ("porenet", "functions", "labelled once", "published")),
            _times(row["times"]["labelled once"]),
            _times(row["bar"]),
            _times(row["times"]["published"]),
        )
        for row in _read("analysis")["analysis"]
    ]
    seconds = ("`porenet.measure`, s", "metrics alone, s", "labelled once, s", "published style, s")
    return _table(("structure", *seconds, "times labelled once", "bar", "times published"), rows)


def command_starts() -> str:
    """What each command costs beside its work."""
    result = _read("command_starts")
    rows = [
        (
            f"`{row['command']}`",
            _three(row["first_s"]),
            _three(row["s"]),
            _times(result["bars_s"].get(row["command"])),
            ", ".join(row["imports"]),
        )
        for row in result["rows"]
    ]
    return _table(("command", "first, s", "later, s", "bar", "imports"), rows)


def sizes() -> str:
    """Phase sizes, intrusion and distances beside PoreSpy and scipy."""
    peers = ("PoreSpy", "openings", "edt", "scipy")
    rows = [
        (
            work,
            row["structure"],
            f"{row['side']}^3",
            _three(row[work]["ms"]["porenet"]),
            *(_beside(row[work], peer) for peer in peers),
        )
        for work in ("phase_size", "intrusion_size", "distances", "neck_diameter")
        for row in _read("phase_sizes")["rows"]
    ]
    head = ("work", "structure", "volume", "porenet, ms", *(f"{peer}, ms (times porenet)" for peer in peers))
    return _table(head, [(f"`{work}`" if "_" in work else work, *rest) for work, *rest in rows])


def _beside(work: dict[str, Any], peer: str) -> str:
    """Milliseconds of a peer, and how many times those of porenet they are."""
    return f"{_three(work['ms'][peer])} ({_times(work['times'][peer])})" if peer in work["ms"] else ""


def first_call() -> str:
    """What the first answer of a process costs."""
    found = _read("first_call")
    rows = [(f"`{row['work']}`", *(_three(row[f"{kind}_s"]) for kind in ("cold", "warm"))) for row in found["rows"]]
    bars = ("bar", *(f"{found['bars_s'][kind]:g}" for kind in ("cold", "warm")))
    return _table(("first answer", "compiled, s", "from numba's cache, s"), [*rows, bars])


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _three(value: float | None) -> str:
    """Three digits, as they are read."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _grouped(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """By their first column, in the order in which its entries come up."""
    order = list(dict.fromkeys(row[0] for row in rows))
    return sorted(rows, key=lambda row: order.index(row[0]))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
