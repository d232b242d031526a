"""Where everything for development is installed, no test of a format is passed over for want of its oracle."""

import importlib.util
import re
from pathlib import Path

NOT_AMONG_THE_EXTRAS = {"hdf5plugin", "vtk"}
REQUESTS = re.compile(r"""importorskip\(["']([\w.]+)["']""")


def test_no_oracle_is_missing_where_the_tools_are():
    files = [path for path in Path(__file__).parent.glob("*.py") if path != Path(__file__)]
    names = {name for path in files for name in REQUESTS.findall(path.read_text(encoding="utf-8"))}
    oracles = {name for name in names if not name.startswith("porenet")} - NOT_AMONG_THE_EXTRAS
    assert {"h5py", "nibabel", "tifffile", "zarr"} <= oracles
    missing = {name for name in oracles if importlib.util.find_spec(name.partition(".")[0]) is None}
    tools = importlib.util.find_spec("importlinter") is not None
    assert not (tools and missing), f"install {', '.join(sorted(missing))}"
