"""What porenet, TauFactor, PoreSpy and scikit-image count, each by its own call; run where the peers are installed."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import porespy
import taufactor
import taufactor.metrics
from numpy.typing import NDArray
from skimage import measure

import porenet
from porenet.interface import Undefined, Volume

Values = Mapping[str, float]
Mask = NDArray[np.bool_]

porespy.settings.tqdm = {"disable": True}
logging.getLogger("porespy").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Way:
    """One way to a quantity.

    Attributes:
        tool: distribution.
        call: what a user calls, and what is done with the result.
        counts: what that counts, in a few words.
        measure: volume -> phase, or another name, -> value.
        unit: of the values.
    """

    tool: str
    call: str
    counts: str
    measure: Callable[[Volume], Values]
    unit: str


def of_porenet(metric: str, key: str = "{}", **params: Any) -> Callable[[Volume], Values]:
    """A metric of porenet; ``key`` holds ``{}`` where the phase stands, or is that of the only value."""

    def measured(volume: Volume) -> Values:
        values = porenet.create_metric(metric, **params)(volume)
        keys = {name: key.format(name) for name in volume.grid.phases} if "{}" in key else {"all": key}
        return {name: number_of(values[full]) for name, full in keys.items()}

    return measured


def per_phase(measure_mask: Callable[[Mask, float], float]) -> Callable[[Volume], Values]:
    """A function of the mask of a phase and the voxel edge (um), of every phase."""
    return lambda volume: {
        name: measure_mask(volume.mask(name), volume.grid.voxel_um[0]) for name in volume.grid.phases
    }


def of_pairs(estimator: str) -> Callable[[Volume], Values]:
    """``dpb`` by an estimator, of every pair of phases."""
    return lambda volume: {
        key: number_of(value) for key, value in porenet.create_metric("dpb", estimator=estimator)(volume).items()
    }


def surfaces() -> list[Way]:
    """Surface area per volume."""
    words = {
        "crofton": "chords in 13 directions; right for planes in random directions, 7.5 % low on one along the grid",
        "faces": "faces between unlike voxels: 1.5 times the area of a smooth surface",
        "tv": "total variation of the phase behind a Gaussian",
        "heat": "exchange of heat between unlike phases in a short time",
    }
    own = [
        Way("porenet", f"ssa, estimator={name}" + (" (default)" if name == "crofton" else ""), counts,
            of_porenet("ssa", estimator=name), "um^-1")
        for name, counts in words.items()
    ]  # fmt: skip
    by_taufactor = {
        "face_counting": "faces between unlike voxels, as porenet's faces",
        "gradient": "the default: gradient of the phase behind a Gaussian of 3^3 voxels",
        "marching_cubes": "triangles through the phase behind the same Gaussian",
    }
    return [
        *own,
        *(
            Way("TauFactor", f"specific_surface_area(method={name!r})", counts, _taufactor_surface(name), "um^-1")
            for name, counts in by_taufactor.items()
        ),
        Way("PoreSpy", "region_surface_areas, over the volume",
            "triangles through the blurred phase, closed at the sides of the box, which count too",
            per_phase(_porespy_surface), "um^-1"),
        Way("scikit-image", "marching_cubes, mesh_surface_area, over the volume",
            "triangles through the voxels, open at the sides of the box: 1.09 times the area of a smooth surface",
            per_phase(_skimage_surface), "um^-1"),
    ]  # fmt: skip


def interfaces() -> list[Way]:
    """Area of the interface between each pair of phases, per volume."""
    words = {
        "crofton": "chords in 13 directions, as ssa",
        "faces": "faces between the two phases: 1.5 times the area of a smooth interface",
        "heat": "exchange of heat between the two phases in a short time",
    }
    own = [
        Way("porenet", f"dpb, estimator={name}" + (" (default)" if name == "crofton" else ""), counts,
            of_pairs(name), "um^-1")
        for name, counts in words.items()
    ]  # fmt: skip
    return [
        *own,
        Way("TauFactor", "interfacial_areas",
            "number of faces between the two phases per volume: times h^2 porenet's faces",
            _taufactor_interfaces, "um^-3"),
        Way("PoreSpy", "region_interface_areas of the phases, over the volume",
            "half of both triangulated areas less that of the two together", _porespy_interfaces, "um^-1"),
    ]  # fmt: skip


def boundaries() -> list[Way]:
    """Triple-phase boundary."""
    return [
        Way("porenet", "tpb, estimator=edges (default)",
            "length of the voxel edges that three phases meet at, per volume", of_porenet("tpb", "total"), "um^-2"),
        Way("porenet", "tpb, estimator=coarea", "length of the smooth line behind a Gaussian, per volume",
            of_porenet("tpb", "total", estimator="coarea"), "um^-2"),
        Way("porenet", "tpb, estimator=triple",
            "the smooth line of the loss: a product of three filtered phases, scaled",
            of_porenet("tpb", "total", estimator="triple"), "um^-2"),
        Way("porenet", "tpb_voxel_count", "as GAN-PH: voxels beside three phases, times h^2, per volume: no length",
            of_porenet("tpb_voxel_count", _only_key("tpb_voxel_count")), "um^-1"),
        Way("TauFactor", "triple_phase_boundary", "the same voxel edges, as a share of all edges inside the box",
            _taufactor_boundary, "1"),
        Way("TauFactor", "the same, times edges inside the box, times h, over the volume", "porenet's edges again",
            _taufactor_length, "um^-2"),
    ]  # fmt: skip


def tortuosities() -> list[Way]:
    """Tortuosity factor along the first axis."""
    return [
        Way("porenet", "tortuosity, boundary=face (default)", "eps D0 / D_eff, eps the whole phase; concentrations on "
            "the outer faces", of_porenet("tortuosity", "{}.tortuosity_factor", tolerance=1e-5), "1"),
        Way("porenet", "tortuosity, boundary=cell", "the same, concentrations in the centres of the outer voxels",
            of_porenet("tortuosity", "{}.tortuosity_factor", boundary="cell", tolerance=1e-5), "1"),
        Way("TauFactor", "Solver(...).solve(), tau", "as porenet's face", per_phase(_taufactor_tortuosity), "1"),
        Way("PoreSpy", "tortuosity_fd, tortuosity", "eps only the part of the phase that percolates; concentrations in "
            "the centres of the outer voxels, over one voxel less", per_phase(_porespy_tortuosity), "1"),
        Way("PoreSpy", "the same, times original_porosity / effective_porosity, times (N - 1) / N",
            "porenet's cell again", per_phase(_porespy_tortuosity_as_cell), "1"),
    ]  # fmt: skip


def number_of(value: float | Undefined) -> float:
    """A value of porenet, NaN where it is undefined."""
    return float("nan") if isinstance(value, Undefined) else value


def _only_key(metric: str) -> str:
    cube = Volume(np.zeros((2, 2, 2), np.uint8), porenet.Grid(("a", "b", "c"), (1.0, 1.0, 1.0)))
    return next(iter(porenet.create_metric(metric)(cube)))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _taufactor_surface(method: str) -> Callable[[Volume], Values]:
    def measured(volume: Volume) -> Values:
        phases = {name: label for label, name in enumerate(volume.grid.phases)}
        labels = volume.labels.astype(np.int64)
        areas = taufactor.metrics.specific_surface_area(
            labels, spacing=volume.grid.voxel_um, phases=phases, method=method, device="cpu"
        )
        return {name: float(area) for name, area in areas.items()}

    return measured


def _taufactor_interfaces(volume: Volume) -> Values:
    with _silent():
        areas = taufactor.metrics.interfacial_areas(
            volume.labels.astype(np.int64), spacing=volume.grid.voxel_um, device="cpu"
        )
    names = volume.grid.phases
    return {f"{names[int(first)]}-{names[int(second)]}": float(area) for (first, second), area in areas.items()}


def _porespy_interfaces(volume: Volume) -> Values:
    regions, edge_um = volume.labels.astype(int) + 1, volume.grid.voxel_um[0]
    areas = porespy.metrics.region_surface_areas(regions, voxel_size=(edge_um,) * 3)
    result = porespy.metrics.region_interface_areas(regions, areas, voxel_size=edge_um)
    names, volume_um3 = volume.grid.phases, regions.size * edge_um**3
    return {
        f"{names[first]}-{names[second]}": float(area) / volume_um3
        for (first, second), area in zip(result.conns, result.area, strict=True)
    }


def _porespy_surface(mask: Mask, edge_um: float) -> float:
    (area,) = porespy.metrics.region_surface_areas(mask.astype(int), voxel_size=(edge_um,) * 3)
    return float(area) / (mask.size * edge_um**3)


def _skimage_surface(mask: Mask, edge_um: float) -> float:
    corners, triangles, _, _ = measure.marching_cubes(mask.astype(float), 0.5, spacing=(edge_um,) * 3)
    return float(measure.mesh_surface_area(corners, triangles)) / (mask.size * edge_um**3)


def _taufactor_boundary(volume: Volume) -> Values:
    with _silent():
        return {"all": float(taufactor.metrics.triple_phase_boundary(volume.labels.astype(np.int64)))}


def _taufactor_length(volume: Volume) -> Values:
    z, y, x = volume.labels.shape
    inside = z * (y - 1) * (x - 1) + x * (y - 1) * (z - 1) + y * (z - 1) * (x - 1)
    edge_um = volume.grid.voxel_um[0]
    return {"all": _taufactor_boundary(volume)["all"] * inside * edge_um / (volume.labels.size * edge_um**3)}


def _taufactor_tortuosity(mask: Mask, _edge_um: float) -> float:
    solver = taufactor.Solver(mask.astype(np.uint8), device="cpu")
    return float(np.ravel(solver.solve(verbose=False, conv_crit=1e-4))[0])


def _porespy_tortuosity(mask: Mask, _edge_um: float) -> float:
    with _silent():
        return float(porespy.simulations.tortuosity_fd(mask, axis=0).tortuosity)


def _porespy_tortuosity_as_cell(mask: Mask, _edge_um: float) -> float:
    with _silent():
        result = porespy.simulations.tortuosity_fd(mask, axis=0)
    slices = len(mask)
    return float(result.tortuosity * result.original_porosity / result.effective_porosity * (slices - 1) / slices)
