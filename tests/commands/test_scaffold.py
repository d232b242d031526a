"""What `init` and `new-plugin` write."""

import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.commands.scaffold import write_plugin, write_run
from porenet.config import parse_run
from porenet.errors import ConfigError, InputError


def test_init_writes_once_and_never_over(tmp_path):
    path = tmp_path / "my.toml"
    first = CliRunner().invoke(main, ["init", str(path)])
    assert first.exit_code == 0
    assert f"porenet validate {path}" in first.stdout
    text = path.read_text()
    again = CliRunner().invoke(main, ["init", str(path)])
    assert again.exit_code == 2
    assert "already exists and is left unchanged" in again.stderr
    assert path.read_text() == text


def test_the_run_is_wrong_only_in_the_losses_that_a_bare_core_lacks(fakes, tmp_path):
    write_run(tmp_path / "run.toml")
    with pytest.raises(ConfigError) as caught:
        parse_run((tmp_path / "run.toml").read_text())
    assert [problem.path for problem in caught.value.problems] == ["objective.terms[0].loss", "objective.terms[1].loss"]


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_run(tmp_path / "file" / "run.toml")


def test_new_plugin_writes_a_whole_distribution(tmp_path):
    written = write_plugin("porenet-corners", tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in written) == [
        "porenet-corners/README.md",
        "porenet-corners/porenet_corners/__init__.py",
        "porenet-corners/porenet_corners/corners.py",
        "porenet-corners/pyproject.toml",
        "porenet-corners/tests/test_conformance.py",
    ]
    for path in written:
        assert "$" not in path.read_text()


# As written it obeys every law; what its wheel does with them, tests/test_third_party.py tries.
def test_a_new_plugin_says_what_to_try_it_with(tmp_path):
    write_plugin("porenet-corners", tmp_path)
    module = (tmp_path / "porenet-corners" / "porenet_corners" / "__init__.py").read_text()
    test = (tmp_path / "porenet-corners" / "tests" / "test_conformance.py").read_text()
    assert "def porenet_cases()" in module
    assert '@conformance("porenet-corners")' in test


def test_a_plugin_may_name_its_loss(tmp_path):
    written = write_plugin("My.Plugin", tmp_path, loss="sharp_edges")
    assert tmp_path / "My.Plugin" / "my_plugin" / "sharp_edges.py" in written
    assert "class SharpEdges" in (tmp_path / "My.Plugin" / "my_plugin" / "sharp_edges.py").read_text()


@pytest.mark.parametrize(
    ("name", "loss", "words"),
    [
        ("two words", None, "not a valid name of a package"),
        ("../escape", None, "not a valid name of a package"),
        ("", None, "not a valid name of a package"),
        ("porenet", None, "cannot be named 'porenet'"),
        ("porenet-2d", None, "not a valid name of a loss"),
        ("porenet-x", "Bad-Name", "not a valid name of a loss"),
        ("porenet-class", None, "not a valid name of a loss"),
    ],
)
def test_new_plugin_refuses_names_that_cannot_work(tmp_path, name, loss, words):
    with pytest.raises(InputError, match=words):
        write_plugin(name, tmp_path, loss=loss)
    assert list(tmp_path.iterdir()) == []


def test_new_plugin_leaves_an_existing_folder_alone(tmp_path):
    (tmp_path / "porenet-corners").mkdir()
    with pytest.raises(InputError, match="already exists"):
        write_plugin("porenet-corners", tmp_path)
