"""Commands speak of options and files, never of Python: many kinds of bad input to every command."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from command_words import OPTION, options_of, unknown_options, words_of_python

from porenet.cli import main
from porenet.formats import write
from porenet.interface import Grid, Volume

VALUES = "Ni=0,YSZ=1,pore=2"
THREE = f"--phases {VALUES} --voxel-um 0.1"
GRID = "[grid]\nphases = {phases}\nvoxel_um = {edges}\n"
ROW = {"volume": "a", "metric": "vf", "key": "Ni", "value": 0.5, "unit": "1", "params": {}}
RUNS = {
    "no_loss": 'loss = "nope"',
    "weight": 'loss = "vf"\nweight = -1',
    "phases": 'loss = "ssa"\nparams = {phase_subset = []}',
    "phase": 'loss = "isolation"\nparams = {phase = "por"}',
    "same": 'loss = "tpb"\nparams = {phase_triple = ["Ni", "Ni", "pore"]}',
    "pairs": 'loss = "dpb"\nparams = {pairs = [["Ni", "Ni"]]}',
    "inner": 'loss = "distribution"\nparams = {descriptor = "face_hinge"}',
    "form": 'loss = "ssa"\nparams = {form = "absolute"}',
    "target": 'loss = "first_passage"\nparams = {phase = "Ni", target = 3.0}',
    "faces": 'loss = "face_hinge"\nparams = {phase = "Ni", faces = ["z_min", "z_min"]}',
    "schedule": 'loss = "vf"\nstart = 9\nstop = 3',
    "good": 'loss = "vf"',
}

GENERATORS = """
import numpy as np

def good(seed, condition): return np.random.default_rng(seed).integers(0, 3, condition.shape)
def fails(*given): raise ZeroDivisionError("of nothing")
def nothing(seed, condition): pass
def batch(seed, condition): return good(seed, condition)[None]
def logits(seed, condition): return np.full((3, *condition.shape), -7.5)
def number(*given): return 3
"""
BAD = {
    "measure": f"""
        nowhere
        folder
        a.npy
        a.npy --phases {VALUES}
        a.npy --voxel-um 0.1
        a.npy --phases {VALUES} --voxel-um 0
        a.npy --phases {VALUES} --voxel-um 1,2
        a.npy --phases Ni=0 --voxel-um 1
        a.npy --phases Ni=0,YSZ=1 --voxel-um 1
        a.npy --phases Ni=0,YSZ=0 --voxel-um 1
        a.npy --phases Ni --voxel-um 1
        a.npy --phases =0,b=1 --voxel-um 1
        a.npy {THREE} --dataset u
        a.npy {THREE} --shape 6,6,6
        a.npy {THREE} --shape 6,6
        a.npy {THREE} --offset -1
        float.npy {THREE}
        flat.npy {THREE}
        empty.npy {THREE}
        objects.npy {THREE}
        huge.npy {THREE}
        two.npz {THREE}
        two.npz {THREE} --dataset w
        grid.npz
        slice.png {THREE}
        a.raw {THREE}
        a.raw {THREE} --shape 6,6,-6 --dtype uint8
        a.raw {THREE} --shape 6,6,7 --dtype uint8
        a.raw {THREE} --shape 6,6,6 --dtype floaty
        a.raw {THREE} --shape 6,6,3 --dtype uint16
        a.xyz {THREE}
        own.npz --phases a=0,b=1,c=2 --voxel-um 0.1
        own.npz --phases {VALUES} --voxel-um 0.2
        own.npz --grid periodic.toml
        own.npz --grid bad.toml
        own.npz --grid no_toml.toml
        own.npz --grid grid.toml {THREE}
        own.vti --phases {VALUES} --dataset foo
        own.npz -m nope
        own.npz -m porosity
        own.npz -p vf
        own.npz -m vf -p ssa.estimator=faces
        own.npz -m ssa -p ssa.estimator=face
        own.npz -m ssa -p ssa.foo=1
        own.npz -m s2 -p s2.lags_um=[0.1,0.1]
        own.npz -m euler_number -p euler_number.connectivity=7
        own.npz -m vf --axis all
        own.npz -m connectivity --axis w
        own.npz -m s2 -p s2.directions=ball --axis all
        own.npz -m effective_conductivity
        own.npz -m effective_conductivity -p effective_conductivity.conductivities={{Ni=1}}
        own.npz -m effective_conductivity -p effective_conductivity.conductivities={{Ni=1e9,YSZ=1,pore=0}}
        own.npz -m conductivity_tensor -p conductivity_tensor.conductivities={{Ni=-1,YSZ=1,pore=0}}
        own.npz -m first_passage -p first_passage.inlet=z_min -p first_passage.outlet=z_min
        own.npz -m tpb -p tpb.phase_triple=["Ni","Ni","pore"]
        own.npz -m tpb -p tpb.phase_triple=["Ni"]
        four.npz -m tpb
        four.npz -m tpb -p tpb.phase_triple=["a","b","c"] -p tpb.active=reachable
        a.npy --phases {VALUES} --voxel-um 0.0001,1,1 -m ssa
        own.npz -o table.txt
        own.npz -o folder.json
        own.npz --workers 0
        own.npz --rev nope
        own.npz --rev vf
        own.npz --rev vf -m ssa
        own.npz --rev vf --sensitivity
        own.npz --rev vf --workers 2
        own.npz --rev vf --boxes 0
        own.npz --rev vf --plot a.txt
        own.npz -m vf --plot a.png
        own.npz -m nope --sensitivity
        one.npz -m vf --sensitivity
        own.npz --bogus""",
    "compare": f"""
        a.json
        nowhere.json a.json
        a.json b.json
        a.json c.json
        a.json a.json -m nope
        a.json a.json --score nope
        junk.json a.json
        grid.toml a.json
        a.json a.json --level 2
        a.json a.json --n-boot 3
        a.json a.json -o x.txt
        a.json a.json -o a.json
        a.json a.json --plot x.txt
        a.json a.json --tolerance 9
        a.json a.json --tolerance nan
        a.json a.json --spread inf
        a.json a.json --spread 1
        a.json a.json --seed -1
        a.json a.json --save-tables tables
        a.json a.json -p vf.x=1
        a.json own.npz -p vf.x=1
        a.json own.npz -m nope
        a.json own.npz --save-tables a.json
        own.npz four.npz -m vf
        own.npz four.npz -m vf --memory 5
        a.json a.json --memory 4GB
        own.npz own.npz own.npz -m vf
        own.npz own.npz -m ssa -p ssa.estimator=face
        folder a.json
        a.json
        --plan a.json a.json
        --plan nowhere.json
        --plan --tolerance 9
        a.json a.json --copies-of folder
        a.json a.json --copies-of folder --copies-in folder
        a.json a.json --copies-of own.npz --copies-in four.npz
        a.json a.json --copies-of own.npz --copies-in thin.npy {THREE}
        a.json a.json --copies-of a.npy --copies-in a.npy""",
    "evaluate": f"""
        own.npz
        nowhere own.npz
        own.npz nowhere
        folder own.npz
        four.npz
        own.npz own.npz own.npz
        own.npz real=own.npz
        own.npz a/b=own.npz
        own.npz a.toml:f
        own.npz no_module:f
        own.npz generators.py:nope
        own.npz generators.py:fails -o e1
        own.npz generators.py:nothing -o e2
        own.npz generators.py:batch -o e3
        own.npz generators.py:logits -o e4
        own.npz generators.py:number:3
        own.npz generators.py:fails:3
        own.npz generators.py:number:runs/*
        own.npz gone*
        own.npz a=own.npz b=generators.py:good --repeats 2
        own.npz generators.py:good --n 0
        own.npz generators.py:good --seed -1
        own.npz generators.py:good --repeats 0
        own.npz generators.py:good --shape 3
        own.npz generators.py:good --shape 3,3
        own.npz generators.py:good --stride 3,3,3
        own.npz generators.py:good --cut 3,3
        own.npz generators.py:good --cut 7,7,7
        own.npz generators.py:good --cut 3,3,3 --stride 0,1,1
        periodic.npz generators.py:good --cut 3,3,3
        own.npz generators.py:good --conditions junk.json
        own.npz generators.py:good --conditions nowhere.json
        own.npz generators.py:good --conditions a.json
        own.npz generators.py:good --training nowhere
        own.npz generators.py:good --training four.npz
        own.npz generators.py:good -m nope
        own.npz generators.py:good -o a.npy
        own.npz generators.py:good -o .
        own.npz four.npz
        a.npy generators.py:good
        generators.py:number own.npz
        generators.py:good own.npz
        generators.py:number own.npz {THREE}
        own.npz float.npy""",
    "convert": f"""
        nowhere o.zarr
        a.npy o.zarr
        a.npy o.png {THREE}
        a.npy a.npy {THREE}
        own.npz own.vti
        own.npz folder
        own.npz nowhere/o.zarr
        own.npz o.tif --values Ni=256,YSZ=127,pore=0
        own.npz o.tif --values Ni=1,YSZ=1,pore=0
        own.npz o.tif --values Ni=1,YSZ=2
        own.npz o.tif --values Ni
        own.npz o.tif --format nope
        own.npz o.tif --format zarr
        own.npz o.tif --memory 4
        own.npz o.tif --memory many
        lies.h5 o.tif
        folder o.tif {THREE}""",
    "page": f"""
        nowhere
        folder
        a.npy
        float.npy {THREE}
        a.npy {THREE} -o x.txt
        a.npy {THREE} --tpb a
        a.npy {THREE} --tpb a,b,c
        a.npy {THREE} --tpb Ni,Ni,pore
        a.npy {THREE} --roles x
        a.npy {THREE} --roles x=gas
        a.npy {THREE} --roles Ni=foo
        a.npy {THREE} --comparison grid.toml
        a.npy {THREE} --comparison a.json
        a.npy {THREE} --max-edge 0""",
    "reconstruct": f"""
        own.npz
        nowhere -o r
        folder -o r
        float.npy {THREE} -o r
        a.raw {THREE} -o r
        a.raw {THREE} -o r --raw-shape 6,6,7 --dtype uint8
        own.npz -o r --shape 6,6
        own.npz -o r --shape 6,6,0
        own.npz -o r --shape 9999,9999,9999
        own.npz -o r --count 0
        own.npz -o r --seed -1
        own.npz -o r --steps 0
        own.npz -o r --start white
        own.npz -o r --start coarse --shape 5,6,6
        own.npz -o r --device foo
        own.npz -o r --terms nowhere.toml
        own.npz -o r --terms two.toml
        own.npz -o r --terms four.toml
        own.npz -o r --terms no_toml.toml
        own.npz -o r --terms bad.toml
        own.npz -o r --terms grid.toml
        own.npz -o r --terms no_loss.toml
        own.npz -o r --terms inner.toml
        own.npz -o folder.json/x
        thin.npy --phases {VALUES},gas=3 --voxel-um 0.1 -o r --terms four.toml
        own.npz -o r --phases a=0,b=1,c=2 --voxel-um 0.1
        periodic.npz -o r --shape 6,6,8
        one.npz -o r""",
    "synthesize": """
        s --fit nowhere.npy
        s --fit own.npz --model plurigaussian
        s --candidates 3
        s --fit own.npz --window 4,4
        s --fit own.npz
        s --shape 1,2,3,4
        s --shape 4.5,4,4
        s --shape 0,4,4
        s --shape 99999,99999,99999
        s --voxel-um 0,1
        s --voxel-um -1
        s --phases a
        s --phases a,a
        s --phases a,b,c,d
        s --phases ,
        s --fractions 1
        s --fractions 0.5,0.5,0.5
        s --fractions 0.5,0.25,0.25 --thresholds 1,2
        s --thresholds 1
        s --length-um nan
        s --periodic q
        s --periodic zyx --length-um 6
        s --seed -1
        s --model packed_spheres --thresholds 1,2
        s --model packed_spheres --radius-um 0.01
        s --model packed_spheres --fractions 0.9,0.9 --shape 8,8,8
        s --model packed_spheres --fractions 0.9,0.9 --shape 16,16,16
        s --model packed_spheres --fractions 2,2
        s --model packed_spheres --phases a,b
        a.npy""",
    "validate": "\n".join(
        f"{name}.toml" for name in (*RUNS, "two", "four", "bad", "no_toml", "grid") if name != "good"
    ),
    "audit": """
        nowhere.toml
        good.toml --size 3
        good.toml --device foo
        good.toml --device cuda:77
        phase.toml""",
    "check": "nope\nvf --kind score\nporenet:nope",
    "show": "nope\nnobody:vf\nvf --kind foo\nporosity",
    "list-plugins": "--kind los\nextra",
    "init": "good.toml\na.npy/x",
    "new-plugin": "x?\nporenet\nporenet-a --component 3x\nfolder\nporenet-b --into a.npy",
}
CASES = [(command, line.strip()) for command, lines in BAD.items() for line in lines.strip().splitlines()]


def grid(phases=("Ni", "YSZ", "pore"), edges=(0.1, 0.1, 0.1)):
    return GRID.format(phases=json.dumps(list(phases)), edges=list(edges))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files that are wrong in one way each, and some that are right."""
    place = tmp_path_factory.mktemp("files")
    labels = np.random.default_rng(0).integers(0, 3, (6, 6, 6), dtype=np.uint8)
    arrays = {"a": labels, "thin": labels[:1], "float": labels + 0.5, "flat": labels[0], "empty": labels[:0]}
    for name, array in arrays.items():
        np.save(place / f"{name}.npy", array)
    np.save(place / "objects.npy", np.array([None] * 8))
    header = str({"descr": "|u1", "fortran_order": False, "shape": (2000, 2000, 2000)}).ljust(117) + "\n"
    (place / "huge.npy").write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + header.encode())
    np.savez(place / "two.npz", u=labels, v=labels)
    np.savez(place / "grid.npz", labels=labels, grid=np.array("x"))
    (place / "lies.h5").write_bytes(b"NRRD0004\n")
    for name in ("a.raw", "a.xyz", "slice.png"):
        (place / name).write_bytes(labels.tobytes())
    three = Volume(labels, Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1)))
    write(three, place / "own.npz")
    write(three, place / "own.vti")
    write(Volume(labels, Grid(three.grid.phases, three.grid.voxel_um, (True,) * 3)), place / "periodic.npz")
    write(Volume(0 * labels, three.grid), place / "one.npz")
    write(Volume(labels, Grid(("a", "b", "c", "d"), (0.1, 0.1, 0.1))), place / "four.npz")
    (place / "generators.py").write_text(GENERATORS)
    (place / "folder").mkdir()
    (place / "folder.json").mkdir()
    (place / "grid.toml").write_text(grid())
    (place / "periodic.toml").write_text(grid() + "periodic = [true, false, false]\n")
    (place / "bad.toml").write_text(grid(["Ni"], [0.1, 0.1]) + "values = {x = 1}\nfoo = 1\n")
    (place / "no_toml.toml").write_text("a = \n")
    for name, term in RUNS.items():
        (place / f"{name}.toml").write_text(f"{grid()}[[objective.terms]]\n{term}\n")
    for name, phases in {"two": "ab", "four": "abcd"}.items():
        (place / f"{name}.toml").write_text(f'{grid(phases)}[[objective.terms]]\nloss = "tpb"\n')
    for name, row in {"a": {}, "b": {"metric": "ssa"}, "c": {"params": {"estimator": "faces"}}}.items():
        (place / f"{name}.json").write_text(json.dumps([ROW | row]))
    (place / "junk.json").write_text('[{"a": 1}]')
    return place


@pytest.mark.parametrize(("command", "line"), CASES, ids=[" ".join(case) for case in CASES])
def test_a_message_speaks_the_command_line(folder, monkeypatch, command, line):
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(main, [command, *line.split()])
    assert done.exit_code in (1, 2), done.output
    assert "a fault of porenet" not in done.stderr
    message = re.sub(r"Usage: .*\nTry .*\n", "", done.stderr).replace(str(folder), "")
    typed = [word for word in line.split() if not word.startswith("-") and len(word) > 3]
    assert message.strip(), "a failure without a message"
    assert not words_of_python(message, typed), message
    assert set(unknown_options(message, command)) <= set(line.split()), message


def test_every_command_is_held():
    assert set(BAD) == set(main.commands)


@pytest.mark.parametrize(
    "message",
    [
        "it states no voxel size. Give the edges in um: voxel_um=(z, y, x).",
        "several arrays could hold the labels. Choose one: dataset='...'.",
        "Leave phases out, or pass override=True (--override) if the file is wrong.",
        "but voxel_um says 0.2",
        "Grid.voxel_um: three positive lengths (z, y, x) in um were expected",
        "synthetic.plurigaussian: length_um must be above 0",
        "save them as integers: array.astype('uint8').",
        "a dict was expected, not None",
        "shape: another argument was expected",
    ],
)
def test_words_of_python_are_noticed(message):
    assert words_of_python(message)


def test_options_that_do_not_exist_are_noticed():
    assert unknown_options("Give --voxel-um or --voxel.", "measure") == ["--voxel"]
    assert unknown_options("Choose other metrics with -m.", "audit") == ["-m"]
    assert unknown_options("Choose it with -m. Write it with porenet measure -o.", "page") == ["-m"]


def test_what_a_user_typed_and_what_click_says_is_no_python():
    assert not words_of_python("Missing argument 'PATHS...'.")
    assert not words_of_python("no metric is called 'measure(x)' in measure(x)", ["measure(x)"])
    assert not words_of_python("line 3, grid.voxel_um: a list was expected")
    assert not words_of_python("Name a phase for each value: --phases NAME=0,phases=1.")


def test_options_are_found_in_words():
    assert OPTION.findall("Write --grid (or -m) for 6-neighbours of z-axis -1") == ["--grid", "-m"]
    assert {"--voxel-um", "-m", "--debug"} <= options_of("measure")
