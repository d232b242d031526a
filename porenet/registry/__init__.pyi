from .component import REGISTERED, Component, Provider
from .discovery import GROUP, OWN, Fault, hook_of, normalised
from .factory import build_loss, create_loss, create_metric, create_score, parameters_of
from .misbehaviour import Misbehaviour, quarantine
from .registration import register
from .registry import Registry, installed

__all__ = [
    "GROUP", "OWN", "REGISTERED", "Component", "Fault", "Misbehaviour", "Provider", "Registry", "build_loss",
    "create_loss", "create_metric", "create_score", "hook_of", "installed", "normalised", "parameters_of", "quarantine",
    "register",
]  # fmt: skip
