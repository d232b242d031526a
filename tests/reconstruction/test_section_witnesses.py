"""Witnesses on sections: converted where features are wide enough, silent where they are not."""

import math
import warnings

import pytest
import torch
from torch.nn import functional

import porenet
from porenet.interface import Grid, Volume, section, section_grid
from porenet.reconstruction import SectionReconstructor
from porenet.reconstruction.section_witnesses import witnesses_of_sections
from porenet.targets import Targets

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
TERMS = {"vf": 1, "ssa": {"estimator": "faces"}, "tpb": {"estimator": "edges"}}


def test_a_witness_of_sections_is_the_metric_of_each_by_its_factor(electrode):
    volume = Volume(electrode, GRID)
    layers = [section(volume, "z", layer) for layer in (4, 40)]
    objective = porenet.Objective(GRID, TERMS)
    labels = [each.labels[0] for each in layers]
    witnesses = witnesses_of_sections(objective, labels, section_grid(GRID, "z"), coarse=True)
    lines = [porenet.metrics.tpb(each, estimator="triple")["total"] for each in layers]
    areas = [list(porenet.metrics.ssa(each, estimator="crofton").values()) for each in layers]
    assert set(witnesses) == {"ssa", "tpb"}
    assert witnesses["tpb"].tolist() == [[pytest.approx(2 * sum(lines) / 2)]]
    expected = [pytest.approx(4 / math.pi * sum(pair) / 2) for pair in zip(*areas, strict=True)]
    assert witnesses["ssa"].tolist() == [expected]


def test_a_real_electrode_with_fine_features_is_not_called_blind(electrode):
    maker = SectionReconstructor(Volume(electrode, GRID), [("z", 31)], terms=TERMS, steps=1)
    labels = torch.from_numpy(electrode[None, :24, :24, :24].copy())
    field = functional.one_hot(labels.long(), 3).movedim(-1, 1).float()
    own = maker.objective.targets_of(labels)
    blind = []
    for witnesses in (maker.targets.witnesses, {}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gaps = maker.objective.gaps(field, Targets(dict(own), own.estimators, own.whole, witnesses))
        blind.append([label for label, gap in gaps.items() if gap.blind])
    assert blind == [[], ["tpb"]]  # features of 2 to 3 voxels: edges per triple is 7, usually 1.3 to 4.9
