"""What a release must be: no gap of the owner's, one version everywhere, a dated section of the changelog.

Run as ``python -m release.release_check [--tag v0.1.0]`` (``make release-check``). Prints what is wrong, one line each,
and exits with 1 if anything is.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from release.owner_gaps import ROOT, gaps_of_repository

DATED = r"^## \[{version}\] - \d{{4}}-\d{{2}}-\d{{2}}$"
"""Heading of a released version in the changelog."""
ACTION = re.compile(r"uses: (?!\./)(\S+)")
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def main() -> None:
    """Print what is wrong with a release of this checkout, and exit with 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", help="name of the tag that is released, such as v0.1.0")
    problems = list(problems_of(ROOT, parser.parse_args().tag))
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(f"Not to be released: {len(problems)} in the way.")
    print("Nothing in the way of a release.")


def problems_of(root: Path, tag: str | None) -> Iterator[str]:
    """Lines that say what is wrong.

    Args:
        root: of the checkout.
        tag: that is released, or None before there is one.
    """
    version = _project(root)["version"]
    for gap in gaps_of_repository(root):
        yield f"{gap.file}:{gap.line}: only the owner knows: {gap.text}"
    yield from versions_that_differ(root, version)
    if tag is not None and tag != f"v{version}":
        yield f"tag {tag}: pyproject.toml says version {version}, whose tag is v{version}"
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(DATED.format(version=re.escape(version)), changelog, re.MULTILINE):
        yield f"CHANGELOG.md: no heading '## [{version}] - YYYY-MM-DD'"
    yield from unpinned_actions(root)


def versions_that_differ(root: Path, version: str) -> Iterator[str]:
    """Files that state another version than ``pyproject.toml``.

    Args:
        root: of the checkout.
        version: that of ``pyproject.toml``.
    """
    for name, pattern in {
        "CITATION.cff": r"^version: (\S+)$",
        "codemeta.json": r'^ *"version": "([^"]+)"',
        "recipe/meta.yaml": r'set version = "([^"]+)"',
    }.items():
        stated = re.search(pattern, (root / name).read_text(encoding="utf-8"), re.MULTILINE)
        if stated is None or stated[1] != version:
            yield f"{name}: states {stated[1] if stated else 'no version'}, pyproject.toml {version}"


def unpinned_actions(root: Path) -> Iterator[str]:
    """Actions of the workflows that are not pinned by the hash of a commit.

    Args:
        root: of the checkout.
    """
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        for action in ACTION.findall(path.read_text(encoding="utf-8")):
            if not PINNED.fullmatch(action):
                yield f".github/workflows/{path.name}: {action} is not pinned by a hash of 40 digits"


def _project(root: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


if __name__ == "__main__":
    main()
