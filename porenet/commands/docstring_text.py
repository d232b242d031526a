"""A docstring as a terminal shows it: formulas without markup, paragraphs folded to the width."""

from __future__ import annotations

import re
import textwrap

DIRECTIVE = re.compile(r"^ *\.\. math::(?: |\n+ +)", re.MULTILINE)
STARTS = re.compile(r" *- | {4,}[`\w]+: |.*\\")
"""How a line begins that goes on none before it: an item, an argument; formulas hold a backslash."""


def plain_text(docstring: str, width: int | None) -> str:
    """A docstring without directives.

    Args:
        docstring: dedented, as `inspect.getdoc` gives it.
        width: most characters per line; None: lines stay as they are.
    """
    text = DIRECTIVE.sub("    ", docstring)
    return text if width is None else "\n".join(line for part in _paragraphs(text) for line in _folded(part, width))


def _paragraphs(text: str) -> list[list[str]]:
    """Lines that belong together: neighbours of one indent, the first of which may be further out."""
    parts: list[list[str]] = []
    for line in text.splitlines():
        if parts and parts[-1][-1].strip() and line.strip() and not STARTS.match(line):
            last, indent = parts[-1], _indent(line)
            goes_on = _indent(last[-1]) == indent or (
                len(last) == 1 and indent > _indent(last[0]) and _is_item(last[0])
            )
            if goes_on and "\\" not in last[-1]:
                last.append(line)
                continue
        parts.append([line])
    return parts


def _folded(lines: list[str], width: int) -> list[str]:
    """One paragraph, its lines filled."""
    if all(len(line) <= width for line in lines) or "\\" in lines[0]:
        return lines
    first, rest = " " * _indent(lines[0]), " " * _indent(lines[-1])
    if len(lines) == 1 and _is_item(lines[0]):
        rest += "  " if lines[0].lstrip().startswith("- ") else "    "
    words = " ".join(line.strip() for line in lines)
    filler = textwrap.TextWrapper(width, first, rest, break_long_words=False, break_on_hyphens=False)
    return filler.wrap(words)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_item(line: str) -> bool:
    return STARTS.match(line) is not None and "\\" not in line
