"""Structures that are made layer by layer: the law is that of `plurigaussian`, and no voxel depends on the cuts."""

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.synthetic import plurigaussian, plurigaussian_layers
from porenet.synthetic.lattice_field import LatticeField, Window

STATED = {"voxel_um": (0.1, 0.05, 0.1), "length_um": 0.3, "fractions": (0.2, 0.5, 0.3)}


def matrix(window):
    """Weights of all nodes for each voxel, ``(size, count)``."""
    weights = np.zeros((len(window.nodes), window.count))
    for row, nodes, values in zip(weights, window.nodes, window.weights, strict=True):
        np.add.at(row, nodes, values.astype(float))
    return weights


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize(("size", "edge"), [(50, 1 / 6), (37, 1 / 6), (13, 0.48), (9, 1.0), (7, 3.0), (61, 0.1)])
def test_the_covariance_along_an_axis_is_gaussian(size, edge, wraps):
    weights = matrix(Window.along(size, edge, wraps))
    distances = np.subtract.outer(np.arange(size), np.arange(size)) * edge
    images = range(-3, 4) if wraps else (0,)
    expected = sum(np.exp(-((distances + image * size * edge) ** 2) / 2) for image in images)
    np.testing.assert_allclose(weights @ weights.T, expected / expected[0, 0], atol=4e-6)


@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True)])
def test_a_layer_is_the_sum_over_all_nodes(periodic):
    shape, edges = (21, 40, 19), STATED["voxel_um"]
    field = LatticeField(shape, voxel_um=edges, length_um=0.3, periodic=periodic, seed=(5, 1))
    z, y, x = (Window.along(size, edge / 0.3, wraps) for size, edge, wraps in zip(shape, edges, periodic, strict=True))
    noise = np.stack(
        [
            np.random.default_rng(np.random.SeedSequence([5, 1, node])).standard_normal(
                (y.count, x.count), dtype=np.float32
            )
            for node in range(z.count)
        ]
    )
    expected = np.einsum("abc,za,yb,xc->zyx", noise, matrix(z), matrix(y), matrix(x), optimize=True)
    for layer in (0, 7, 20, 3):
        np.testing.assert_allclose(field.layer(layer), expected[layer], atol=1e-5)


def test_no_voxel_depends_on_the_cuts():
    layers, _ = plurigaussian_layers((23, 12, 10), seed=3, **STATED)
    whole = layers.read(0, 23)
    assert set(np.unique(whole)) == {0, 1, 2}
    for cut in (1, 7):
        again, _ = plurigaussian_layers((23, 12, 10), seed=3, **STATED)
        pieces = [again.read(z, min(z + cut, 23)) for z in range(0, 23, cut)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
    np.testing.assert_array_equal(layers.read(15, 17), whole[15:17])
    other, _ = plurigaussian_layers((23, 12, 10), seed=4, **STATED)
    assert (other.read(0, 23) != whole).any()


def test_the_truth_and_the_law_are_those_in_memory():
    shape = (60, 120, 60)
    layers, truth = plurigaussian_layers(shape, seed=0, **STATED)
    volume, expected = plurigaussian(shape, seed=0, **STATED)
    assert (truth, layers.grid, layers.shape) == (expected, volume.grid, shape)
    labels = layers.read(0, 60)
    for label, share in enumerate(STATED["fractions"]):
        assert abs(np.mean(labels == label) - share) < 0.05
    for axis in range(3):  # pairs of unlike neighbours, which the interface area decides
        unlike = [np.mean(np.diff(values.astype(int), axis=axis) != 0) for values in (labels, volume.labels)]
        assert abs(unlike[0] / unlike[1] - 1) < 0.12


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"shape": (20, 20)}, "Layers are made of volumes"),
        ({"seed": -1}, r"synthetic\.plurigaussian_layers\.seed: a whole number"),
        ({"length_um": 0}, "a length above 0"),
        ({"periodic": (True, False, False), "length_um": 2}, "the periodic axis z is 2 um long, less than 6 times"),
    ],
)
def test_wrong_arguments(wrong, words):
    stated = {"shape": (20, 20, 20), "seed": 0, **STATED, **wrong}
    stated["voxel_um"] = 0.1
    with pytest.raises(InputError, match=words):
        plurigaussian_layers(**stated)
