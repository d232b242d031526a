"""Electrodes with a known answer: plurigaussian fields and packed spheres, for whoever has no data."""

from __future__ import annotations

from porenet.synthetic.gaussian_cuts import PHASES, Truth, packed_spheres, plurigaussian

__all__ = ["PHASES", "Truth", "packed_spheres", "plurigaussian"]
