"""Names of slices: numbers at their end, or where a pattern says."""

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.formats import find, fingerprint, read
from tests.formats.png_files import GREY, png


def order(folder, names, **options):
    """Numbers of the names in the order of z; the names are written last first."""
    folder.mkdir()
    for number, name in reversed(list(enumerate(names))):
        (folder / name).write_bytes(png(np.full((1, 1), number), GREY, 8))
    phases = {f"p{value}": value for value in range(20)}
    return read(folder, phases=phases, voxel_um=(1, 1, 1), **options).labels.ravel().tolist()


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("scan_{:03}_seg.png", "scan_*_seg.png"), ("slice ({}).png", "slice (*).png"), ("{}_of_12.png", "*_of_12.png")],
)
def test_a_pattern_says_where_the_number_stands(tmp_path, name, pattern):
    names = [name.format(number) for number in range(12)]
    assert order(tmp_path / "a", [*names, "preview.png"], pattern=pattern) == list(range(12))
    assert find(tmp_path / "a").volumes == (tmp_path / "a",)
    before = fingerprint(tmp_path / "a")
    (tmp_path / "a" / names[3]).write_bytes(png(np.full((1, 1), 9), GREY, 8))
    assert fingerprint(tmp_path / "a") != before


@pytest.mark.parametrize("name", ["scan_{:03}_seg.png", "slice ({}).png", "s_1_{}_x.png", "s_{}.ome.png"])
def test_the_message_names_the_pattern(tmp_path, name):
    names = [name.format(number) for number in range(3)]
    with pytest.raises(InputError, match=r"has no number at the end of its name. Say where.*pattern='") as caught:
        order(tmp_path / "a", names)
    pattern = str(caught.value).rpartition("pattern='")[2].rstrip("'.")
    assert order(tmp_path / "b", names, pattern=pattern) == [0, 1, 2]
    assert f"--pattern '{pattern}'" in caught.value.wording.command


@pytest.mark.parametrize(
    ("names", "pattern", "words"),
    [
        (["a_0.png", "a_2.png"], "a_*.png", "the numbering has a gap: slice 1 is missing"),
        (["a_1.png", "a_01.png"], "a_*.png", "two slices have the number 1"),
        (["a_0.png"], "a.png", "pattern: 'a.png' must hold one \\* where the number stands"),
        (["a_0.png"], "*_*.png", "must hold one \\*"),
        (["a_0.png"], "b_*.png", "no slice of the folder is called 'b_\\*.png'.*its first is 'a_0.png'"),
        (["a_0.png", "b.png"], None, "'b.png' has no number at the end.*; sections are named file by file"),
        (["a_0.png", "b_0.png"], None, "Keep one stack per folder, or name the slices of one: pattern="),
    ],
)
def test_patterns_that_do_not_fit(tmp_path, names, pattern, words):
    with pytest.raises(InputError, match=words):
        order(tmp_path / "a", names, pattern=pattern)


def test_a_pattern_is_for_folders(tmp_path):
    np.save(tmp_path / "v.npy", np.zeros((1, 1, 1), np.uint8))
    with pytest.raises(InputError, match=r"is one volume, not a folder of slices. Leave pattern out"):
        read(tmp_path / "v.npy", pattern="*.png")
