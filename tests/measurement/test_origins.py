"""Places that volumes were cut from: whole voxels, or one message."""

import pytest

from porenet.errors import InputError
from porenet.measurement import origins_of


def origins(folder, corner):
    (folder / "cube.npy").write_bytes(b"")
    (folder / "origins.json").write_text(f'{{"cube.npy": {{"source": "electrode", "corner": {corner}}}}}')
    return origins_of({"cube": folder / "cube.npy"}, [folder])


def test_whole_numbers_are_taken_however_they_are_written(tmp_path):
    assert origins(tmp_path, "[0, 16.0, 32]")["cube"]["corner"] == [0, 16, 32]


@pytest.mark.parametrize(
    "corner", ["[1e999, 0, 0]", "[NaN, 0, 0]", "[0.5, 0, 0]", "[true, 0, 0]", '["16", 0, 0]', "[0]", "7", "null"]
)
def test_any_other_corner_is_refused(tmp_path, corner):
    with pytest.raises(InputError, match=r"origins\.json: is not a mapping from volumes to their source and corner"):
        origins(tmp_path, corner)
