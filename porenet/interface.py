"""The whole contract between porenet and a plugin.

Plain frozen values and protocols: importing this module imports neither numpy, torch nor numba.
Fields of probabilities are ``(B, P, Z, Y, X)``, labels are ``(Z, Y, X)``; z is the thickness of the
electrode and the direction of transport, z = 0 the gas-channel side. Lengths are in um.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, get_args

from porenet.errors import InputError
from porenet.suggestion import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = [
    "API", "AXES", "FACES", "Axis", "Face", "Grid", "InputError", "Kind", "Loss", "Metric", "OneOfGrid",
    "Phase", "Score", "Similarity", "Spec", "Undefined", "Value", "Volume",
]  # fmt: skip

API = 1
"""Version of this contract; a plugin writes the one it was built for into each Spec."""

Kind = Literal["loss", "metric", "score"]
Axis = Literal["z", "y", "x"]
Face = Literal["z_min", "z_max", "y_min", "y_max", "x_min", "x_max"]
AXES: tuple[Axis, ...] = get_args(Axis)
FACES: tuple[Face, ...] = get_args(Face)


@dataclass(frozen=True, slots=True)
class OneOfGrid:
    """Marks a parameter whose value must be one of the grid's names, so that it is checked before use."""

    what: Literal["phases"]


Phase = Annotated[str, OneOfGrid("phases")]
"""Annotation of a parameter that takes the name of a phase of the grid."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What the numbers of a volume mean.

    Attributes:
        phases: names in channel and label order: label 0 and channel 0 are ``phases[0]``; at least two.
        voxel_um: voxel edges (z, y, x), um, positive.
        periodic: per axis (z, y, x), whether the volume wraps; open unless said otherwise.
    """

    phases: tuple[str, ...]
    voxel_um: tuple[float, float, float]
    periodic: tuple[bool, bool, bool] = (False, False, False)

    def __post_init__(self) -> None:
        # A frozen value must hold frozen values: lists from TOML or a notebook become tuples.
        for name in ("phases", "voxel_um", "periodic"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise InputError(f"a list was expected, not {value!r}", where=f"Grid.{name}")
            object.__setattr__(self, name, tuple(value))
        if not 2 <= len(self.phases) <= 255 or len(set(self.phases)) < len(self.phases):
            raise InputError(
                f"2 to 255 different phase names were expected, not {list(self.phases)}", where="Grid.phases"
            )
        for phase in self.phases:
            if not isinstance(phase, str) or not phase.strip():
                raise InputError(f"a phase name is a non-empty string, not {phase!r}", where="Grid.phases")
        if len(self.voxel_um) != 3 or not all(map(_is_length, self.voxel_um)):
            raise InputError(
                f"three positive lengths (z, y, x) in um were expected, not {list(self.voxel_um)}",
                where="Grid.voxel_um",
            )
        object.__setattr__(self, "voxel_um", tuple(float(edge) for edge in self.voxel_um))
        if len(self.periodic) != 3 or not all(isinstance(wraps, bool) for wraps in self.periodic):
            raise InputError(
                f"three booleans (z, y, x) were expected, not {list(self.periodic)}", where="Grid.periodic"
            )

    def index(self, phase: str) -> int:
        """Channel and label of a phase.

        Raises:
            InputError: the grid has no such phase.
        """
        if phase not in self.phases:
            raise InputError(
                f"no phase {phase!r} on this grid{did_you_mean(phase, self.phases)}",
                fix=f"Its phases are {', '.join(self.phases)}.",
            )
        return self.phases.index(phase)


@dataclass(frozen=True, eq=False)
class Volume:
    """One labelled structure.

    Attributes:
        labels: ``(Z, Y, X)`` uint8, C order and read-only; the label of a voxel indexes ``grid.phases``.
            Any integer array is accepted and converted.
        grid: names, voxel edges and boundaries.

    Raises:
        InputError: wrong shape or dtype, no voxels, or a label without a phase.
    """

    labels: NDArray[np.uint8]
    grid: Grid

    def __post_init__(self) -> None:
        labels = self.labels
        if not hasattr(labels, "__array_interface__"):
            raise InputError(
                f"a numpy array was expected, not {type(labels).__name__}",
                where="Volume.labels",
                fix="For a torch tensor, pass tensor.cpu().numpy().",
            )
        if labels.ndim != 3 or 0 in labels.shape:
            raise InputError(
                f"shape (Z, Y, X) with at least one voxel was expected, not {labels.shape}",
                where="Volume.labels",
            )
        if labels.dtype.kind not in "ui":
            raise InputError(
                f"integer labels were expected, not {labels.dtype}",
                where="Volume.labels",
                fix="Take the argmax of probabilities, or map grey values to phases first.",
            )
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= len(self.grid.phases):
            raise InputError(
                f"label {low if low < 0 else high} has no phase",
                where="Volume.labels",
                fix=f"Labels run from 0 to {len(self.grid.phases) - 1} for {', '.join(self.grid.phases)}.",
            )
        frozen = labels.astype("uint8", order="C", copy=False).view()
        frozen.flags.writeable = False
        object.__setattr__(self, "labels", frozen)


@dataclass(frozen=True, slots=True)
class Undefined:
    """A value that does not exist, and why; never a silent NaN."""

    reason: str


Value = float | Undefined


class Loss(Protocol):
    """A differentiable penalty: an ``nn.Module`` built as ``cls(grid=grid, **params)``.

    It knows mathematics only: not its weight, schedule, averaging, device or label. Where it drives a measurable
    quantity it also has ``descriptor(probabilities) -> (B, K)``, which on one-hot fields equals its twin metric.
    """

    def __call__(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value a sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, sums to 1 over P, dimensionless.
            targets: the keys that the Spec ``needs``: ``vf`` (B, P) fractions, ``ssa`` (B, P) um^-1,
                ``tpb`` (B,) um^-2, any other keyed by a term's label; NaN means undefined and is masked.

        Returns:
            ``(B,)``, or ``(1,)`` if the Spec says ``batchwise``; finite, >= 0.
        """
        ...


class Metric(Protocol):
    """A measurement: ``f(volume, **params) -> {key: value}`` in the units of its Spec."""

    def __call__(self, volume: Volume, /, **params: Any) -> Mapping[str, Value]:
        """Measure one volume."""
        ...


@dataclass(frozen=True, slots=True)
class Similarity:
    """What a score returns.

    Attributes:
        value: the score, dimensionless, or why there is none.
        components: its named parts, dimensionless.
        n_valid: number of defined values, both samples together.
        n_total: number of all values, both samples together.
        attainable: lowest and highest value that the formula can give.
    """

    value: Value
    components: Mapping[str, float]
    n_valid: int
    n_total: int
    attainable: tuple[float, float]


class Score(Protocol):
    """How alike two samples of one metric are: ``f(reference, generated, **params) -> Similarity``."""

    def __call__(self, reference: Sequence[Value], generated: Sequence[Value], /, **params: Any) -> Similarity:
        """Compare two samples."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a plugin yields: everything porenet knows of a component before it imports it.

    Attributes:
        name: short, as in the field: ``face_hinge``.
        kind: ``loss``, ``metric`` or ``score``.
        target: import string ``package.module:attribute``, resolved at first use.
        summary: one line for the listing.
        unit: of the value, one or one per result key: ``1``, ``um``, ``um^-1``, ``um^-2``; checked by rescaling.
        api: the contract it was built for: write 1.
        source: DOI or URL of the definition; empty if it is nobody's but yours.
        weight: default weight in an objective (losses), > 0; None if a run must choose.
        needs: target keys that the loss reads.
        reads: the field a loss is shown: the run's relaxation, or always the soft or the straight-through one.
        batchwise: the loss is one value of the whole batch, ``(1,)``.
        twin: name of the metric that its descriptor equals on one-hot fields.
        tolerance: at or below this value the loss counts as met, in ``unit``.
    """

    name: str
    kind: Kind
    target: str
    summary: str
    unit: str | Mapping[str, str]
    api: int
    source: str = ""
    weight: float | None = None
    needs: tuple[str, ...] = field(default=())
    reads: Literal["run", "soft", "straight_through"] = "run"
    batchwise: bool = False
    twin: str | None = None
    tolerance: float | None = None

    def resolve(self) -> Callable[..., Any]:
        """Import the target and return the object behind it."""
        module, _, attributes = self.target.partition(":")
        found: Any = importlib.import_module(module)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
        return found  # type: ignore[no-any-return]


def _is_length(edge: object) -> bool:
    return isinstance(edge, int | float) and not isinstance(edge, bool) and math.isfinite(edge) and edge > 0
