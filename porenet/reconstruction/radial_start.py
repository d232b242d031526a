"""A start from sections: noise with the spectrum of each phase's covariance by distance, the same in all directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.reconstruction.spectral_start import ABSENT, NOISE, TAPER, Field, shaped, with_fractions

Labels = NDArray[np.uint8]


def radial_logits(
    sections: Sequence[Labels], phases: int, shape: tuple[int, int, int], *, kind: str, reach: float, seed: int
) -> Field:
    """Logits whose argmax has the fractions of sections and, if spectral, nearly their covariance by distance.

    Args:
        sections: ``(A, B)`` each, of square pixels.
        phases: number of phases.
        shape: ``(Z, Y, X)`` of the result, voxels of the edge of the pixels.
        kind: ``noise``: white; any other: spectral.
        reach: distance at which the covariance is taken as 0, voxels.
        seed: of the noise.

    Returns:
        ``(P, Z, Y, X)`` float32.
    """
    logits = np.random.default_rng(seed).standard_normal((phases, *shape))
    counts = np.bincount(np.concatenate([labels.ravel() for labels in sections]), minlength=phases)
    shares = counts / counts.sum()
    if kind == "noise":
        logits *= NOISE
    else:
        lengths = _wrapped_lengths(shape)
        for phase in np.flatnonzero(shares):
            covariance = np.interp(lengths, *covariance_by_distance(sections, int(phase), reach), right=0.0)
            power: NDArray[np.float64] = _fft().rfftn(covariance).real.clip(min=0)
            logits[phase] = shaped(logits[phase], power)
    field: Field = logits.astype(np.float32)
    field[shares == 0] = ABSENT
    return with_fractions(field, shares)


def covariance_by_distance(
    sections: Sequence[Labels], phase: int, reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Covariance of a phase's indicator at whole distances, tapered to 0 at the reach.

    Args:
        sections: ``(A, B)`` each, of square pixels.
        phase: its label.
        reach: voxels.

    Returns:
        Distances 0, 1, 2, ..., voxels, and the covariance at each, dimensionless.
    """
    most = int(reach)
    sums, pairs = np.zeros(most + 1), np.zeros(most + 1)
    for labels in sections:
        products, counts, distances = _products((labels == phase).astype(np.float64), most)
        near = distances <= most
        sums += np.bincount(distances[near], weights=products[near], minlength=most + 1)
        pairs += np.bincount(distances[near], weights=counts[near], minlength=most + 1)
    share = float(np.mean([np.mean(labels == phase) for labels in sections]))
    steps = np.arange(most + 1, dtype=np.float64)
    taper = 0.5 + 0.5 * np.cos(np.pi * ((steps - reach + TAPER) / TAPER).clip(0, 1))
    return steps, (sums / pairs.clip(min=1) - share**2) * taper


def _products(mask: NDArray[np.float64], most: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Pairs of voxels of the phase at each shift up to the reach, all pairs, and the rounded length of each shift."""
    spans = [min(most, size - 1) for size in mask.shape]
    padded = [size + span for size, span in zip(mask.shape, spans, strict=True)]
    fft = _fft()
    products = fft.irfftn(np.abs(fft.rfftn(mask, s=padded)) ** 2, s=padded)
    first, second = np.meshgrid(*(np.arange(-span, span + 1) for span in spans), indexing="ij")
    counts = (mask.shape[0] - np.abs(first)) * (mask.shape[1] - np.abs(second))
    lengths = np.rint(np.hypot(first, second)).astype(np.int64)
    return products[first % padded[0], second % padded[1]].ravel(), counts.ravel(), lengths.ravel()


def _wrapped_lengths(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Length of each lag round the box, voxels, ``(Z, Y, X)``."""
    steps = np.meshgrid(*(np.minimum(np.arange(n), n - np.arange(n)) for n in shape), indexing="ij")
    lengths: NDArray[np.float64] = np.sqrt(sum(step.astype(np.float64) ** 2 for step in steps))
    return lengths


def _fft() -> Any:
    from scipy import fft  # half a second that a listing must not pay

    return fft
