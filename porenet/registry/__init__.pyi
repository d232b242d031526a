from .discovery import GROUP, OWN, Fault, Misbehaviour, Offer, Provider, hook_of, normalised, quarantine
from .factory import build_loss, create_loss, create_metric, create_score, parameters_of
from .registration import register
from .registry import REGISTERED, Component, Registry, installed

__all__ = [
    "Component",
    "Fault",
    "GROUP",
    "Misbehaviour",
    "OWN",
    "Offer",
    "Provider",
    "REGISTERED",
    "Registry",
    "build_loss",
    "create_loss",
    "create_metric",
    "create_score",
    "hook_of",
    "installed",
    "normalised",
    "parameters_of",
    "quarantine",
    "register",
]
