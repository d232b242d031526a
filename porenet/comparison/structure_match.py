"""Best match of two structures over the symmetries that keep z and all shifts, by FFT cross-correlation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume

Labels = NDArray[np.uint8]
Pairs = NDArray[np.bool_]
Progress = Callable[[float], None]

SYMMETRIES: Mapping[str, Callable[[Labels], Labels]] = {
    "identity": lambda labels: labels,
    "rotate_180": lambda labels: labels[:, ::-1, ::-1],
    "mirror_y": lambda labels: labels[:, ::-1],
    "mirror_x": lambda labels: labels[:, :, ::-1],
    "rotate_90": lambda labels: np.rot90(labels, 1, axes=(1, 2)),
    "rotate_270": lambda labels: np.rot90(labels, 3, axes=(1, 2)),
    "transpose": lambda labels: labels.swapaxes(1, 2),
    "antitranspose": lambda labels: labels[:, ::-1, ::-1].swapaxes(1, 2),
}
"""The symmetries of a square that keep z; the last four exchange y and x, so they need equal sides and voxel edges."""
_KEEP_AXES = 4
_SPECTRA_BYTES = 256 * 2**20
"""Spectra held at once; a 64^3 structure of three phases takes 3 MB."""


@dataclass(frozen=True, slots=True)
class Match:
    """The best match of a structure with a training structure, over all symmetries and shifts.

    Attributes:
        training: index of the training structure.
        symmetry: symmetry applied to it first, a key of `SYMMETRIES`.
        shift: shift applied next, with wrapping, along (z, y, x), voxels.
        agreement: share of equal voxels after both, 0 to 1.
        mean_agreement: mean agreement over all shifts, the sum of the products of the volume fractions.
    """

    training: int
    symmetry: str
    shift: tuple[int, int, int]
    agreement: float
    mean_agreement: float


class Search:
    """Matches structures with training structures.

    Args:
        training: structures of one shape and grid, at least one.
        workers: number of threads per FFT.
    """

    def __init__(self, training: Sequence[Volume], workers: int) -> None:
        from scipy import fft  # half a second that a listing must not pay

        self.fft, self.training, self.workers = fft, training, workers
        first = training[0]
        self.phases, self.shape = len(first.grid.phases), first.labels.shape
        square = self.shape[1] == self.shape[2] and first.grid.voxel_um[1] == first.grid.voxel_um[2]
        self.symmetries = list(SYMMETRIES)[: None if square else _KEEP_AXES]

    def best(
        self, volumes: Sequence[Volume], admitted: Pairs, progress: Progress | None = None
    ) -> tuple[list[Match], NDArray[np.float64]]:
        """Best training structure of each volume, and agreement above chance of each pair.

        Args:
            volumes: V structures.
            admitted: ``(V, T)`` bool, the pairs to match.
            progress: called with the share of the work done, 0 to 1.

        Returns:
            One match per volume that has an admitted pair, and ``(V, T)`` float, -inf where not admitted.
        """
        above = np.full(admitted.shape, -np.inf)
        places: dict[int, tuple[int, str, int]] = {}
        at_once = max(1, _SPECTRA_BYTES // (self.phases * int(np.prod(self.shape)) * 4))
        for start in range(0, len(volumes), at_once):
            chunk = {i: self._spectra(volumes[i].labels) for i in range(start, min(start + at_once, len(volumes)))}
            for j, training in enumerate(self.training):
                partners = [i for i in chunk if admitted[i, j]]
                for name in self.symmetries if partners else ():
                    own_fractions, own = self._spectra(SYMMETRIES[name](training.labels))
                    np.conjugate(own, out=own)
                    for i in partners:
                        fractions, spectra = chunk[i]
                        product = own[0] * spectra[0]
                        for phase in range(1, self.phases):
                            product += own[phase] * spectra[phase]
                        gain = self.fft.irfftn(product, s=self.shape, workers=self.workers, overwrite_x=True)
                        peak = int(gain.argmax())
                        mean = float(fractions @ own_fractions)
                        excess = above_chance(mean + float(gain.flat[peak]) / gain.size, mean)
                        if excess > above[i].max():
                            places[i] = j, name, peak
                        above[i, j] = max(above[i, j], excess)
                if progress is not None:
                    progress((start + len(chunk) * (j + 1) / len(self.training)) / len(volumes))
        return [self._exact_match(volumes[i], *places[i]) for i in sorted(places)], above

    def _spectra(self, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.complex64]]:
        """Volume fractions ``(P,)``, and the spectrum of each phase's indicator minus its mean."""
        fractions = np.bincount(labels.ravel(), minlength=self.phases) / labels.size
        spectra = np.stack(
            [
                self.fft.rfftn(
                    (labels == phase).astype(np.float32) - np.float32(fractions[phase]), workers=self.workers
                )
                for phase in range(self.phases)
            ]
        )
        return fractions, spectra

    def _exact_match(self, volume: Volume, j: int, name: str, peak: int) -> Match:
        """The match, its agreement counted exactly: the single-precision FFT gives the shift, not the sixth digit."""
        at = np.unravel_index(peak, self.shape)
        shift = tuple(int(s) if 2 * s <= n else int(s) - n for s, n in zip(at, self.shape, strict=True))
        training = self.training[j].labels
        agreement = float(np.mean(np.roll(SYMMETRIES[name](training), shift, axis=(0, 1, 2)) == volume.labels))
        counts = [np.bincount(labels.ravel(), minlength=self.phases) for labels in (training, volume.labels)]
        mean = float(counts[0] @ counts[1]) / volume.labels.size**2
        return Match(j, name, (shift[0], shift[1], shift[2]), agreement, mean)


def above_chance(agreement: float, chance: float) -> float:
    """``(agreement - chance) / (1 - chance)``: 0 at chance level, 1 for a copy."""
    # Two structures of the same single phase agree in all voxels, at a chance level of 1: 0/0 = 0.
    return (agreement - chance) / (1 - chance) if chance < 1 else 0.0
