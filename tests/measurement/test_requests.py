"""Which metrics are measured where none is named."""

from __future__ import annotations

import pytest

from porenet import registry
from porenet.config import GridFile
from porenet.interface import Grid
from porenet.measurement import requests_for

GRID = GridFile(Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1)), {}, {})


def test_metrics_on_request_are_measured_only_where_they_are_named():
    pytest.importorskip("porenet_statistics")
    usual = {request.name for request in requests_for((), {}, GRID)}
    metrics = [component for component in registry.installed().components if component.spec.kind == "metric"]
    on_request = {component.full_name for component in metrics if component.spec.on_request}
    assert "porenet:mean_curvature" in on_request
    assert "porenet:vf" in usual
    assert not usual & on_request
    (request,) = requests_for(("mean_curvature",), {}, GRID)
    assert request.name == "porenet:mean_curvature"
