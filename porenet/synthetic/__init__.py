"""Synthetic electrodes with known metrics: plurigaussian fields and packed spheres."""

from __future__ import annotations

from porenet.synthetic.gaussian_cuts import plurigaussian
from porenet.synthetic.layered_cuts import PlurigaussianLayers, plurigaussian_layers
from porenet.synthetic.sphere_bodies import packed_spheres
from porenet.synthetic.truth import PHASES, Truth

__all__ = ["PHASES", "PlurigaussianLayers", "Truth", "packed_spheres", "plurigaussian", "plurigaussian_layers"]
