"""A plugin's faults stay the plugin's: each is named with its distribution, version and cause; the rest works."""

import json

import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.errors import PluginError, UnknownComponent

SOUND = """
@hookimpl
def porenet_specs():
    yield spec("sound", "metric")
"""

# source of the plugin's module -> words of the cause
FAULTS = {
    "import error": ("raise RuntimeError('no luck today')", "RuntimeError: no luck today"),
    "syntax error": ("def broken(:", "SyntaxError"),
    "missing dependency": ("import a_module_nobody_has", "needs the module 'a_module_nobody_has'"),
    "sys.exit at import": ("import sys; sys.exit(3)", "calls sys.exit(3)"),
    "a base exception of its own": (
        "class Stop(BaseException): ...\nraise Stop('now')",
        "Stop: now",
    ),
    "no hook": ("x = 1", "implements no hook"),
    "hook without its marker": ("def porenet_specs():\n    yield spec('unmarked')", "implements no hook"),
    "misspelt hook": (
        "@hookimpl\ndef porenet_spec():\n    yield spec('misspelt')",
        "no hook is called porenet_spec",
    ),
    "hook with an argument": (
        "@hookimpl\ndef porenet_specs(registry):\n    yield spec('greedy')",
        "registry",
    ),
    "hook raises": ("@hookimpl\ndef porenet_specs():\n    raise KeyError('spec')", "KeyError: 'spec'"),
    "hook exits": ("@hookimpl\ndef porenet_specs():\n    import sys\n    sys.exit()", "calls sys.exit(None)"),
    "hook returns no list": (
        "@hookimpl\ndef porenet_specs():\n    return 5",
        "TypeError: 'int' object is not iterable",
    ),
    "no Spec": ("@hookimpl\ndef porenet_specs():\n    yield {'name': 'dict'}", "a porenet.Spec was expected, not dict"),
    "Spec without a field": ("@hookimpl\ndef porenet_specs():\n    yield Spec(name='bare')", "missing 4 required"),
    "Spec with an unknown field": (
        "@hookimpl\ndef porenet_specs():\n    yield spec('odd', colour='red')",
        "unexpected keyword argument 'colour'",
    ),
    "invalid Spec": (
        "@hookimpl\ndef porenet_specs():\n    yield spec('Not A Name')",
        "name must be lower-case letters, digits and underscores, not 'Not A Name'",
    ),
    "another contract": (
        "@hookimpl\ndef porenet_specs():\n"
        "    yield Spec(name='future', kind='loss', target='a:b', summary='s', unit='1', api=99)",
        "built for contract 99, this porenet speaks 1",
    ),
    "same name twice": (
        "@hookimpl\ndef porenet_specs():\n    yield spec('twin')\n    yield spec('twin')",
        "offers the loss 'twin' twice",
    ),
}


@pytest.fixture
def cli(site, use):
    """The command line on the fake site, whose plugins are found when it is called."""

    def run(*arguments, **environ):
        use(site.registry(**environ))
        return CliRunner().invoke(main, arguments)

    return run


@pytest.mark.parametrize(("source", "cause"), FAULTS.values(), ids=FAULTS)
def test_a_broken_plugin_is_named_and_the_others_work(site, cli, source, cause):
    site.add("broken-plugin", source, version="2.5")
    site.add("sound-plugin", SOUND)

    listed = cli("list-plugins", "--json")

    assert listed.exit_code == 1
    data = json.loads(listed.stdout)
    assert "sound" in [one["name"] for one in data["components"]]
    (fault,) = data["faults"]
    assert (fault["provider"], fault["version"], fault["level"]) == ("broken-plugin", "2.5", "error")
    assert cause in fault["cause"]
    assert site.registry().find("metric", "sound").load().__name__ == "voxels"

    shown = cli("list-plugins")
    assert shown.exit_code == 1
    (line,) = [line for line in shown.stdout.splitlines() if line.startswith("error: ")]
    assert "broken-plugin 2.5" in line
    assert cause in line


def test_every_plugin_sound_is_exit_code_0(site, cli):
    site.add("sound-plugin", SOUND)
    listed = cli("list-plugins")
    assert listed.exit_code == 0
    assert "sound-plugin 1.0" in listed.stdout


def test_an_invalid_spec_does_not_take_its_neighbours_along(site):
    site.add("half", "@hookimpl\ndef porenet_specs():\n    yield spec('BAD')\n    yield spec('good')")
    found = site.registry()
    assert [one.spec.name for one in found.components] == ["good"]
    assert len(found.faults) == 1


@pytest.mark.parametrize(
    ("points", "cause"),
    [
        ("[porenet]\nplugin = not_installed_anywhere\n", "needs the module 'not_installed_anywhere'"),
        ("[porenet]\nplugin = fake_components:nothing_there\n", "nothing_there"),
        ("[porenet]\nplugin = fake_measures:voxels\n", "implements no hook"),
        ("[porenet]\nplugin = sys:maxsize\n", "int 9223372036854775807 implements no hook"),
        ("[porenet]\nplugin = what is this\n", "entry point plugin = what is this"),
        ("[porenet]\nno equals sign here\n", "cannot be read"),
    ],
)
def test_a_wrong_entry_point_is_named(site, cli, points, cause):
    site.add("broken-plugin", "", entry_points=points)
    site.add("sound-plugin", SOUND)
    listed = cli("list-plugins")
    assert listed.exit_code == 1
    assert "error: broken-plugin 1.0: " in listed.stdout
    assert cause in listed.stdout
    assert "sound-plugin 1.0" in listed.stdout


def test_garbled_entry_points_of_a_package_that_is_no_plugin_are_nobodys_business(site, cli):
    site.add("unrelated", "", entry_points="[console_scripts]\nno equals sign here\n")
    site.add("sound-plugin", SOUND)
    assert cli("list-plugins").exit_code == 0


def test_a_distribution_without_metadata_is_called_by_its_folder(site, cli):
    site.add("nameless", "raise OSError", metadata=False)
    assert "nameless-1.0.dist-info" in cli("list-plugins").stdout


def test_a_plugin_that_prints_is_named_and_works_and_spoils_no_json(site, cli):
    site.add("chatty", "print('hello from chatty')" + SOUND)
    listed = cli("list-plugins", "--json")
    assert listed.exit_code == 1
    data = json.loads(listed.stdout)
    assert [one["name"] for one in data["components"]] == ["sound"]
    (fault,) = data["faults"]
    assert (fault["provider"], fault["level"]) == ("chatty", "warning")
    assert "'hello from chatty'" in fault["cause"]


@pytest.mark.torch
@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("no_such_package.losses:Mean", "there is no module 'no_such_package'"),
        ("fake_components.losses:Mean", "'fake_components' is not a package"),
        ("fake_components:Meen", "module 'fake_components' defines no 'Meen'"),
    ],
)
def test_a_target_that_does_not_exist_is_named_without_importing_it(site, cli, target, cause):
    site.add("lost", f"@hookimpl\ndef porenet_specs():\n    yield spec('lost', target='{target}')")
    site.add("sound-plugin", SOUND)
    listed = cli("list-plugins")
    assert listed.exit_code == 1
    assert f"error: lost 1.0: loss lost, target {target}: {cause}" in listed.stdout
    with pytest.raises(PluginError, match=r"loss lost:lost \(lost 1\.0, target .*\)"):
        site.registry().find("loss", "lost").load()


@pytest.mark.torch
def test_what_is_missing_when_a_component_is_used_is_said_then(site, cli):
    (site.folder / "needy.py").write_text("import a_module_nobody_has\nclass Needy: ...\n")
    site.add("needy-plugin", "@hookimpl\ndef porenet_specs():\n    yield spec('needy', target='needy:Needy')")
    assert cli("list-plugins").exit_code == 0
    shown = cli("show", "needy")
    assert shown.exit_code == 1
    assert "needs the module 'a_module_nobody_has', which is not installed" in shown.stderr
    assert "needy-plugin 1.0" in shown.stderr
    assert "Traceback" not in shown.output

    run = site.folder / "run.toml"
    run.write_text(
        '[grid]\nphases = ["a", "b"]\nvoxel_um = [1, 1, 1]\n[[objective.terms]]\nloss = "needy"\nwieght = 3\n'
    )
    checked = cli("validate", str(run))
    assert checked.exit_code == 1, "a plugin is broken, whatever else the user mistyped"
    assert "needs the module 'a_module_nobody_has'" in checked.stderr
    assert "wieght: unknown key" in checked.stderr


@pytest.mark.torch
def test_a_target_that_is_not_callable_is_refused(site, cli):
    (site.folder / "constant.py").write_text("VALUE = 3\n")
    site.add("odd", "@hookimpl\ndef porenet_specs():\n    yield spec('odd', target='constant:VALUE')")
    shown = cli("show", "odd")
    assert shown.exit_code == 1
    assert "the target is 3, not a class or function" in shown.stderr


@pytest.mark.torch
def test_a_target_that_prints_at_import_spoils_no_json(site, cli, caplog):
    (site.folder / "chatty_target.py").write_text("from fake_components import Mean\nprint('loading...')\n")
    site.add("chatty", "@hookimpl\ndef porenet_specs():\n    yield spec('chatty', target='chatty_target:Mean')")
    shown = cli("show", "chatty", "--json")
    assert json.loads(shown.stdout)["components"][0]["name"] == "chatty"
    assert "prints at import: 'loading...'" in caplog.text


def test_a_stranger_of_a_builtins_name_is_listed_with_a_warning(site, cli):
    site.add("porenet", "@hookimpl\ndef porenet_specs():\n    yield spec('mean')")
    site.add("rival", "@hookimpl\ndef porenet_specs():\n    yield spec('mean')")
    found = site.registry()
    assert found.find("loss", "mean").provider.name == "porenet"
    assert found.find("loss", "rival:mean").provider.name == "rival"

    listed = cli("list-plugins")
    assert listed.exit_code == 1
    assert "rival:mean" in listed.stdout
    assert "warning: rival 1.0: loss mean: porenet 1.0 also offers the loss 'mean'" in listed.stdout
    assert "the bare name means porenet's own, write rival:mean" in listed.stdout


def test_two_strangers_of_one_name_are_ambiguous(site, cli):
    for name in ("one", "two"):
        site.add(name, "@hookimpl\ndef porenet_specs():\n    yield spec('shared')")
    with pytest.raises(UnknownComponent, match=r"several plugins.*Write one:shared or two:shared\."):
        site.registry().find("loss", "shared")
    assert site.registry().find("loss", "two:shared").provider.name == "two"

    listed = cli("list-plugins")
    assert listed.exit_code == 1
    assert listed.stdout.count("is ambiguous") == 2
    assert cli("show", "shared").exit_code == 2
    assert cli("show", "one:shared").exit_code == 0


def test_two_entry_points_of_one_distribution_do_not_shadow_each_other(site):
    module = site.add("double", "@hookimpl\ndef porenet_specs():\n    yield spec('shared')")
    (site.folder / "second.py").write_text((site.folder / f"{module}.py").read_text())
    (site.folder / "double-1.0.dist-info" / "entry_points.txt").write_text(
        f"[porenet]\nfirst = {module}\nsecond = second\n"
    )
    found = site.registry()
    assert len(found.components) == 1
    (fault,) = found.faults
    assert "entry point second" in fault.place
    assert "double offers the loss 'shared' twice" in fault.cause


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ({}, {"porenet", "first", "second-one"}),
        ({"PORENET_PLUGINS": ""}, {"porenet"}),
        ({"PORENET_PLUGINS": "first"}, {"porenet", "first"}),
        ({"PORENET_PLUGINS": " Second_One , first,"}, {"porenet", "first", "second-one"}),
        ({"PORENET_PLUGINS": "nobody"}, {"porenet"}),
    ],
)
def test_the_switch_turns_strangers_off_but_never_porenets_own(site, switch, expected):
    for name in ("porenet", "first", "second-one"):
        site.add(name, f"@hookimpl\ndef porenet_specs():\n    yield spec('{name.replace('-', '_')}')")
    assert {one.provider.name for one in site.registry(**switch).components} == expected


def test_a_plugin_that_is_switched_off_is_not_even_imported(site):
    marker = site.folder / "imported"
    site.add("curious", f"open({str(marker)!r}, 'w').close()\nraise SystemExit")
    assert site.registry(PORENET_PLUGINS="").faults == ()
    assert not marker.exists()
    assert len(site.registry().faults) == 1
    assert marker.exists()


def test_the_first_distribution_of_a_name_wins_as_on_the_path(site):
    site.add("twice", "@hookimpl\ndef porenet_specs():\n    yield spec('mean')", version="1.0")
    info = site.folder / "Twice-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Twice\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text("[porenet]\nplugin = twice_plugin\n")
    found = site.registry()
    assert len(found.components) == 1
    assert found.faults == ()
