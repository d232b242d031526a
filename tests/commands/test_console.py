"""What commands print: nothing that others wrote commands the terminal."""

import numpy as np
import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.commands.console import plain

CONTROL = "\x1b[2J\x1b]0;title\x07\r\x9b31m‮\u2028\x00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pore, µm → ▲ ≈ 孔", "pore, µm → ▲ ≈ 孔"),
        ("two\nlines\tand a\u00a0space", "two\nlines\tand a\u00a0space"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("over\rwritten\x08", r"over\rwritten\x08"),
        ("a\u202eb\u200b", r"a\u202eb\u200b"),
        ("\udcff", r"\udcff"),
        ("", ""),
    ],
)
def test_control_characters_are_written_out(text, shown):
    assert plain(text) == shown


def commands(text):
    return [character for character in text if plain(character) != character]


def test_a_plugins_texts_are_plain(site, use):
    site.add("porenet", f"@hookimpl\ndef porenet_specs():\n    yield spec('mean', deviations={{'law': {CONTROL!r}}})")
    (site.folder / "fake_components.py").write_text(
        f"class Mean:\n    def __init__(self, grid):\n        {CONTROL!r}\n"
    )
    site.add("noisy", f"print({CONTROL!r})\n@hookimpl\ndef porenet_specs():\n    raise ValueError({CONTROL!r})")
    use(site.registry())
    for words in (("list-plugins",), ("show", "mean"), ("show", f"m{CONTROL}")):
        done = CliRunner().invoke(main, words)
        assert commands(done.output) == [], words
        assert done.output


def test_names_of_files_and_phases_are_plain(tmp_path):
    name = CONTROL.replace("\x00", "").replace("/", "") + "\udcff"
    cube = tmp_path / f"{name}.npy"
    np.save(cube, np.zeros((2, 2, 2), np.uint8))
    np.save(tmp_path / "other.npy", np.full((2, 2, 2), 9, np.uint8))
    for words in (
        ("measure", str(tmp_path), "--phases", f"{name}=0,b=1", "--voxel-um", "1", "-m", "vf", "--workers", "1"),
        ("measure", str(cube) + "x", "--phases", "a=0,b=1", "--voxel-um", "1"),
        ("validate", str(cube)),
    ):
        done = CliRunner().invoke(main, words)
        assert commands(done.output) == [], words
        assert "fault of porenet" not in done.output
