"""The command line of a trainer."""

import pytest

from porenet.errors import ConfigError, InputError, NonFiniteTerm, PluginError, Problem
from porenet.generation import command_changes, exit_code, trainer_parser


def test_what_the_command_line_says_is_put_in_place_of_the_run():
    parser = trainer_parser("my.train", "Train something.\n\n    python -m my.train run.toml\n")
    options = parser.parse_args(["run.toml", "--seed", "3", "--device", "cpu"])
    assert command_changes(options) == {"train": {"device": "cpu", "seed": 3}}
    assert command_changes(parser.parse_args(["run.toml"])) == {}
    assert "    python -m my.train run.toml" in parser.format_help()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("is wrong", where="here"), 2),
        (ConfigError([Problem("train", "is wrong")]), 2),
        (ConfigError([Problem("train", "is wrong")], broken_plugin=True), 1),
        (PluginError("is wrong"), 1),
        (NonFiniteTerm("is wrong"), 1),
    ],
)
def test_an_error_is_a_message_and_an_exit_code(error, code, capsys):
    def work():
        raise error

    assert exit_code(work, debug=False) == code
    assert capsys.readouterr().err.startswith("error: ")
    with pytest.raises(type(error)):
        exit_code(work, debug=True)


def test_an_interrupt_says_how_to_go_on(capsys):
    def work():
        raise KeyboardInterrupt

    assert exit_code(work, debug=False) == 130
    assert "--resume goes on" in capsys.readouterr().err
    assert exit_code(lambda: 1, debug=False) == 1
