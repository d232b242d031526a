from .arguments import Connectivity
from .axes import AXES, FACES
from .labelling import Components, components, faces_reached, reachable, spanning

__all__ = ["AXES", "FACES", "Components", "Connectivity", "components", "faces_reached", "reachable", "spanning"]
