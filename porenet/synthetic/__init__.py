"""Synthetic electrodes: with known metrics, or like a real volume that was measured."""

from __future__ import annotations

from porenet.synthetic.fitted_fields import FittedFields
from porenet.synthetic.gaussian_cuts import plurigaussian
from porenet.synthetic.layered_cuts import PlurigaussianLayers, plurigaussian_layers
from porenet.synthetic.sphere_bodies import packed_spheres
from porenet.synthetic.squared_field_fit import fit_skewed_fields
from porenet.synthetic.squared_fields import skewed_fields
from porenet.synthetic.truth import PHASES, Truth

__all__ = [
    "FittedFields", "PHASES", "PlurigaussianLayers", "Truth", "fit_skewed_fields", "packed_spheres", "plurigaussian",
    "plurigaussian_layers", "skewed_fields",
]  # fmt: skip
