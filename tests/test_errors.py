"""What errors say, and that they survive the way home from another process."""

import copy
import pickle

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
