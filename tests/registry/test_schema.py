"""Parameters read from signatures: what is accepted, what is refused, and in which words."""

import collections
import functools
import re
import types
from typing import Annotated, Any, Literal

import numpy as np
import pytest
import torch
from annotated_types import Ge, Gt, Interval, Le, MinLen, MultipleOf
from hypothesis import given
from hypothesis import strategies as st

from porenet.errors import ConfigError, PluginError
from porenet.interface import Face, Grid, Phase
from porenet.registry.schema import parameters, validated

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
FACES = "'z_min', 'z_max', 'y_min', 'y_max', 'x_min' or 'x_max'"


def metric(annotation, default=...):
    """A metric with one parameter ``x``."""

    def measure(volume, *, x=default):
        return {}

    measure.__annotations__["x"] = annotation
    if default is ...:
        measure.__kwdefaults__ = None
    return measure


def defined(source, name="component"):
    """What a module of that source defines under a name."""
    module = types.ModuleType("a_plugin")
    exec(source, vars(module))
    return vars(module)[name]


def check(component, params, kind="metric", grid=None):
    return validated(component, kind, params, grid=grid, path="params")


def refusal(component, params, kind="metric", grid=None):
    """The problems, as ``path: message``."""
    with pytest.raises(ConfigError) as caught:
        check(component, params, kind, grid)
    return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


def values_or_refusal(component, params):
    try:
        return check(component, params)
    except (PluginError, ConfigError) as error:
        return error


class Loss:
    def __init__(
        self, grid, *, phase: Phase, power: Annotated[int, Ge(1)] = 1, mode: Literal["plain", "fancy"] = "plain"
    ):
        pass


class Inherited(Loss):
    pass


@pytest.mark.parametrize("loss", [Loss, Inherited])
def test_the_fields_are_the_keywords_after_what_porenet_passes(loss):
    model = parameters(loss, "loss")
    assert [field.alias for field in model.model_fields.values()] == ["phase", "power", "mode"]
    assert [field.alias for field in model.model_fields.values() if field.is_required()] == ["phase"]


def test_defaults_are_filled_in():
    assert check(Loss, {"phase": "pore"}, "loss", GRID) == {"phase": "pore", "power": 1, "mode": "plain"}


def test_a_parameter_may_be_a_sequence_of_another_library_or_a_number_of_numpy():
    names = collections.UserList(["Ni", "pore"])
    assert validated(metric(list[Phase]), "metric", {"x": names}, grid=GRID, path="m") == {"x": ["Ni", "pore"]}
    assert validated(metric(float), "metric", {"x": np.float32(0.5)}, path="m") == {"x": 0.5}


def test_the_model_of_a_component_is_made_once():
    assert parameters(Loss, "loss") is parameters(Loss, "loss")


def test_a_score_takes_two_samples_first():
    component = defined("def component(reference, generated, *, bins: int = 10): ...")
    assert check(component, {"bins": 20}, "score") == {"bins": 20}


def test_annotations_may_be_postponed():
    component = defined("""
from __future__ import annotations
from typing import TYPE_CHECKING, Annotated
from annotated_types import Ge
from porenet.interface import Phase
if TYPE_CHECKING:
    from porenet.interface import Volume

def component(volume: Volume, *, phase: Phase, power: Annotated[int, Ge(1)] = 2) -> dict[str, Volume]: ...
""")
    assert check(component, {"phase": "pore"}, grid=GRID) == {"phase": "pore", "power": 2}
    assert refusal(component, {"phase": "por", "power": 0}, grid=GRID) == [
        "params.phase: must be a phase of the grid (Ni, YSZ, pore), not 'por'; did you mean 'pore'?",
        "params.power: must be greater than or equal to 1, not 0",
    ]


def test_annotations_of_a_class_may_be_postponed():
    component = defined("""
from __future__ import annotations
from porenet.interface import Grid, Phase

class component:
    def __init__(self, grid: Grid, *, phase: Phase) -> None: ...
""")
    assert check(component, {"phase": "Ni"}, "loss", GRID) == {"phase": "Ni"}


def test_a_wrapped_function_shows_its_own_signature():
    def counted(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            return function(*args, **kwargs)

        return call

    assert check(counted(metric(int, 3)), {}) == {"x": 3}


@pytest.mark.parametrize(
    ("signature", "kind", "complaint"),
    [
        ("volume, *args", "metric", "the signature has '*args'"),
        ("volume, **options", "metric", "the signature has '**options'"),
        ("volume, size: int, /", "metric", "the signature has 'size: int'"),
        ("volume, size: int = 3, *, mode: str = 'a', **options", "metric", "the signature has '**options'"),
        ("reference, generated, *rest", "score", "the signature has '*rest'"),
    ],
)
def test_options_that_cannot_be_known_are_refused(signature, kind, complaint):
    component = defined(f"def component({signature}): ...")
    with pytest.raises(PluginError) as caught:
        parameters(component, kind)
    assert str(caught.value).startswith(f"a_plugin.component: {complaint}; options must be knowable")
    assert "*args, **kwargs and positional-only parameters are refused" in str(caught.value)
    assert "Write each parameter as an explicit keyword with an annotation." in str(caught.value)


@pytest.mark.parametrize("signature", ["volume, size", "volume, *, size=3"])
def test_a_parameter_without_annotation_is_refused(signature):
    with pytest.raises(PluginError, match=r"^a_plugin\.component: parameter 'size' has no annotation\. Annotate it\.$"):
        parameters(defined(f"def component({signature}): ..."), "metric")


@pytest.mark.parametrize(
    ("signature", "kind", "complaint"),
    [
        ("vol, size: int", "metric", "a metric takes volume first, not vol"),
        ("size: int, volume", "metric", "a metric takes volume first, not size"),
        ("", "metric", "a metric takes volume first, not nothing"),
        ("generated, reference", "score", "a score takes reference and generated first, not generated, reference"),
        ("reference", "score", "a score takes reference and generated first, not reference"),
    ],
)
def test_what_porenet_passes_must_come_first(signature, kind, complaint):
    with pytest.raises(PluginError, match=f"^a_plugin.component: {complaint}$"):
        parameters(defined(f"def component({signature}): ..."), kind)


def test_a_module_without_init_is_refused_as_a_loss():
    with pytest.raises(PluginError, match="a loss takes grid first, not args"):
        parameters(defined("import torch\nclass component(torch.nn.Module): ..."), "loss")


@pytest.mark.parametrize("annotation", ["Phase", "math.nothing", "int[3]", "int +"])
def test_an_annotation_that_cannot_be_resolved_is_refused(annotation):
    source = f"import math\ndef component(volume, *, size: {annotation!r} = 3): ..."
    with pytest.raises(PluginError) as caught:
        parameters(defined(source), "metric")
    assert str(caught.value).startswith("a_plugin.component: ")
    assert "annotation" in str(caught.value)


def test_an_annotation_under_type_checking_is_refused_with_the_remedy():
    component = defined("""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from porenet.interface import Phase

def component(volume, *, phase: Phase): ...
""")
    with pytest.raises(PluginError) as caught:
        parameters(component, "metric")
    assert "an annotation cannot be resolved: name 'Phase' is not defined" in str(caught.value)
    assert "Import it at run time, not under TYPE_CHECKING." in str(caught.value)


@pytest.mark.parametrize("annotation", [torch.Tensor, 3, Grid.index])
def test_an_annotation_that_no_file_could_fill_is_refused_by_the_name_of_its_parameter(annotation):
    with pytest.raises(PluginError) as caught:
        parameters(metric(annotation), "metric")
    assert "its parameters cannot be described" in str(caught.value)
    assert re.search(r"\bx\b", str(caught.value).partition("described")[2])


class Instance:
    def __call__(self, volume, *, x: int = 3):
        return {}


@pytest.mark.parametrize(
    "component", [functools.partial(metric(int, 3), x=2), Instance(), max], ids=["partial", "instance", "builtin"]
)
def test_a_callable_without_a_name_or_signature_works_or_is_refused_as_a_plugin_error(component):
    found = values_or_refusal(component, {"x": 4})
    assert found == {"x": 4} or isinstance(found, PluginError)


@pytest.mark.parametrize("name", ["model_x", "fields", "schema", "json", "copy", "dict", "validate", "model_validate"])
def test_a_parameter_may_be_called(name):
    component = defined(f"def component(volume, *, {name}: int = 3): ...")
    assert check(component, {}) == {name: 3}
    assert check(component, {name: 4}) == {name: 4}


# Without the suite's rule that a warning is an error, which would hide that a value was lost.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["_x", "__x", "__doc__", "model_config", "model_extra", "model_fields_set"])
def test_a_parameter_is_refused_by_name_rather_than_lost(name):
    component = defined(f"def component(volume, *, {name}: int = 3): ...")
    found = values_or_refusal(component, {name: 4})
    assert found == {name: 4} or (isinstance(found, PluginError) and name in str(found))


@pytest.mark.parametrize(
    ("annotation", "given_value", "found"),
    [
        (int, 3, 3),
        (float, 1, 1.0),
        (float, 0.5, 0.5),
        (bool, True, True),
        (str, "a", "a"),
        (Literal["plain", "fancy"], "fancy", "fancy"),
        (Literal[6, 18, 26], 18, 18),
        (Annotated[int, Ge(1)], 1, 1),
        (Annotated[float, Interval(gt=0, le=1)], 1, 1.0),
        (tuple[Face, ...], ["z_min", "x_max"], ("z_min", "x_max")),
        (tuple[Face, ...], ("z_min",), ("z_min",)),
        (tuple[Face, ...], [], ()),
        (tuple[float, float], [1, 0.5], (1.0, 0.5)),
        (tuple[tuple[int, ...], ...], [[1, 2], []], ((1, 2), ())),
        (list[int], [1, 2], [1, 2]),
        (Annotated[tuple[Face, ...], MinLen(1)], ["y_min"], ("y_min",)),
        (dict[str, float], {"pore": 1}, {"pore": 1.0}),
        (dict[Phase, tuple[Face, ...]], {"pore": ["z_min"]}, {"pore": ("z_min",)}),
        (int | None, None, None),
        (int | None, 3, 3),
        (float | Literal["auto"], "auto", "auto"),
        (float | Literal["auto"], 0.3, 0.3),
        (tuple[Face, ...] | None, ["z_min"], ("z_min",)),
        (Phase | None, "pore", "pore"),
        (Phase | tuple[Phase, ...], ["Ni", "pore"], ("Ni", "pore")),
    ],
)
def test_a_value_is_accepted(annotation, given_value, found):
    value = check(metric(annotation), {"x": given_value}, grid=GRID)["x"]
    assert value == found
    assert type(value) is type(found)


@pytest.mark.parametrize(
    ("annotation", "given_value", "problem"),
    [
        (int, "3", "params.x: must be an integer, not '3'"),
        (int, True, "params.x: must be an integer, not True"),
        (int, 1.0, "params.x: must be an integer, not 1.0"),
        (float, "a", "params.x: must be a number, not 'a'"),
        (float, True, "params.x: must be a number, not True"),
        (float, float("nan"), "params.x: must be a finite number, not nan"),
        (float, float("inf"), "params.x: must be a finite number, not inf"),
        (bool, 1, "params.x: must be a boolean, not 1"),
        (str, 1, "params.x: must be a string, not 1"),
        (Annotated[int, Ge(1)], 0, "params.x: must be greater than or equal to 1, not 0"),
        (Annotated[float, Gt(0)], 0, "params.x: must be greater than 0, not 0"),
        (Annotated[float, Le(1)], 1.5, "params.x: must be less than or equal to 1, not 1.5"),
        (Annotated[int, MultipleOf(2)], 3, "params.x: must be a multiple of 2, not 3"),
        (
            Literal["plain", "fancy"],
            "plian",
            "params.x: must be 'plain' or 'fancy', not 'plian'; did you mean 'plain'?",
        ),
        (Literal["plain", "fancy"], "odd", "params.x: must be 'plain' or 'fancy', not 'odd'"),
        (Literal["plain", "fancy"], 3, "params.x: must be 'plain' or 'fancy', not 3"),
        (Literal[6, 18, 26], 7, "params.x: must be 6, 18 or 26, not 7"),
        (
            tuple[Face, ...],
            ["z_min", "xmax"],
            f"params.x[1]: must be {FACES}, not 'xmax'; did you mean 'x_max' or 'z_max'?",
        ),
        (tuple[Face, ...], "z_min", "params.x: must be a tuple, not 'z_min'"),
        (tuple[int, ...], [1, "2", 3], "params.x[1]: must be an integer, not '2'"),
        (list[int], ["a"], "params.x[0]: must be an integer, not 'a'"),
        (dict[str, float], {"pore": "a"}, "params.x.pore: must be a number, not 'a'"),
        (int | None, "a", "params.x: must be an integer, not 'a'"),
        (
            tuple[Face, ...] | None,
            ["z_mix"],
            f"params.x[0]: must be {FACES}, not 'z_mix'; did you mean 'z_min' or 'z_max'?",
        ),
        (Annotated[tuple[Face, ...], MinLen(1)], [], "params.x: needs at least 1, not []"),
    ],
)
def test_a_value_is_refused_in_words(annotation, given_value, problem):
    (found,) = refusal(metric(annotation), {"x": given_value})
    assert found == problem


# pydantic begins these messages otherwise than most, so they are easily garbled.
@pytest.mark.parametrize(
    ("annotation", "given_value"),
    [
        (Annotated[str, MinLen(1)], ""),
        (tuple[float, float], [1, 2, 3]),
        (Annotated[list[int], MinLen(2)], [1]),
    ],
)
def test_a_wrong_length_is_refused_in_one_readable_sentence(annotation, given_value):
    (found,) = refusal(metric(annotation), {"x": given_value})
    assert found.startswith("params.x: ")
    assert " should " not in found
    assert re.search(r"at (least|most) \d", found)


def test_a_tuple_that_is_too_short_lacks_its_last_entry():
    assert refusal(metric(tuple[float, float]), {"x": [1]}) == ["params.x[1]: is required"]


@pytest.mark.parametrize(
    ("annotation", "given_value", "places"),
    [
        (float | Literal["auto"], "atuo", {"params.x"}),
        (int | str, 1.5, {"params.x"}),
        (Phase | tuple[Phase, ...], ["pore", "por"], {"params.x", "params.x[1]"}),
        (tuple[Face, ...] | Face, ["z_mix"], {"params.x", "params.x[0]"}),
        (dict[Phase, float], {"por": 1}, {"params.x.por"}),
    ],
)
def test_a_key_path_holds_nothing_but_what_the_user_wrote(annotation, given_value, places):
    found = refusal(metric(annotation), {"x": given_value}, grid=GRID)
    assert {problem.partition(": ")[0] for problem in found} <= places


def test_what_a_union_allows_is_all_said():
    text = " ".join(refusal(metric(float | Literal["auto"]), {"x": "atuo"}))
    assert "number" in text
    assert "'auto'" in text
    assert "not 'atuo'" in text


def test_an_unknown_key_suggests_the_closest_known():
    assert refusal(Loss, {"phase": "pore", "powr": 3}, "loss") == ["params.powr: unknown key; did you mean 'power'?"]


def test_an_unknown_key_that_resembles_none_lists_the_allowed():
    found = refusal(Loss, {"phase": "pore", "delta": 3}, "loss")
    assert found == ["params.delta: unknown key; allowed: phase, power, mode"]


def test_a_component_without_parameters_allows_no_key():
    found = refusal(defined("def component(volume): ..."), {"x": 3})
    assert found == ["params.x: unknown key; nothing is allowed here"]


def test_a_missing_parameter_is_required():
    assert refusal(Loss, {}, "loss") == ["params.phase: is required"]


def test_a_key_that_is_no_string_is_refused():
    with pytest.raises(ConfigError) as caught:
        check(Loss, {"phase": "pore", 3: 4}, "loss")
    assert "must be a Keys" not in str(caught.value)
    assert "3" in str(caught.value)


def test_every_problem_is_found_at_once():
    assert refusal(Loss, {"phase": "por", "power": 0, "mode": "odd", "powre": 1}, "loss", GRID) == [
        "params.phase: must be a phase of the grid (Ni, YSZ, pore), not 'por'; did you mean 'pore'?",
        "params.power: must be greater than or equal to 1, not 0",
        "params.mode: must be 'plain' or 'fancy', not 'odd'",
        "params.powre: unknown key; did you mean 'power'?",
    ]


def test_a_phase_is_any_string_where_there_is_no_grid():
    assert check(Loss, {"phase": "copper"}, "loss")["phase"] == "copper"


def test_phases_inside_other_types_are_checked_against_the_grid():
    found = refusal(metric(tuple[Phase, ...]), {"x": ["pore", "copper"]}, grid=GRID)
    assert found == ["params.x[1]: must be a phase of the grid (Ni, YSZ, pore), not 'copper'"]


def test_the_models_are_cached_but_the_grids_are_not():
    other = Grid(("copper", "pore"), (1, 1, 1))
    assert check(Loss, {"phase": "copper"}, "loss", other)["phase"] == "copper"
    assert refusal(Loss, {"phase": "copper"}, "loss", GRID)


def test_a_default_that_is_no_phase_of_the_grid_is_refused():
    other = Grid(("copper", "void"), (1, 1, 1))
    assert refusal(metric(Phase, "pore"), {}, grid=other) == [
        "params.x: must be a phase of the grid (copper, void), not 'pore'"
    ]


# The user wrote nothing: that the default breaks its own rule is the fault of the plugin, and the message says whose.
@pytest.mark.parametrize(("annotation", "default"), [(Annotated[int, Ge(1)], 0), (float, None), (Face, "z_mix")])
def test_a_default_that_breaks_its_own_rule_is_the_plugins_fault(annotation, default):
    with pytest.raises(PluginError) as caught:
        check(metric(annotation, default), {})
    assert re.search(r"\bx\b", str(caught.value))
    assert repr(default) in str(caught.value)


def test_the_mapping_given_is_left_alone():
    params = {"phase": "pore"}
    check(Loss, params, "loss", GRID)
    assert params == {"phase": "pore"}


@given(st.lists(st.sampled_from(["z_min", "z_max", "y_min", "y_max", "x_min", "x_max"])))
def test_a_list_from_a_file_is_the_tuple_of_python(faces):
    component = metric(tuple[Face, ...])
    assert check(component, {"x": faces}) == check(component, {"x": tuple(faces)}) == {"x": tuple(faces)}


@given(st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.lists(st.text()), st.booleans()))
def test_whatever_is_given_for_an_integer_is_kept_or_refused(value):
    found = values_or_refusal(metric(int), {"x": value})
    if type(value) is int:
        assert found == {"x": value}
    else:
        assert [problem.path for problem in found.problems] == ["params.x"]


def json_schema(annotation, default=...):
    return parameters(metric(annotation, default), "metric").model_json_schema()["properties"]["x"]


@pytest.mark.parametrize(
    ("annotation", "default", "content"),
    [
        (Literal["plain", "fancy"], "plain", {"enum": ["plain", "fancy"], "default": "plain", "type": "string"}),
        (Annotated[int, Ge(1)], 2, {"minimum": 1, "default": 2, "type": "integer"}),
        (
            Annotated[float, Interval(gt=0, le=1)],
            ...,
            {"exclusiveMinimum": 0, "maximum": 1, "type": "number"},
        ),
        (Phase, ..., {"description": "a phase of the grid", "type": "string"}),
        (tuple[Face, ...], ("z_min",), {"default": ["z_min"], "type": "array"}),
        (bool, False, {"default": False, "type": "boolean"}),
    ],
)
def test_the_json_schema_holds_the_rules(annotation, default, content):
    assert content.items() <= json_schema(annotation, default).items()


def test_the_json_schema_of_faces_lists_them():
    assert json_schema(tuple[Face, ...])["items"]["enum"] == ["z_min", "z_max", "y_min", "y_max", "x_min", "x_max"]


def test_the_json_schema_of_an_optional_phase_says_both():
    assert json_schema(Phase | None, None)["anyOf"] == [
        {"description": "a phase of the grid", "type": "string"},
        {"type": "null"},
    ]


def test_the_json_schema_says_what_is_required_and_that_nothing_else_is_allowed():
    schema = parameters(Loss, "loss").model_json_schema()
    assert schema["required"] == ["phase"]
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == ["phase", "power", "mode"]


def test_any_value_is_accepted_where_the_signature_says_any():
    assert check(metric(Any), {"x": [1, "a"]}) == {"x": [1, "a"]}
