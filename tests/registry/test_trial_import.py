"""A stranger's plugin whose import ends, crashes or hangs a process is named; porenet and the other plugins go on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.errors import InputError
from porenet.registry import child_import, import_verdicts
from porenet.registry.child_import import Ending
from porenet.registry.time_limit import import_limit
from porenet.testing.casebook import casebook

SOUND = """
@hookimpl
def porenet_specs():
    yield spec("{name}")
"""
EXIT = Ending("ends the process while it is imported (exit status 3)")
HANG = Ending("does not finish within 60 s while it is imported", hung=True)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of the verdicts, which is made when it is needed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "porenet-plugins"


@pytest.fixture
def children(monkeypatch):
    """Stands in for the child interpreters: how they end, by entry point, and what they were called with."""

    class Children(dict):
        def __init__(self):
            self.calls = []

        def __call__(self, value, folder, limit_s, environ, on_wait):
            self.calls.append((value, limit_s, environ))
            return self.get(value, Ending(""))

        def tried(self):
            """Entry points tried since this was last asked."""
            values = [value for value, *_ in self.calls]
            self.calls.clear()
            return values

    stub = Children()
    monkeypatch.setattr(child_import, "listed_in_a_child", stub)
    return stub


def listed(site, limit="60", **environ):
    """Names of the components and causes of the faults, as a process that starts now would see them."""
    for name in [name for name, module in sys.modules.items() if str(site.folder) in str(module)]:
        del sys.modules[name]
    found = site.registry(PORENET_IMPORT_LIMIT=limit, **environ)
    return [component.spec.name for component in found.components], {
        fault.provider.name: fault.cause for fault in found.faults
    }


def test_each_way_to_end_a_process_is_named_and_the_others_go_on(site, cache, monkeypatch):
    site.add("leaves", "import os\nprint('\\x1b[31mbye')\nos._exit(3)")
    site.add("says-all-is-well", "@hookimpl\ndef porenet_specs():\n    import os\n    os._exit(0)")
    site.add("crashes", "import ctypes\nctypes.string_at(0)")
    site.add("raises", "raise RuntimeError('no luck today')")
    site.add("sound", SOUND.format(name="sound"))

    first = listed(site)

    names, causes = first
    assert names == ["sound"]
    assert causes["leaves"].startswith(
        "ends the process while it is imported (exit status 3); last output: '\\x1b[31mbye"
    )
    assert causes["says-all-is-well"].startswith("ends the process while its hook porenet_specs runs (exit status 0). ")
    assert causes["crashes"].startswith("crashes while it is imported (signal SIGSEGV). ")
    for name in ("leaves", "says-all-is-well", "crashes"):
        assert "Update it, uninstall it, or leave it out with PORENET_PLUGINS" in causes[name]
        assert str(cache / f"{name}.json") in causes[name]
    assert causes["raises"] == "RuntimeError: no luck today"
    assert {path.name for path in cache.iterdir()} == {f"{name}.json" for name in (*causes, "sound")}

    monkeypatch.setattr(subprocess, "Popen", None)
    assert listed(site) == first, "the second start has no child"


@pytest.mark.slow
def test_a_hang_is_stopped_with_all_that_it_started(site, caplog):
    marker = site.folder / "grandchild"
    site.add(
        "hangs",
        f"import subprocess, time\nrest = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(marker)!r}, 'w').write(str(rest.pid))\nprint('x' * 10**6)\ntime.sleep(60)",
    )
    site.add("sound", SOUND.format(name="sound"))
    start = time.monotonic()
    names, causes = listed(site, limit="4")
    assert time.monotonic() - start < 15
    assert names == ["sound"]
    assert causes["hangs"].startswith("does not finish within 4 s while it is imported; last output: 'xxx")
    assert "a PORENET_IMPORT_LIMIT above 4 (seconds) tries it again" in causes["hangs"]
    assert caplog.messages == ["waiting up to 4 s for the first import of plugin 'hangs 1.0'"]
    status = Path(f"/proc/{marker.read_text()}/status")
    assert not status.exists() or "Z (zombie)" in status.read_text()


def test_ctrl_c_ends_the_child_and_leaves_nothing_behind(tmp_path, monkeypatch):
    processes = []

    class Remembered(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            processes.append(self)

    def ctrl_c():
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Remembered)
    monkeypatch.setattr(child_import, "PATIENCE_S", 0.05)
    monkeypatch.setattr(child_import, "CODE", "import time\ntime.sleep(60)")
    with pytest.raises(KeyboardInterrupt):
        child_import.listed_in_a_child("plugin", tmp_path, 60.0, dict(os.environ), ctrl_c)
    assert [process.returncode for process in processes] == [-signal.SIGKILL]
    assert list(tmp_path.iterdir()) == []


def test_without_a_cache_the_name_is_on_stderr_before_the_import(site):
    site.add("leaves", "import os\nos._exit(3)")
    code = (
        "import os, pathlib\nfrom porenet.registry import import_verdicts\n"
        "import_verdicts._places = lambda: [pathlib.Path(os.devnull, 'cache')]\n"
        "from porenet.cli import main\nmain(['list-plugins'])"
    )
    environ = os.environ | {"PYTHONPATH": str(site.folder), "PORENET_IMPORT_LIMIT": "60", "PORENET_PLUGINS": "leaves"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "importing plugin 'leaves 1.0': 'leaves_plugin'\n"


def test_where_nothing_at_all_can_be_written_no_plugin_is_blamed(site, monkeypatch, caplog):
    def no_folder():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    monkeypatch.setattr(import_verdicts.tempfile, "gettempdir", no_folder)
    site.add("sound", SOUND.format(name="sound"))
    assert listed(site) == (["sound"], {})
    assert caplog.messages == ["importing plugin 'sound 1.0': 'sound_plugin'"]


@pytest.mark.parametrize("executable", ["", None, "/opt/app/viewer", "/nowhere/python3"])
def test_where_no_child_can_be_started_the_name_comes_before_the_import(site, cache, monkeypatch, caplog, executable):
    site.add("sound", SOUND.format(name="sound"))
    monkeypatch.setattr(sys, "executable", executable)
    assert listed(site) == (["sound"], {})
    assert caplog.messages == ["importing plugin 'sound 1.0': 'sound_plugin'"]
    assert list(cache.iterdir()) == []


def test_a_child_that_never_comes_to_the_plugin_proves_nothing_against_it(site, cache, monkeypatch, caplog):
    site.add("sound", SOUND.format(name="sound"))
    monkeypatch.setattr(child_import, "CODE", "raise SystemExit(7)")
    assert listed(site) == (["sound"], {})
    assert len(caplog.messages) == 1
    assert list(cache.iterdir()) == []


def test_a_verdict_stands_until_the_files_change(site, children):
    site.add("plugin", "import os\nos._exit(3)")
    children["plugin_plugin"] = EXIT
    for expected in (["plugin_plugin"], []):
        names, causes = listed(site)
        assert (names, list(causes)) == ([], ["plugin"])
        assert children.tried() == expected

    children.clear()
    path = site.folder / "plugin_plugin.py"
    path.write_text(path.read_text().replace("import os\nos._exit(3)", SOUND.format(name="mended")))
    os.utime(path, (2e9, 2e9))
    for expected in (["plugin_plugin"], []):
        assert listed(site) == (["mended"], {})
        assert children.tried() == expected


def test_any_file_of_the_package_counts(site, children):
    package = site.folder / "house"
    (package / "rooms").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "rooms" / "__init__.py").write_text("")
    module = site.add("house-plugin", SOUND.format(name="house"))
    (package / "rooms" / "entry.py").write_text((site.folder / f"{module}.py").read_text())
    points = site.folder / "house_plugin-1.0.dist-info" / "entry_points.txt"
    points.write_text("[porenet]\nplugin = house.rooms.entry\n")
    for change in (lambda: None, lambda: os.utime(package / "__init__.py", (2e9, 2e9)), (package / "new.py").touch):
        change()
        for expected in (["house.rooms.entry"], []):
            assert listed(site) == (["house"], {})
            assert children.tried() == expected


def test_a_bad_verdict_falls_once_something_is_installed_beside_it(site, children):
    site.add("plugin", SOUND.format(name="sound"))
    children["plugin_plugin"] = EXIT
    assert listed(site)[0] == []
    children.clear()
    assert listed(site)[0] == []
    (site.folder / "torch-2.7.dist-info").mkdir()
    assert listed(site) == (["sound"], {})


def test_a_hang_is_tried_again_where_more_time_is_allowed(site, children):
    site.add("plugin", SOUND.format(name="sound"))
    children["plugin_plugin"] = HANG
    for limit, expected in (("60", 1), ("60", 0), ("30", 0), ("61", 1), ("61", 0)):
        names, causes = listed(site, limit)
        assert names == []
        assert "tries it again" in causes["plugin"]
        assert len(children.tried()) == expected, limit


def test_a_child_that_others_end_is_named_and_not_remembered(site, cache, children):
    for number in (signal.SIGKILL, signal.SIGTERM):
        assert not child_import._ending(-number, False, 60, "importing", []).lasting
    assert child_import._ending(-signal.SIGABRT, False, 60, "importing", []).lasting
    site.add("plugin", SOUND.format(name="sound"))
    children["plugin_plugin"] = Ending("crashes while it is imported (signal SIGKILL)", lasting=False)
    for _ in range(2):
        assert "tried again next time" in listed(site)[1]["plugin"]
        assert len(children.tried()) == 1
    children.clear()
    assert listed(site) == (["sound"], {})


VERDICT = {"cause": "", "limit_s": 60.0, "hung": False, "site_ns": 0}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "\x00\xff", "null", "7", "[7]", "[" * 100_000, '[{"state": {}}]', '{"state": {}, "verdict": {}}',
        json.dumps([{"state": {}, "verdict": VERDICT | {"cause": 7}}]),
        json.dumps([{"state": {}, "verdict": VERDICT | {"colour": "red"}}]),
        json.dumps([{"state": {}, "verdict": VERDICT}]) + " " * 1_000_000,
    ],
)  # fmt: skip
def test_a_damaged_record_is_written_anew(site, cache, children, text):
    site.add("plugin", SOUND.format(name="sound"))
    listed(site)
    record = cache / "plugin.json"
    sound = record.read_text()
    record.write_text(text, encoding="latin-1")
    children.tried()
    for expected in (["plugin_plugin"], []):
        assert listed(site) == (["sound"], {})
        assert children.tried() == expected
    assert record.read_text() == sound


def test_a_file_of_verdicts_does_not_grow_for_ever(tmp_path):
    verdict = import_verdicts.Verdict("", 60.0)
    for number in range(30):
        import_verdicts.remember(tmp_path, "plugin", {"number": number}, verdict)
    assert len(json.loads((tmp_path / "plugin.json").read_text())) == import_verdicts.MOST_VERDICTS


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="rights of files are others there")
@pytest.mark.parametrize("spoil", ["open to all", "a link", "a file", "somebody else's"])
def test_a_folder_that_others_can_write_is_not_believed(site, cache, children, monkeypatch, tmp_path, spoil):
    monkeypatch.setattr(import_verdicts.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    site.add("plugin", SOUND.format(name="sound"))
    listed(site)
    if spoil == "open to all":
        cache.chmod(0o777)
    elif spoil == "somebody else's":
        monkeypatch.setattr(os, "getuid", lambda: 12345)
        monkeypatch.setattr(os, "lstat", lambda path: os.stat_result((0o40700, 1, 1, 1, 54321, 1, 0, 0, 0, 0)))
    else:
        cache.rename(tmp_path / "moved")
        cache.symlink_to(tmp_path / "moved") if spoil == "a link" else cache.touch()
    children.tried()
    assert listed(site) == (["sound"], {})
    if spoil == "somebody else's":
        assert children.tried() == []  # no folder is left: the name is logged instead
    else:
        assert children.tried() == ["plugin_plugin"]
        assert import_verdicts.writable_folder() == tmp_path / "temporary" / f"porenet-plugins-{os.getuid()}"


def test_what_is_porenets_own_switched_off_or_not_in_files_is_never_tried(site, children):
    site.add("porenet", SOUND.format(name="own"))
    site.add("elsewhere", "", entry_points="[porenet]\nfirst = sys\nsecond = not_there\nthird = what is this\n")
    site.add("off", "import os\nos._exit(3)")
    names, causes = listed(site, PORENET_PLUGINS="elsewhere")
    assert names == ["own"]
    assert list(causes) == ["elsewhere"]
    assert children.tried() == []


def test_a_child_starts_no_children(site, children):
    site.add("plugin", SOUND.format(name="sound"))
    listed(site, "17")
    ((_, limit_s, environ),) = children.calls
    assert limit_s == 17
    assert import_limit(environ) == 0
    assert environ["PORENET_PLUGINS"] == ""
    assert environ["PATH"] == os.environ["PATH"]


def test_the_laws_do_not_import_what_the_listing_refused(site, use, children, monkeypatch):
    module = site.add("plugin", SOUND.format(name="sound"))
    (site.folder / "deadly.py").write_text("raise KeyboardInterrupt('it was imported')")
    points = site.folder / "plugin-1.0.dist-info" / "entry_points.txt"
    points.write_text(f"[porenet]\nfirst = {module}\nsecond = deadly\n")
    children["deadly"] = EXIT
    monkeypatch.setenv("PORENET_IMPORT_LIMIT", "60")
    use(site.registry(PORENET_IMPORT_LIMIT="60"))
    (fault,) = casebook("plugin").faults
    assert fault.cause.startswith(EXIT.cause)


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "1e9"])
def test_a_limit_that_is_no_time_is_refused(site, use, text, monkeypatch):
    with pytest.raises(InputError, match=r"PORENET_IMPORT_LIMIT: seconds from 0 to 86400 were expected, not "):
        import_limit({"PORENET_IMPORT_LIMIT": text})
    monkeypatch.setenv("PORENET_IMPORT_LIMIT", text)
    monkeypatch.setattr("porenet.registry.installed", lambda: site.registry(PORENET_IMPORT_LIMIT=text))
    done = CliRunner().invoke(main, ["list-plugins"])
    assert done.exit_code == 2
    assert "Unset it for 60 s; 0 imports plugins without a trial." in done.stderr


def test_limits():
    for text, seconds in (("", 60), (" ", 60), ("0", 0), ("2.5", 2.5)):
        assert import_limit({"PORENET_IMPORT_LIMIT": text}) == seconds
    assert import_limit({}) == 60


def test_a_listing_without_strangers_has_nothing_to_do_with_trials():
    code = (
        "import sys\nfrom porenet.cli import main\nmain(['list-plugins'], standalone_mode=False)\n"
        "print('LOADED', [name for name in sys.modules if name.endswith(('trial_import', '_verdicts', 'subprocess'))])"
    )
    environ = os.environ | {"PORENET_PLUGINS": "", "PORENET_IMPORT_LIMIT": "60"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert "LOADED []" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
def test_a_listing_without_strangers_costs_little_more_than_a_start():
    environ = os.environ | {"PORENET_PLUGINS": "", "PORENET_IMPORT_LIMIT": "60"}

    def cpu_s(*arguments):
        before = os.times()
        subprocess.run([sys.executable, "-m", "porenet", *arguments], env=environ, capture_output=True, check=False)
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])

    start, listing = (min(cpu_s(*words) for _ in range(7)) for words in (("--version",), ("list-plugins",)))
    assert listing < 2.5 * start
