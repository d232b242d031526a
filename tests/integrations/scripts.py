"""Scripts of users, run as they run them: as files of their own, on one rank or on two."""

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

from checkout import ROOT


def run_script(path: Path, code: str, *arguments: str | Path, ranks: int = 1) -> list[str]:
    """Write a script, run it on every rank, and return what each has printed.

    Args:
        path: of the script, in a folder that it may write to.
        code: of the script.
        *arguments: of its command line.
        ranks: number of processes; with two, they are told what ``torchrun`` tells.
    """
    path.write_text(textwrap.dedent(code), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = [ROOT, ROOT / "plugins", ROOT / "tests" / "integrations"]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    environ |= {"PYTHONPATH": os.pathsep.join(map(str, places)), "OMP_NUM_THREADS": "1"}
    if ranks > 1:
        environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(ranks)}
    processes = [
        subprocess.Popen(
            [sys.executable, path, *map(str, arguments)],
            cwd=path.parent,
            env=environ | ({"RANK": str(rank), "LOCAL_RANK": str(rank)} if ranks > 1 else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(ranks)
    ]
    outputs = [process.communicate(timeout=300) for process in processes]
    assert all(process.returncode == 0 for process in processes), "\n".join(error[-3000:] for _, error in outputs)
    return [out for out, _ in outputs]
