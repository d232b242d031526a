"""The page's program that the package ships is the one that its sources give."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest
from checkout import ROOT

from porenet.page.document import APP, MARKER

WEB = ROOT / "porenet" / "page" / "web"
NAMED = ("../colours.json", "build.mjs", "index.html", "package-lock.json", "package.json", "style.css")


def sources():
    found = [path.relative_to(WEB).as_posix() for path in (WEB / "src").rglob("*") if path.is_file()]
    return sorted([*NAMED, *found])


def stamp():
    """Over names and texts of all sources, line ends as on Unix; the same as web/build.mjs makes."""
    found = hashlib.sha256()
    for name in sources():
        text = (WEB / name).read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{name}\n".encode() + text + b"\0")
    return f"sha256:{found.hexdigest()}"


@pytest.fixture(scope="module")
def app():
    return APP.read_text(encoding="utf-8")


def test_the_program_is_that_of_the_sources(app):
    (told,) = re.findall(r'<meta name="porenet-web" content="(.*?)">', app)
    assert told == stamp(), "porenet/page/web was changed after the last build: run npm run build there"


def test_it_has_one_place_for_a_scene_and_asks_nothing_of_a_network(app):
    assert app.count(MARKER) == 1
    assert "default-src 'none'" in app
    assert not re.search(r"""(?:src|href)\s*=\s*["']https?:""", app)
    assert "@import" not in app
    assert "sourceMappingURL" not in app
    assert len(app.encode()) < 1_000_000


def test_licences_of_what_is_inside_are_inside(app):
    licences = (APP.parent / "LICENCES.txt").read_text(encoding="utf-8")
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for name, version in wanted.items():
        assert f"{name} {version} (MIT)" in licences
    assert licences.strip() in app
    assert "Permission is hereby granted" in licences


def test_the_lock_names_versions_and_sums_and_no_addresses():
    lock = (WEB / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "http" not in re.sub(r'"funding": \{.*?\}', "", lock, flags=re.DOTALL)
    packages = {name: told for name, told in json.loads(lock)["packages"].items() if name}
    assert packages
    assert all("integrity" in told for told in packages.values())


def test_sources_never_parse_markup():
    for path in (WEB / "src").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert word not in text, (path.name, word)


@pytest.mark.slow
def test_building_again_gives_the_same_bytes(tmp_path):
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs Node.js 20 or later with npm")
    web = tmp_path / "web"
    shutil.copytree(WEB, web, ignore=shutil.ignore_patterns("node_modules"))
    (tmp_path / "app").mkdir()
    installed = subprocess.run([npm, "ci", "--ignore-scripts"], cwd=web, capture_output=True, text=True, timeout=300)
    if installed.returncode:
        pytest.skip(f"npm cannot fetch the packages here: {installed.stderr.strip().splitlines()[-1:]}")
    subprocess.run([npm, "run", "build"], cwd=web, check=True, capture_output=True, timeout=300)
    for built in ("app.html", "LICENCES.txt"):
        assert (tmp_path / "app" / built).read_bytes() == (APP.parent / built).read_bytes()
