"""A run in TOML: what it becomes, and every complaint about it, with key path and line."""

import dataclasses
import datetime
import tomllib
from collections import UserList
from collections.abc import Mapping

import pytest

import porenet
from porenet.config import build_terms, load_grid, load_run, parse_run, run_of
from porenet.errors import ConfigError, InputError
from porenet.interface import Grid
from porenet.interface.phase_values import LEAST_VALUE, MOST_VALUE
from porenet.registry import Registry

pytestmark = pytest.mark.usefixtures("fakes")

GRID = """\
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]
"""
TERM = """\
[[objective.terms]]
loss = "mean"
"""

FULL = """\
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.5, 0.1, 1]
periodic = [false, true, false]

[grid.values]
Ni = 255
YSZ = 127
pore = 0

[grid.reservoirs]
Ni = "z_min"
YSZ = "z_max"

[objective]
relax = "soft"
check_every = 10

[[objective.terms]]
loss = "mean"
label = "mean.of Ni"
weight = 5
start = 100
stop = 200
ramp = 50
relax = "straight_through"
params = { phase = "Ni", power = 2, mode = "fancy", faces = ["z_min", "z_max"] }

[[objective.terms]]
loss = "squared"

[train]
steps = 10
begun = 2024-05-17

[data.inner]
objective = "not porenet's"
"""


def problems(text, **options):
    """The complaints, as ``line path: message``."""
    with pytest.raises(ConfigError) as caught:
        parse_run(text, name="run.toml", **options)
    assert caught.value.source == "run.toml"
    return [f"{one.line} {one.path}: {one.message}" for one in caught.value.problems]


def test_a_full_run():
    run = parse_run(FULL, name="run.toml")
    assert run.grid == Grid(("Ni", "YSZ", "pore"), (0.5, 0.1, 1.0), (False, True, False))
    assert run.values == {"Ni": 255, "YSZ": 127, "pore": 0}
    assert run.reservoirs == {"Ni": "z_min", "YSZ": "z_max"}
    assert run.check_every == 10
    assert run.source == "run.toml"
    first, second = run.terms
    assert (first.label, first.component.full_name) == ("mean.of Ni", "porenet:mean")
    assert (first.weight, first.start, first.stop, first.ramp) == (5.0, 100, 200, 50)
    assert first.reads == "straight_through"
    assert first.params == {"phase": "Ni", "power": 2, "mode": "fancy", "faces": ("z_min", "z_max")}
    assert (second.label, second.reads) == ("squared", "soft")


def test_the_defaults():
    run = parse_run(GRID + TERM)
    assert run.grid.periodic == (False, False, False)
    assert (run.values, run.reservoirs, run.others) == ({}, {}, {})
    assert run.check_every is None
    assert run.source == ""
    (term,) = run.terms
    assert (term.label, term.weight, term.start, term.stop, term.ramp) == ("mean", 2.0, 0, None, 0)
    assert term.reads == "straight_through"
    assert term.params == {"phase": "pore", "power": 1, "mode": "plain", "faces": ("z_min",)}


def test_a_default_is_not_shared_between_runs():
    assert parse_run(GRID + TERM).values is not parse_run(GRID + TERM).values


def test_tables_of_others_pass_through_untouched():
    run = parse_run(FULL)
    assert run.others == {
        "train": {"steps": 10, "begun": datetime.date(2024, 5, 17)},
        "data": {"inner": {"objective": "not porenet's"}},
    }


def test_a_run_is_read_from_a_file(tmp_path):
    path = tmp_path / "größe.toml"
    path.write_text(FULL, encoding="utf-8")
    run = load_run(path)
    assert run.source == str(path)
    assert dataclasses.replace(run, source="") == parse_run(FULL)
    assert load_run(str(path)) == run


# Windows ends lines with \r\n, and its Notepad may begin a file with a byte-order mark.
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_wherever_it_was_written(tmp_path, encoding, end):
    path = tmp_path / "run.toml"
    path.write_bytes(FULL.replace("\n", end).encode(encoding))
    assert load_run(path).terms == parse_run(FULL).terms


def test_the_plugins_can_be_given():
    with pytest.raises(ConfigError, match="no loss is called 'mean'; installed: none"):
        parse_run(GRID + TERM, source=Registry())


EVERYTHING_WRONG = """\
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]
periodc = [true, true, true]

[grid.values]
Ni = 18446744073709551616
YSZ = 127
pore = 0

[grid.reservoirs]
pores = "z_min"

[objective]
relax = "hard"
check_every = -1

[[objective.terms]]
loss = "mean"
wieght = 3

[[objective.terms]]
loss = "men"

[[objective.terms]]
loss = "mean"
weight = -1
start = 5
stop = 5
ramp = -1
params = { phase = "por", power = 0, faces = ["z_min", "zmax"] }

[[objective.terms]]
weight = 1

[[objective.terms]]
loss = "soft_only"
"""


def test_every_mistake_is_found_at_once_and_told_in_the_order_of_the_file():
    faces = "'z_min', 'z_max', 'y_min', 'y_max', 'x_min' or 'x_max'"
    assert problems(EVERYTHING_WRONG) == [
        "4 grid.periodc: unknown key; did you mean 'periodic'?",
        f"7 grid.values.Ni: the value of 'Ni' must be in {LEAST_VALUE} to {MOST_VALUE}, not {MOST_VALUE + 1}",
        "12 grid.reservoirs.pores: no phase of that name; did you mean 'pore'?",
        "15 objective.relax: must be 'soft', 'straight_through', 'sharpen(T)' or 'gumbel(T)', not 'hard'",
        "16 objective.check_every: must be greater than or equal to 0, not -1",
        "20 objective.terms[0].wieght: unknown key; did you mean 'weight'?",
        "23 objective.terms[1].loss: no loss is called 'men'; did you mean 'mean'?",
        "25 objective.terms[2].label: 'mean' is already the label of terms[0]; give one of them another label",
        "27 objective.terms[2].weight: must be greater than 0, not -1",
        "29 objective.terms[2].stop: must be above start = 5, not 5",
        "30 objective.terms[2].ramp: must be greater than or equal to 0, not -1",
        "31 objective.terms[2].params.phase: must be a phase of the grid (Ni, YSZ, pore), not 'por'; "
        "did you mean 'pore'?",
        "31 objective.terms[2].params.power: must be greater than or equal to 1, not 0",
        f"31 objective.terms[2].params.faces[1]: must be {faces}, not 'zmax'; did you mean 'z_max' or 'y_max'?",
        "33 objective.terms[3].loss: is required",
        "36 objective.terms[4].weight: is required: soft_only has no default weight",
    ]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        pytest.param(
            GRID.replace("[0.1, 0.1, 0.1]", "[0.1]") + TERM + 'params = { phase = "por" }\n',
            ["grid.voxel_um", "objective.terms[0].params.phase"],
            id="an edge is missing and a phase of a term misspelt",
        ),
        pytest.param(
            GRID.replace("[0.1, 0.1, 0.1]", "[0.1]") + '[grid.reservoirs]\npores = "z_min"\n' + TERM,
            ["grid.voxel_um", "grid.reservoirs.pores"],
            id="an edge is missing and a phase of the reservoirs misspelt",
        ),
        pytest.param(
            GRID.replace('"Ni", ', '"pore", ').replace("0.1]", "-0.1]") + TERM,
            ["grid.phases", "grid.voxel_um"],
            id="a phase twice and an edge negative",
        ),
        pytest.param(
            GRID + '[grid.reservoirs]\nNi = "top"\npores = "z_min"\n' + TERM,
            ["grid.reservoirs.Ni", "grid.reservoirs.pores"],
            id="one face and one phase of the reservoirs misspelt",
        ),
        pytest.param(
            GRID + TERM.replace("mean", "soft_only") + 'relax = "straight_through"\n',
            ["objective.terms[0].weight", "objective.terms[0].relax"],
            id="no weight, and a relaxation that the loss does not take",
        ),
    ],
)
def test_one_mistake_does_not_hide_another(text, paths):
    found = [one.split(" ")[1].rstrip(":") for one in problems(text)]
    assert sorted(found) == sorted(paths)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["None grid: the table [grid] is required", "None objective: the table [objective] is required"]),
        (TERM, ["None grid: the table [grid] is required"]),
        (GRID, ["None objective: the table [objective] is required"]),
        (
            GRID.replace("[grid]", "[gird]") + TERM,
            ["None grid: the table [grid] is required; did you mean 'gird'?"],
        ),
        (
            GRID + TERM.replace("objective", "objectives"),
            ["None objective: the table [objective] is required; did you mean 'objectives'?"],
        ),
        (
            "grid = 3\nobjective = []\n",
            [
                "1 grid: must be a table of keys and values, not 3",
                "2 objective: must be a table of keys and values, not []",
            ],
        ),
        (
            "[grid]\n[objective]\n",
            [
                "1 grid.phases: is required",
                "1 grid.voxel_um: is required",
                "2 objective.terms: is required",
            ],
        ),
        (GRID + "[objective]\nterms = []\n", ["5 objective.terms: needs at least 1, not []"]),
        (
            GRID + '[objective.terms]\nloss = "mean"\n',
            [
                "4 objective.terms: no loss is called 'loss'; a single term is written [{'loss': 'mean'}], "
                "in TOML [[objective.terms]]"
            ],
        ),
        (
            GRID + '[objective]\nterms = [3, { loss = "mean" }]\n',
            ["5 objective.terms[0]: must be a table of keys and values, not 3"],
        ),
    ],
)
def test_tables_that_are_missing_or_none(text, found):
    assert problems(text) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("label = 3", "6 objective.terms[0].label: must be a string, not 3"),
        ("weight = 0", "6 objective.terms[0].weight: must be greater than 0, not 0"),
        ("weight = true", "6 objective.terms[0].weight: must be a number, not True"),
        ('weight = "5"', "6 objective.terms[0].weight: must be a number, not '5'"),
        ("weight = inf", "6 objective.terms[0].weight: must be a finite number, not inf"),
        ("weight = nan", "6 objective.terms[0].weight: must be "),
        (f"weight = 1{'0' * 400}", "6 objective.terms[0].weight: must be a "),
        ("start = -1", "6 objective.terms[0].start: must be greater than or equal to 0, not -1"),
        ("start = 1.5", "6 objective.terms[0].start: must be an integer, not 1.5"),
        ("stop = 0", "6 objective.terms[0].stop: must be greater than or equal to 1, not 0"),
        ("params = 3", "6 objective.terms[0].params: must be a table of keys and values, not 3"),
        ("params = { powr = 2 }", "6 objective.terms[0].params.powr: unknown key; did you mean 'power'?"),
        (
            "params = { delta = 2 }",
            "6 objective.terms[0].params.delta: unknown key; allowed: phase, power, mode, faces",
        ),
        (
            "steps = 3",
            "6 objective.terms[0].steps: unknown key; did you mean 'stop'?",
        ),
        (
            "zzz = 3",
            "6 objective.terms[0].zzz: unknown key; allowed: loss, label, weight, start, stop, ramp, relax, planes, "
            "slices, params",
        ),
        (
            'relax = "sfot"',
            "6 objective.terms[0].relax: must be 'soft', 'straight_through', 'sharpen(T)' or 'gumbel(T)', not 'sfot'",
        ),
    ],
)
def test_a_wrong_key_of_a_term(line, found):
    (problem,) = problems(f"{GRID}{TERM}{line}\n")
    assert problem.startswith(found)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('["Ni", "YSZ", "pore"]', '"pore"', "2 grid.phases: must be a list, not 'pore'"),
        ('["Ni", "YSZ", "pore"]', '["pore"]', "2 grid.phases: 2 to 255 different phase names were expected"),
        ('"YSZ"', '"Ni"', "2 grid.phases: 2 to 255 different phase names were expected, not ['Ni', 'Ni', 'pore']"),
        ('"YSZ"', "3", "2 grid.phases[1]: must be a string, not 3"),
        (
            "0.1]",
            "-0.1]",
            "3 grid.voxel_um: three positive lengths (z, y, x) in um were expected, not [0.1, 0.1, -0.1]",
        ),
        ("0.1]", "nan]", "3 grid.voxel_um[2]: must be a finite number, not nan"),
        ("0.1]", "true]", "3 grid.voxel_um[2]: must be a number, not True"),
        ("0.1]", '"0.1"]', "3 grid.voxel_um[2]: must be a number, not '0.1'"),
        ("0.1, 0.1]", "]", "3 grid.voxel_um: three positive lengths (z, y, x) in um were expected, not [0.1]"),
    ],
)
def test_a_wrong_key_of_the_grid(old, new, found):
    (problem,) = problems(GRID.replace(old, new, 1) + TERM)
    assert problem.startswith(found)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("[grid.values]\nNi = 1\nYSZ = 1\npore = 0\n", "4 grid.values: 'Ni' and 'YSZ' share the value 1"),
        ("[grid.values]\nNi = 2\nYSZ = 1\npor = 0\n", "7 grid.values.por: no phase of that name; did you mean 'pore'?"),
        ("[grid.values]\nNi = 2\nYSZ = 1\n", "4 grid.values: no file value for pore"),
        (
            "[grid.values]\nNi = -9223372036854775809\nYSZ = 1\n",
            f"5 grid.values.Ni: the value of 'Ni' must be in {LEAST_VALUE} to {MOST_VALUE}, not {LEAST_VALUE - 1}",
        ),
        ("[grid.values]\nNi = 1\nYSZ = [7, 1]\npore = 0\n", "4 grid.values: 'Ni' and 'YSZ' share the value 1"),
        ("[grid.values]\nNi = [2,\n 2]\nYSZ = 1\n", "5 grid.values.Ni: 'Ni' has the value 2 twice"),
        ("[grid.values]\nNi = true\nYSZ = 1\n", "5 grid.values.Ni: the value of 'Ni' must be a whole number, not True"),
        ('[grid.reservoirs]\ncopper = "z_min"\n', "5 grid.reservoirs.copper: no phase of that name"),
        (
            '[grid.reservoirs]\nNi = "top"\n',
            "5 grid.reservoirs.Ni: must be 'z_min', 'z_max', 'y_min', 'y_max', 'x_min' or",
        ),
    ],
)
def test_values_and_reservoirs_are_checked(rows, found):
    complaints = problems(GRID + rows + TERM)
    assert any(complaint.startswith(found) for complaint in complaints)
    assert all(complaint.split(" ")[1].startswith(("grid.values", "grid.reservoirs")) for complaint in complaints)


def test_two_phases_that_share_a_value_are_named():
    (problem,) = problems(GRID + "[grid.values]\nNi = 7\nYSZ = 7\npore = 0\n" + TERM)
    assert "Ni" in problem
    assert "YSZ" in problem
    assert "7" in problem


def test_labels_must_differ():
    (problem,) = problems(GRID + TERM + TERM + 'label = "other"\n' + TERM)
    assert problem == (
        "9 objective.terms[2].label: 'mean' is already the label of terms[0]; give one of them another label"
    )


def test_a_label_may_be_the_name_of_a_loss_that_goes_by_another():
    run = parse_run(GRID + TERM + 'label = "squared"\n' + TERM)
    assert [term.label for term in run.terms] == ["squared", "mean"]


@pytest.mark.parametrize(("start", "stop"), [(5, 5), (6, 5), (0, 0), (10, 1)])
def test_a_term_must_stop_after_it_starts(start, stop):
    (problem,) = problems(f"{GRID}{TERM}start = {start}\nstop = {stop}\n")
    assert problem.startswith("7 objective.terms[0].stop: must be ")


def test_a_term_of_one_step_is_fine():
    (term,) = parse_run(GRID + TERM + "start = 5\nstop = 6\n").terms
    assert (term.start, term.stop) == (5, 6)


def test_a_loss_without_default_weight_needs_one():
    assert problems(GRID + TERM.replace("mean", "soft_only")) == [
        "4 objective.terms[0].weight: is required: soft_only has no default weight"
    ]
    (term,) = parse_run(GRID + TERM.replace("mean", "soft_only") + "weight = 3\n").terms
    assert term.weight == 3.0


def test_a_given_weight_is_taken_before_the_default():
    assert parse_run(GRID + TERM + "weight = 0.5\n").terms[0].weight == 0.5


@pytest.mark.parametrize("run", ["soft", "straight_through"])
@pytest.mark.parametrize("term", ["soft", "straight_through", None])
def test_a_term_reads_what_it_says_or_what_the_run_says(run, term):
    text = GRID + f'[objective]\nrelax = "{run}"\n' + TERM + (f'relax = "{term}"\n' if term else "")
    assert parse_run(text).terms[0].reads == (term or run)


@pytest.mark.parametrize("relax", ["", 'relax = "soft"\n'])
def test_a_loss_may_fix_what_it_reads(relax):
    (term,) = parse_run(GRID + TERM.replace("mean", "soft_only") + "weight = 1\n" + relax).terms
    assert term.reads == "soft"


def test_a_loss_that_fixes_what_it_reads_takes_no_other():
    text = GRID + TERM.replace("mean", "soft_only") + 'weight = 1\nrelax = "straight_through"\n'
    assert problems(text) == [
        "7 objective.terms[0].relax: the loss soft_only always reads the soft field; leave relax out"
    ]


def test_a_provider_picks_one_of_several(site, use):
    site.add("a-stranger", "@hookimpl\ndef porenet_specs():\n    yield spec('mean', weight=7.0)\n")
    use(site.registry())
    run = parse_run(GRID + TERM + TERM.replace("mean", "a-stranger:mean") + 'label = "theirs"\n')
    assert [(term.component.full_name, term.weight) for term in run.terms] == [
        ("porenet:mean", 2.0),
        ("a-stranger:mean", 7.0),
    ]


def test_the_label_of_a_qualified_loss_is_its_bare_name():
    assert parse_run(GRID + TERM.replace("mean", "porenet:mean")).terms[0].label == "mean"


def test_an_ambiguous_loss_names_the_choices(site, use):
    for name in ("one", "two"):
        site.add(name, "@hookimpl\ndef porenet_specs():\n    yield spec('odd', weight=7.0)\n")
    use(site.registry())
    assert problems(GRID + TERM.replace("mean", "odd")) == [
        "5 objective.terms[0].loss: several plugins offer a loss 'odd'. Write one:odd or two:odd."
    ]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("men", "no loss is called 'men'; did you mean 'mean'?"),
        ("voxels", "no loss is called 'voxels' (there is a metric of that name)"),
        ("porenet:men", "no loss is called 'porenet:men'; did you mean 'porenet:mean'?"),
        ("nobody:mean", "no loss is called 'nobody:mean'; "),
        ("", "no loss is called ''; installed: averaged, broken, mean, soft_only, squared"),
    ],
)
def test_an_unknown_loss(name, found):
    (problem,) = problems(GRID + TERM.replace("mean", name))
    assert problem.startswith(f"5 objective.terms[0].loss: {found}")


@pytest.mark.parametrize("name", ["men", "nobody:mean", "porenet:vox", "zzz"])
def test_an_unknown_loss_is_told_of_no_metric_or_score(name):
    (problem,) = problems(GRID + TERM.replace("mean", name))
    assert "voxels" not in problem
    assert "same" not in problem


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("nowhere_at_all:Thing", "needs the module 'nowhere_at_all', which is not installed"),
        ("fake_components:Nothing", "AttributeError"),
        ("fake_components:__doc__", "the target is "),
    ],
)
def test_a_broken_plugin_is_a_problem_of_the_run_that_names_its_provider(site, use, target, cause):
    source = f"@hookimpl\ndef porenet_specs():\n    yield spec('dead', target={target!r}, weight=1.0)\n"
    site.add("a-stranger", source, version="2.3")
    use(site.registry())
    first, second = problems(GRID + TERM.replace("mean", "dead") + TERM + "weight = 0\n")
    assert first.startswith("5 objective.terms[0].loss: ")
    assert "a-stranger 2.3" in first
    assert cause in first
    assert second == "8 objective.terms[1].weight: must be greater than 0, not 0"


def test_a_loss_with_a_signature_that_cannot_be_read_is_a_problem_of_the_run(site, use):
    source = """
        @hookimpl
        def porenet_specs():
            yield spec("open", target="a_stranger_losses:Open", weight=1.0)
    """
    site.add("a-stranger", source)
    (site.folder / "a_stranger_losses.py").write_text("class Open:\n    def __init__(self, grid, **options): ...\n")
    use(site.registry())
    (problem,) = problems(GRID + TERM.replace("mean", "open"))
    assert problem.startswith("5 objective.terms[0].loss: a_stranger_losses.Open: the signature has '**options'")


ODD_LOSS = """
from typing import Literal
from porenet.interface import Phase

class Odd:
    def __init__(self, grid, *, weights: dict[Phase, float] = {}, level: float | Literal["auto"] = "auto"): ...
"""


# Keys that are no words, and types that pydantic describes in words of its own, still have the line of their term.
@pytest.mark.parametrize(
    ("params", "path"),
    [
        ("{ weights = { por = 1.0 } }", "params.weights.por"),
        ('{ level = "atuo" }', "params.level"),
        ('{ "we[ird" = 1 }', "params.we[ird"),
        ('{ "" = 1 }', "params."),
        ('{ "a.b" = 1 }', "params.a.b"),
    ],
)
def test_a_strange_key_or_type_of_a_parameter_has_the_line_of_its_term(site, use, params, path):
    site.add("odd", "@hookimpl\ndef porenet_specs():\n    yield spec('odd', target='odd_losses:Odd', weight=1.0)\n")
    (site.folder / "odd_losses.py").write_text(ODD_LOSS)
    use(site.registry())
    found = problems(f"{GRID}{TERM.replace('mean', 'odd')}params = {params}\n")
    assert found
    assert all(one.startswith(f"6 objective.terms[0].{path}: ") for one in found)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[grid\n", "line 1"),
        ("x = \n", "line 1"),
        ("[grid]\n[grid]\n", "line 2"),
        ("a = 1\nb = [\n", "end of document"),
    ],
)
def test_what_is_no_toml_says_where(text, place):
    (problem,) = problems(text)
    assert problem.split(" ")[1] == "TOML:"
    assert place in problem


def test_a_missing_file(tmp_path):
    path = tmp_path / "rnu.toml"
    with pytest.raises(InputError) as caught:
        load_run(path)
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory"


def test_a_folder(tmp_path):
    with pytest.raises(InputError) as caught:
        load_run(tmp_path)
    assert str(caught.value) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xff\xfe[\x00g\x00")
    with pytest.raises(InputError) as caught:
        load_run(path)
    assert str(caught.value) == f"{path}: cannot be read: it is not UTF-8 text"


def test_the_error_of_a_file_names_it(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(GRID)
    with pytest.raises(ConfigError) as caught:
        load_run(path)
    assert str(caught.value) == f"{path}: objective: the table [objective] is required"


def test_several_problems_are_listed_below_the_file():
    with pytest.raises(ConfigError) as caught:
        parse_run(GRID + TERM + "weight = 0\nramp = -1\n", name="run.toml")
    assert str(caught.value) == (
        "run.toml: 2 problems\n"
        "  - line 6, objective.terms[0].weight: must be greater than 0, not 0\n"
        "  - line 7, objective.terms[0].ramp: must be greater than or equal to 0, not -1"
    )


def test_terms_built_in_python_are_those_of_the_file():
    rows = [
        {
            "loss": "mean",
            "label": "mean.of Ni",
            "weight": 5,
            "start": 100,
            "stop": 200,
            "ramp": 50,
            "relax": "straight_through",
            "params": {"phase": "Ni", "power": 2, "mode": "fancy", "faces": ("z_min", "z_max")},
        },
        {"loss": "squared"},
    ]
    run = parse_run(FULL)
    assert build_terms(rows, "soft", run.grid) == run.terms


def test_terms_built_in_python_are_checked_like_those_of_a_file():
    rows = [{"loss": "mean", "weight": 0}, {"loss": "mean", "params": {"phase": "por"}}, 3]
    with pytest.raises(ConfigError) as caught:
        build_terms(rows, "hard", Grid(("Ni", "pore"), (1, 1, 1)))
    assert [problem.path for problem in caught.value.problems] == [
        "objective.relax",
        "objective.terms[0].weight",
        "objective.terms[1].label",
        "objective.terms[1].params.phase",
        "objective.terms[2]",
    ]
    assert str(caught.value).startswith("Objective: 5 problems")


def test_a_grid_file_needs_no_objective(tmp_path):
    path = tmp_path / "anode.toml"
    path.write_text(FULL.partition("[objective]")[0])
    found, run = load_grid(path), parse_run(FULL)
    assert (found.grid, found.values, found.reservoirs) == (run.grid, run.values, run.reservoirs)


def test_a_run_serves_as_a_grid_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(GRID + TERM.replace("mean", "no such loss"))
    assert load_grid(path).grid.phases == ("Ni", "YSZ", "pore")


def test_a_wrong_grid_file_is_refused_with_lines(tmp_path):
    path = tmp_path / "anode.toml"
    path.write_text(GRID + 'edge = 3\n[grid.reservoirs]\npor = "z_min"\n')
    with pytest.raises(ConfigError) as caught:
        load_grid(path)
    assert str(caught.value) == (
        f"{path}: 2 problems\n"
        "  - line 4, grid.edge: unknown key; allowed: phases, voxel_um, periodic, dims, values, reservoirs\n"
        "  - line 6, grid.reservoirs.por: no phase of that name; did you mean 'pore'?"
    )


class Configured(Mapping):
    """A mapping that is no dict, as OmegaConf's is not."""

    def __init__(self, values):
        self.values_by_key = values

    def __getitem__(self, key):
        return self.values_by_key[key]

    def __iter__(self):
        return iter(self.values_by_key)

    def __len__(self):
        return len(self.values_by_key)


def as_configured(value):
    if isinstance(value, dict):
        return Configured({key: as_configured(inner) for key, inner in value.items()})
    return UserList(map(as_configured, value)) if isinstance(value, list) else value


def test_a_run_is_taken_from_any_mapping(fakes):
    text = GRID + TERM + "weight = 2.5\n"
    tables = tomllib.loads(text)
    for written in (tables, as_configured(tables)):
        run = run_of(written)
        assert run.grid == parse_run(text).grid
        assert [term.as_data() for term in run.terms] == [term.as_data() for term in parse_run(text).terms]
        assert porenet.Objective.from_run(written).terms == run.terms
    terms = as_configured(tables)["objective"]["terms"]
    assert porenet.Objective(parse_run(text).grid, terms).terms[0].weight == 2.5


def test_what_is_no_run_is_named(fakes):
    for wrong in ([], 3, None):
        with pytest.raises(InputError, match="a mapping with the tables of a run was expected, not"):
            run_of(wrong)
    with pytest.raises(ConfigError, match=r"objective: the table \[objective\] is required"):
        run_of({"grid": {"phases": ["Ni", "pore"], "voxel_um": [0.1, 0.1, 0.1]}})
