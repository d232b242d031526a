"""The losses as one writes them down from a paper, with shifted slices, 3-D convolutions and autograd: the baselines.

Fields are ``(B, P, Z, Y, X)`` probabilities; every function returns one value a sample, ``(B,)``, unless it says more.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor
from torch.nn import functional

FACES = ((0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2))


def volume_fraction(field: Tensor, target: Tensor) -> Tensor:
    return (field.mean(dim=(2, 3, 4)) - target).square().sum(dim=1)


def face_area_absolute(field: Tensor, target: Tensor, voxel_um: float) -> Tensor:
    """Mean squared relative error of the sum of |p(u) - p(v)| over neighbours."""
    unlike = 0
    for axis in (2, 3, 4):
        first, second = _pairs(field, axis)
        unlike = unlike + (first - second).abs().sum(dim=(2, 3, 4))
    return (unlike / (field[0, 0].numel() * voxel_um) / target - 1).square().mean(dim=1)


def face_area_product(field: Tensor, target: Tensor, voxel_um: float) -> Tensor:
    """Mean squared relative error of the sum of p(u) (1 - p(v)) + p(v) (1 - p(u)) over neighbours."""
    unlike = 0
    for axis in (2, 3, 4):
        first, second = _pairs(field, axis)
        unlike = unlike + (first * (1 - second) + second * (1 - first)).sum(dim=(2, 3, 4))
    return (unlike / (field[0, 0].numel() * voxel_um) / target - 1).square().mean(dim=1)


def total_variation(field: Tensor, target: Tensor, voxel_um: float) -> Tensor:
    """Mean squared relative error of the mean gradient length after a Gaussian of 1 voxel, all axes periodic."""
    _, slopes = _smooth_and_slopes(field, 1.0)
    length = torch.stack(slopes).square().sum(dim=0).add(1e-12).sqrt()
    return (length.mean(dim=(2, 3, 4)) / voxel_um / target - 1).square().mean(dim=1)


def isolation(phase: Tensor) -> Tensor:
    """Of one phase ``(B, Z, Y, X)``: the convolution with the 6-neighbour kernel, zero padding."""
    return _isolation(phase[:, None]).squeeze(1)


def isolation_by_groups(field: Tensor) -> Tensor:
    """Of every phase, in one grouped convolution; ``(B, P)``."""
    return _isolation(field)


def isolation_by_batch(field: Tensor) -> Tensor:
    """Of every phase, in one convolution over B x P fields of one channel; ``(B, P)``."""
    return _isolation(field.flatten(0, 1)[:, None]).view(field.shape[:2])


def face_hinge(field: Tensor, channel: int, margin: float = 0.05) -> Tensor:
    """On both z faces."""
    hinges = []
    for face in (field[:, :, 0], field[:, :, -1]):
        rivals = torch.cat([face[:, :channel], face[:, channel + 1 :]], dim=1).amax(dim=1)
        hinges.append(functional.relu(rivals - face[:, channel] + margin).mean(dim=(1, 2)))
    return torch.stack(hinges).mean(dim=0)


def connectivity(field: Tensor, channel: int) -> Tensor:
    return isolation(field[:, channel]) + face_hinge(field, channel)


def slice_floor(field: Tensor, channel: int, floor: float) -> Tensor:
    return functional.relu(floor - field[:, channel].mean(dim=(2, 3))).mean(dim=1)


def triple_product(field: Tensor, target: float) -> Tensor:
    return functional.relu(target - (field[:, 0] * field[:, 1] * field[:, 2]).mean(dim=(1, 2, 3)))


def interface_areas(field: Tensor, target: Tensor, voxel_um: float) -> Tensor:
    """Mean squared relative error of p_a(u) p_b(v) + p_b(u) p_a(v) over neighbours, for each two phases."""
    areas = []
    for a, b in itertools.combinations(range(field.shape[1]), 2):
        unlike = 0
        for axis in (2, 3, 4):
            first, second = _pairs(field, axis)
            unlike = unlike + (first[:, a] * second[:, b] + first[:, b] * second[:, a]).sum(dim=(1, 2, 3))
        areas.append(unlike / (field[0, 0].numel() * voxel_um))
    return (torch.stack(areas, dim=1) / target - 1).square().mean(dim=1)


def triple_line(field: Tensor, target: Tensor, voxel_um: float) -> Tensor:
    """Squared relative error of the co-area length at 1 and 1.5 voxels, extrapolated, all axes periodic."""
    lengths = []
    for sigma in (1.0, 1.5):
        smoothed, slopes = _smooth_and_slopes(field, sigma)
        z, y, x = (slope[:, 1:] - slope[:, :1] for slope in slopes)
        (za, zb), (ya, yb), (xa, xb) = z.unbind(1), y.unbind(1), x.unbind(1)
        squared = (ya * xb - xa * yb).square() + (xa * zb - za * xb).square() + (za * yb - ya * zb).square()
        density = 40 * smoothed.prod(dim=1) * squared.add(1e-20).sqrt()
        lengths.append(density.mean(dim=(1, 2, 3)) / voxel_um**2)
    return ((1.8 * lengths[0] - 0.8 * lengths[1]) / target - 1).square()


def _pairs(field: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    last = field.shape[axis] - 1
    return field.narrow(axis, 0, last), field.narrow(axis, 1, last)


def _isolation(field: Tensor) -> Tensor:
    channels = field.shape[1]
    kernel = torch.zeros(channels, 1, 3, 3, 3)
    for face in FACES:
        kernel[(slice(None), 0, *face)] = 1 / 6
    near = functional.conv3d(field, kernel, padding=1, groups=channels)
    return (field * (1 - near)).mean(dim=(2, 3, 4))


def _smooth_and_slopes(field: Tensor, sigma: float) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
    """Separable Gaussian and its derivatives after (z, y, x), cut at 4 standard deviations."""
    reach = int(4 * sigma + 0.5)
    steps = torch.arange(-reach, reach + 1, dtype=field.dtype)
    even = torch.exp(-0.5 * (steps / sigma) ** 2)
    even = even / even.sum()
    odd = even * steps / (even * steps**2).sum()
    filtered = [
        _along(_along(_along(field, filters[0], 2), filters[1], 3), filters[2], 4)
        for filters in ((even, even, even), (odd, even, even), (even, odd, even), (even, even, odd))
    ]
    return filtered[0], (filtered[1], filtered[2], filtered[3])


def _along(field: Tensor, weights: Tensor, axis: int) -> Tensor:
    reach = len(weights) // 2
    widths = [0] * 6
    widths[8 - 2 * axis : 10 - 2 * axis] = reach, reach  # torch counts from the last axis
    shape = [1] * 5
    shape[axis] = len(weights)
    # In groups: over B x P fields of one channel it takes several times as long.
    kernel = weights.view(shape).repeat(field.shape[1], 1, 1, 1, 1)
    return functional.conv3d(functional.pad(field, widths, mode="circular"), kernel, groups=field.shape[1])
