"""What no bad input of the tests may reach: every text of an error in the source, seen as a command prints it."""

import ast
import re
from pathlib import Path

import pytest
from command_words import OPTION, words_of_python

import porenet

ROOT = Path(porenet.__file__).parent
REACHED = ("commands", "comparison", "config", "evaluation", "formats", "measurement", "page", "synthetic")
PLUGINS = sorted(ROOT.parent.glob("plugins/porenet_*/**/*.py"))
SOURCES = [ROOT / "interface" / "grid.py", *(path for part in REACHED for path in sorted((ROOT / part).rglob("*.py")))]
LIBRARY = [path for path in SOURCES if path.relative_to(ROOT).parts[0] not in ("commands", "page")]
ERRORS = {"InputError", "UnknownComponent", "ConfigError", "Problem", "UsageError", "BadParameter"}
PYTHON_ONLY = {"comparison/copies.py:nearest", "measurement/array_volume.py:volume_of"}
"""Functions whose arguments no command leaves to its user."""
OTHER_PROGRAMS = re.compile(r"\b(porenet|h5repack|pip) [^.;]*")


def texts_of_errors(path, wording=1):
    """The place and text of each argument of an error in a file; of a `Wording` what a command prints, or 0: Python."""
    tree = ast.parse(path.read_text())
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and name_of(call) in ERRORS:
                for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
                    yield function.name, call.lineno, " ".join(printed(value, wording))


def printed(node, wording):
    """The texts in an expression, ``{}`` for what is filled in, without what a command does not print."""
    if isinstance(node, ast.Call) and name_of(node) == "Wording":
        yield from printed(node.args[wording], wording)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.BinOp | ast.IfExp | ast.List):
        for child in ast.iter_child_nodes(node):
            yield from printed(child, wording)


def name_of(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


@pytest.mark.parametrize("path", [*SOURCES, *PLUGINS], ids=lambda path: path.relative_to(ROOT.parent).as_posix())
def test_no_text_of_an_error_speaks_python(path):
    place = path.relative_to(ROOT if path in SOURCES else ROOT.parent).as_posix()
    wrong = {
        f"{place}:{function}": f"line {line}: {text}: {words_of_python(text)}"
        for function, line, text in texts_of_errors(path)
        if words_of_python(text)
    }
    allowed = {function for function in PYTHON_ONLY if function.startswith(f"{place}:")}
    assert set(wrong) == allowed, wrong


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_of_an_error_of_the_library_speaks_of_options(path):
    texts = [OTHER_PROGRAMS.sub("", text) for _, _, text in texts_of_errors(path, 0)]
    assert not [text for text in texts if OPTION.search(text)]


def test_a_text_of_python_is_noticed(tmp_path):
    source = tmp_path / "source.py"
    source.write_text(
        "def check(name):\n"
        "    raise InputError(f'{name} is wrong', fix='Give voxel_um=(z, y, x).')\n"
        "    raise InputError('wrong', fix=Wording('Give voxel_um=(z, y, x).', 'Give --voxel-um Z,Y,X.'))\n"
    )
    texts = [text for _, _, text in texts_of_errors(source)]
    assert texts == ["{} is wrong", "Give voxel_um=(z, y, x).", "wrong", "Give --voxel-um Z,Y,X."]
    assert [bool(words_of_python(text)) for text in texts] == [False, True, False, False]
    assert [text for _, _, text in texts_of_errors(source, 0)][3] == "Give voxel_um=(z, y, x)."
