"""Fields to start a reconstruction from: noise with the spectrum of each phase of a structure, or white noise."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume

Start = Literal["spectral", "noise", "coarse"]
Field = NDArray[np.float32]

ABSENT = -20.0
"""Logit of a phase that the structure does not have: no step of the optimiser brings it back."""
NOISE = 0.5
"""Standard deviation of the logits of a start from white noise."""
TAPER = 4
"""Length over which a covariance goes to 0 at its reach, shortest voxel edges."""
ROUNDS, RATE = 300, 0.3
"""Most rounds in which the mean logits are moved to bring the fractions right, and how far per unit of error."""


def start_logits(reference: Volume, shape: tuple[int, int, int], *, kind: Start, reach_um: float, seed: int) -> Field:
    """Logits whose argmax has the volume fractions of a structure and, if spectral, nearly its two-point statistics.

    Each phase is white noise shaped by the root of the power spectrum of the phase, with unit variance. In a box of the
    structure's shape that is the spectrum of the structure itself, elsewhere that of its covariance up to the reach,
    tapered. The phases' noises are independent, and their means are moved until the argmax has the fractions.

    Args:
        reference: the structure.
        shape: ``(Z, Y, X)`` of the result, voxels of the same edges.
        kind: ``noise``: white; any other: spectral.
        reach_um: longest lag of the covariance that counts, um.
        seed: of the noise.

    Returns:
        ``(P, Z, Y, X)`` float32.
    """
    phases = len(reference.grid.phases)
    noise = np.random.default_rng(seed).standard_normal((phases, *shape))
    shares = np.bincount(reference.labels.ravel(), minlength=phases) / reference.labels.size
    if kind == "noise":
        logits = NOISE * noise
    else:
        for phase in np.flatnonzero(shares):
            noise[phase] = shaped(noise[phase], _spectrum(reference, int(phase), shape, reach_um))
        logits = noise
    field: Field = logits.astype(np.float32)
    field[shares == 0] = ABSENT
    return with_fractions(field, shares)


def shaped(noise: NDArray[np.float64], spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """White noise shaped by the root of a power spectrum, to unit variance.

    Args:
        noise: ``(Z, Y, X)``.
        spectrum: on the frequencies of its real transform, any unit.
    """
    fft = _fft()
    field: NDArray[np.float64] = fft.irfftn(fft.rfftn(noise) * np.sqrt(spectrum), s=noise.shape)
    spread = float(field.std())
    return field / spread if spread > 0 else noise


def _spectrum(reference: Volume, phase: int, shape: tuple[int, int, int], reach_um: float) -> NDArray[np.float64]:
    """Power spectrum of a phase's indicator less its mean, on the frequencies of a real transform of the shape."""
    fft = _fft()
    mask = (reference.labels == phase).astype(np.float64)
    mask -= mask.mean()
    if mask.shape == shape:
        power: NDArray[np.float64] = np.abs(fft.rfftn(mask)) ** 2
        return power
    covariance = np.zeros(shape)
    values, steps = _covariance(mask, reference, shape, reach_um)
    np.add.at(covariance, tuple(step % size for step, size in zip(steps, shape, strict=True)), values)
    clipped: NDArray[np.float64] = fft.rfftn(covariance).real.clip(min=0)
    return clipped


def _covariance(
    mask: NDArray[np.float64], reference: Volume, shape: tuple[int, int, int], reach_um: float
) -> tuple[NDArray[np.float64], tuple[NDArray[np.int64], ...]]:
    """Tapered covariance at all lags within the reach, and the lags, voxels; three arrays (z, y, x)."""
    fft, grid = _fft(), reference.grid
    most = [
        min(int(reach_um / edge), size - 1, (other - 1) // 2)
        for edge, size, other in zip(grid.voxel_um, mask.shape, shape, strict=True)
    ]
    padded = [n if wraps else n + m for n, m, wraps in zip(mask.shape, most, grid.periodic, strict=True)]
    products = fft.irfftn(np.abs(fft.rfftn(mask, s=padded)) ** 2, s=padded)
    steps = np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij")
    pairs = np.ones(steps[0].shape)
    for step, size, wraps in zip(steps, mask.shape, grid.periodic, strict=True):
        pairs *= size if wraps else size - np.abs(step)
    lengths = np.sqrt(sum((step * edge) ** 2 for step, edge in zip(steps, grid.voxel_um, strict=True)))
    margin = TAPER * min(grid.voxel_um)
    taper = 0.5 + 0.5 * np.cos(np.pi * ((lengths - reach_um + margin) / margin).clip(0, 1))
    values = products[tuple(step % size for step, size in zip(steps, padded, strict=True))] / pairs * taper
    return values, tuple(steps)


def with_fractions(field: Field, shares: NDArray[np.float64]) -> Field:
    """The field with its phases' means moved until the argmax has the shares, to half a voxel or as near as it goes.

    Args:
        field: logits, ``(P, Z, Y, X)``; changed in place.
        shares: ``(P,)``; phases of share 0 are left alone.
    """
    for _ in range(ROUNDS):
        counts = np.bincount(field.argmax(axis=0).ravel(), minlength=len(shares))
        errors = shares - counts / counts.sum()
        if np.abs(errors).max() <= 0.5 / counts.sum():
            break
        present = shares > 0
        field[present] += np.float32(RATE) * errors[present].astype(np.float32)[:, None, None, None]
    return field


def _fft() -> Any:
    from scipy import fft  # half a second that a listing must not pay

    return fft
