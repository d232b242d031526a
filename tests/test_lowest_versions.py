"""The lowest versions that are run by hand are those that pyproject.toml states."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_RUN = {"docs", "all", "dev"}
"""Extras whose libraries build and check porenet and are never used with it."""


def test_every_lower_bound_is_among_the_versions_that_are_run():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    stated = set(project["dependencies"]).union(*(extras[name] for name in extras.keys() - NOT_RUN))
    stated = {bound for bound in stated if not bound.startswith("porenet[")}
    lines = (ROOT / "constraints-lowest.txt").read_text().splitlines()
    assert {re.sub(">=", "==", bound) for bound in stated} == {line for line in lines if "#" not in line}
