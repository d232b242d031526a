"""How often the solver's estimate of its own error covers the true one: the coverage that its docstring states.

The family: masks of what joins both faces in rounded blobs, in blobs as rare as can still join them, in spheres, in
what spheres leave, in noise, in stacks of plates with pinholes, in random walks, and in real volumes; and fields of
conductivity, of two conductors up to a factor 1e6 apart, with or without a way through the good one, and smooth. The
true error comes from a solve in float64.
"""

import itertools

import numpy as np
import pytest
from porenet_transport.solver.one_volume import conduct
from real_volumes import labels_of, path_of
from scipy import ndimage, sparse
from scipy.sparse.linalg import LinearOperator, cg

TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
ROUNDING = 3e-7
"""Of float32, which the estimate leaves out."""
MASKS, CONDUCTORS = 0.99, 0.98
"""The stated coverage."""
REAL = (
    "sofc_superres_62",
    "imagerep_seg_stack_100",
    "openimpala_2phase_100",
    "nmc1cal_cbd_inpainter_128",
    "nmc_electrode_taufactor_256",
)


def joined(mask):
    """What of a mask joins both ends of axis 0."""
    parts, _ = ndimage.label(mask)
    return np.isin(parts, np.setdiff1d(np.intersect1d(parts[0], parts[-1]), [0]))


def noise(random, shape, sigma):
    return ndimage.gaussian_filter(random.standard_normal(shape), sigma, mode="wrap")


def blobs(random, shape):
    field = noise(random, shape, random.choice([1, 1.5, 2, 3, 5]))
    return field > np.quantile(field, 1 - random.uniform(0.3, 0.9))


def blobs_at_the_threshold(random, shape):
    field = noise(random, shape, random.choice([1, 1.5, 2, 3]))
    low, high = field.min() - 1, field.max()
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if joined(field > middle).any() else (low, middle)
    return field > low


def spheres(random, shape):
    mask, places = np.zeros(shape, bool), np.indices(shape)
    share, radius = random.uniform(0.3, 0.8), random.uniform(2.5, 6)
    while mask.mean() < share:
        centre = random.uniform(0, shape)
        mask |= ((places - centre[:, None, None, None]) ** 2).sum(axis=0) <= radius**2
    return mask


def between_spheres(random, shape):
    return ~spheres(random, shape)


def sites(random, shape):
    return random.random(shape) < random.choice([0.33, 0.36, 0.4, 0.5, 0.6, 0.8, 0.95])


def plates(random, shape):
    mask = np.ones(shape, bool)
    layer = int(random.integers(1, 4))
    while layer < shape[0] - 1:
        mask[layer] = random.random(shape[1:]) < random.choice([0.003, 0.02, 0.2])
        mask[layer, random.integers(shape[1]), random.integers(shape[2])] = True
        layer += int(random.integers(2, 7))
    return mask


def walks(random, shape):
    mask = np.zeros(shape, bool)
    for _ in range(random.integers(1, 20)):
        place = [0, int(random.integers(shape[1])), int(random.integers(shape[2]))]
        mask[tuple(place)] = True
        while place[0] < shape[0] - 1:
            axis = int(random.integers(3))
            moved = place[axis] + (1 if random.random() < (0.62 if axis == 0 else 0.5) else -1)
            place[axis] = min(max(moved, 0), shape[axis] - 1)
            mask[tuple(place)] = True
    return mask


def real(random, shape):
    names = [name for name in REAL if path_of(name).exists()]
    labels = labels_of(names[random.integers(len(names))])
    shape = tuple(min(*pair) for pair in zip(shape, labels.shape, strict=True))
    corner = [int(random.integers(whole - part + 1)) for whole, part in zip(labels.shape, shape, strict=True)]
    part = labels[tuple(slice(start, start + length) for start, length in zip(corner, shape, strict=True))]
    return np.moveaxis(part, int(random.integers(3)), 0) == random.integers(labels.max() + 1)


STRUCTURES = (blobs, blobs_at_the_threshold, spheres, between_spheres, sites, plates, walks, real)


def drawn(structure, seed, sides):
    random = np.random.default_rng([seed, STRUCTURES.index(structure)])
    side = random.choice(sides)
    return structure(random, tuple(int(side * share) for share in random.choice([0.75, 1, 1.25], 3)))


def masks(seeds, sides):
    for seed in seeds:
        for structure in STRUCTURES:
            mask = joined(drawn(structure, seed, sides))
            if mask.any():
                yield mask


def conductors(seeds, sides):
    for seed in seeds:
        for structure in STRUCTURES:
            mask = drawn(structure, seed, sides)
            for bad in (1e-2, 1e-4, 1e-6):
                yield np.where(mask, 1.0, bad)
        random = np.random.default_rng(seed)
        field = noise(random, (random.choice(sides),) * 3, 2.0)
        for bad in (1e-4, 1e-6):
            yield bad + 1 / (1 + np.exp(-(field / field.std() - random.uniform(-0.5, 1.5)) / random.choice([0.1, 0.5])))


def three_conductors(seeds, sides):
    for seed in seeds:
        random = np.random.default_rng(seed)
        shape = (random.choice(sides),) * 3
        first, second = (noise(random, shape, random.choice([0.5, 1, 2])) for _ in range(2))
        labels = np.where(first > np.quantile(first, random.uniform(0.3, 0.8)), 0, np.where(second > 0, 1, 2))
        for order in itertools.permutations((1.0, 1e-3, 1e-6)):
            yield np.array(order)[labels]


def in_float64(cells):
    """Effective conductivity of cubic voxels along axis 0 between the outer faces, all other sides closed."""
    conducts = cells > 0
    numbers = np.full(cells.shape, -1)
    numbers[conducts] = np.arange(np.count_nonzero(conducts))
    rows, columns, values = [], [], []
    for axis in range(3):
        here = (slice(None),) * axis + (slice(-1),)
        there = (slice(None),) * axis + (slice(1, None),)
        both = conducts[here] & conducts[there]
        one, other = cells[here][both], cells[there][both]
        rows.append(numbers[here][both])
        columns.append(numbers[there][both])
        values.append(2 * one * other / (one + other))
    count = np.count_nonzero(conducts)
    pairs = (np.concatenate(rows), np.concatenate(columns))
    upper = sparse.csr_matrix((np.concatenate(values), pairs), (count, count))
    links = upper + upper.T
    ends = np.zeros((2, count))
    for end, layer in ((0, 0), (1, -1)):
        inside = conducts[layer]
        ends[end, numbers[layer][inside]] = 2 * cells[layer][inside]
    leaving = np.asarray(links.sum(axis=1)).ravel() + ends.sum(axis=0)
    system = (sparse.diags(leaving) - links).tocsr()
    depth = np.nonzero(conducts)[0]
    straight = 1 - (depth + 0.5) / len(cells)
    scaled = LinearOperator(system.shape, matvec=lambda vector: vector / leaving)
    potential, failed = cg(system, ends[0], x0=straight, M=scaled, rtol=1e-11, atol=0, maxiter=100_000)
    assert not failed
    # The energy, whose error is the square of the potential's.
    power = potential @ (system @ potential) - 2 * ends[0] @ potential + ends[0].sum()
    return power * len(cells) / cells[0].size


def covered(volumes):
    """Share of solves whose true error is at most the estimated one, and how many solves there were."""
    hits = []
    for cells in volumes:
        exact = in_float64(cells.astype(np.float32).astype(float))
        for tolerance in TOLERANCES:
            solved = conduct(cells, tolerance=tolerance)
            true = solved.conductivity / exact - 1
            assert solved.converged
            assert solved.error <= tolerance
            assert true >= -ROUNDING - 1e-6 * (cells.dtype != bool)
            hits.append(true <= solved.error + ROUNDING)
    return np.mean(hits), len(hits)


def test_of_masks():
    share, solves = covered(masks(range(100, 120), (10, 14, 18)))
    assert solves >= 800
    assert share >= MASKS


def test_of_conductors():
    share, solves = covered(conductors(range(200, 206), (8, 12, 16)))
    assert solves >= 800
    assert share >= CONDUCTORS


@pytest.mark.slow
def test_of_larger_masks():
    # Also held with range(300, 325) and sides to 48, which takes the reference solve eight minutes.
    share, solves = covered(masks(range(300, 306), (16, 24, 32)))
    assert solves >= 200
    assert share >= MASKS


@pytest.mark.slow
def test_of_larger_conductors():
    share, solves = covered(conductors(range(400, 402), (16, 24)))
    assert solves >= 200
    assert share >= CONDUCTORS


def test_of_three_conductors():
    # With islands of the best conductor alone 0.92, and values up to a sixth too large at a tolerance of 1e-2.
    share, solves = covered(three_conductors(range(500, 506), (8, 12)))
    assert solves >= 200
    assert share >= CONDUCTORS
