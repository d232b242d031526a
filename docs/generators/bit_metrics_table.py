"""The table of speed.md of metrics that count on bits and on distances, from the result that the benchmark wrote."""

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "bit_metrics.json"


def bit_metrics() -> str:
    """One row a metric and volume: milliseconds now, before, and of the best peer."""
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    lines = ["| metric | structure | volume | porenet, ms | before, ms (times porenet) | peer, ms (times porenet) |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for metric in result["rows"][0]["ms"]:
        for row, before in zip(result["rows"], result["before"], strict=True):
            ms, former = row["ms"][metric], before["ms"][metric]
            lines.append(
                f"| `{metric}` | {row['structure']} | {row['side']}^3 | {_digits(ms)} "
                f"| {_digits(former)} ({_digits(former / ms)}) | {_peers(row['peers'][metric])} |"
            )
    return "\n".join(lines)


def _peers(peers: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {_digits(ms)} ({_digits(times)})" for name, (ms, times) in peers.items())


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
