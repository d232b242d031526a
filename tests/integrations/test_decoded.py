import numpy as np
import pytest
import torch
from electrodes import GRID, fields

from porenet.errors import InputError
from porenet.integrations.decoded import decoded_labels
from porenet.interface import Grid


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_probabilities_are_decoded_by_the_argmax(dtype):
    field = fields(2).to(dtype).requires_grad_()
    labels = decoded_labels(field, GRID)
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels, field.argmax(dim=1).numpy())


def read_only(labels: torch.Tensor) -> np.ndarray:
    """As the labels of a volume are."""
    array = labels.numpy().astype(np.uint16)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "convert",
    [
        torch.Tensor.numpy,
        torch.Tensor.int,
        torch.Tensor.byte,
        torch.Tensor.tolist,
        read_only,
        lambda labels: labels[:, None],
    ],
)
def test_labels_are_taken_as_they_are(convert):
    labels = fields(2).argmax(dim=1)
    np.testing.assert_array_equal(decoded_labels(convert(labels), GRID), labels.numpy())


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (fields(1)[0], "an axis of phases"),  # no batch: its channels would pass for structures
        (fields(2).argmax(dim=1).float(), "labels are integers"),
        (fields(2)[:, :2], "not (2, 2, 8, 8, 8)"),
        (torch.full((1, 2, 2, 2), 3), "label 3 has no phase"),
        (torch.full((1, 2, 2, 2), -1), "label -1 has no phase"),
        (fields(0), "(B, 3, Z, Y, X)"),
        (torch.full((1, 3, 2, 2, 2), float("nan")), "NaN"),
        (None, "an array of numbers"),
        ([[1], [1, 2]], "cannot be made an array"),
    ],
)
def test_what_is_no_batch_of_structures_is_refused(field, words):
    with pytest.raises(InputError) as caught:
        decoded_labels(field, GRID)
    assert words in str(caught.value)


def test_sections_may_have_the_layer_that_they_have_in_a_loss():
    field = fields(2)[:, :, 0]
    section = Grid(GRID.phases, 0.1, dims=2)
    for layered in (field, field.unsqueeze(2), field.argmax(dim=1)[:, None], field.argmax(dim=1)[:, None, None]):
        np.testing.assert_array_equal(decoded_labels(layered, section), field.argmax(dim=1).numpy())
    with pytest.raises(InputError, match=r"of sections a grid of two edges, voxel_um=\(y, x\)"):
        decoded_labels(field, GRID)
