"""One labelled structure on a grid, a volume or a section. Importing this imports neither numpy nor numba."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from porenet.errors import InputError
from porenet.flood_fill.axes import AXES, Axis, Face, PerAxis, opened
from porenet.interface.grid import Grid, refuse_other_edges

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from porenet.flood_fill import Components
    from porenet.interface.phase_values import PhaseValues
    from porenet.interface.shared_results import SharedResults

T = TypeVar("T")

SECTION = "Of a section give the grid two edges, voxel_um=(y, x); a volume one voxel thick has the shape (1, Y, X)."


@dataclass(frozen=True, eq=False, repr=False)
class Volume:
    """One labelled structure.

    Its connected components are computed once, at first use, and shared by all metrics.

    Attributes:
        labels: ``(Z, Y, X)`` uint8, C order and read-only; the label of a voxel indexes ``grid.phases``.
            Any integer array is accepted and converted; a uint8 array is not copied and must not be changed afterwards.
            Of a section, a grid of two dimensions, pass ``(Y, X)``: it becomes the layer ``(1, Y, X)``.
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
        if hasattr(labels, "mask") and hasattr(labels, "filled"):
            raise InputError(
                "a plain array was expected, not a masked one, whose mask would be lost",
                where="Volume.labels",
                fix="Give the masked voxels a label: labels.filled(label).",
            )
        if self.grid.dims == 2 and labels.ndim == 2:
            labels = labels[None]
        if labels.ndim != 3 or 0 in labels.shape or (self.grid.dims == 2 and len(labels) != 1):
            axes = "(Y, X)" if self.grid.dims == 2 else "(Z, Y, X)"
            raise InputError(
                f"shape {axes} with at least one voxel was expected, not {labels.shape}",
                where="Volume.labels",
                fix=SECTION if self.grid.dims == 3 and labels.ndim == 2 else "",
            )
        if labels.dtype.kind not in "ui":
            raise InputError(
                f"integer labels were expected, not {labels.dtype}",
                where="Volume.labels",
                fix="Take the argmax of probabilities, or map grey values to phases first.",
            )
        low, high = 0 if labels.dtype.kind == "u" else int(labels.min()), int(labels.max())
        if low < 0 or high >= len(self.grid.phases):
            raise InputError(
                f"label {low if low < 0 else high} has no phase",
                where="Volume.labels",
                fix=f"Labels run from 0 to {len(self.grid.phases) - 1} for {', '.join(self.grid.phases)}.",
            )
        frozen = labels.astype("uint8", order="C", copy=False).view()
        frozen.flags.writeable = False
        object.__setattr__(self, "labels", frozen)

    def __repr__(self) -> str:
        return f"Volume(shape={self.shape}, grid={self.grid!r})"

    def _repr_html_(self) -> str:
        from porenet.interface.notebook_views import volume_html

        return volume_html(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along the axes of the grid: (Z, Y, X), or (Y, X) of a section."""
        return self.labels.shape[-self.grid.dims :]

    @property
    def array(self) -> NDArray[np.uint8]:
        """The labels in that shape, read-only."""
        return self.labels.reshape(self.shape)

    @classmethod
    def from_array(
        cls,
        array: ArrayLike | object,
        *,
        phases: Sequence[str] | PhaseValues,
        voxel_um: float | Sequence[float],
        periodic: Sequence[bool] = (False, False, False),
        dims: int | None = None,
    ) -> Volume:
        """A volume from the values of an array, or a section.

        Args:
            array: ``(Z, Y, X)``, or ``(Y, X)`` of a section: of numpy (integers, booleans, floating-point whole
                numbers), a torch tensor on any device, or nested lists.
            phases: names of the phases, whose values are 0, 1, ...; or name -> value, or a list of values that are put
                together: ``{"Ni": 255, "YSZ": [127, 200], "pore": 0}``. The order is that of the labels. Of booleans
                the first of two names is that of False.
            voxel_um: voxel edges (z, y, x), um, of a section (y, x), or one number for all of them.
            periodic: per axis (z, y, x), of a section (y, x), whether it wraps.
            dims: 2 for a section, 3 for a volume; default: the number of axes of the array. An array ``(1, Y, X)`` is a
                volume, unless 2 says that it is a section.

        Raises:
            InputError: no such array, values without a phase (they are counted), phases that are wrong, or a grid that
                is none.

        Example:
            >>> import numpy, porenet
            >>> image = numpy.array([[[0, 255], [127, 200]]])
            >>> phases = {"pore": 0, "YSZ": [127, 200], "Ni": 255}
            >>> porenet.Volume.from_array(image, phases=phases, voxel_um=0.1).labels.tolist()
            [[[0, 2], [1, 1]]]
        """
        from porenet.interface.array_values import PHASES, labels_of, plain_array
        from porenet.interface.phase_values import values_of_phases

        values = values_of_phases(phases, where=PHASES)
        voxels = plain_array(array, dims)
        refuse_other_edges(voxel_um, voxels.ndim)
        grid = Grid(tuple(values), voxel_um, periodic, voxels.ndim)  # type: ignore[arg-type]
        return cls(labels_of(voxels, values), grid)

    def __reduce__(self) -> tuple[object, ...]:
        # A copy is read-only too, and the components, 4 bytes per voxel, are not sent to a worker.
        return type(self), (self.labels, self.grid)

    def mask(self, phase: str) -> NDArray[np.bool_]:
        """``(Z, Y, X)`` bool, the voxels of a phase.

        Raises:
            InputError: the grid has no such phase.
        """
        voxels: NDArray[np.bool_] = self.labels == self.grid.index(phase)
        return voxels

    @functools.cached_property
    def components(self) -> Components:
        """6-connected components of all phases; periodic along the periodic axes of the grid."""
        return self._label(self.grid.periodic)

    def opened(self, *axes: Axis) -> Components:
        """The components with some axes taken as open, because a periodic axis has no faces to lead between.

        Raises:
            InputError: no such axis.
        """
        for axis in axes:
            if axis not in AXES:
                raise InputError(f"an axis is z, y or x, not {axis!r}", where="Volume.opened")
        periodic = opened(self.grid.periodic, *axes)
        if periodic == self.grid.periodic:
            return self.components
        # Only the components requested last are kept: with their ids, at 512^3 they take 0.5 GB.
        if periodic not in self._open_components:
            self._open_components.clear()
            self._open_components[periodic] = self._label(periodic)
        return self._open_components[periodic]

    def reachable(self, phase: str, faces: Collection[Face]) -> NDArray[np.bool_]:
        """The voxels of a phase that are joined to any of the named faces through that phase.

        Args:
            phase: its name.
            faces: outer layers of the array; along a periodic axis they lie where the array happens to be cut.

        Returns:
            ``(Z, Y, X)`` bool.

        Raises:
            InputError: no such phase or face.
        """
        label, components = self.grid.index(phase), self.components
        try:
            touching = components.touching(faces)
        except ValueError as error:
            raise InputError(str(error), where="Volume.reachable") from None
        return components.select((components.phases == label) & touching)

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
        label, components = self.grid.index(phase), self.opened(axis)
        return components.select((components.phases == label) & components.spanning(axis))

    def remembered(self, key: Hashable, compute: Callable[[], T]) -> T:
        """A result that several metrics share: computed at first use, and kept while there is room.

        The results that are kept hold at most `shared_results.BYTES_PER_VOXEL` bytes per voxel in arrays (and 1 MB
        in any case); those that were used least recently go first, and a larger result is returned but not kept. They
        are not sent to another process with the volume.

        Args:
            key: names the result among those of all plugins: a tuple of the plugin's name, the result's, and whatever
                the result depends on besides the volume.
            compute: called without arguments if the result is not there.

        Returns:
            What ``compute`` returned; its arrays, in tuples, lists and mappings too, are read-only from then on.

        Example:
            >>> import numpy, porenet
            >>> image = numpy.eye(3, dtype=int)[None]
            >>> volume = porenet.Volume.from_array(image, phases=["pore", "Ni"], voxel_um=0.1)
            >>> for _ in range(2):
            ...     count = volume.remembered(("mine", "voxels"), lambda: print("counted") or image.sum())
            counted
        """
        return self._shared_results.get(key, compute)

    @functools.cached_property
    def _shared_results(self) -> SharedResults:
        from porenet.interface.shared_results import SharedResults

        return SharedResults(self.labels.size)

    @functools.cached_property
    def _open_components(self) -> dict[PerAxis, Components]:
        return {}

    def _label(self, periodic: PerAxis) -> Components:
        from porenet.flood_fill import components

        try:
            return components(self.labels, periodic=periodic)
        except ValueError as error:  # too many runs; all else was checked when the volume was created
            raise InputError(str(error), where="Volume.labels") from None
