"""The whole contract between porenet and a plugin.

Plain frozen values and protocols; importing this imports neither numpy, torch nor numba.
Fields of probabilities are ``(B, P, Z, Y, X)``, labels are ``(Z, Y, X)``, of sections one layer thick; z is the
thickness of the electrode and the direction of transport, z = 0 the gas-channel side. Lengths are in um.
"""

from __future__ import annotations

from porenet.errors import InputError
from porenet.flood_fill.axes import AXES, FACES, Axis, Face, axis_of, faces_of, layer_of, opened, opposite, sides
from porenet.interface.axis_choice import AxisChoice, measured_along
from porenet.interface.components import Loss, Metric, Score, Similarity, Undefined, Value
from porenet.interface.grid import USUAL_RESERVOIRS, Grid
from porenet.interface.sections import section, section_grid
from porenet.interface.spec import API, DeadState, Kind, OneOfGrid, Phase, Spec, Witness
from porenet.interface.storage import Storage
from porenet.interface.thin import one_layer, thin_along
from porenet.interface.volume import Volume

__all__ = [
    "API", "AXES", "FACES", "USUAL_RESERVOIRS", "Axis", "AxisChoice", "DeadState", "Face", "Grid", "InputError", "Kind",
    "Loss", "Metric", "OneOfGrid", "Phase", "Score", "Similarity", "Spec", "Storage", "Undefined", "Value", "Volume",
    "Witness", "axis_of", "faces_of", "layer_of", "measured_along", "one_layer", "opened", "opposite", "section",
    "section_grid", "sides", "thin_along",
]  # fmt: skip
