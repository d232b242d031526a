"""The conduction solver: closed forms, a direct solve in float64, and what it says of its own error."""

import numpy as np
import pytest
from direct_solve import solved_directly
from hypothesis import given
from hypothesis import strategies as st
from porenet_transport.solver.kernels import inside_of, layers
from porenet_transport.solver.links import links_of
from porenet_transport.solver.multigrid import ENLARGED, blocks_of, cut_from_itself, grid, solve
from porenet_transport.solver.one_volume import conduct
from porenet_transport.solver.ritz import least_ritz_value
from porenet_transport.solver.sweeps import ascend, descend
from scipy import ndimage

from porenet.errors import InputError

OPEN = (False, False, False)
TIGHT = 1e-6
EDGES = st.sampled_from([0.1, 0.25, 0.5, 1.0, 2.0, 3.0])


def blobs(shape, share, *, seed=0, sigma=2.0):
    """A random mask of rounded features."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), sigma, mode="wrap")
    return noise > np.quantile(noise, 1 - share)


def joined(mask, *, axis=0):
    """What of an open mask joins both ends of the axis."""
    parts, _ = ndimage.label(mask)
    first, last = parts.take(0, axis), parts.take(-1, axis)
    return np.isin(parts, np.setdiff1d(np.intersect1d(first, last), [0]))


def path_resistance(steps, edges):
    """Of a channel one voxel wide: half a voxel, a step for every letter ("z", "y", "x"), half a voxel."""
    volume = np.prod(edges)
    each = {name: edge**2 / volume for name, edge in zip("zyx", edges, strict=True)}
    return each["z"] + sum(each[step] for step in steps)


def channel(steps, shape):
    """The voxels of a walk from (0, 0, 0); upper-case steps go backwards."""
    mask, place = np.zeros(shape, bool), [0, 0, 0]
    mask[tuple(place)] = True
    for step in steps:
        place["zyx".index(step.lower())] += 1 if step.islower() else -1
        mask[tuple(place)] = True
    return mask


def test_a_solid_block_is_solved_at_the_start():
    solved = conduct(np.ones((4, 3, 5), bool))
    assert solved.conductivity == pytest.approx(1, abs=1e-9)
    assert (solved.steps, solved.error, solved.converged) == (0, 0.0, True)
    assert np.allclose(solved.potential[:, 1, 2], [7 / 8, 5 / 8, 3 / 8, 1 / 8])


def test_the_potential_comes_in_the_axes_of_the_volume():
    solved = conduct(np.ones((2, 3, 4), bool), axis="x")
    assert solved.potential.shape == (2, 3, 4)
    assert np.allclose(solved.potential, [7 / 8, 5 / 8, 3 / 8, 1 / 8])
    centred = conduct(np.ones((2, 5, 4), bool), axis="y", boundary="cell")
    assert np.allclose(centred.potential[1, :, 2], [1, 3 / 4, 1 / 2, 1 / 4, 0])


@pytest.mark.parametrize("layers", [1, 2, 3, 10])
def test_the_two_boundaries_on_a_solid_block(layers):
    block = np.ones((layers, 2, 2), bool)
    assert conduct(block).conductivity == pytest.approx(1, abs=1e-9)
    if layers > 1:
        assert conduct(block, boundary="cell").conductivity == pytest.approx(layers / (layers - 1), abs=1e-9)


def test_layers_in_series_and_in_parallel():
    layers = np.array([1.0, 0.5, 0.25, 1.0, 0.1, 0.5])
    series = np.broadcast_to(layers[:, None, None], (6, 4, 3))
    for edges in ((1, 1, 1), (2, 1, 0.5)):  # one-dimensional: no voxel edge matters
        assert conduct(series, voxel_um=edges, tolerance=TIGHT).conductivity == pytest.approx(
            6 / np.sum(1 / layers), rel=1e-6
        )
    parallel = np.broadcast_to(layers[None, :, None], (4, 6, 3))
    solved = conduct(parallel)
    assert solved.conductivity == pytest.approx(layers.mean(), rel=1e-6)
    assert solved.steps == 0


@pytest.mark.parametrize("edges", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (0.5, 3.0, 0.1)])
@pytest.mark.parametrize(
    ("steps", "shape"),
    [
        ("zyz", (3, 2, 1)),
        ("zyyzxxz", (4, 3, 3)),
        ("zxxxxzzXXXXzzyyzz", (8, 3, 5)),  # there and back again
        ("zzzyyZZyyzzzz", (6, 5, 1)),  # against the gradient for a while
    ],
)
def test_a_winding_channel(steps, shape, edges):
    solved = conduct(channel(steps, shape), voxel_um=edges, tolerance=TIGHT)
    length, area = shape[0] * edges[0], shape[1] * shape[2] * edges[1] * edges[2]
    assert solved.conductivity == pytest.approx(length / (area * path_resistance(steps.lower(), edges)), rel=1e-5)


def test_a_folded_channel_where_blocks_join_what_walls_separate():
    # Sheets of a serpentine, one voxel wide between walls of one voxel; tau is 1,650. Every block joins several runs.
    turns = ("y" * 12 + "x" * 2 + "Y" * 12 + "x" * 2) * 3 + "y" * 12
    back = ("Y" * 12 + "X" * 2 + "y" * 12 + "X" * 2) * 3 + "Y" * 12
    steps = "zz" + (turns + "zz" + back + "zz") * 3 + turns + "zz"
    shape = (17, 13, 13)
    mask = channel(steps, shape)
    assert np.count_nonzero(mask) == len(steps) + 1
    solved = conduct(mask, tolerance=1e-5)
    assert solved.converged
    assert solved.conductivity == pytest.approx(17 / (13 * 13 * (len(steps) + 1)), rel=1e-4)


@st.composite
def problems(draw, *, max_side=9):
    """Conductivities or a mask, with every option."""
    shape = draw(st.tuples(*[st.integers(1, max_side)] * 3))
    axis = draw(st.integers(0, 2))
    periodic = draw(st.tuples(*[st.booleans()] * 3))
    edges = draw(st.tuples(EDGES, EDGES, EDGES))
    boundary = draw(st.sampled_from(["face", "cell"])) if shape[axis] > 1 else "face"
    random = np.random.default_rng(draw(st.integers(0, 2**31 - 1)))
    kind = draw(st.sampled_from(["mask", "smooth", "strong"]))
    if kind == "mask":
        cells = random.random(shape) < draw(st.sampled_from([0.5, 0.8]))
        column = [slice(None) if one == axis else 0 for one in range(3)]
        cells[tuple(column)] = True  # something spans
    else:
        cells = random.random(shape) ** (1 if kind == "smooth" else 6)
        cells = np.maximum(cells, 1e-7 * cells.max())  # farther apart float32 holds no two
    return cells, axis, edges, periodic, boundary


@given(problems())
def test_equals_a_direct_solve(problem):
    cells, axis, edges, periodic, boundary = problem
    exact = solved_directly(cells, axis, edges, periodic, boundary)
    solved = conduct(cells, axis="zyx"[axis], voxel_um=edges, periodic=periodic, boundary=boundary, tolerance=TIGHT)
    assert solved.converged
    assert solved.conductivity == pytest.approx(exact, rel=5e-6)
    assert solved.conductivity >= exact * (1 - 1e-6)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_what_the_first_large_flows_round_away_is_solved_for_in_the_end(tolerance):
    # Before the solver began a second time the values were 1.7e-3 and 2e-4 too large, and called converged.
    good = np.random.default_rng(3).random((18, 18, 18)) < 0.2
    cells = np.where(good, 1.0, 1e-7)
    solved = conduct(cells, tolerance=tolerance)
    assert solved.converged
    assert solved.conductivity == pytest.approx(
        solved_directly(cells, 0, (1, 1, 1), OPEN, "face"), rel=max(tolerance, 5e-6)
    )


@pytest.mark.parametrize("contrast", [1e-2, 1e-6])
def test_a_composite_of_two_conductors(contrast):
    cells = np.where(blobs((18, 17, 16), 0.4), 1.0, contrast)
    exact = solved_directly(cells, 0, (1, 1, 1), (False, True, False), "face")
    solved = conduct(cells, periodic=(False, True, False), tolerance=1e-5)
    assert solved.conductivity == pytest.approx(exact, rel=3e-5)


@given(st.integers(0, 2**31 - 1), st.sampled_from([0.35, 0.5, 0.8]), st.integers(0, 6))
def test_the_energy_is_an_upper_bound_however_few_steps(seed, share, max_steps):
    mask = joined(blobs((20, 12, 13), share, seed=seed))
    solved = conduct(mask, max_steps=max_steps, tolerance=TIGHT)
    exact = solved_directly(mask, 0, (1, 1, 1), OPEN, "face")
    assert exact * (1 - 1e-6) <= solved.conductivity <= mask.mean() * (1 + 1e-9)  # Wiener
    assert solved.steps <= max_steps


@given(st.lists(st.tuples(st.floats(0.2, 5), st.floats(0.01, 0.9)), min_size=1, max_size=20))
def test_the_least_ritz_value(made):
    # The matrix is (D + shifted) of the textbook; its least eigenvalue by LAPACK.
    lengths = np.array([length for length, _ in made])
    products = np.cumprod([1.0, *(fall for _, fall in made)])
    falls = products[1:-1] / products[:-2]
    matrix = np.diag(1 / lengths) + np.diag([0.0, *(falls / lengths[:-1])])
    beside = np.sqrt(falls) / lengths[:-1]
    matrix += np.diag(beside, 1) + np.diag(beside, -1)
    expected = min(1.0, np.linalg.eigvalsh(matrix)[0])
    assert least_ritz_value(lengths, products, len(lengths)) == pytest.approx(expected, rel=2e-3, abs=1e-11)
    assert least_ritz_value(lengths, products, 0) == 1


@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("share", [0.3, 0.4, 0.6])
def test_the_estimated_error_is_about_the_true_one(tolerance, share):
    mask = joined(blobs((40, 32, 30), share))
    solved, exact = conduct(mask, tolerance=tolerance), conduct(mask, tolerance=1e-6)
    assert solved.converged
    assert solved.error <= tolerance
    true = solved.conductivity / exact.conductivity - 1
    assert -1e-6 <= true <= 2 * solved.error + 1e-6


@pytest.mark.parametrize("edges", [(1, 1, 1), (3, 1, 1), (1, 2, 4)])
def test_steps_do_not_grow_with_the_volume(edges):
    # 4 to 17 from 16^3 to 128^3, as the structure happens to be; without multigrid 64^3 takes over 100.
    for side in (16, 32, 64):
        solved = conduct(joined(blobs((side,) * 3, 0.5)), voxel_um=edges, tolerance=1e-4)
        assert solved.converged
        assert solved.steps <= 20


def test_it_says_so_when_it_gives_up():
    mask = joined(blobs((30, 30, 30), 0.3))
    solved = conduct(mask, max_steps=1)
    assert (solved.steps, solved.converged) == (1, False)
    assert solved.error > 1e-3


@pytest.mark.parametrize("boundary", ["face", "cell"])
def test_two_blocks_that_do_not_meet_conduct_nothing(boundary):
    mask = np.ones((9, 6, 7), bool)
    mask[4] = False
    solved = conduct(mask, boundary=boundary)
    assert 0 <= solved.conductivity < 1e-9
    empty = conduct(np.zeros((3, 4, 5)), boundary=boundary)
    assert (empty.conductivity, empty.steps) == (0.0, 0)


@pytest.mark.parametrize("seed", range(2))
def test_large_parts_that_do_not_meet_conduct_nothing(seed):
    # Rounding alone is left to solve for, which would go on for ever.
    mask = blobs((40, 40, 40), 0.5, seed=seed)
    mask[20] = False
    solved = conduct(mask, tolerance=TIGHT)
    assert 0 <= solved.conductivity < 1e-9
    assert solved.steps < 100


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5])
def test_good_conductors_in_pieces_within_a_bad_one(tolerance):
    # The energy falls to a millionth of what it begins with.
    good = np.random.default_rng(3).random((18, 16, 17)) < 0.2
    cells = np.where(good, 1.0, 1e-6)
    exact = solved_directly(cells, 0, (1, 1, 1), OPEN, "face")
    assert exact < 3e-6
    solved = conduct(cells, tolerance=tolerance)
    assert solved.converged
    assert solved.conductivity == pytest.approx(exact, rel=tolerance)


def changed(cells):
    """A smooth field of conductivities, and the same a little later."""
    fields = (ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(cells), 2.0) for seed in (0, 1))
    first, other = (field / field.std() for field in fields)
    return (1e-4 + 1 / (1 + np.exp(-8 * (field - 0.5))) for field in (first, 0.999 * first + 0.04 * other))


@pytest.mark.parametrize("boundary", ["face", "cell"])
@pytest.mark.parametrize("axis", ["z", "x"])
def test_it_can_begin_with_an_earlier_potential(axis, boundary):
    before, after = changed((24, 20, 28))
    earlier = conduct(before, axis=axis, boundary=boundary)
    cold = conduct(after, axis=axis, boundary=boundary)
    warm = conduct(after, axis=axis, boundary=boundary, start=earlier.potential)
    exact = conduct(after, axis=axis, boundary=boundary, tolerance=TIGHT).conductivity
    assert warm.converged
    assert warm.steps < cold.steps
    assert exact * (1 - 2e-6) <= warm.conductivity <= exact * (1 + 1e-3)
    again = conduct(before, axis=axis, boundary=boundary, start=earlier.potential, max_steps=0)
    assert again.conductivity == pytest.approx(earlier.conductivity, rel=1e-5)
    assert np.array_equal(again.potential, earlier.potential)


def test_what_joins_neither_face_changes_nothing():
    mask = joined(blobs((24, 20, 20), 0.4))
    island = mask.copy()
    island[10:13, 3:6, 3:6] |= ~ndimage.binary_dilation(mask)[10:13, 3:6, 3:6]
    assert np.count_nonzero(island) > np.count_nonzero(mask)
    tight = (conduct(one, tolerance=TIGHT).conductivity for one in (mask, island))
    assert next(tight) == pytest.approx(next(tight), rel=3e-6)


@given(
    st.integers(0, 2**31 - 1),
    st.tuples(*[st.integers(1, 30)] * 3),
    st.tuples(*[st.booleans()] * 2),
    st.sampled_from([(1.0, 1.0, 1.0), (1.0, 25.0, 25.0), (1.0, 0.04, 1.0), (1.0, 400.0, 0.01)]),
    st.sampled_from([0.4, 0.7, 1.0]),
)
def test_the_preconditioner_is_symmetric_and_positive(seed, shape, periodic, weights, share):
    # Conjugate gradients need it. A cycle that corrects too far breaks it on some structures only.
    random = np.random.default_rng(seed)
    links, weights = links_of(random.random(shape) < share, periodic, "face"), tuple(np.float32(one) for one in weights)
    height, width = links.shape[2:]
    cut_from_itself(layers(links), width)
    blocks = blocks_of(links, weights)
    side, block_width = tuple(blocks.sides[0].tolist()), int(blocks.shapes[0, 2])
    voxels = (layers(links), weights, inside_of(height, width), width, periodic)
    _, below, corrected = grid(blocks.store, blocks.shapes, blocks.starts, 0)
    active = np.zeros(links.shape[1:], bool)
    inner = links[:, 1:-1, 1:-1, 1:-1].any(axis=0)
    inner |= links[0, :-2, 1:-1, 1:-1] + links[1, 1:-1, :-2, 1:-1] + links[2, 1:-1, 1:-1, :-2] > 0
    active[1:-1, 1:-1, 1:-1] = inner
    fields, results = np.zeros((2, *active.shape), np.float32), np.zeros((2, *active.shape), np.float32)
    for field, result in zip(fields, results, strict=True):
        field[active] = random.standard_normal(np.count_nonzero(active))
        still, left, swept = np.zeros_like(layers(field)), layers(field), layers(result)
        descend(still, left, still, 0.0, *voxels, side, swept, below, block_width)
        solve(blocks.store, blocks.shapes, blocks.starts, blocks.sides, periodic)
        product = ascend(swept, left, *voxels, side, ENLARGED, corrected, block_width)
        result[:, [0, -1]] = result[:, :, [0, -1]] = 0  # ghost cells
        assert product == pytest.approx(float(np.vdot(field, result)), rel=1e-3, abs=1e-6)
        assert product >= 0
    fields, corrected = fields.astype(float), results.astype(float)
    first, second = np.vdot(fields[0], corrected[1]), np.vdot(fields[1], corrected[0])
    scale = np.sqrt(np.vdot(fields[0], corrected[0]) * np.vdot(fields[1], corrected[1]))
    assert first == pytest.approx(second, abs=1e-4 * scale + 1e-12)


@pytest.mark.parametrize(
    ("conductivity", "options", "message"),
    [
        (np.ones((3, 3)), {}, r"shape \(Z, Y, X\) with at least one voxel was expected, not \(3, 3\)"),
        (np.ones((0, 3, 3)), {}, "at least one voxel"),
        (np.ones((3, 3, 3), np.uint8), {}, "not uint8. For labels, pass labels == label"),
        (np.full((3, 3, 3), -1.0), {}, "finite and not negative"),
        (np.full((3, 3, 3), np.nan), {}, "finite and not negative"),
        (np.full((3, 3, 3), np.inf), {}, "finite and not negative"),
        (np.ones((1, 3, 3)), {"boundary": "cell"}, "one voxel thick along z.* Use boundary = 'face'"),
        (np.ones((3, 3, 3)), {"start": np.ones((3, 3, 2))}, r"shape \(3, 3, 3\) was expected, not float64 \(3, 3, 2\)"),
        (np.ones((3, 3, 3)), {"start": np.ones((3, 3, 3), int)}, "not int64 .* Pass the potential of an earlier solve"),
        (np.ones((3, 3, 3)), {"start": np.full((3, 3, 3), np.nan)}, "a finite floating-point potential"),
    ],
)
def test_bad_input(conductivity, options, message):
    with pytest.raises(InputError, match=message):
        conduct(conductivity, **options)
