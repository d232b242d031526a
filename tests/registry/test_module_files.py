"""Where a module lies and when its files changed, found without importing anything."""

import os
import sys
import zipfile

import pytest

from porenet.registry import module_files
from porenet.registry.module_files import FileState, file_state

DEADLY = "raise SystemExit('a package was imported')\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, first on ``sys.path``."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def written(path, seconds, text=DEADLY):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (seconds, seconds))


def test_a_single_file(folder):
    written(folder / "g15_lone.py", 100)
    written(folder / "g15_beside.py", 200)
    assert file_state("g15_lone") == FileState(str(folder / "g15_lone.py"), 100 * 10**9, 1)


def test_of_a_package_every_source_and_library_but_no_cache_and_no_data(folder):
    house = folder / "g15_house"
    for name, seconds in (("__init__.py", 1), ("rooms/__init__.py", 2), ("rooms/entry.py", 3), ("fast.abi3.so", 4)):
        written(house / name, seconds)
    written(house / "__pycache__" / "entry.pyc", 9)
    written(house / "data.npy", 9)
    (house / "lost.py").symlink_to(folder / "nowhere")
    for name in ("g15_house", "g15_house.rooms.entry"):
        assert file_state(name) == FileState(str(house), 4 * 10**9, 4)
    assert not [name for name in sys.modules if name.startswith("g15_")]


def test_of_a_namespace_the_package_within(folder):
    written(folder / "g15_company" / "plugin" / "__init__.py", 5)
    written(folder / "g15_company" / "other" / "__init__.py", 9)
    assert file_state("g15_company.plugin.deep") == FileState(str(folder / "g15_company" / "plugin"), 5 * 10**9, 1)
    assert file_state("g15_company").files == 2


def test_in_an_archive_the_time_is_the_archives(folder, monkeypatch):
    with zipfile.ZipFile(folder / "wheel.zip", "w") as archive:
        archive.writestr("g15_zipped/__init__.py", DEADLY)
        archive.writestr("g15_zipped/entry.py", DEADLY)
    os.utime(folder / "wheel.zip", (7, 7))
    monkeypatch.syspath_prepend(folder / "wheel.zip")
    state = file_state("g15_zipped.entry")
    assert (state.newest_ns, state.files) == (7 * 10**9, 1)


def test_through_the_finder_of_an_editable_install(folder, monkeypatch):
    from importlib.util import spec_from_file_location

    written(folder / "src" / "entry.py", 8)

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            return spec_from_file_location(name, folder / "src" / "entry.py") if name == "g15_editable" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert file_state("g15_editable") == FileState(str(folder / "src" / "entry.py"), 8 * 10**9, 1)


@pytest.mark.parametrize("name", ["sys", "zipimport", "g15_not_there", "g15_lone.inside", "sys.inside"])
def test_what_lies_in_no_file_has_no_state(folder, name):
    assert file_state(name) is None


def test_a_huge_package_is_not_read_to_its_end(folder, monkeypatch):
    monkeypatch.setattr(module_files, "MOST_FILES", 50)
    huge = folder / "g15_huge"
    huge.mkdir()
    for number in range(60):
        (huge / f"part_{number}.py").touch()
    written(huge / "__init__.py", 1)
    assert file_state("g15_huge").files == 50
