"""Words of Python in a message for users of a command, and options that the command does not have."""

import inspect
import re

import porenet
from porenet import comparison, evaluation, formats, gradient_audit, measurement, reconstruction, synthetic
from porenet.cli import main

CALLABLES = (
    *(getattr(porenet, name) for name in porenet.__all__ if callable(getattr(porenet, name))),
    *(formats.read, formats.write, synthetic.plurigaussian, synthetic.packed_spheres, measurement.measure_all),
    *(
        reconstruction.reconstruct,
        comparison.compare,
        comparison.nearest,
        evaluation.evaluate,
        evaluation.cut_boxes,
        gradient_audit.audit_run,
        gradient_audit.hand_made_states,
    ),
)
ARGUMENTS = sorted({name for each in CALLABLES for name in inspect.signature(each).parameters})
"""Names of the arguments of the library."""
LONG_ARGUMENTS = [name for name in ARGUMENTS if "_" in name]

PYTHON = {
    "a call": re.compile(r"\w\((?!s\))"),
    "a keyword": re.compile(rf"(?<![\w.-])({'|'.join(ARGUMENTS)})=(?!=)"),
    "an argument": re.compile(rf"(?<![\w.-])({'|'.join(LONG_ARGUMENTS)})\b"),
    "an attribute": re.compile(r"\b(Grid|Volume|Objective|Spec)\.\w+"),
    "a word of Python": re.compile(r"\b(None|True|False|dict|tuple|kwargs|keyword|keywords|argument|arguments)\b"),
}
CLICK = re.compile(r"(Missing argument|Got unexpected extra arguments?) ")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def words_of_python(message, typed=()):
    """What in a message a user of a command need not know, each with its kind.

    Args:
        message: as the command prints it.
        typed: words that the user wrote, which a message may repeat.
    """
    text = CLICK.sub("", message)
    for word in sorted(typed, key=len, reverse=True):
        text = text.replace(word, "")
    text = re.sub(r"(?<!\w)'[^']*'|\"[^\"]*\"", "''", text)
    text = re.sub(r"(?<![\w-])--phases \S+", "--phases", text)  # its value is NAME=VALUE,...
    text = re.sub(r"; allowed: .*", "", text)  # keys of a file
    return [f"{kind}: {match[0]!r}" for kind, pattern in PYTHON.items() for match in pattern.finditer(text)]


def unknown_options(message, command):
    """The options in a message that the command does not have, nor another command that the sentence names."""
    unknown = []
    for sentence in re.split(r"(?<=[.;]) ", message):
        named = re.search(r"\bporenet ([a-z-]+)", sentence)
        owner = named[1] if named and named[1] in main.commands else command
        unknown += [option for option in OPTION.findall(sentence) if option not in options_of(owner)]
    return unknown


def options_of(command):
    """Every option of a command, and of porenet itself."""
    params = [*main.commands[command].params, *main.params] if command in main.commands else main.params
    return {"-h", "--help", "--version", *(name for param in params for name in param.opts)}
