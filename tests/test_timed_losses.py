"""Every loss of porenet's has a row in the tables of speed, or `make bench` would not say what a new one costs."""

import pytest

pytest.importorskip("torch")


def test_every_loss_is_timed(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # importing sets it, and it is put back afterwards
    from benchmarks import losses

    assert losses.untimed() == set()
