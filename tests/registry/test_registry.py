"""Names, kinds, and what a process registers by hand."""

import pytest

import porenet
from porenet.errors import ConfigError, InputError, PluginError, UnknownComponent
from porenet.interface import Spec, Undefined
from porenet.registry import Registry
from porenet.registry.synonyms import SYNONYMS

GRID = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))


def test_a_name_and_a_kind_pick_one_component(fakes):
    assert fakes.find("loss", "mean").spec.kind == "loss"
    assert fakes.find("metric", "mean").spec.kind == "metric"
    assert [one.spec.kind for one in fakes.find_any("mean")] == ["loss", "metric"]
    assert [one.spec.kind for one in fakes.find_any("porenet:mean")] == ["loss", "metric"]


def test_the_distributions_name_is_compared_as_packaging_does(site):
    site.add("My.Plugin", "@hookimpl\ndef porenet_specs():\n    yield spec('mean')")
    for written in ("my-plugin:mean", "My.Plugin:mean", "my_plugin:mean"):
        assert site.registry().find("loss", written).provider.name == "my-plugin"


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("loss", "meen", "no loss is called 'meen'; did you mean 'mean'?"),
        ("loss", "voxels", r"no loss is called 'voxels' \(there is a metric of that name\)"),
        ("metric", "zzz", "installed: mean, voxels"),
        ("loss", "stranger:mean", "no loss is called 'stranger:mean'.*porenet:mean"),
    ],
)
def test_an_unknown_name_says_what_there_is(fakes, kind, name, words):
    with pytest.raises(UnknownComponent, match=words):
        fakes.find(kind, name)


def test_an_unknown_name_points_at_broken_plugins(site):
    site.add("broken", "raise RuntimeError")
    with pytest.raises(UnknownComponent, match=r"installed: none.*plugin that is broken \(broken 1\.0\)"):
        site.registry().find("loss", "mean")


def test_components_come_in_a_stable_order(fakes):
    names = [(one.spec.kind, one.spec.name) for one in fakes.components]
    kinds = [kind for kind, _ in names]
    assert kinds == sorted(kinds, key=["loss", "metric", "score"].index)
    for kind in set(kinds):
        ordered = [name for one, name in names if one == kind]
        assert ordered == sorted(ordered)


def test_nothing_is_imported_before_it_is_used(site):
    (site.folder / "marked.py").write_text(
        f"open({str(site.folder / 'used')!r}, 'w').close()\nfrom fake_components import Mean\n"
    )
    site.add("lazy", "@hookimpl\ndef porenet_specs():\n    yield spec('lazy', target='marked:Mean')")
    found = site.registry()
    component = found.find("loss", "lazy")
    assert found.dead_targets() == ()
    assert not (site.folder / "used").exists()
    component.load()
    assert (site.folder / "used").exists()


def test_create_loss_builds_with_checked_parameters(fakes):
    loss = porenet.create_loss("mean", GRID, phase="YSZ", power=2)
    assert (loss.channel, loss.power) == (1, 2)
    with pytest.raises(ConfigError, match=r"mean\.phase: must be a phase of the grid \(Ni, YSZ, pore\), not 'air'"):
        porenet.create_loss("mean", GRID, phase="air")
    with pytest.raises(InputError, match=r"mean: a porenet\.Grid was expected, not tuple"):
        porenet.create_loss("mean", ("Ni", "pore"))


def test_create_metric_and_score_bind_their_parameters(fakes):
    import numpy as np

    volume = porenet.Volume(np.zeros((2, 3, 4), dtype=np.uint8), GRID)
    assert porenet.create_metric("voxels", scale=0.5)(volume) == {"voxels": 12.0}
    with pytest.raises(ConfigError, match=r"voxels\.scale: must be a number, not 'big'"):
        porenet.create_metric("voxels", scale="big")
    score = porenet.create_score("same")([1.0], [Undefined("absent")])
    assert (score.value, score.n_total) == (0.0, 2)


def test_a_loss_that_cannot_be_built_names_its_provider(site, use):
    (site.folder / "fussy.py").write_text(
        "class Fussy:\n    def __init__(self, grid):\n        raise ValueError('no')\n"
    )
    site.add("fussy-plugin", "@hookimpl\ndef porenet_specs():\n    yield spec('fussy', target='fussy:Fussy')")
    use(site.registry())
    with pytest.raises(PluginError, match="loss fussy-plugin:fussy: cannot be built: ValueError: no"):
        porenet.create_loss("fussy", GRID)


def test_register_a_class_as_a_plugin_would_offer_it(use):
    import torch

    use(Registry())

    @porenet.register(unit="1", weight=5)
    class PoreShare(torch.nn.Module):
        """Mean probability of the last phase."""

        def __init__(self, grid):
            super().__init__()

        def forward(self, probabilities, targets):
            return probabilities[:, -1].mean(dim=(1, 2, 3))

    loss = porenet.create_loss("pore_share", GRID)
    assert isinstance(loss, PoreShare)
    objective = porenet.Objective(GRID, [{"loss": "pore_share"}])
    assert objective.terms[0].weight == 5
    assert objective.terms[0].component.spec.summary == "Mean probability of the last phase."


def test_register_a_function_is_a_metric(use):
    found = use(Registry())

    @porenet.register(unit="um^-1", name="depth")
    def anything(volume):
        """Depth."""
        return {"depth": 1.0}

    assert found.find("metric", "depth").load() is anything


def test_register_a_spec_with_an_import_string(use):
    found = use(Registry())
    spec = Spec(name="root", kind="metric", target="math:sqrt", summary="Root.", unit="1", api=1)
    assert porenet.register(spec) is spec
    import math

    assert found.find("metric", "registered:root").load() is math.sqrt


def test_registering_again_replaces_as_a_notebook_cell_that_is_run_twice(use):
    found = use(Registry())
    for answer in (1, 2):
        porenet.register(lambda volume, answer=answer: answer, name="answer", unit="1")
    assert len(found.components) == 1
    assert found.faults == ()
    assert found.find("metric", "answer").load()(None) == 2


@pytest.mark.parametrize(
    ("arguments", "fields", "words"),
    [
        ((len,), {}, "unit"),
        ((len,), {"unit": "1", "name": "Bad Name"}, "name must be lower-case"),
        ((len,), {"unit": "1", "colour": 3}, "colour"),
        ((3,), {"unit": "1"}, "a Spec, class or function was expected, not 3"),
        (
            (Spec(name="a", kind="loss", target="a:b", summary="s", unit="1", api=1),),
            {"unit": "1"},
            "no further fields",
        ),
    ],
)
def test_register_refuses_what_makes_no_sound_spec(use, arguments, fields, words):
    use(Registry())
    with pytest.raises(InputError, match=words):
        porenet.register(*arguments, **fields)


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [
        ("metric", "porosity", "did you mean 'vf'?"),
        ("metric", "Volume Fraction", "did you mean 'vf'?"),
        ("loss", "surface-area", "did you mean 'ssa'?"),
        ("loss", "triple_phase_boundary", "did you mean 'tpb'?"),
        ("metric", "percolation", "did you mean 'percolates' or 'connectivity' or 'first_passage'?"),
        ("metric", "porenet:porosity", "did you mean 'porenet:vf'?"),
    ],
)
def test_a_synonym_of_the_field_leads_to_the_component(kind, name, hint):
    pytest.importorskip("porenet_statistics")  # absent where the core is tested alone
    own = Registry.installed(environ={"PORENET_PLUGINS": ""})
    with pytest.raises(UnknownComponent) as error:
        own.find(kind, name)
    assert hint in str(error.value)


def test_every_synonym_leads_somewhere():
    pytest.importorskip("porenet_statistics")  # absent where the core is tested alone
    names = {component.spec.name for component in Registry.installed(environ={"PORENET_PLUGINS": ""}).components}
    for synonym, components in SYNONYMS.items():
        assert set(components) <= names
        assert synonym not in names
