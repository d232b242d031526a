"""codemeta.json, from pyproject.toml and CITATION.cff.

Run as ``python -m release.codemeta`` to write it (``make generate``), with ``--check`` to compare (``make lint``).
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from typing import Any

import yaml

from release.owner_gaps import ROOT

CODEMETA = ROOT / "codemeta.json"


def codemeta() -> str:
    """The text of codemeta.json (version 3.0 of the vocabulary, https://w3id.org/codemeta/3.0)."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    urls = project["urls"]
    data = {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": project["name"],
        "description": project["description"],
        "version": project["version"],
        "license": f"https://spdx.org/licenses/{project['license']}",
        "author": [_author(author) for author in citation["authors"]],
        "maintainer": [{"@type": "Person", **maintainer} for maintainer in project["maintainers"]],
        "keywords": project["keywords"],
        "programmingLanguage": "Python",
        "runtimePlatform": f"Python {project['requires-python']}",
        "softwareRequirements": project["dependencies"],
        "url": urls["Homepage"],
        "codeRepository": urls["Source"],
        "issueTracker": urls["Issues"],
        "softwareHelp": urls["Documentation"],
        "releaseNotes": urls["Changelog"],
        "developmentStatus": "active",
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _author(author: dict[str, str]) -> dict[str, str]:
    if "family-names" not in author:
        return {"@type": "Organization", "name": author["name"]}
    person = {"@type": "Person", "givenName": author["given-names"], "familyName": author["family-names"]}
    return person | ({"@id": author["orcid"]} if "orcid" in author else {})


def main() -> None:
    """Write codemeta.json, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare and exit with 1 where it differs")
    if not parser.parse_args().check:
        CODEMETA.write_text(codemeta(), encoding="utf-8")
    elif CODEMETA.read_text(encoding="utf-8") != codemeta():
        sys.exit("codemeta.json is not what pyproject.toml and CITATION.cff say: make generate")


if __name__ == "__main__":
    main()
