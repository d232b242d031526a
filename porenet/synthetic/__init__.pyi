from .fields_for_conditions import field_generator, stored_fields
from .fitted_fields import FittedFields
from .gaussian_cuts import plurigaussian
from .layered_cuts import PlurigaussianLayers, plurigaussian_layers
from .sphere_bodies import packed_spheres
from .squared_field_fit import fit_skewed_fields
from .squared_fields import skewed_fields
from .truth import PHASES, Truth

__all__ = [
    "FittedFields", "PHASES", "PlurigaussianLayers", "Truth", "field_generator", "fit_skewed_fields",
    "packed_spheres", "plurigaussian", "plurigaussian_layers", "skewed_fields", "stored_fields",
]  # fmt: skip
