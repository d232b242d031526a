# Generated from the signatures of porenet's own losses by make generate; make lint checks it.

from typing import Any, Literal

from porenet.interface import Axis, Face, Grid
from porenet.objective.direct_loss import DirectLoss as DirectLoss

__all__ = [
    "conductance",
    "connectivity",
    "distribution",
    "dpb",
    "face_hinge",
    "first_passage",
    "isolation",
    "lineal_path",
    "maximin",
    "s2",
    "slice_floor",
    "ssa",
    "ssa_severed",
    "tortuosity",
    "tpb",
    "tpb_active",
    "tpb_proxy",
    "vf",
]

def conductance(
    grid: Grid,
    *,
    phase: str,
    axis: Axis = "z",
    target: Literal["structures"] | float | None = None,
    floor: float = 0.01,
    kmin: float = 1e-06,
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Error of a phase's effective conductivity from face to face; without a target, what is missing to 1."""

def connectivity(
    grid: Grid,
    *,
    phase: str,
    faces: tuple[Face, ...] = ("z_min", "z_max"),
    margin: float = 0.05,
    boundary: Literal["zero", "replicate"] = "zero",
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Published substitute for connectivity: isolation of a phase plus its hinge on two faces."""

def distribution(
    grid: Grid,
    *,
    descriptor: str,
    params: dict[str, Any] | None = None,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared distance between the distributions of a descriptor in a batch and in a reference sample."""

def dpb(
    grid: Grid,
    *,
    pairs: tuple[tuple[str, str], ...] | None = None,
    estimator: Literal["faces", "heat"] = "heat",
    sigma: float = 2.0,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared relative error of each sample's interface areas between pairs of phases."""

def face_hinge(
    grid: Grid,
    *,
    phase: str,
    faces: tuple[Face, ...] = ("z_min", "z_max"),
    margin: float = 0.05,
    target: float | None = None,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Penalty on faces of the box that a phase does not fill, per voxel as published or by area fraction."""

def first_passage(
    grid: Grid,
    *,
    phase: str,
    inlet: Face = "z_min",
    outlet: Face | None = None,
    margin: float = 0.1,
    form: Literal["through", "reachable", "both"] = "both",
    target: Literal["structures"] | float = 0.0,
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Number of voxels to convert until a phase crosses, and until all of it is joined to its reservoir."""

def isolation(
    grid: Grid,
    *,
    phase: str,
    boundary: Literal["zero", "replicate"] = "zero",
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Penalty on voxels of a phase whose face neighbours belong to other phases."""

def lineal_path(
    grid: Grid,
    *,
    lags_um: tuple[float, ...] | None = None,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared error of the probabilities that segments along the axes lie wholly in a phase."""

def maximin(
    grid: Grid,
    *,
    phase: str,
    inlet: Face = "z_min",
    outlet: Face | None = None,
    margin: float = 0.1,
    target: Literal["structures"] | None = None,
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Hinge on the largest margin at which a phase joins two faces of the box."""

def s2(
    grid: Grid,
    *,
    directions: Literal["ball", "radial", "axes"] = "ball",
    pairs: Literal["auto", "all", "directed"] | None = None,
    reach_um: float | None = None,
    lags_um: tuple[float, ...] | None = None,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared error of each sample's two-point probabilities, every distance with the same weight."""

def slice_floor(
    grid: Grid,
    *,
    phase: str,
    floor: float,
    axis: Axis = "z",
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Penalty on slices in which the area fraction of a phase is below a floor."""

def ssa(
    grid: Grid,
    *,
    estimator: Literal["guarded", "heat", "tv", "faces"] = "guarded",
    form: Literal["product", "absolute"] = "product",
    sigma: float = 2.0,
    phase_subset: tuple[str, ...] | None = None,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared relative error of each sample's surface areas per total volume."""

def ssa_severed(
    grid: Grid,
    *,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """published, faulty: surface-area loss whose gradient never reached the generator."""

def tortuosity(
    grid: Grid,
    *,
    phase: str,
    axis: Axis = "z",
    target: Literal["structures"] | float | None = None,
    kmin: float = 1e-06,
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Error of a phase's tortuosity factor tau; without a target, 1 - 1 / tau."""

def tpb(
    grid: Grid,
    *,
    phase_triple: tuple[str, str, str] | None = None,
    estimator: Literal["triple", "coarea", "edges"] = "triple",
    sigma: float = 2.0,
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared relative error of each sample's length of triple-phase boundary."""

def tpb_active(
    grid: Grid,
    *,
    phase_triple: tuple[str, str, str] | None = None,
    reservoirs: dict[str, Face] | None = None,
    estimator: Literal["triple", "coarea"] = "triple",
    sigma: float = 2.0,
    temperature: float = 0.2,
    margin: float = 0.1,
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared relative error of each sample's length of active triple-phase boundary (all phases supplied)."""

def tpb_proxy(
    grid: Grid,
    *,
    target: float,
    phase_triple: tuple[str, str, str] | None = None,
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """published, faulty: hinge on the mean product of three probabilities, 0 on every decoded structure."""

def vf(
    grid: Grid,
    *,
    relax: str = "straight_through",
    reduction: Literal["mean", "none"] = "mean",
) -> DirectLoss:
    """Squared distance of each sample's volume fractions from their targets."""
