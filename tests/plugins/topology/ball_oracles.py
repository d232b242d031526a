"""Sizes of a phase in two other ways: openings by scipy, one radius after another, and the definition written out."""

import itertools

import numpy as np
from scipy import ndimage

from porenet.interface import layer_of


def sizes_by_opening(mask, voxel_um, inlet=None):
    """As PoreSpy's local_thickness and porosimetry: erosion to each radius, flood from the inlet, dilation.

    The points are a lattice of half voxels, (2 Z + 1, 2 Y + 1, 2 X + 1), of which an even index is an end of a voxel.
    In an open box; returns diameters, um, and 0 where no ball reaches.
    """
    halves = [edge / 2 for edge in voxel_um]
    obstacles = np.zeros([2 * n + 1 for n in mask.shape], bool)
    for step in np.ndindex(3, 3, 3):
        obstacles[tuple(slice(s, s + 2 * n - 1, 2) for s, n in zip(step, mask.shape, strict=True))] |= ~mask
    clearance = ndimage.distance_transform_edt(~obstacles, sampling=halves)
    sizes = np.zeros(mask.shape)
    for first in (0, 1):
        lattice = (slice(first, None, 2),) * 3
        rooms = clearance[lattice]
        for radius in np.unique(rooms[rooms > 0]):
            eroded = rooms >= radius
            if inlet is not None:
                pieces, _ = ndimage.label(eroded)
                axis, layer = layer_of(inlet)
                eroded &= np.isin(pieces, pieces.take(layer, axis))
            if not eroded.any():
                continue
            centres = np.zeros_like(obstacles)
            centres[lattice] = eroded
            apart = ndimage.distance_transform_edt(~centres, sampling=halves)
            # The point of a closed voxel that is nearest to a corner or a centre is one of its 27.
            reached = ndimage.minimum_filter(apart, 3)[1::2, 1::2, 1::2] < radius * (1 - 1e-6)
            sizes[reached] = np.maximum(sizes[reached], 2 * radius)
    return sizes


def sizes_written_out(volume, label, inlet=None):
    """Every ball around every point against every voxel and its periodic images; um."""
    mask, periodic = volume.labels == label, volume.grid.periodic
    axis, layer = (None, None) if inlet is None else layer_of(inlet)
    voxels = np.argwhere(np.ones(mask.shape, bool))
    sizes = np.zeros(mask.size)
    images = [
        np.array(image) * mask.shape for image in itertools.product(*[(-1, 0, 1) if w else (0,) for w in periodic])
    ]
    for first in (0, 1):
        counts = [
            n if first or (w and i != axis) else n + 1
            for i, (n, w) in enumerate(zip(mask.shape, periodic, strict=True))
        ]
        apart = {}
        for point in np.ndindex(*counts):
            ends = [2 * (voxels + image) - (2 * np.array(point) + first) for image in images]
            gaps = [np.maximum(np.maximum(end, -end - 2), 0) / 2 * volume.grid.voxel_um for end in ends]
            apart[point] = np.sqrt(np.min([(gap**2).sum(axis=1) for gap in gaps], axis=0))
        radii = {point: distances[~mask.ravel()].min() for point, distances in apart.items()}
        if inlet is not None:
            radii = _entering(radii, counts, axis, layer % counts[axis], periodic)
        for point, radius in radii.items():
            reached = apart[point] < radius * (1 - 1e-6)
            sizes[reached] = np.maximum(sizes[reached], 2 * radius)
    return sizes.reshape(mask.shape)


def _entering(radii, counts, axis, layer, periodic):
    """Radius of the largest ball that comes from a layer to each point, one flood for each radius."""
    entering = dict.fromkeys(radii, 0.0)
    for radius in sorted(set(radii.values()) - {0.0}):
        queue = [point for point, room in radii.items() if room >= radius and point[axis] == layer]
        seen = set(queue)
        while queue:
            point = queue.pop()
            entering[point] = radius
            for way, step in itertools.product(range(3), (-1, 1)):
                beside = list(point)
                beside[way] += step
                if periodic[way] and way != axis:
                    beside[way] %= counts[way]
                beside = tuple(beside)
                if radii.get(beside, 0) >= radius and beside not in seen:
                    seen.add(beside)
                    queue.append(beside)
    return entering
