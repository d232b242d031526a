"""List an entry point in a child interpreter, whose end tells what its import does to a process."""

from __future__ import annotations

import collections
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

PATIENCE_S = 3.0
"""Time after which it is said what is being waited for."""

# The child says in a file how far it came: its output, open files and exit status are the plugin's to change. Nothing
# but sys is imported before the path is the parent's. If the parent is killed, faulthandler ends a child that hangs.
CODE = """
import sys
progress, value, limit, *path = sys.argv[1:]
sys.path[:], sys.argv[1:] = path, []
import faulthandler, os
from importlib.metadata import EntryPoint
from porenet.registry.discovery import GROUP, hook_of
faulthandler.dump_traceback_later(float(limit) + 5, exit=True)
def reached(stage):
    with open(progress, "a") as file:
        file.write(stage)
try:
    reached("importing ")
    plugin = EntryPoint("trial", value, GROUP).load()
    reached("listing ")
    for spec in hook_of(plugin, "porenet_specs")() or ():
        pass
except BaseException:
    pass
reached("finished")
os._exit(0)
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the child ended.

    Attributes:
        cause: what the plugin did to it; empty if its import ended by itself, even by an exception.
        hung: whether it was stopped at the limit.
        lasting: whether it would end so again, as far as can be known.
    """

    cause: str
    hung: bool = False
    lasting: bool = True


def listed_in_a_child(
    value: str, folder: Path, limit_s: float, environ: dict[str, str], on_wait: Callable[[], object]
) -> Ending | None:
    """Import what an entry point names and run its hook ``porenet_specs``, in a child of the same path.

    Args:
        value: of the entry point, such as ``package.module``.
        folder: one that can be written.
        limit_s: time until the child and what it started are killed.
        environ: environment of the child.
        on_wait: called once if it takes long.

    Returns:
        None if no child could be started, or it did not come as far as the plugin.
    """
    if not _is_an_interpreter():
        return None
    import subprocess

    number, progress = tempfile.mkstemp(dir=folder, prefix="progress-")
    os.close(number)
    path = [entry for entry in sys.path if isinstance(entry, str)]
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, progress, value, str(limit_s), *path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,
        )
        hung, output = _ended(process, limit_s, on_wait)
        stages = Path(progress).read_text(encoding="utf-8").split()
    except (OSError, ValueError):  # no such program, too long a path, a null character in it
        return None
    finally:
        Path(progress).unlink(missing_ok=True)
    if not stages:
        return None
    if stages[-1] == "finished":
        return Ending("")
    return _ending(process.returncode, hung, limit_s, stages[-1], output)


def _is_an_interpreter() -> bool:
    """Whether ``sys.executable`` takes ``-c``: an application that embeds Python would start itself once more."""
    name = os.path.basename(sys.executable or "").lower()
    return not getattr(sys, "frozen", False) and ("python" in name or "pypy" in name)


def _ended(
    process: subprocess.Popen[bytes], limit_s: float, on_wait: Callable[[], object]
) -> tuple[bool, collections.deque[bytes]]:
    """Wait for the child; whether it had to be killed, and the end of its output."""
    import threading
    from subprocess import TimeoutExpired

    output: collections.deque[bytes] = collections.deque(maxlen=2)
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, output), daemon=True)
    reader.start()
    hung = False
    try:
        try:
            process.wait(min(PATIENCE_S, limit_s))
        except TimeoutExpired:
            if limit_s > PATIENCE_S:
                on_wait()
            process.wait(max(limit_s - PATIENCE_S, 0))
    except TimeoutExpired:
        hung = True
    finally:
        if process.poll() is None:  # also where Ctrl-C ends the waiting
            _kill(process)
        reader.join(1)
        if not reader.is_alive():  # else a process that the plugin detached still holds the pipe
            process.stdout.close()
    return hung, output


def _read(pipe: IO[bytes], output: collections.deque[bytes]) -> None:
    for chunk in iter(lambda: os.read(pipe.fileno(), 4096), b""):
        output.append(chunk)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)  # not yet waited for, so its number is nobody else's
    else:
        process.kill()
    process.wait()


def _ending(status: int, hung: bool, limit_s: float, stage: str, output: collections.deque[bytes]) -> Ending:
    when = "while it is imported" if stage == "importing" else "while its hook porenet_specs runs"
    lines = b"".join(output).decode(errors="replace").split("\n")
    words = [line.strip() for line in lines if line.strip()][-1:]
    printed = f"; last output: {words[0]!r:.120}" if words else ""
    if hung:
        return Ending(f"does not finish within {limit_s:g} s {when}{printed}", hung=True)
    if status >= 0:
        return Ending(f"ends the process {when} (exit status {status}){printed}")
    outside = {getattr(signal, name, None) for name in ("SIGHUP", "SIGINT", "SIGKILL", "SIGTERM")}
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return Ending(f"crashes {when} (signal {name}){printed}", lasting=-status not in outside)
