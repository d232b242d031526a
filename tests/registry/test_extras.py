"""Libraries of extras: missing, broken or there, in words."""

import builtins
import pickle
import sys

import pytest

import porenet
from porenet.errors import MissingExtra, PorenetError
from porenet.registry import is_installed, require, require_torch

MISSING = (
    "a loss needs torch, which is not installed. pip install 'porenet[torch]'; see docs/start.md for a CPU-only build"
)
GRID = porenet.Grid(phases=("solid", "pore"), voxel_um=(1.0, 1.0, 1.0))


@pytest.fixture
def no_torch(monkeypatch):
    """A process in which torch cannot be found."""
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Write a library of that source, and forget it afterwards."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source):
        (tmp_path / "shaky.py").write_text(source)
        monkeypatch.delitem(sys.modules, "shaky", raising=False)
        return require("shaky", "a test", extra="shaking")

    return write


def test_what_is_missing_names_the_extra(no_torch):
    with pytest.raises(MissingExtra) as caught:
        require_torch("a loss")
    assert str(caught.value) == MISSING
    assert isinstance(caught.value, PorenetError)
    assert isinstance(caught.value, ImportError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == MISSING


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise OSError('libshaky.so: cannot open shared object file')", "OSError: libshaky.so: cannot open"),
        ("import a_module_nobody_has", "ModuleNotFoundError: No module named 'a_module_nobody_has'"),
        ("from os import nothing_of_the_kind", "ImportError: cannot import name"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_what_is_broken_is_said_to_be_broken_and_not_missing(library, source, cause):
    with pytest.raises(MissingExtra, match="which is installed, but broken: ") as caught:
        library(source)
    assert cause in str(caught.value)
    assert "not installed" not in str(caught.value)
    assert "pip install" not in str(caught.value)


def test_what_is_there_is_handed_over(library):
    assert library("ANSWER = 42").ANSWER == 42


def test_a_folder_that_an_uninstalled_library_left_is_not_a_library(tmp_path, monkeypatch):
    (tmp_path / "leftover" / "lib").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    assert not is_installed("leftover")


@pytest.mark.parametrize("name", ["Objective", "audit", "reconstruct"])
def test_a_name_that_needs_torch_is_an_import_error_with_its_text(no_torch, name):
    words = f"porenet.{name} needs torch, which is not installed"
    with pytest.raises(MissingExtra, match=words):
        getattr(porenet, name)
    with pytest.raises(ImportError, match=words):
        builtins.__import__("porenet", fromlist=[name])
    assert name not in dir(porenet)


def test_names_that_need_no_torch_are_there(no_torch):
    for name in dir(porenet):
        assert getattr(porenet, name) is not None
    assert {"Volume", "create_loss", "measure", "compare", "register"} <= set(dir(porenet))


def test_with_torch_every_name_is_listed():
    assert dir(porenet) == sorted(porenet.__all__)


def test_a_loss_by_name_names_the_extra(site, use, no_torch):
    site.add("porenet", "@hookimpl\ndef porenet_specs():\n    yield spec('mean')")
    component = use(site.registry()).find("loss", "mean")
    with pytest.raises(MissingExtra, match="the loss mean needs torch, which is not installed"):
        porenet.create_loss("mean", GRID)
    assert component.missing == "torch"


def test_a_metric_of_others_that_needs_torch_names_the_extra(site, use, no_torch):
    (site.folder / "heavy.py").write_text("import torch\ndef heavy(volume):\n    return {}\n")
    site.add("heavy", "@hookimpl\ndef porenet_specs():\n    yield spec('heavy', 'metric', target='heavy:heavy')")
    use(site.registry())
    with pytest.raises(MissingExtra, match="the metric heavy needs torch"):
        porenet.create_metric("heavy")
