"""What the page of a component shows it: parameters, the result key that is read, and five structures."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from porenet.commands import listing
from porenet.interface import Grid, Undefined, Volume
from porenet.registry import Component
from porenet.synthetic import plurigaussian
from porenet.testing.casebook import casebook

PHASES = ("Ni", "YSZ", "pore")
GRID = Grid(PHASES, (0.1, 0.1, 0.1))
SIDE = 32
FRACTIONS = (0.36, 0.34, 0.30)


def params_of(component: Component) -> dict[str, Any]:
    """Parameters of a component that requires some: those with which it is tested first."""
    if not listing.full_data(component)["parameters"].get("required"):
        return {}
    cases = (case for _, case in casebook(component.provider.name).cases)
    return next(dict(case.params) for case in cases if case.spec.name == component.spec.name)


def telling_key(values: Iterable[str]) -> str:
    """The result key that a page reads: one of the pore if there is one, a median if there is one."""
    keys = list(values)
    keys = [key for key in keys if key.startswith("pore")] or keys
    return next((key for key in keys if key.endswith("d50")), keys[0])


def number(value: float | Undefined) -> str:
    """A value in four digits, or that it is undefined."""
    return "undefined" if isinstance(value, Undefined) else f"{value:.4g}"


@functools.cache
def structures() -> dict[str, Volume]:
    """Title -> structure: an electrode, and four that differ from it in one way each."""
    electrode = _electrode(0.35, FRACTIONS)
    severed, speckled = np.array(electrode.labels), np.array(electrode.labels)
    severed[SIDE // 2 - 1 : SIDE // 2 + 1][severed[SIDE // 2 - 1 : SIDE // 2 + 1] == 2] = 1
    rng = np.random.default_rng(0)
    flipped = rng.random(speckled.shape) < 0.04
    speckled[flipped] = rng.permutation(speckled[flipped])
    return {
        "an electrode": electrode,
        "finer": _electrode(0.2, FRACTIONS),
        "less pore": _electrode(0.35, (0.43, 0.42, 0.15)),
        "pores cut in two": Volume(severed, GRID),
        "speckled": Volume(speckled, GRID),
    }


def _electrode(length_um: float, fractions: tuple[float, ...]) -> Volume:
    volume, _ = plurigaussian((SIDE,) * 3, voxel_um=0.1, length_um=length_um, fractions=fractions, seed=5)
    return volume
