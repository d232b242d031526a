"""Commands and their real output, for the generated parts of README and docs (cog)."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

from docs.generators import captured_tables

ROOT = Path(__file__).resolve().parents[2]
PORENET = (sys.executable, "-c", "from porenet.cli import main; main(prog_name='porenet')")
WIDTH = 100
"""Columns of the terminal that the docs show."""


def shown(*commands: str, folder: str | None = None, environ: Mapping[str, str] = {}, rows: str = "") -> str:
    """A fenced block of ``porenet`` commands, each with its output, and its exit code where that is not 0.

    Args:
        commands: run one after the other.
        folder: where, from the repository root or in full; an empty temporary folder if None.
        environ: variables to set.
        rows: of tables only the rows that hold this pattern, with their headings; others become one ``...``.
    """
    with tempfile.TemporaryDirectory() as empty:
        where = ROOT / folder if folder is not None else Path(empty)
        parts = [f"$ {typed(command)}\n{_output(command, where, environ, rows)}" for command in commands]
    return "```text\n" + "\n\n".join(part.rstrip("\n") for part in parts) + "\n```"


def typed(command: str) -> str:
    """A command as one types it in a narrow terminal: continued where a line would be too long."""
    lines = [""]
    for part in re.split(r" (?=-)", command):  # an option stays with its value
        longer = f"{lines[-1]} {part}".strip() if len(lines) == 1 else f"{lines[-1]} {part}"
        if len(longer) > WIDTH - 4:
            lines.append(f"    {part}")
        else:
            lines[-1] = longer
    return " \\\n".join(lines)


def folded(text: str) -> str:
    """Text whose long lines go on at a space, as far in as they began; JSON as it is."""
    if text.startswith(("{", "[")):
        return text
    lines = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        options = {"break_long_words": False, "break_on_hyphens": False, "replace_whitespace": False}
        lines += textwrap.wrap(line, WIDTH, subsequent_indent=indent, **options) if len(line) > WIDTH else [line]
    return "\n".join(lines)


def file(name: str, language: str) -> str:
    """A fenced block of a file of the repository."""
    return f"```{language}\n{(ROOT / name).read_text(encoding='utf-8').rstrip()}\n```"


def help_of_every_command() -> str:
    """A heading and the help of ``porenet`` and of each of its commands."""
    from porenet.cli import main

    parts = (f"## porenet {name}\n\n{shown(f'porenet {name} --help')}" for name in sorted(main.commands))
    return "\n\n".join((shown("porenet --help"), *parts))


def with_broken_plugin() -> str:
    """What ``list-plugins`` says where one plugin is sound and one is not."""
    good = _plugin_source('name="corners", target="porenet_corners:Corners"') + "\nclass Corners: ...\n"
    bad = "import a_library_that_is_missing\n"
    with tempfile.TemporaryDirectory() as site:
        for name, version, source in (("porenet-corners", "0.2.0", good), ("porenet-edges", "1.1.0", bad)):
            module = name.replace("-", "_")
            (Path(site) / f"{module}.py").write_text(source, encoding="utf-8")
            info = Path(site) / f"{module}-{version}.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            (info / "entry_points.txt").write_text(f"[porenet]\nplugin = {module}\n")
        paths = filter(None, (site, os.environ.get("PYTHONPATH")))
        environ = {"PYTHONPATH": os.pathsep.join(paths), "PORENET_PLUGINS": "porenet-corners,porenet-edges"}
        environ["PORENET_IMPORT_LIMIT"] = "0"  # for a folder of a moment, nothing is remembered
        return shown("porenet list-plugins --kind loss", environ=environ)


def _plugin_source(fields: str) -> str:
    return f"""
from porenet.hookspecs import hookimpl
from porenet.interface import Spec

@hookimpl
def porenet_specs():
    yield Spec(api=1, kind="loss", unit="1", summary="Penalty on corners.", {fields})
"""


def _output(command: str, folder: Path, environ: Mapping[str, str], rows: str) -> str:
    program, *arguments = shlex.split(command)
    if program != "porenet":
        raise ValueError(f"only porenet is run here, not {program}")
    # Whatever the terminal, the colours asked for and the plugins installed: the same text.
    inherited = {key: value for key, value in os.environ.items() if "COLOR" not in key and not key.startswith("TTY_")}
    # Rich folds tables for a terminal only, which is this wide, has no colours and shows no progress.
    terminal = {"COLUMNS": str(WIDTH), "LINES": "40", "TERM": "dumb", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "0"}
    if rows:  # of tables that are not folded, so that a row is a line
        terminal = {}
    fixed = terminal | {"NO_COLOR": "1", "PORENET_PLUGINS": "", "PYTHONUTF8": "1"}
    done = subprocess.run(
        (*PORENET, *arguments),
        cwd=folder,
        env=inherited | fixed | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    text = re.sub(r"[ \t]+$", "", done.stdout, flags=re.MULTILINE).strip("\n")
    text = folded(captured_tables.with_rows(text, rows, WIDTH) if rows else text)
    return text if done.returncode == 0 else f"{text}\n\n$ echo $?\n{done.returncode}"
