"""Differentiable flood fill: cheapest paths and connecting levels through a field."""

from __future__ import annotations

from porenet.passage.paths import cheapest_path, connecting_level, crossing, margin_of, passage_cost, travel

__all__ = ["cheapest_path", "connecting_level", "crossing", "margin_of", "passage_cost", "travel"]
