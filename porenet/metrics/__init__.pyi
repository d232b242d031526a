# Generated from the signatures of porenet's own metrics by make generate; make lint checks it.

from collections.abc import Mapping, Sequence
from typing import Literal

from numpy.typing import ArrayLike

from porenet.interface import Axis, Face, Undefined, Volume

__all__ = [
    "breakthrough_diameter",
    "chord_length",
    "conductivity_tensor",
    "connectivity",
    "constrictivity",
    "correlation_length",
    "dpb",
    "dpb_active",
    "effective_conductivity",
    "euler_number",
    "first_passage",
    "geodesic_tortuosity",
    "intrusion_size",
    "lineal_path",
    "mean_curvature",
    "neck_density",
    "neck_diameter",
    "percolates",
    "permeability_katz_thompson",
    "phase_size",
    "representative_size",
    "representative_volume",
    "s2",
    "ssa",
    "ssa_profile",
    "tortuosity",
    "tortuosity_bounds",
    "tpb",
    "tpb_active_share",
    "tpb_profile",
    "tpb_voxel_count",
    "vf",
    "vf_profile",
]

def breakthrough_diameter(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] = "z",
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Diameter of the largest ball that passes through each phase from face to face."""

def chord_length(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] | None = None,
    include_cut: bool = False,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Mean and standard deviation of the chord lengths of each phase along lines of voxels."""

def conductivity_tensor(
    volume: Volume | ArrayLike,
    *,
    conductivities: dict[str, float],
    tolerance: float = 0.001,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Effective conductivity tensor of a composite; off the diagonal of periodic boxes only."""

def connectivity(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] = "z",
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Shares of each phase that span an axis, are isolated, or may be joined outside the volume."""

def constrictivity(
    volume: Volume | ArrayLike,
    *,
    inlet: Face = "z_min",
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Squared ratio of bottleneck to bulge of each phase: median intrusion size to median phase size."""

def correlation_length(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Distance at which the autocovariance of each phase has fallen to 1/e."""

def dpb(
    volume: Volume | ArrayLike,
    *,
    estimator: Literal["crofton", "faces", "heat"] = "crofton",
    sigma: float = 2.0,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Area of the interface between each pair of phases, per total volume."""

def dpb_active(
    volume: Volume | ArrayLike,
    *,
    estimator: Literal["crofton", "faces"] = "crofton",
    active: Literal["spanning", "reachable"] = "spanning",
    reservoirs: dict[str, Face | tuple[Face, ...]] | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Area of the interface between each pair of phases that both supply: active, unknown and inactive."""

def effective_conductivity(
    volume: Volume | ArrayLike,
    *,
    conductivities: dict[str, float],
    axis: Literal["z", "y", "x", "all"] = "z",
    tolerance: float = 0.001,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Effective conductivity of a composite of phases of any conductivity."""

def euler_number(
    volume: Volume | ArrayLike,
    *,
    connectivity: Literal[6, 14, 26] = 6,
    edge_correction: bool = False,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Euler characteristic of each phase per volume: pieces minus tunnels plus cavities."""

def first_passage(
    volume: Volume | ArrayLike,
    *,
    inlet: Face = "z_min",
    outlet: Face | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Number of voxels to convert until each phase crosses, and until all of it is joined to its reservoir."""

def geodesic_tortuosity(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] = "z",
    neighbours: Literal[26, 98] = 98,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Geodesic tortuosity of each phase: mean length of shortest paths from face to face, per thickness."""

def intrusion_size(
    volume: Volume | ArrayLike,
    *,
    inlet: Face = "z_min",
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Size distribution of each phase by porosimetry from a face: d10, d50, d90 of balls that enter."""

def lineal_path(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] | None = None,
    lags_um: tuple[float, ...] | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Probability, for each phase, that a segment of a given length along an axis lies wholly in it."""

def mean_curvature(
    volume: Volume | ArrayLike,
    *,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Integral of the mean curvature of each phase's surface, per total volume."""

def neck_density(
    volume: Volume | ArrayLike,
    *,
    ratio: float = 0.8,
    smallest: float = 4.0,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Number of necks between the particles of each phase, per total volume."""

def neck_diameter(
    volume: Volume | ArrayLike,
    *,
    ratio: float = 0.8,
    smallest: float = 4.0,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Diameters of the necks between the particles of each phase: d10, d50, d90 by number."""

def percolates(
    volume: Volume | ArrayLike,
    *,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Whether each phase crosses the volume along each axis."""

def permeability_katz_thompson(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] = "z",
    tolerance: float = 0.001,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Estimate of the permeability of each phase from its breakthrough diameter and formation factor."""

def phase_size(
    volume: Volume | ArrayLike,
    *,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Continuous size distribution of each phase (local thickness): d10, d50, d90 of covering balls."""

def representative_size(
    volume: Volume | ArrayLike,
    *,
    error: float = 0.1,
    phase_triple: tuple[str, str, str] | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Edge of the cube that tells volume fractions and triple lines to a stated error."""

def representative_volume(
    volume: Volume | ArrayLike,
    *,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Whether the volume holds enough features for its volume fractions to be representative."""

def s2(
    volume: Volume | ArrayLike,
    *,
    directions: Literal["axes", "diagonals", "ball", "radial", "beyond"] = "axes",
    axis: Literal["z", "y", "x", "all"] | None = None,
    lags_um: tuple[float, ...] | None = None,
    pairs: Literal["auto", "all", "directed"] | None = None,
    reach_um: float | None = None,
    unlike: bool = False,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Probability, for each phase, that two points a lag apart both lie in it."""

def ssa(
    volume: Volume | ArrayLike,
    *,
    estimator: Literal["crofton", "faces", "tv", "heat", "guarded"] = "crofton",
    per: Literal["volume", "phase"] = "volume",
    sigma: float = 2.0,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Surface area of each phase, per total volume or per volume of the phase."""

def ssa_profile(
    volume: Volume | ArrayLike,
    *,
    axis: Axis,
    parts: int = 4,
    estimator: Literal["crofton", "faces"] = "crofton",
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Surface area of each phase per volume, in parts of the volume along an axis."""

def tortuosity(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] = "z",
    boundary: Literal["face", "cell"] = "face",
    tolerance: float = 0.001,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Tortuosity factor, relative diffusivity and formation factor of each phase."""

def tortuosity_bounds(
    volume: Volume | ArrayLike,
    *,
    axis: Literal["z", "y", "x", "all"] = "z",
    slabs: int | None = None,
    columns: int | None = None,
    part_gb: float = 1.0,
    tolerance: float = 0.001,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Bounds of the relative diffusivity of each phase, from parts of volumes too large to be solved."""

def tpb(
    volume: Volume | ArrayLike,
    *,
    phase_triple: tuple[str, str, str] | None = None,
    estimator: Literal["edges", "coarea", "triple"] = "edges",
    active: Literal["spanning", "reachable"] = "spanning",
    reservoirs: dict[str, Face] | None = None,
    sigma: float = 2.0,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Length of the lines where three phases meet: total, active, unknown and inactive."""

def tpb_active_share(
    volume: Volume | ArrayLike,
    *,
    phase_triple: tuple[str, str, str] | None = None,
    estimator: Literal["edges", "coarea", "triple"] = "edges",
    active: Literal["spanning", "reachable"] = "spanning",
    reservoirs: dict[str, Face] | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Shares of the triple-phase boundary that are active, unknown and inactive."""

def tpb_profile(
    volume: Volume | ArrayLike,
    *,
    axis: Axis,
    parts: int = 4,
    phase_triple: tuple[str, str, str] | None = None,
    active: Literal["spanning", "reachable"] = "spanning",
    reservoirs: dict[str, Face] | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Length of triple line, total, active, unknown and inactive, in parts of the volume along an axis."""

def tpb_voxel_count(
    volume: Volume | ArrayLike,
    *,
    phase_triple: tuple[str, str, str] | None = None,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """GAN-PH's count of voxels beside three phases, for comparison with published numbers."""

def vf(
    volume: Volume | ArrayLike,
    *,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Volume fraction of each phase."""

def vf_profile(
    volume: Volume | ArrayLike,
    *,
    axis: Axis,
    parts: int = 4,
    phases: Sequence[str] | Mapping[str, int | Sequence[int]] | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
) -> dict[str, float | Undefined]:
    """Volume fraction of each phase in parts of the volume along an axis."""
