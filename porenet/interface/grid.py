"""The grid of a volume or a section: names of the phases, voxel edges, boundaries, and how many dimensions it has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real

from porenet.errors import InputError, argument, did_you_mean
from porenet.flood_fill.axes import AXES, Axis, Face, axis_of, sides

USUAL_RESERVOIRS: Mapping[str, Face] = {"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}
"""Default reservoir of the phases of these names, the face that feeds them: electrons and gas come from the side of
z = 0, oxygen ions from the electrolyte."""

_PHASES = argument("phases", of="Grid")
EDGES = "A volume has three edges, and a section two."


@dataclass(frozen=True, slots=True, repr=False)
class Grid:
    """Phases, voxel edges and boundaries of a volume, or of a section of one: a grid of two dimensions.

    A section has two edges, ``Grid(phases, (y, x))``. Inside it is a layer: ``voxel_um`` and ``periodic`` stay three
    long, and nothing that is measured on a section depends on the edge that is added, ``sqrt(y x)``.

    Attributes:
        phases: names in channel and label order: label 0 and channel 0 are ``phases[0]``; at least two.
        voxel_um: voxel edges (z, y, x), um, positive; of a section pass (y, x). One number stands for all of them.
        periodic: per axis (z, y, x), whether the volume wraps; of a section pass (y, x). Default: open.
        dims: 3, or 2 for a section; default: the number of voxel edges, 3 for one number.

    Example:
        >>> import porenet
        >>> porenet.Grid(("solid", "pore"), voxel_um=(0.05, 0.1))
        Grid(phases=('solid', 'pore'), voxel_um=(0.05, 0.1), periodic=(False, False), dims=2)
    """

    phases: tuple[str, ...]
    voxel_um: tuple[float, float, float]
    periodic: tuple[bool, bool, bool] = (False, False, False)
    dims: int = 0  # as stated; never 0 once the grid is there

    def __post_init__(self) -> None:
        if self.dims not in (0, 2, 3) or isinstance(self.dims, bool) or not isinstance(self.dims, Integral):
            raise InputError(f"2 or 3 was expected, not {self.dims!r}", where=argument("dims", of="Grid"))
        if isinstance(self.voxel_um, Real) and not isinstance(self.voxel_um, bool):
            object.__setattr__(self, "voxel_um", (self.voxel_um,) * (self.dims or 3))
        # Attributes of a frozen dataclass must be immutable too: lists from TOML or a notebook become tuples.
        for name in ("phases", "voxel_um", "periodic"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise InputError(f"a list was expected, not {value!r}", where=argument(name, of="Grid"))
            object.__setattr__(self, name, tuple(value))
        self._check_phases()
        object.__setattr__(self, "dims", int(self.dims) or (2 if len(self.voxel_um) == 2 else 3))
        object.__setattr__(self, "voxel_um", self._edges())
        object.__setattr__(self, "periodic", self._wraps())

    def _check_phases(self) -> None:
        for phase in self.phases:
            if not isinstance(phase, str) or not phase.strip():
                raise InputError(f"a phase name is a non-empty string, not {phase!r}", where=_PHASES)
            if any("\ud800" <= character <= "\udfff" for character in phase):  # no file of text could hold it
                raise InputError(f"a phase name is text, and {phase!r} has bytes that are not", where=_PHASES)
        if not 2 <= len(self.phases) <= 255 or len(set(self.phases)) < len(self.phases):
            raise InputError(
                f"2 to 255 different phase names were expected, not {list(self.phases)}",
                where=_PHASES,
            )

    def _edges(self) -> tuple[float, float, float]:
        """Three edges, of a section too."""
        stated: tuple[float, ...] = self.voxel_um
        sound = all(map(_is_length, stated))
        if sound and self.dims == 2 and len(stated) in (2, 3):
            y, x = map(float, stated[-2:])
            layer = math.sqrt(y) * math.sqrt(x)
            # Three are those of a grid that exists, of which a copy is made.
            if len(stated) == 2 or math.isclose(stated[0], layer, rel_tol=1e-9):
                return layer, y, x
        if sound and self.dims == len(stated) == 3:
            z, y, x = map(float, stated)
            return z, y, x
        raise _other_edges(stated, self.dims, fix=EDGES if sound else "")

    def _wraps(self) -> tuple[bool, bool, bool]:
        """Three booleans, of a section too: it is open across its plane."""
        stated: tuple[bool, ...] = self.periodic
        if all(isinstance(wraps, bool) for wraps in stated):
            if len(stated) == 3 and not (self.dims == 2 and stated[0]):
                return stated
            if len(stated) == self.dims == 2:
                return False, *stated
        raise InputError(
            f"{'two booleans (y, x)' if self.dims == 2 else 'three booleans (z, y, x)'} were expected, "
            f"not {list(stated)}",
            where=argument("periodic", of="Grid"),
        )

    def __repr__(self) -> str:
        of_section = ", dims=2" if self.dims == 2 else ""
        return f"Grid(phases={self.phases}, voxel_um={self.edges_um}, periodic={self.wraps}{of_section})"

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of the structures: (z, y, x), or (y, x) of a section."""
        return AXES[-self.dims :]

    @property
    def edges_um(self) -> tuple[float, ...]:
        """Voxel edges as they are stated: (z, y, x), or (y, x) of a section, um."""
        return self.voxel_um[-self.dims :]

    @property
    def wraps(self) -> tuple[bool, ...]:
        """Whether each of ``axes`` wraps."""
        return self.periodic[-self.dims :]

    def sides(self, *transport: Axis) -> list[Face]:
        """Faces beyond which a structure may continue: those of axes that neither wrap nor carry transport.

        Args:
            transport: axes whose faces are inlets or outlets.
        """
        return [face for face in sides(self.periodic, *transport) if axis_of(face) in self.axes]

    def refuse_section(self, what: str, fix: str = "") -> None:
        """Check that the grid is one of volumes.

        Args:
            what: takes volumes only, as the subject of a sentence.
            fix: what to do.

        Raises:
            InputError: it has two dimensions.
        """
        if self.dims == 2:
            raise InputError(
                f"{what} volumes, and this is a section: its grid has two dimensions", where="grid", fix=fix
            )

    def _repr_html_(self) -> str:
        from porenet.interface.notebook_views import grid_html

        return grid_html(self)

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


def refuse_other_edges(voxel_um: object, dims: int) -> None:
    """Check that as many voxel edges are stated as an array has axes.

    A grid alone takes three for a section too, since a copy of one is made of them.

    Args:
        voxel_um: as for `Grid`.
        dims: number of axes of the array.

    Raises:
        InputError: they are more or fewer.
    """
    if isinstance(voxel_um, list | tuple) and len(voxel_um) != dims:
        raise _other_edges(voxel_um, dims, fix=EDGES)


def _other_edges(stated: Sequence[object], dims: int, *, fix: str) -> InputError:
    wanted = "two positive lengths (y, x)" if dims == 2 else "three positive lengths (z, y, x)"
    where = argument("voxel_um", of="Grid")
    return InputError(f"{wanted} in um were expected, not {list(stated)}", where=where, fix=fix)


def _is_length(edge: object) -> bool:
    return isinstance(edge, Real) and not isinstance(edge, bool) and bool(0.0 < edge < 1e300)  # type: ignore[operator]
