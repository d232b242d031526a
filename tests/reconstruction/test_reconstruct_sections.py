"""Sections with the descriptors of a section."""

import pytest

import porenet
from porenet.errors import InputError
from porenet.reconstruction import Reconstructor
from porenet.synthetic import plurigaussian

SECTION, _ = plurigaussian((24, 32), voxel_um=(0.1, 0.1), length_um=0.5, fractions=(0.4, 0.3, 0.3), seed=2)


def test_a_section_is_made_from_a_section():
    result = porenet.reconstruct(SECTION, shape=(20, 24), steps=30)
    (volume,), (report,) = result.volumes, result.reports
    assert volume.grid == SECTION.grid
    assert volume.shape == (20, 24)
    assert report.terms["vf"].verdict != "missed"
    assert "tpb.total" in report.metrics
    assert report.metrics["tpb.total"]["unit"] == "um^-2"
    assert any("so are the results" in note for note in result.notes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shape": (16, 16, 16)}, r"two whole numbers of pixels \(y, x\) were expected"),
        ({"shape": (16,)}, r"two whole numbers of pixels"),
        ({"start": "coarse"}, "sections have no coarse start"),
        ({"terms": [{"loss": "tpb_active"}]}, "tpb_active is defined in 3-D only"),
        ({"terms": [{"loss": "vf", "planes": "z"}]}, "the grid is one of sections, and planes are those of a volume"),
    ],
)
def test_what_a_reconstruction_of_a_section_refuses(options, words):
    with pytest.raises(porenet.errors.PorenetError, match=words):
        Reconstructor(SECTION, **options)


def test_a_volume_takes_no_shape_of_a_section():
    with pytest.raises(InputError, match="three whole numbers of voxels were expected"):
        Reconstructor(porenet.Volume(SECTION.labels, porenet.Grid(SECTION.grid.phases, 0.1)), shape=(16, 16))
