"""The guard of `make bench-quick`: what it calls fallen, and how it ends."""

import pytest

from benchmarks import fallen
from benchmarks.fallen import Ratio, report


def group(*measurements):
    """A group of one row, whose ratio to a peer is another at each measurement; 10 is committed."""
    left = list(measurements)

    def measure():
        return iter([{"work": "w", "side": 64, "ms": {"porenet": 1.0}, "times": {"cc3d": left.pop(0)}}])

    return measure, ("result", "rows", ("work", "side")), "{work} {side}^3"


@pytest.fixture(autouse=True)
def result(tmp_path, monkeypatch):
    text = '{"rows": [{"work": "w", "side": 64, "times": {"cc3d": 10.0}}]}'
    (tmp_path / "result.json").write_text(text)
    monkeypatch.setattr(fallen, "RESULTS", tmp_path)


def test_more_than_a_quarter_less_is_fallen():
    assert [Ratio("w", "cc3d", now, 10.0).fell for now in (7.4, 7.6, 20.0)] == [True, False, False]
    assert not Ratio("w", "cc3d", 1.0, None).fell


@pytest.mark.parametrize(("measured", "fell"), [([7.0, 7.0], True), ([7.0, 9.0], False), ([9.0], False)])
def test_what_falls_twice_is_named(capsys, measured, fell):
    assert [ratio.now for ratio in report([group(*measured)])] == measured[1:] * fell
    assert ("w 64^3: 7 x cc3d, was 10" in capsys.readouterr().out) == fell


def test_a_new_row_has_no_committed_ratio(tmp_path, capsys):
    (tmp_path / "result.json").write_text('{"rows": []}')
    assert report([group(0.1)]) == []
    assert "no ratio fell" in capsys.readouterr().out
