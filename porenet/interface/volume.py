"""What is measured: a grid, and a labelled structure on it. Importing this imports neither numpy nor numba."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Literal, get_args

from porenet.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from porenet.flood_fill import Components

Axis = Literal["z", "y", "x"]
Face = Literal["z_min", "z_max", "y_min", "y_max", "x_min", "x_max"]
AXES: tuple[Axis, ...] = get_args(Axis)
FACES: tuple[Face, ...] = get_args(Face)


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
        for phase in self.phases:
            if not isinstance(phase, str) or not phase.strip():
                raise InputError(f"a phase name is a non-empty string, not {phase!r}", where="Grid.phases")
        if not 2 <= len(self.phases) <= 255 or len(set(self.phases)) < len(self.phases):
            raise InputError(
                f"2 to 255 different phase names were expected, not {list(self.phases)}", where="Grid.phases"
            )
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
        if not isinstance(phase, str) or phase not in self.phases:
            raise InputError(
                f"no phase {phase!r} on this grid{did_you_mean(str(phase), self.phases)}",
                fix=f"Its phases are {', '.join(self.phases)}.",
            )
        return self.phases.index(phase)


@dataclass(frozen=True, eq=False)
class Volume:
    """One labelled structure.

    What is joined to what is worked out once, at first use, and shared by all metrics.

    Attributes:
        labels: ``(Z, Y, X)`` uint8, C order and read-only; the label of a voxel indexes ``grid.phases``.
            Any integer array is accepted and converted; a uint8 array is not copied, so leave it alone afterwards.
        grid: names, voxel edges and boundaries.

    Raises:
        InputError: wrong shape or dtype, no voxels, or a label without a phase.
    """

    labels: NDArray[np.uint8]
    grid: Grid

    def __post_init__(self) -> None:
        labels = self.labels
        if not isinstance(self.grid, Grid):
            raise InputError(f"a porenet.Grid was expected, not {type(self.grid).__name__}", where="Volume.grid")
        if not (hasattr(labels, "__array_interface__") and hasattr(labels, "ndim")):
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

    def __reduce__(self) -> tuple[object, ...]:
        # A copy is read-only too, and a worker is not sent the components: 4 bytes a voxel.
        return type(self), (self.labels, self.grid)

    def mask(self, phase: str) -> NDArray[np.bool_]:
        """``(Z, Y, X)`` bool, the voxels of a phase.

        Raises:
            InputError: the grid has no such phase.
        """
        found: NDArray[np.bool_] = self.labels == self.grid.index(phase)
        return found

    @functools.cached_property
    def components(self) -> Components:
        """6-connected components of all phases; periodic where the grid is."""
        return self._joined(self.grid.periodic)

    def opened(self, *axes: Axis) -> Components:
        """The components with some axes taken as open: around a periodic one, nothing would lead from face to face.

        Raises:
            InputError: no such axis.
        """
        for axis in axes:
            if axis not in AXES:
                raise InputError(f"an axis is z, y or x, not {axis!r}", where="Volume.opened")
        z, y, x = (wraps and axis not in axes for axis, wraps in zip(AXES, self.grid.periodic, strict=True))
        if (z, y, x) == self.grid.periodic:
            return self.components
        # Only what was asked for last is kept: with its ids, at 512^3 each takes 0.5 GB.
        if (z, y, x) not in self._opened:
            self._opened.clear()
            self._opened[z, y, x] = self._joined((z, y, x))
        return self._opened[z, y, x]

    def reachable(self, phase: str, faces: Collection[Face]) -> NDArray[np.bool_]:
        """The voxels of a phase that are joined to any of the named faces through that phase.

        Args:
            phase: its name.
            faces: outer layers of the array; that of a periodic axis is where the array happens to be cut.

        Returns:
            ``(Z, Y, X)`` bool.

        Raises:
            InputError: no such phase or face.
        """
        label, found = self.grid.index(phase), self.components
        try:
            joined = found.touching(faces)
        except ValueError as error:
            raise InputError(str(error), where="Volume.reachable") from None
        return found.select((found.phases == label) & joined)

    def spanning(self, phase: str, axis: Axis) -> NDArray[np.bool_]:
        """The voxels of a phase in components that touch both faces of an axis, that axis being taken as open.

        Args:
            phase: its name.
            axis: the axis to be crossed.

        Returns:
            ``(Z, Y, X)`` bool.

        Raises:
            InputError: no such phase or axis.
        """
        label, found = self.grid.index(phase), self.opened(axis)
        return found.select((found.phases == label) & found.spanning(axis))

    @functools.cached_property
    def _opened(self) -> dict[tuple[bool, bool, bool], Components]:
        return {}

    def _joined(self, periodic: tuple[bool, bool, bool]) -> Components:
        from porenet.flood_fill import components

        try:
            return components(self.labels, periodic=periodic)
        except ValueError as error:  # too many voxels; the rest was checked when the volume was made
            raise InputError(str(error), where="Volume.labels") from None


def _is_length(edge: object) -> bool:
    return isinstance(edge, Real) and not isinstance(edge, bool) and bool(0.0 < edge < 1e300)  # type: ignore[operator]
