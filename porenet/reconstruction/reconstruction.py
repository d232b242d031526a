"""Structures with the descriptors of another one."""

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
from torch import Tensor

from porenet.errors import DoubtfulTarget, InputError, Wording, argument
from porenet.interface import AXES, Volume
from porenet.objective import Objective
from porenet.reconstruction.descent import descend
from porenet.reconstruction.descriptor_terms import default_terms, usual_reach_um
from porenet.reconstruction.memory import refuse_too_large
from porenet.reconstruction.overlap import overlap_of
from porenet.reconstruction.spectral_start import Start, start_logits
from porenet.reconstruction.structure_report import StructureReport, beside, decoded, measured, term_results

STEPS = 200
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


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Reconstructed structures.

    Attributes:
        structures: in the order of their seeds.
        notes: what was left out or changed, in words.
    """

    structures: tuple[Structure, ...]
    notes: tuple[str, ...]

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The structures alone."""
        return tuple(structure.volume for structure in self.structures)

    @property
    def reports(self) -> tuple[StructureReport, ...]:
        """What each reached."""
        return tuple(structure.report for structure in self.structures)


class Reconstructor:
    """Makes structures with the descriptors of one structure; everything is checked when it is built.

    Args:
        volume: the structure whose descriptors are aimed at.
        shape: ``(Z, Y, X)`` of the results, voxels of the same edges; default: that of the structure.
        terms: as `porenet.Objective` takes them; default: `default_terms`.
        relax: relaxation of the terms that state none.
        steps: steps of the optimiser.
        start: ``spectral``, noise with the spectrum of each phase, or ``noise``, white.
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
        self.volume, self.shape = volume, _checked_shape(shape, volume)
        if type(steps) is not int or steps < 1:
            raise InputError(f"a number of steps, 1 or more, was expected, not {steps!r}", where=argument("steps"))
        if start not in ("spectral", "noise"):
            raise InputError(f"'spectral' or 'noise' was expected, not {start!r}", where=argument("start"))
        phases = [volume.grid.phases[label] for label in np.unique(volume.labels)]
        if len(phases) < 2:
            raise InputError(f"holds {phases[0]} alone: there is nothing to reconstruct", where="volume")
        self.device, self.steps, self.start = usable_device(device), steps, start
        refuse_too_large(self.shape, len(volume.grid.phases), self.device)
        self.notes: list[str] = []
        absent = [phase for phase in volume.grid.phases if phase not in phases]
        if absent:
            self.notes.append(f"no voxel is {' or '.join(absent)}, and none will be")
        if terms is None:
            terms, notes = default_terms(volume, self.shape, steps)
            self.notes += notes
        self.objective = Objective(volume.grid, terms, relax=relax).to(self.device)
        self._reference_metrics: dict[str, tuple[float | None, str]] | None = None
        with _quiet():
            labels = torch.from_numpy(volume.labels.astype(np.int64))[None]
            self.targets = self.objective.targets_of(labels.to(self.device)).to(self.device)
            self._try(self.first_logits(0))

    def first_logits(self, seed: int) -> Tensor:
        """The start of a structure, ``(1, P, Z, Y, X)`` float32.

        Args:
            seed: of its noise.
        """
        reach_um = usual_reach_um(self.volume, self.shape)
        field = start_logits(self.volume, self.shape, kind=self.start, reach_um=reach_um, seed=seed)
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
        if self._reference_metrics is None:
            self._reference_metrics = measured(self.volume)
        report = StructureReport(
            seed,
            results,
            beside(self._reference_metrics, measured(volume)),
            overlap_of(self.volume.labels, volume.labels, len(self.volume.grid.phases)),
        )
        return Structure(volume, report)

    def settings(self) -> dict[str, Any]:
        """All that the structures depend on but their seeds, as JSON-ready data."""
        grid = self.volume.grid
        return {
            "original": hashlib.sha256(self.volume.labels.tobytes()).hexdigest(),
            "original_shape": list(self.volume.labels.shape),
            "phases": list(grid.phases),
            "voxel_um": list(grid.voxel_um),
            "periodic": list(grid.periodic),
            "shape": list(self.shape),
            "terms": [term.as_data() for term in self.objective.terms],
            "steps": self.steps,
            "start": self.start,
            "device": self.device.type,
            "versions": {name: version(name) for name in ("porenet", "torch")},
        }

    @torch.no_grad()
    def _try(self, logits: Tensor) -> None:
        """Evaluate every term once, so that one that refuses the shape says so before the first step."""
        self.objective.values(logits.softmax(dim=1), self.targets)


def reconstruct(
    volume: Volume,
    *,
    shape: Sequence[int] | None = None,
    count: int = 1,
    seed: int = 0,
    terms: Iterable[Mapping[str, Any]] | None = None,
    steps: int = STEPS,
    start: Start = "spectral",
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Reconstruction:
    """Structures with the descriptors of another one: voxels optimised directly for losses, with no network.

    By default for the volume fractions, the two-point probabilities at all lags of a ball, the surfaces (with the guard
    against speckle) and the triple line. It makes other samples of the material, not copies: the report has the
    agreement with the original. Two-point statistics do not hold the connection of a phase; add terms that do.

    Args:
        volume: the structure whose descriptors are aimed at.
        shape: ``(Z, Y, X)`` of the results, voxels of the same edges; default: that of the structure.
        count: number of structures.
        seed: of the first structure; each following one has the next integer.
        terms: as `porenet.Objective` takes them, in place of the default ones; any registered loss.
        steps: steps of the optimiser.
        start: ``spectral``, noise with the spectrum of each phase, or ``noise``, white.
        device: a torch device, such as ``cuda``.
        progress: called after each step with the number of the structure, from 0, and of the step, from 1.

    Raises:
        InputError: what `Reconstructor` refuses, or a count below 1.
        ConfigError, PluginError: as for `porenet.Objective`.

    Example:
        >>> import porenet
        >>> from porenet.synthetic import plurigaussian
        >>> original, _ = plurigaussian((16,) * 3, voxel_um=(0.1,) * 3, length_um=0.4, fractions=(0.4, 0.3, 0.3))
        >>> result = porenet.reconstruct(original, steps=5)
        >>> result.volumes[0].labels.shape
        (16, 16, 16)
    """
    if type(count) is not int or count < 1:
        raise InputError(f"a number of structures, 1 or more, was expected, not {count!r}", where=argument("count"))
    maker = Reconstructor(volume, shape=shape, terms=terms, steps=steps, start=start, device=device)
    structures = []
    for number in range(count):
        steps_of = None if progress is None else (lambda step, number=number: progress(number, step))
        structures.append(maker.structure(seed + number, steps_of))
    return Reconstruction(tuple(structures), tuple(maker.notes))


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


def _checked_shape(shape: Sequence[int] | None, volume: Volume) -> tuple[int, int, int]:
    try:
        sides = volume.labels.shape if shape is None else tuple(operator.index(side) for side in shape)
    except TypeError:
        sides = ()
    if len(sides) != 3 or min(sides) < 1:
        raise InputError(f"three whole numbers of voxels were expected, not {shape!r}", where=argument("shape"))
    for axis, side, size, wraps in zip(AXES, sides, volume.labels.shape, volume.grid.periodic, strict=True):
        if size == 1 < side:
            raise InputError(
                f"the original is one voxel thick along {axis}: nothing is known of that direction",
                where=argument("shape"),
                fix=f"Keep 1 along {axis}.",
            )
        if wraps and side != size:
            raise InputError(
                f"{side} voxels along a periodic axis of {size}: the lags round the box would not be the same",
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
