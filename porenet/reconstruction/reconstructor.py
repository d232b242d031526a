"""What makes structures with the descriptors of one: all that is checked and measured before the first step."""

from __future__ import annotations

import contextlib
import hashlib
import operator
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from porenet.errors import DoubtfulTarget, InputError, Wording, argument, counted
from porenet.interface import AXES, Volume
from porenet.objective import Objective
from porenet.reconstruction.coarse_start import MORE_STEPS, check_halves, coarsened, refined
from porenet.reconstruction.descent import descend
from porenet.reconstruction.descriptor_terms import Terms, default_terms, usual_reach_um
from porenet.reconstruction.memory import refuse_too_large
from porenet.reconstruction.overlap import Overlap, overlap_of
from porenet.reconstruction.spectral_start import Start, start_logits, with_fractions
from porenet.reconstruction.structure_report import StructureReport, beside, decoded, measured, term_results
from porenet.targets import Targets

STEPS = 200
STARTS = ("spectral", "noise", "coarse")
MOST_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Structure:
    """A reconstructed structure.

    Attributes:
        volume: its labels, on the grid of the original.
        report: what it reached.
    """

    volume: Volume
    report: StructureReport


OTHER_STARTS = "Choose spectral or noise."
SECTIONS = "the original is a section, and so are the results: it is not taken for a plane of a volume"


class Reconstructor:
    """Makes structures with the descriptors of one structure; everything is checked when it is built.

    Args:
        volume: the structure whose descriptors are aimed at.
        shape: ``(Z, Y, X)`` of the results, voxels of the same edges; default: that of the structure.
        terms: as `porenet.Objective` takes them; default: `default_terms`.
        relax: relaxation of the terms that state none.
        steps: steps of the optimiser.
        start: ``spectral``, noise with the spectrum of each phase; ``noise``, white; or ``coarse``, a reconstruction of
            half the resolution by the default terms with three times the steps, for large structures.
        device: a torch device.

    Raises:
        InputError: no such shape, number of steps, start or device; a single phase; too little memory; a term whose
            target the structure does not give, or that refuses the shape.
        ConfigError, PluginError: as for `porenet.Objective`.
    """

    def __init__(
        self,
        volume: Volume,
        *,
        shape: Sequence[int] | None = None,
        terms: Iterable[Mapping[str, Any]] | Iterable[Any] | None = None,
        relax: str = "straight_through",
        steps: int = STEPS,
        start: Start = "spectral",
        device: str = "cpu",
    ) -> None:
        if not isinstance(volume, Volume):
            raise InputError(f"a porenet.Volume was expected, not {type(volume).__name__}", where="reconstruct")
        self.volume = volume
        self.shape = self._checked_shape(shape)
        if type(steps) is not int or steps < 1:
            raise InputError(f"a number of steps, 1 or more, was expected, not {steps!r}", where=argument("steps"))
        if start not in STARTS:
            raise InputError(f"'spectral', 'noise' or 'coarse' was expected, not {start!r}", where=argument("start"))
        if start == "coarse":
            if volume.grid.dims == 2:
                raise InputError("sections have no coarse start", where=argument("start"), fix=OTHER_STARTS)
            check_halves(self.shape, volume)
        phases = [volume.grid.phases[label] for label in np.unique(self._labels())]
        if len(phases) < 2:
            raise InputError(f"holds {phases[0]} alone: there is nothing to reconstruct", where="volume")
        self.device, self.steps, self.start = usable_device(device), steps, start
        refuse_too_large(self.shape, len(volume.grid.phases), self.device)
        self.notes: list[str] = [SECTIONS] if volume.grid.dims == 2 else []
        absent = [phase for phase in volume.grid.phases if phase not in phases]
        if absent:
            self.notes.append(f"no voxel is {' or '.join(absent)}, and none will be")
        if terms is None:
            terms, notes = self._default_terms()
            self.notes += notes
        self.objective = Objective(volume.grid, terms, relax=relax).to(self.device)
        self._coarse: Reconstructor | None = None
        self._reference_metrics: dict[str, tuple[float | None, str]] | None = None
        with _quiet():
            self.targets = self._measured_targets().to(self.device)
            self._try(self._fine_start(0))

    def first_logits(self, seed: int) -> Tensor:
        """The start of a structure, ``(1, P, Z, Y, X)`` float32.

        Args:
            seed: of its noise.
        """
        field = self._fine_start(seed)
        if self.start == "coarse":
            shares = np.bincount(self.volume.labels.ravel(), minlength=len(field)) / self.volume.labels.size
            field = with_fractions(refined(self._coarse_structure(seed), field), shares)
        return torch.from_numpy(field)[None].to(self.device)

    def structure(self, seed: int, progress: Callable[[int], None] | None = None) -> Structure:
        """One structure.

        Args:
            seed: of its noise; the same gives the same structure with the same versions on the same kind of machine.
            progress: called after each step of the optimiser with its number.

        Raises:
            InputError: the seed is not a number of 0 to 2^32 - 1.
            NonFiniteTerm, PluginError: as for `porenet.Objective`.
        """
        if type(seed) is not int or not 0 <= seed <= MOST_SEED:
            raise InputError(f"a number of 0 to {MOST_SEED} was expected, not {seed!r}", where=argument("seed"))
        devices = [self.device] if self.device.type == "cuda" else []
        with _quiet(), torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)  # for the terms that draw
            logits = descend(self.objective, self.targets, self.first_logits(seed), self.steps, progress)
            results = term_results(self.objective, self.targets, logits)
        volume = Volume(decoded(logits), self.volume.grid)
        return Structure(volume, StructureReport(seed, results, self._beside(volume), self._overlap(volume)))

    def settings(self) -> dict[str, Any]:
        """All that the structures depend on but their seeds, as JSON-ready data."""
        grid = self.volume.grid
        return {
            "original": hashlib.sha256(self.volume.labels.tobytes()).hexdigest(),
            "original_shape": list(self.volume.shape),
            "phases": list(grid.phases),
            "voxel_um": list(grid.edges_um),
            "periodic": list(grid.wraps),
            "shape": list(self.shape[-grid.dims :]),
            "terms": [term.as_data() for term in self.objective.terms],
            "steps": self.steps,
            "start": self.start,
            "device": self.device.type,
            "versions": {name: version(name) for name in ("porenet", "torch")},
        }

    def _checked_shape(self, shape: Sequence[int] | None) -> tuple[int, int, int]:
        return _shape_like(shape, self.volume)

    def _labels(self) -> NDArray[np.uint8]:
        """What is known of the original, of any shape."""
        return self.volume.labels

    def _default_terms(self) -> tuple[Terms, list[str]]:
        return default_terms(self.volume, self.shape, self.steps)

    def _measured_targets(self) -> Targets:
        labels = torch.from_numpy(self.volume.labels.astype(np.int64))[None]
        targets: Targets = self.objective.targets_of(labels.to(self.device))
        return targets

    def _beside(self, volume: Volume) -> dict[str, dict[str, Any]]:
        """Metrics of a result beside those of the original."""
        if self._reference_metrics is None:
            self._reference_metrics = measured(self.volume)
        return beside(self._reference_metrics, measured(volume))

    def _overlap(self, volume: Volume) -> Overlap | None:
        return overlap_of(self.volume.labels, volume.labels, len(self.volume.grid.phases))

    def _fine_start(self, seed: int) -> NDArray[np.float32]:
        reach_um = usual_reach_um(self.volume, self.shape)
        return start_logits(self.volume, self.shape, kind=self.start, reach_um=reach_um, seed=seed)

    def _coarse_structure(self, seed: int) -> Volume:
        """A structure of half the resolution, by the default terms."""
        if self._coarse is None:
            z, y, x = (side // 2 for side in self.shape)
            steps, device = MORE_STEPS * self.steps, str(self.device)
            self._coarse = Reconstructor(coarsened(self.volume), shape=(z, y, x), steps=steps, device=device)
        logits = descend(
            self._coarse.objective, self._coarse.targets, self._coarse.first_logits(seed), self._coarse.steps
        )
        return Volume(decoded(logits), self._coarse.volume.grid)

    @torch.no_grad()
    def _try(self, field: NDArray[np.float32]) -> None:
        """Evaluate every term once, so that one that refuses the shape says so before the first step."""
        logits = torch.from_numpy(field)[None].to(self.device)
        self.objective.values(logits.softmax(dim=1), self.targets)


def usable_device(name: str) -> torch.device:
    """A torch device on which numbers can be computed.

    Raises:
        InputError: there is no such device.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device).item()  # fails on the meta device too, whose tensors hold no numbers
    except (RuntimeError, NotImplementedError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{name!r} cannot be used: {reason}", where=argument("device")) from None
    return device


def _shape_like(shape: Sequence[int] | None, volume: Volume) -> tuple[int, int, int]:
    try:
        sides = volume.labels.shape if shape is None else tuple(operator.index(side) for side in shape)
    except TypeError:
        sides = ()
    dims = volume.grid.dims
    sides = (1, *sides) if dims == 2 and (shape is not None and len(sides) == 2) else sides
    if len(sides) != 3 or min(sides) < 1 or (dims == 2 and sides[0] != 1):
        wanted = (
            "two whole numbers of pixels (y, x) were expected: of a section sections are made"
            if dims == 2
            else "three whole numbers of voxels were expected"
        )
        raise InputError(f"{wanted}, not {shape!r}", where=argument("shape"))
    for axis, side, size, wraps in zip(AXES, sides, volume.labels.shape, volume.grid.periodic, strict=True):
        if size == 1 < side:
            raise InputError(
                f"the original is one voxel thick along {axis}: nothing is known of that direction",
                where=argument("shape"),
                fix=Wording(
                    f"Keep 1 along {axis}, or pass from_plane={axis!r}, which assumes the same in z, y and x.",
                    f"Keep 1 along {axis}, or state --from-plane {axis}, which assumes the same in z, y and x.",
                ),
            )
        if wraps and side != size:
            raise InputError(
                f"{counted(side, 'voxel')} along a periodic axis of {size}: the lags round the box would be other ones",
                where=argument("shape"),
                fix=Wording("State an open grid.", "State an open grid with --grid."),
            )
    z, y, x = sides
    return z, y, x


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without doubts about the unit of targets that were measured here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DoubtfulTarget)
        yield
