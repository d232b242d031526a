from .arguments import Connectivity
from .axes import AXES, FACES
from .conversion_levels import Conversions, conversions
from .labelling import Components, components, faces_reached, reachable, spanning

__all__ = [
    "AXES", "FACES", "Components", "Connectivity", "Conversions", "components", "conversions", "faces_reached",
    "reachable", "spanning",
]  # fmt: skip
