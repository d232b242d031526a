from .component import OWN, REGISTERED, Component, Provider
from .discovery import GROUP, Fault, hook_of, load_plugin, normalised
from .extras import is_installed, require, require_torch
from .factory import build_loss, create_loss, create_metric, create_score, parameters_of
from .misbehaviour import Misbehaviour, quarantine
from .registration import register
from .registry import Registry, installed
from .time_limit import import_limit

__all__ = [
    "GROUP", "OWN", "REGISTERED", "Component", "Fault", "Misbehaviour", "Provider", "Registry", "build_loss",
    "create_loss", "create_metric", "create_score", "hook_of", "import_limit", "installed", "is_installed",
    "load_plugin", "normalised", "parameters_of", "quarantine", "register", "require", "require_torch",
]  # fmt: skip
