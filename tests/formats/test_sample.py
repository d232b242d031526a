"""The sample that comes with porenet."""

import numpy as np
import pytest
from checkout import ROOT

from porenet import formats
from porenet.formats import sample


def test_the_sample_is_the_electrode_that_was_counted_elsewhere():
    path = formats.sample_file()
    assert path == ROOT / "examples" / "data" / "sofc_superres_62.npz"
    volume = formats.read(path, phases={"phase0": 0, "phase1": 1, "phase2": 2}, voxel_um=0.1)
    shares = np.bincount(volume.labels.ravel()) / volume.labels.size
    assert shares.round(6).tolist() == [0.354532, 0.340837, 0.304631]  # examples/data/README.md


def test_the_sample_of_an_installation_comes_first(monkeypatch, tmp_path):
    installed = tmp_path / "installed.npz"
    monkeypatch.setattr(sample, "PLACES", (installed, *sample.PLACES))
    assert formats.sample_file() != installed
    installed.touch()
    assert formats.sample_file() == installed


def test_an_installation_without_the_sample_says_so(monkeypatch):
    monkeypatch.setattr(sample, "PLACES", ())
    with pytest.raises(FileNotFoundError, match="install it again"):
        formats.sample_file()
