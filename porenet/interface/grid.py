"""The grid of a volume: names of the phases, voxel edges, boundaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

from porenet.errors import InputError, argument, did_you_mean
from porenet.flood_fill.axes import Face

USUAL_RESERVOIRS: Mapping[str, Face] = {"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}
"""Default reservoir of the phases of these names, the face that feeds them: electrons and gas come from the side of
z = 0, oxygen ions from the electrolyte."""

_PHASES = argument("phases", of="Grid")


@dataclass(frozen=True, slots=True)
class Grid:
    """Phases, voxel edges and boundaries of a volume.

    Attributes:
        phases: names in channel and label order: label 0 and channel 0 are ``phases[0]``; at least two.
        voxel_um: voxel edges (z, y, x), um, positive.
        periodic: per axis (z, y, x), whether the volume wraps; default: open.
    """

    phases: tuple[str, ...]
    voxel_um: tuple[float, float, float]
    periodic: tuple[bool, bool, bool] = (False, False, False)

    def __post_init__(self) -> None:
        # Attributes of a frozen dataclass must be immutable too: lists from TOML or a notebook become tuples.
        for name in ("phases", "voxel_um", "periodic"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise InputError(f"a list was expected, not {value!r}", where=argument(name, of="Grid"))
            object.__setattr__(self, name, tuple(value))
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
        if len(self.voxel_um) != 3 or not all(map(_is_length, self.voxel_um)):
            raise InputError(
                f"three positive lengths (z, y, x) in um were expected, not {list(self.voxel_um)}",
                where=argument("voxel_um", of="Grid"),
            )
        object.__setattr__(self, "voxel_um", tuple(float(edge) for edge in self.voxel_um))
        if len(self.periodic) != 3 or not all(isinstance(wraps, bool) for wraps in self.periodic):
            raise InputError(
                f"three booleans (z, y, x) were expected, not {list(self.periodic)}",
                where=argument("periodic", of="Grid"),
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


def _is_length(edge: object) -> bool:
    return isinstance(edge, Real) and not isinstance(edge, bool) and bool(0.0 < edge < 1e300)  # type: ignore[operator]
