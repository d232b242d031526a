"""`make bench-quick` over the committed results themselves, doctored: what fell by more than a quarter is named."""

import json

import pytest

pytest.importorskip("cc3d", reason="the peer of the flood fill")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # importing sets them, and they are put back afterwards
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    from benchmarks import quick

    return quick


def doctored(groups, work, share):
    """Groups whose measurements are the committed rows, one row of them with a share of its ratios."""
    from benchmarks.fallen import RESULTS

    def measured(group):
        _, (name, part, _), title = group
        rows = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))[part]
        for row in rows:
            factor = share if title.format(**row) == work else 1
            times = {peer: ratio * factor for peer, ratio in row["times"].items()}
            yield row | {"times": times, "ms": {"porenet": 1.0}}

    return tuple((lambda group=group: measured(group), *group[1:]) for group in groups)


@pytest.mark.parametrize("work", ["reachable, maze 128^3", "count all, blobs 64^3", "analysis, noise 64^3"])
@pytest.mark.parametrize(("share", "code"), [(0.74, 1), (0.76, 0), (1.5, 0)])
def test_a_fall_of_more_than_a_quarter_of_any_group_is_named(quick, monkeypatch, capsys, work, share, code):
    monkeypatch.setattr(quick, "GROUPS", doctored(quick.GROUPS, work, share))
    with pytest.raises(SystemExit) as end:
        quick.main()
    assert end.value.code == code
    named = capsys.readouterr().out.partition("measured twice:")[2]
    assert (work in named) == bool(code)
    assert len({line.partition(":")[0] for line in named.splitlines() if line.strip()}) == code


def test_every_row_that_is_measured_has_a_committed_one(quick):
    """Sizes and structures of the guard are among those of the results, or nothing would be held to anything."""
    from benchmarks.fallen import committed

    flood, counting, analysis = (set(committed(*group[1])) for group in quick.GROUPS)
    for side in quick.SIDES:
        for kind in quick.KINDS:
            assert {(work, kind, side) for work in quick.flood_fill.WORKS} <= flood
            assert {(work, kind, side) for work in ("all", "all and active")} <= counting
    assert {(kind, quick.analysis.SIDE) for kind in quick.KINDS} <= analysis
