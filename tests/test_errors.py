"""What errors say, and that they survive the way home from another process."""

import ast
import copy
import itertools
import pickle
import re
from pathlib import Path

import pytest

from porenet.errors import (
    ConfigError,
    InputError,
    MissingExtra,
    NonFiniteTerm,
    PluginError,
    PorenetError,
    Problem,
    UnknownComponent,
    Wording,
    argument,
    command_wording,
    counted,
)

SIMPLE = [PorenetError, InputError, UnknownComponent, PluginError, MissingExtra, NonFiniteTerm]
ONE = (Problem("grid.voxel_um", "is required", line=3),)
TWO = (*ONE, Problem("objective.terms[1].params.phase", "must be a phase of the grid"))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "it is wrong"),
        ({"where": "Grid.phases"}, "Grid.phases: it is wrong"),
        ({"fix": "Mend it."}, "it is wrong. Mend it."),
        ({"where": "Grid.phases", "fix": "Mend it."}, "Grid.phases: it is wrong. Mend it."),
    ],
)
@pytest.mark.parametrize("kind", SIMPLE)
def test_an_error_says_what_where_and_what_to_do(kind, fields, text):
    assert str(kind("it is wrong", **fields)) == text


def test_a_sentence_that_ends_already_gets_no_second_full_stop():
    assert str(PorenetError("It is wrong.", fix="Mend it.")) == "It is wrong. Mend it."


def test_a_question_is_not_followed_by_a_full_stop():
    text = str(PorenetError("no phase 'por'; did you mean 'pore'?", fix="Its phases are Ni, pore."))
    assert text == "no phase 'por'; did you mean 'pore'? Its phases are Ni, pore."


@pytest.mark.parametrize("kind", SIMPLE)
def test_where_and_fix_are_keywords(kind):
    with pytest.raises(TypeError, match="positional"):
        kind("it is wrong", "here")


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (InputError, ValueError),
        (UnknownComponent, LookupError),
        (MissingExtra, ImportError),
        (NonFiniteTerm, ArithmeticError),
        (ConfigError, ValueError),
    ],
)
def test_errors_can_be_caught_as_pythons_own(kind, builtin):
    assert issubclass(kind, builtin)
    assert issubclass(kind, PorenetError)


@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", SIMPLE)
def test_an_error_survives_a_round_trip(kind, again):
    error = kind("it is wrong", where="Grid.phases", fix="Mend it.")
    found = again(error)
    assert type(found) is kind
    assert (found.what, found.where, found.fix) == ("it is wrong", "Grid.phases", "Mend it.")
    assert str(found) == str(error)


@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
@pytest.mark.parametrize("problems", [ONE, TWO])
def test_a_config_error_survives_a_round_trip(problems, again):
    error = ConfigError(problems, source="run.toml")
    found = again(error)
    assert type(found) is ConfigError
    assert found.problems == problems
    assert (found.source, found.args) == ("run.toml", error.args)
    assert str(found) == str(error)


def test_what_is_shown_of_an_error_in_a_list_is_all_of_it():
    assert repr(InputError("it is wrong", where="Grid", fix="Mend it.")) == "InputError('Grid: it is wrong. Mend it.')"
    assert repr(ConfigError(ONE)) == f"ConfigError({str(ConfigError(ONE))!r})"


def test_a_config_error_keeps_its_problems_in_order():
    problems = [Problem("b", "second"), Problem("a", "first")]
    error = ConfigError(problems)
    assert error.problems == tuple(problems)
    problems.clear()
    assert len(error.problems) == 2


@pytest.mark.parametrize(
    ("problems", "source", "text"),
    [
        (ONE, "run.toml", "run.toml: line 3, grid.voxel_um: is required"),
        (ONE, "", "line 3, grid.voxel_um: is required"),
        (TWO[1:], "", "objective.terms[1].params.phase: must be a phase of the grid"),
        (
            TWO,
            "run.toml",
            "run.toml: 2 problems\n"
            "  - line 3, grid.voxel_um: is required\n"
            "  - objective.terms[1].params.phase: must be a phase of the grid",
        ),
        (
            TWO,
            "",
            "2 problems\n"
            "  - line 3, grid.voxel_um: is required\n"
            "  - objective.terms[1].params.phase: must be a phase of the grid",
        ),
    ],
)
def test_a_config_error_in_words(problems, source, text):
    assert str(ConfigError(problems, source=source)) == text


def test_a_config_error_can_be_read_as_any_other():
    error = ConfigError(TWO, source="run.toml")
    assert (error.what, error.where, error.fix) == ("2 problems", "run.toml", "")
    assert ConfigError(ONE).what == "1 problem"


def test_a_problem_without_a_line_knows_it():
    assert Problem("a", "b").line is None
    assert Problem("a", "b") == Problem("a", "b", None)


@pytest.mark.parametrize("kind", SIMPLE)
def test_a_command_prints_its_own_wording_of_each_part(kind):
    error = kind(
        "Give x=1?", where=argument("voxel_um", of="Grid"), fix=Wording("Leave phases out.", "Leave --phases out.")
    )
    for copied in (error, pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert str(copied) == "Grid.voxel_um: Give x=1? Leave phases out."
        assert copied.wording == str(copied)
        assert copied.wording.command == "--voxel-um: Give x=1? Leave --phases out."


@pytest.mark.parametrize("problems", [ONE, TWO])
def test_a_configuration_has_one_wording(problems):
    error = ConfigError(problems, source="run.toml")
    assert error.wording == error.wording.command == str(error)


def test_a_text_without_another_wording_is_printed_as_it_is():
    assert command_wording("it is wrong") == "it is wrong"
    text = Wording("x=1", "--x 1").after("a.npy: ")
    assert (text, command_wording(text)) == ("a.npy: x=1", "a.npy: --x 1")
    assert argument("n_boot") == "n_boot"
    assert argument("n_boot").command == "--n-boot"


def test_a_line_break_in_a_file_name_breaks_no_message():
    error = InputError("is damaged", where="a\nb\r.png", fix="Copy it again.")
    assert str(error) == "a\\nb\\r.png: is damaged. Copy it again."
    assert error.wording.command == str(error)


def test_one_of_a_kind_is_singular():
    assert [counted(number, "volume") for number in (0, 1, 2)] == ["0 volumes", "1 volume", "2 volumes"]
    assert [counted(number, "box", "boxes") for number in (1, 2)] == ["1 box", "2 boxes"]


CORE = Path(__file__).parent.parent / "porenet"
SPEAKING = (
    "commands", "comparison", "evaluation", "generation", "gradient_audit", "measurement", "page", "reconstruction",
)  # fmt: skip
"""Folders whose texts commands show."""
COUNTED = re.compile(
    r" (?:[a-z-]+ )?(?:axes|batches|boxes|bytes|candidates|cases|checks|columns|conditions|copies|cores|cubes|errors"
    r"|files|generators|images|labels|layers|losses|metrics|names|notes|numbers|parameters|phases|pixels|plugins"
    r"|processes|quantities|repeats|resamples|rows|runs|samples|scores|sections|slabs|slices|steps|stretches|structures|terms"
    r"|values|volumes|voxels|warnings|windows|workers)\b"
)
"""A plural behind a number."""
NEVER_ONE = {
    "comparison/judgement/labels.py": ["smallest"],  # independent structures enough for a verdict
    "comparison/resampling.py": ["n_boot"],
    "comparison/scoring.py": ["counts[1]"],  # a number by its name
    "comparison/verdicts.py": ["n"],
    "generation/cubes.py": ["length"],
    "generation/data_tables.py": ["phases"],
    "generation/devices.py": ["world"],
    "generation/run_folder.py": ["state['step']"],
    "gradient_audit/section_stripes.py": ["columns", "count"],
    "gradient_audit/states.py": ["columns", "phases", "count"],
    "measurement/layer_budget.py": ["depth"],
    "measurement/row.py": ["numbers"],
    "measurement/rows.py": ["len(rows) or 'no'"],
    "measurement/size_effect_picture.py": ["len(quantities)"],
    "measurement/slab_plan.py": ["chunk"],
    "measurement/sub_boxes.py": ["smallest"],
    "page/headline.py": ["count"],
    "page/scene.py": ["count", "len(survey.structures)"],
    "page/section_structure.py": ["factor"],
    "page/structure.py": ["factor"],
    "page/supply.py": ["count"],
    "page/survey.py": ["total"],
    "reconstruction/memory.py": ["phases"],
    "reconstruction/section_reconstructor.py": ["chord"],  # a mean length
}
"""Module -> numbers that are 2 or more where they are written, or none."""
WORDS = re.compile(
    r"\.join\(|^(?:[A-Z_]+|.*shape\[2\]|extent|name|naming|option|part\.replace.*|shape|size|text|voxels|.*chord\(\))$"
)
"""Texts, sizes such as 3 x 4 x 5, constants."""


def numbers_before_plurals(source):
    """Values of f-strings that a plural follows, but for constants and sizes such as 3 x 4 x 5."""
    strings = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    for before, after in itertools.chain.from_iterable(itertools.pairwise(string.values) for string in strings):
        if isinstance(before, ast.FormattedValue) and isinstance(after, ast.Constant) and COUNTED.match(after.value):
            yield ast.unparse(before.value)


@pytest.mark.parametrize("folder", SPEAKING)
def test_no_text_of_a_command_says_1_volumes(folder):
    for path in sorted((CORE / folder).rglob("*.py")):
        numbers = {text for text in numbers_before_plurals(path.read_text(encoding="utf-8")) if not WORDS.search(text)}
        exempt = set(NEVER_ONE.get(path.relative_to(CORE).as_posix(), []))
        assert numbers == exempt, f"{path}: write counted(...), or say in NEVER_ONE why it is never 1"


def test_the_law_of_plurals_finds_a_number_before_a_plural():
    source = """f"{len(files)} whole volumes"; f"{counted(1, 'volume')}"; f"{n} of {of} runs"; f"{done} done\""""
    assert list(numbers_before_plurals(source)) == ["len(files)", "of"]
