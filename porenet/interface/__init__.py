"""The whole contract between porenet and a plugin.

Plain frozen values and protocols: importing this imports neither numpy, torch nor numba.
Fields of probabilities are ``(B, P, Z, Y, X)``, labels are ``(Z, Y, X)``; z is the thickness of the
electrode and the direction of transport, z = 0 the gas-channel side. Lengths are in um.
"""

from __future__ import annotations

from porenet.interface.contract import (
    API,
    DeadState,
    InputError,
    Kind,
    Loss,
    Metric,
    OneOfGrid,
    Phase,
    Score,
    Similarity,
    Spec,
    Undefined,
    Value,
)
from porenet.interface.volume import AXES, FACES, Axis, Face, Grid, Volume

__all__ = [
    "API",
    "AXES",
    "Axis",
    "DeadState",
    "FACES",
    "Face",
    "Grid",
    "InputError",
    "Kind",
    "Loss",
    "Metric",
    "OneOfGrid",
    "Phase",
    "Score",
    "Similarity",
    "Spec",
    "Undefined",
    "Value",
    "Volume",
]
