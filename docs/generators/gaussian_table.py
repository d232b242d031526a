"""The table of smoothing metrics in speed.md, from what the benchmark wrote."""

from benchmark_tables import _read, _table, _three, _times


def smoothing() -> str:
    """A row a metric and size."""
    rows = [
        (
            f"`{row['metric']}`",
            f"{row['side']}^3",
            _three(row["ms"]["porenet"]),
            _three(row["ms"].get("scipy")),
            _times(row["times"].get("scipy")),
            _three(row["ns"]),
            _times(row["bytes"]),
            _three(row["floor_ms"]),
        )
        for row in sorted(_read("gaussian_metrics")["rows"], key=lambda row: row["metric"])
    ]
    head = (
        "metric",
        "volume",
        "porenet, ms",
        "scipy, ms",
        "times scipy",
        "ns per voxel",
        "bytes per voxel",
        "floor, ms",
    )
    return _table(head, rows)
