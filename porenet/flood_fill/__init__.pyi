from .labelling import AXES, FACES, Components, Connectivity, components, faces_reached, reachable, spanning

__all__ = ["AXES", "Components", "Connectivity", "FACES", "components", "faces_reached", "reachable", "spanning"]
