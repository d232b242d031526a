"""Signatures read from source: those of every installed component, and of what strangers may write."""

import inspect
import sys
import textwrap
from typing import Annotated, Any, get_args

import pytest

from porenet import registry
from porenet.errors import MissingExtra
from porenet.registry import schema
from porenet.registry.source_module import Unreadable
from porenet.registry.source_signature import stand_in

STRANGE = {
    "strange/__init__.py": "from .losses import Loss as Handed\n",
    "strange/constants.py": """
        from typing import Literal
        from porenet.interface import faces_of
        Form = Literal["plain", "fancy"]
        LEAST = 1e-3
        ENDS = faces_of("z")
        """,
    "strange/losses.py": """
        from __future__ import annotations
        import typing as t
        import torch
        from torch import nn
        from annotated_types import Ge
        from porenet.interface import Phase
        from .constants import ENDS, LEAST, Form
        from strange import constants
        from strange.constants import *
        try:
            import a_module_nobody_has as other
        except ImportError:
            other = None
        STEPS = int(3)
        WIDTH: float = 2 * LEAST
        EPS = torch.finfo(torch.float32).eps

        class Loss(nn.Module):
            '''A loss.

            Args:
                phase: a phase.
            '''
            def __init__(self, grid, *, phase: Phase, ends: t.Any = ENDS, form: Form = "plain", steps: int = STEPS,
                         width: t.Annotated[float, Ge(LEAST)] = WIDTH):
                super().__init__()

        class Heir(Loss):
            pass

        class Outer:
            class Inner:
                def __init__(self, grid, phase: "Phase | None" = None): ...

        class Unclear(nn.Module):
            def __init__(self, grid, *, eps: float = EPS, kind: torch.dtype = torch.float32, of: "(" = 1, n: int = 2):
                ...

        class Headless(nn.Module):
            pass

        class Overloaded(nn.Module):
            @t.overload
            def __init__(self, grid): ...
            @t.overload
            def __init__(self, grid, *, a: int): ...
            def __init__(self, grid, *, a: int = 1, b: int = 2): ...

        @t.final
        class Decorated:
            a: int

        class Loop(Loop):
            pass

        Alias = Heir
        made = Loss()

        def metric(volume, /, *rest: int, limit: float = -1.5, **more: int):
            "A metric."
        """,
}


@pytest.fixture
def strange(tmp_path, monkeypatch):
    """A stranger's package, which ends the process if it is imported without torch."""
    for name, text in STRANGE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)


def parameters(target):
    return {name: (p.annotation, p.default) for name, p in inspect.signature(stand_in(target)).parameters.items()}


@pytest.mark.torch  # the losses are imported
def test_every_component_is_read_as_it_is_imported():
    # Of porenet alone: other tests of the same process register components inside functions, which have no source name.
    components = [entry for entry in registry.installed().components if entry.provider.name == "porenet"]
    assert len(components) > 10
    for component in components:
        read, loaded = stand_in(component.spec.target), component.load()
        of_source, of_object = (schema.parameters(of, component.spec.kind) for of in (read, loaded))
        assert of_source.model_json_schema() == of_object.model_json_schema(), component.full_name
        defaults = [[entry.default for entry in model.model_fields.values()] for model in (of_source, of_object)]
        assert defaults[0] == defaults[1], component.full_name
        assert inspect.getdoc(read) == inspect.getdoc(loaded), component.full_name


def test_names_are_followed_to_where_they_are_bound_and_nothing_is_imported(strange):
    of_loss = parameters("strange.losses:Loss")
    assert list(of_loss) == ["grid", "phase", "ends", "form", "steps", "width"]
    assert of_loss["ends"][1] == ("z_min", "z_max")
    assert get_args(of_loss["form"][0]) == ("plain", "fancy")
    assert (of_loss["steps"][1], of_loss["width"][1]) == (3, 0.002)
    assert get_args(of_loss["width"][0])[1].ge == 1e-3
    assert "strange" not in sys.modules
    model = schema.parameters(stand_in("strange.losses:Loss"), "loss").model_json_schema()
    assert model["required"] == ["phase"]
    assert model["properties"]["width"]["minimum"] == 1e-3


@pytest.mark.parametrize("target", ["strange.losses:Heir", "strange.losses:Alias", "strange:Handed"])
def test_what_a_class_takes_over_is_found(strange, target):
    assert list(parameters(target)) == list(parameters("strange.losses:Loss"))
    assert inspect.getdoc(stand_in(target)).startswith("A loss.\n\nArgs:\n    phase")


def test_of_overloads_the_last_counts(strange):
    assert list(parameters("strange.losses:Overloaded")) == ["grid", "a", "b"]


def test_a_class_within_a_class(strange):
    assert list(parameters("strange.losses:Outer.Inner")) == ["grid", "phase"]


def test_a_function_with_every_kind_of_parameter(strange):
    assert str(inspect.signature(stand_in("strange.losses:metric"))) == (
        "(volume, /, *rest: int, limit: float = -1.5, **more: int)"
    )


def test_what_the_source_does_not_tell_is_shown_by_its_text(strange):
    of_loss = parameters("strange.losses:Unclear")
    assert of_loss["eps"][1] == "EPS"
    assert of_loss["kind"][1] == "torch.float32"
    assert of_loss["n"] == (int, 2)
    described = schema.parameters(stand_in("strange.losses:Unclear"), "loss").model_json_schema()["properties"]
    assert described["kind"]["description"] == "torch.dtype"
    assert of_loss["eps"][0] == Annotated[Any, get_args(of_loss["eps"][0])[1]]


@pytest.mark.parametrize(
    "target",
    [
        "strange.losses:Headless", "strange.losses:Decorated", "strange.losses:Loop", "strange.losses:made",
        "strange.losses:Nothing", "strange.losses:Loss.missing", "strange.nowhere:Loss",
        "no_such_package:Loss", "math:floor",
    ],
)  # fmt: skip
def test_what_is_no_class_or_function_of_the_source_is_refused(strange, target):
    with pytest.raises(Unreadable):
        stand_in(target)


def test_a_changed_source_is_read_anew(tmp_path, monkeypatch):
    for folder, parameter in (("first", "phase"), ("second", "power")):
        (tmp_path / folder).mkdir()
        monkeypatch.syspath_prepend(tmp_path / folder)
        (tmp_path / folder / "changed.py").write_text(
            f"class Loss:\n    def __init__(self, grid, *, {parameter}: int): ...\n"
        )
        assert list(parameters("changed:Loss")) == ["grid", parameter]
    (tmp_path / "second" / "changed.py").write_text("class Loss:\n    def __init__(self, grid): ...\n")
    assert list(parameters("changed:Loss")) == ["grid"]


def test_a_source_that_is_no_python_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    for number, text in enumerate(("def broken(:", "x = '\0'", "\ufeff\udcff".encode("utf-8", "surrogatepass"))):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / f"no_python_{number}.py").write_bytes(data)
        with pytest.raises(Unreadable):
            stand_in(f"no_python_{number}:Loss")


def test_a_default_that_misbehaves_is_a_missing_extra_and_no_more(site, use, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "torch", None)
    (site.folder / "rude.py").write_text("import sys\ndef Rude(grid, *, a: int = print('loud') or sys.exit(3)): ...\n")
    site.add("rude", "@hookimpl\ndef porenet_specs():\n    yield spec('rude', target='rude:Rude')")
    component = use(site.registry()).find("loss", "rude")
    with pytest.raises(MissingExtra, match="the loss rude needs torch"):
        component.described()
    assert "loud" not in capfd.readouterr().out
