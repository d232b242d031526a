"""Differentiable cheapest paths and connecting levels through a field: a flood fill that a gradient can see."""

from __future__ import annotations

from porenet.passage.paths import cheapest_path, connecting_level, crossing, margin_of, passage_cost, travel

__all__ = ["cheapest_path", "connecting_level", "crossing", "margin_of", "passage_cost", "travel"]
