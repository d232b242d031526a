"""Structures with the descriptors of sections, under the assumption that the material is the same in z, y and x."""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError, argument, counted
from porenet.interface import Volume, section_grid
from porenet.objective import mean_chords, targets_of_sections
from porenet.reconstruction.descriptor_terms import FINE, REACH, Terms
from porenet.reconstruction.original_sections import Plane, least_distance, originals_alike, sections_of
from porenet.reconstruction.radial_start import covariance_by_distance, radial_logits
from porenet.reconstruction.reconstructor import OTHER_STARTS, Reconstructor
from porenet.reconstruction.section_references import Reference, references_of_sections
from porenet.reconstruction.section_witnesses import witnesses_of_sections
from porenet.reconstruction.structure_report import measured
from porenet.targets import Targets
from porenet.targets.stereology import ASSUMPTION, LEAST_CHORD

UNLIKE = 0.1
"""Difference of the covariances along the two sides of a section, per phi (1 - phi), from which a note says so."""


class SectionReconstructor(Reconstructor):
    """Makes structures with the descriptors of sections; everything is checked when it is built.

    Targets are measured on the sections and converted by `porenet.targets.Targets.to_3d`; their uncertainty (tiles of
    one section, or the scatter of several) widens the tolerances of the terms. The error that remains is that of the
    sections: what they do not represent, no result has.

    Args:
        volume: holds the sections, each a layer; or is one section, a grid of two dimensions, whose normal is z; or
            several of either, of any size, of the same phases and voxel edges.
        planes: sections by the axis across which they lie, ``"z"`` or ``[("z", 40), ("x", 7)]``; other layers are not
            read.
        **settings: as for `Reconstructor`; the default shape is a cube of the shortest side, and there is no coarse
            start.

    Raises:
        InputError: unequal voxel edges, a plane that the volume does not have, a term whose target a section does not
            show, and as for `Reconstructor`.
    """

    def __init__(self, volume: Volume | Sequence[Volume], planes: str | Sequence[Plane], **settings: Any) -> None:
        volumes = originals_alike(volume)
        edges = volumes[0].grid.voxel_um
        if max(edges) > min(edges) * (1 + 1e-6):
            raise InputError(
                f"voxel edges of {edges} um differ, and sections are taken as {ASSUMPTION}",
                where=argument("from_plane"),
                fix="Resample the sections to square pixels; the edge across them is that of a pixel.",
            )
        if settings.get("start") == "coarse":
            raise InputError("sections have no coarse start", where=argument("start"), fix=OTHER_STARTS)
        sections = sections_of(volumes, planes)
        self.apart = least_distance(sections)
        self.planes = [
            (f"{each.original}: " if len(volumes) > 1 else "") + f"{each.normal}={each.layer}" for each in sections
        ]
        self.sections = [each.labels for each in sections]
        self._references: dict[str, Reference] | None = None
        copies = self._leave_out_copies()
        super().__init__(volumes[0], **settings)
        source = f"from {len(self.sections)} section(s), taken as {ASSUMPTION}"
        self.notes = [source, *copies, *self.notes, *self._doubts()]

    def _leave_out_copies(self) -> list[str]:
        """Leave out sections that are the same as one before, which would not scatter; notes that name them."""
        notes = []
        first: dict[tuple[tuple[int, ...], bytes], int] = {}
        for number, labels in enumerate(self.sections):
            place = first.setdefault((labels.shape, labels.tobytes()), number)
            if place != number:
                notes.append(f"the section {self.planes[number]} is the same as {self.planes[place]} and is left out")
        self.planes = [self.planes[number] for number in first.values()]
        self.sections = [self.sections[number] for number in first.values()]
        return notes

    def settings(self) -> dict[str, Any]:
        """All that the structures depend on but their seeds, as JSON-ready data."""
        of_all = hashlib.sha256()
        for labels in self.sections:
            of_all.update(repr(labels.shape).encode() + labels.tobytes())
        return super().settings() | {
            "original": of_all.hexdigest(), "sections": self.planes, "assumed": ASSUMPTION
        }  # fmt: skip

    def _checked_shape(self, shape: Sequence[int] | None) -> tuple[int, int, int]:
        side = min(min(labels.shape) for labels in self.sections)
        try:
            sides = (side,) * 3 if shape is None else tuple(operator.index(each) for each in shape)
        except TypeError:
            sides = ()
        if len(sides) != 3 or min(sides) < 2:
            raise InputError(
                f"three whole numbers of voxels above 1 were expected, not {shape!r}", where=argument("shape")
            )
        return sides[0], sides[1], sides[2]

    def _labels(self) -> NDArray[np.uint8]:
        return np.concatenate([labels.ravel() for labels in self.sections])

    def _reach(self) -> float:
        """Longest lag, voxels: 16, at most half of the shortest side of sections and result."""
        return float(min(REACH, *(side / 2 for labels in self.sections for side in labels.shape), *self.shape))

    def _default_terms(self) -> tuple[Terms, list[str]]:
        """Fractions, two-point statistics by distance, surfaces and the triple line by estimators that convert."""
        grid, notes = self.volume.grid, []
        s2 = {"directions": "radial", "reach_um": self._reach() * grid.voxel_um[0]}
        coarse = self._least_chord() >= LEAST_CHORD
        terms: Terms = [{"loss": "vf"}, {"loss": "s2", "params": s2}]
        terms.append({"loss": "ssa"} if coarse else {"loss": "ssa", "params": {"estimator": "faces"}})
        if not coarse:
            notes.append(
                f"a mean chord is {self._least_chord():.3g} voxels, below {LEAST_CHORD:g}: surfaces and triple lines "
                "are counted on voxels (faces, edges)"
            )
        present = len(np.unique(self._labels()))
        if len(grid.phases) == present == 3:
            params = {"sigma": FINE} if coarse else {"estimator": "edges"}
            terms.append({"loss": "tpb", "start": self.steps // 2, "params": params})
        else:
            notes.append(f"no term for the triple line: it is one of three phases, and there are {present}")
        return terms, notes

    def _measured_targets(self) -> Targets:
        sliced = [term.label for term in self.objective.terms if term.planes]
        if sliced:
            raise InputError(
                f"{', '.join(sliced)} has planes, and what the sections give is converted to a volume's",
                where=argument("terms"),
                fix="Leave planes out.",
            )
        targets: Targets = targets_of_sections(self.objective, self.sections).to_3d(assume=ASSUMPTION)
        grid = section_grid(self.volume.grid, "z")  # its edges are equal
        coarse = self._least_chord() >= LEAST_CHORD
        witnesses = witnesses_of_sections(self.objective, self.sections, grid, coarse=coarse)
        return Targets(
            dict(targets), targets.estimators, targets.whole, witnesses, dims=3, uncertainty=targets.uncertainty
        )

    def _fine_start(self, seed: int) -> NDArray[np.float32]:
        phases = len(self.volume.grid.phases)
        return radial_logits(self.sections, phases, self.shape, kind=self.start, reach=self._reach(), seed=seed)

    def _beside(self, volume: Volume) -> dict[str, dict[str, Any]]:
        """Metrics of a result; beside them what the sections say of the volume's, and its standard error."""
        if self._references is None:
            coarse = self._least_chord() >= LEAST_CHORD
            self._references = references_of_sections(self.sections, section_grid(self.volume.grid, "z"), coarse=coarse)
        rows = dict[str, dict[str, Any]]()
        for key, (value, unit) in measured(volume).items():
            known = self._references.get(key, Reference(None, None))
            rows[key] = {"reference": known.value, "uncertainty": known.error, "result": value, "unit": unit}
        return rows

    def _overlap(self, volume: Volume) -> None:
        return None

    def _least_chord(self) -> float:
        chords = mean_chords(self.sections, len(self.volume.grid.phases)).flatten().tolist()
        return float(min(chord for chord in chords if not math.isnan(chord)))

    def _doubts(self) -> list[str]:
        """What speaks against the assumption, and how far the sections represent the material."""
        notes = []
        for phase, name in enumerate(self.volume.grid.phases):
            share = float(np.mean(self._labels() == phase))
            if 0 < share < 1 and self._difference(phase) > UNLIKE * share * (1 - share):
                notes.append(f"two-point probabilities of {name} differ along the two sides of the sections")
        chord = float(mean_chords(self.sections, len(self.volume.grid.phases)).nan_to_num().max())
        if self.apart is not None and self.apart < chord:
            notes.append(
                f"layers that are {counted(self.apart, 'voxel')} apart show much the same (mean chords to {chord:.3g} "
                "voxels): their scatter, and so the standard errors, are too small"
            )
        error = self.targets.uncertainty.get("vf")
        if error is not None:
            shares = self.targets["vf"].flatten().tolist()
            pairs = zip(self.volume.grid.phases, shares, error.flatten().tolist(), strict=True)
            said = ", ".join(f"{name} {share:.3f} +- {each:.3f}" for name, share, each in pairs)
            notes.append(f"volume fractions and their standard errors: {said}")
        return notes

    def _difference(self, phase: int) -> float:
        """Root mean square, over the lags, of what a phase's covariances along the two sides of the sections differ."""
        reach = self._reach()
        rows = [labels.reshape(-1, 1, labels.shape[1]) for labels in self.sections]
        columns = [labels.T.reshape(-1, 1, labels.shape[0]) for labels in self.sections]
        along = [
            covariance_by_distance([line for lines in family for line in lines], phase, reach)[1]
            for family in (rows, columns)
        ]
        return float(np.sqrt(np.square(along[0] - along[1]).mean()))
