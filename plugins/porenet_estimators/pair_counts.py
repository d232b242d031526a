"""Numbers of pairs of voxels at many lags, exact, by FFT, on labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from porenet_estimators.lags import Lags

Pair = tuple[int, int]


def pair_counts_at(labels: NDArray[np.uint8], lags: Lags, pairs: Iterable[Pair]) -> Iterator[NDArray[np.int64]]:
    """Pairs of voxels, the first of one phase and the second, a lag further, of another.

    Padded with the longest lag along its open axes, a box has no pair that goes round it, so that the circular
    correlation of two indicators is the count; in float64 it is nearer to a whole number than 1e-4 up to 1024^3 voxels.

    Args:
        labels: ``(Z, Y, X)``.
        lags: which lags.
        pairs: labels of the two phases; ``-1`` for any phase.

    Yields:
        ``(K,)`` for each pair, in the order of ``pairs``; of no meaning where no pair is possible.
    """
    from scipy import fft  # half a second that a listing must not pay

    size = [fft.next_fast_len(n + p, real=True) if p else n for n, p in zip(labels.shape, lags.padding, strict=True)]
    place = tuple(np.where(lags.possible > 0, lags.steps.T, 0) % np.array(size)[:, None])
    spectra: dict[int, NDArray[np.complex128]] = {}

    def spectrum(label: int) -> NDArray[np.complex128]:
        if label not in spectra:
            mask = np.ones(labels.shape) if label < 0 else (labels == label).astype(np.float64)
            spectra[label] = fft.rfftn(mask, s=size)
        return spectra[label]

    for first, second in pairs:
        counts = fft.irfftn(spectrum(first).conj() * spectrum(second), s=size)[place]
        yield np.rint(counts).astype(np.int64)
