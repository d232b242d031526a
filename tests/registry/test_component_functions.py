"""Components as functions of their names: what is listed, what each tells of itself, and what is not imported."""

import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

import porenet
from porenet.errors import ConfigError, InputError, MissingExtra, PluginError
from porenet.interface import Spec
from porenet.objective import loss_functions
from porenet.registry import installed
from porenet.registry.component_functions import ComponentFunctions

pytest.importorskip("porenet_statistics")

MASK = np.random.default_rng(0).random((5, 6, 7)) < 0.3
SOLID = ("solid", "pore")


@pytest.mark.parametrize("module", ["losses", "metrics"])
def test_the_names_are_those_of_the_listing(module):
    face = getattr(porenet, module)
    kind = module.removesuffix("es") if module == "losses" else "metric"
    listed = [
        component
        for component in installed().components
        if component.spec.kind == kind and installed().is_default(component)
    ]
    assert dir(face) == face.__all__ == sorted(component.spec.name for component in listed)
    for name in (component.spec.name for component in listed if component.is_installed):
        function = getattr(face, name)
        assert inspect.isfunction(function)
        assert (function.__name__, function.__module__) == (name, f"porenet.{module}")
        assert function is getattr(face, name), "the same each time, so that it can be pickled"
        assert pickle.loads(pickle.dumps(function)) is function
        assert next(iter(inspect.signature(function).parameters)) == ("grid" if kind == "loss" else "volume")
        assert len(function.__doc__) > 40


def test_signatures_are_those_of_the_components_and_what_porenet_adds():
    parameters = inspect.signature(porenet.losses.ssa).parameters
    assert list(parameters) == ["grid", "estimator", "form", "sigma", "phase_subset", "relax", "reduction"]
    assert str(parameters["sigma"]) == "sigma: float = 2.0"
    assert parameters["relax"].default == "straight_through"
    pytest.importorskip("porenet_boundary")
    assert "relax" not in inspect.signature(porenet.losses.tpb).parameters
    metric = inspect.signature(porenet.metrics.tpb)
    assert list(metric.parameters)[1:3] == ["phase_triple", "estimator"]
    assert list(metric.parameters)[-4:] == ["phases", "voxel_um", "periodic", "dims"]


def test_what_is_no_component_is_no_attribute():
    assert not hasattr(porenet.losses, "__wrapped__")
    with pytest.raises(AttributeError, match="no loss is called 'isolaton'; did you mean 'isolation'"):
        porenet.losses.isolaton  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'porosity'"):
        from porenet.metrics import porosity  # noqa: F401
    assert porenet.losses.DirectLoss.__name__ == "DirectLoss"


def test_importing_losses_and_metrics_and_measuring_loads_no_torch():
    program = (
        "import sys, numpy, porenet, porenet.losses, porenet.metrics\n"
        "assert 'ssa' in dir(porenet.losses) and 'vf' in dir(porenet.metrics)\n"
        "porenet.metrics.vf(numpy.zeros((2, 2, 2), bool), phases=('solid', 'pore'), voxel_um=1)\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_broken_component_is_listed_and_tells_at_its_call():
    def odd(volume, *args):
        """Odd."""
        return {"odd": 1.0}

    porenet.register(odd, unit="1")
    function = porenet.metrics.odd
    assert function.__doc__.startswith("Odd.\n\nIt cannot be used: ")
    with pytest.raises(PluginError, match="args"):
        function(MASK, phases=SOLID, voxel_um=1)


def test_a_name_of_two_strangers_is_no_attribute_and_that_of_one_is(monkeypatch):
    from porenet.registry import Component, Provider, Registry, registry

    spec = Spec(name="grain", kind="metric", target="nowhere:grain", summary="Grain.", unit="1", api=1)
    one, other = (Component(spec, Provider(name, "1")) for name in ("a", "b"))
    functions = ComponentFunctions("metric", "porenet.metrics", None, None, {})
    monkeypatch.setattr(registry, "installed", lambda: Registry([one]))
    assert functions.names() == ["grain"]
    assert "It cannot be used" in functions.attribute("grain").__doc__
    monkeypatch.setattr(registry, "installed", lambda: Registry([one, other]))
    assert functions.names() == []
    with pytest.raises(AttributeError, match=r"several plugins offer a metric 'grain'. Write a:grain or b:grain"):
        functions.attribute("grain")


def test_without_torch_losses_are_listed_and_described_and_a_call_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for component in installed().components:
        if component.is_installed and component.provider.name == "porenet":
            monkeypatch.setattr(component, "_object", None)
    functions = loss_functions.ComponentFunctions(
        "loss", "porenet.losses", loss_functions._direct_loss, loss_functions.signature_of, {"DirectLoss": "nowhere"}
    )
    assert functions.names() == dir(porenet.losses)
    function = functions.attribute("ssa")
    assert "phase_subset" in inspect.signature(function).parameters
    assert function.__doc__.startswith("Squared relative error")
    with pytest.raises(MissingExtra, match=r"the loss ssa needs torch, which is not installed\. pip install"):
        function(porenet.Grid(SOLID, (1, 1, 1)))
    with pytest.raises(ImportError, match=r"porenet\.losses\.DirectLoss needs torch"):
        functions.attribute("DirectLoss")


@pytest.mark.parametrize(
    "array",
    [MASK, torch.tensor(MASK), MASK * np.uint8(255), MASK.tolist(), MASK.astype(">f4") * 255],
    ids=["bool", "torch", "0 and 255", "lists", "whole floats"],
)
def test_a_metric_takes_any_array(array):
    largest = 255 if np.asarray(array).max() > 1 else 1
    phases = SOLID if largest == 1 else {"solid": 0, "pore": 255}
    values = porenet.metrics.vf(array, phases=phases, voxel_um=0.1)
    assert values["pore"] == MASK.mean()
    assert values == porenet.metrics.vf(porenet.Volume.from_array(array, phases=phases, voxel_um=0.1))


def test_a_metric_takes_its_parameters_and_periodic_axes():
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[0] = 1
    densities = [
        porenet.metrics.ssa(labels, phases=SOLID, voxel_um=(1, 2, 2), periodic=periodic, estimator="faces")["pore"]
        for periodic in (None, (True, False, False))
    ]
    assert densities == [pytest.approx(0.25), pytest.approx(0.5)]
    rows = porenet.measure(labels, "vf", phases=SOLID, voxel_um=1, periodic=(True, True, True))
    assert rows[0]["periodic"] == [True, True, True]


def test_what_a_metric_refuses():
    with pytest.raises(InputError, match=r"vf: ndarray does not say which value is which phase, nor how large a voxel"):
        porenet.metrics.vf(MASK)
    with pytest.raises(InputError, match=r"vf: ndarray does not say how large a voxel is\. Pass phases="):
        porenet.metrics.vf(MASK, phases=SOLID)
    with pytest.raises(InputError, match=r"vf: a Volume has its phases, voxel edges, boundaries and dimensions. Leave"):
        porenet.metrics.vf(porenet.Volume.from_array(MASK, phases=SOLID, voxel_um=1), periodic=(True, True, True))
    with pytest.raises(ConfigError, match=r"ssa\.estimatr: unknown key; did you mean 'estimator'"):
        porenet.metrics.ssa(MASK, phases=SOLID, voxel_um=1, estimatr="tv")
    with pytest.raises(TypeError, match=r"porenet\.metrics\.vf: missing a required argument: 'volume'"):
        porenet.metrics.vf(phases=SOLID, voxel_um=1)
