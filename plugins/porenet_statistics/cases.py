"""Cases for the laws: the parameters and phases with which each loss and metric is tested."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from porenet.interface import Grid
from porenet.testing import Answer, Body, Case, bodies
from porenet_statistics import porenet_specs

if TYPE_CHECKING:
    from torch import Tensor

THREE: tuple[str, ...] = ("Ni", "YSZ", "pore")
TWO = ("solid", "pore")
FIVE = ("Ni", "YSZ", "GDC", "crack", "pore")
SINGLE = 1e-5
"""Relative error of what is smoothed in single precision."""


def cases() -> Iterator[Case]:
    """At least one case per component."""
    specs = {(spec.kind, spec.name): spec for spec in porenet_specs()}

    for phases in (THREE, TWO, FIVE):
        yield Case(specs["loss", "vf"], phases=phases, twin=specs["metric", "vf"])

    faces: dict[str, Any] = {"estimator": "faces"}
    alive = {"declared_dead_states_are_dead": "two undecided voxels count as unlike, so a flat field has area to lose"}
    settings: tuple[tuple[dict[str, Any], tuple[str, ...], dict[str, str]], ...] = (
        ({}, THREE, {}),
        ({}, TWO, {}),
        ({"phase_subset": ("pore", "Ni")}, FIVE, {}),
        ({"estimator": "tv"}, THREE, {}),
        ({"estimator": "heat", "sigma": 1.0}, TWO, {}),
        (faces, THREE, alive),
        (faces | {"form": "absolute"}, THREE, {}),
        (faces | {"phase_subset": ("crack",)}, FIVE, {}),  # dead where the crack has exactly 0.5
    )
    for params, phases, deviations in settings:
        yield Case(
            specs["loss", "ssa"],
            params=params,
            phases=phases,
            targets={"ssa": surface_densities},
            twin=specs["metric", "ssa"],
            witness=specs["metric", "ssa"],
            expected_failures=deviations,
            rtol=1e-6 if params.get("estimator") == "faces" else SINGLE,
            # Of two voxels on a periodic axis each has the other on both sides: there total variation sees no slope.
            min_side=1 if params.get("estimator") in ("faces", "heat") else 3,
        )
    yield Case(specs["loss", "ssa_severed"], targets={"ssa": surface_densities}, twin=specs["metric", "ssa"])

    lags: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
        ({}, THREE),
        ({"pairs": "directed"}, THREE),
        ({"directions": "radial"}, FIVE),
        ({"directions": "axes"}, THREE),
    )
    for params, phases in lags:
        two_point = specs["metric", "s2"]
        yield Case(specs["loss", "s2"], params=params, phases=phases, twin=two_point, witness=two_point)

    twin = specs["metric", "lineal_path"]
    yield Case(specs["loss", "lineal_path"], twin=twin, witness=specs["metric", "s2"])

    distribution = specs["loss", "distribution"]
    for phases in (THREE, FIVE):
        yield Case(
            distribution,
            params={"descriptor": "vf"},
            phases=phases,
            targets={"distribution": sample_of_fractions},
            expected_failures={"declared_dead_states_are_dead": "volume fractions have a gradient everywhere"},
        )
    yield Case(
        distribution,
        params={"descriptor": "ssa", "params": faces | {"form": "absolute"}},
        targets={"distribution": sample_of_surface_densities},
    )

    yield Case(specs["metric", "vf"])
    for estimator in ("crofton", "faces", "tv", "heat", "guarded"):
        for per in ("volume", "phase"):
            rtol = 1e-6 if estimator in ("crofton", "faces") else SINGLE
            yield Case(specs["metric", "ssa"], params={"estimator": estimator, "per": per}, rtol=rtol)
    yield Case(specs["metric", "vf_profile"], params={"axis": "z"}, phases=FIVE, bodies=cut_slabs())
    yield Case(specs["metric", "ssa_profile"], params=faces | {"axis": "z"}, bodies=cut_slabs())
    flat = Answer("mean_curvature", {"Ni": 0.0, "YSZ": 0.0, "pore": 0.0})
    yield Case(specs["metric", "mean_curvature"], phases=FIVE, bodies=slabs(flat))
    yield Case(
        specs["metric", "s2"],
        params={"lags_um": (0.5, 1.0)},
        expected_failures={
            "value_scales_with_its_unit": "a lag stays the same in um while the voxels grow; test_s2.py doubles both"
        },
    )
    for directions, phases in (("ball", FIVE), ("diagonals", THREE), ("beyond", TWO)):
        in_um = {"value_scales_with_its_unit": "its keys name lags in um"}
        mirrored = {"flips_change_nothing": "a lag of the ball is a vector, which a mirror turns"}
        yield Case(
            specs["metric", "s2"],
            params={"directions": directions, "reach_um": 1.0} | ({"unlike": True} if directions == "beyond" else {}),
            phases=phases,
            expected_failures=in_um | (mirrored if directions == "ball" else {}),
        )
    yield Case(
        specs["metric", "lineal_path"],
        params={"lags_um": (0.5, 1.0)},
        expected_failures={"value_scales_with_its_unit": "a length stays the same in um while the voxels grow"},
    )
    yield Case(specs["metric", "chord_length"])
    yield Case(specs["metric", "chord_length"], params={"axis": "z", "include_cut": True})
    yield Case(
        specs["metric", "representative_volume"],
        expected_failures={
            "flips_change_nothing": "if the number of voxels is odd, the first half-edge sub-box has one voxel more",
            "rolls_change_nothing": "its half-edge sub-boxes are cut at fixed places",
        },
    )
    yield Case(specs["metric", "representative_size"])
    yield Case(specs["metric", "correlation_length"])
    yield Case(specs["metric", "correlation_length"], params={"axis": "z"})


def slabs(*answers: Answer) -> tuple[Body, ...]:
    """Slabs of bricks and of cubes, two layers of six, with these answers."""
    everything = (*bodies(), *bodies((0.5, 0.5, 0.5)))
    return tuple(dataclasses.replace(body, answers=answers) for body in everything if body.name == "slab")


def cut_slabs() -> tuple[Body, ...]:
    """Of six layers 0.5 um thick two are YSZ; a quarter has one and a half, and half a face, or a face and a half."""
    fractions = (0.0, 2 / 3, 2 / 3, 0.0)
    along_z = {"axis": "z"}
    areas = tuple(faces / (6 * 0.5) for faces in (1, 3, 3, 1))
    return slabs(
        Answer("vf_profile", _profile(YSZ=fractions, pore=tuple(1 - fraction for fraction in fractions)), along_z),
        Answer("ssa_profile", _profile(Ni=(0.0,) * 4, YSZ=areas, pore=areas), along_z | {"estimator": "faces"}),
    )


def _profile(**densities: tuple[float, ...]) -> dict[str, float]:
    """Values of parts along z by their keys."""
    return {f"{phase}.z{part}": value for phase, row in densities.items() for part, value in enumerate(row, start=1)}


def surface_densities(grid: Grid, batch: int) -> Tensor:
    """Targets of ``ssa``, ``(B, P)`` um^-1, a different one for each phase; they fall as the voxels grow."""
    return (_shares(grid) / _edge_um(grid)).expand(batch, -1).clone()


def sample_of_fractions(grid: Grid, _batch: int) -> Tensor:
    """A reference sample of volume fractions, ``(13, P)``."""
    return _sample(_shares(grid))


def sample_of_surface_densities(grid: Grid, _batch: int) -> Tensor:
    """A reference sample of surface densities, ``(13, P)``, um^-1; they shrink as the voxels grow."""
    return _sample(_shares(grid) / _edge_um(grid))


def _shares(grid: Grid) -> Tensor:
    import torch

    parts = torch.arange(1, len(grid.phases) + 1, dtype=torch.float64, device="cpu")
    return parts / parts.sum()


def _sample(mean: Tensor) -> Tensor:
    return mean * mean.new_tensor([0.7 + 0.05 * i for i in range(13)]).unsqueeze(1)


def _edge_um(grid: Grid) -> float:
    return math.prod(grid.voxel_um) ** (1 / 3)
