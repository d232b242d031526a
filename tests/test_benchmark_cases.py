"""Benchmarks time what there is: none refuses to start for a component that came later."""

from benchmarks import losses


def test_every_loss_has_a_case():
    assert losses.untimed() == set()
