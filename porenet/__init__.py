"""Losses and metrics for generative models of porous, multi-phase 3-D microstructures, composed by name."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from porenet import losses, metrics
    from porenet.comparison import compare
    from porenet.gradient_audit import audit
    from porenet.interface import Grid, Spec, Undefined, Volume
    from porenet.measurement import measure
    from porenet.objective import Objective, TargetDataset
    from porenet.reconstruction import reconstruct
    from porenet.registry import create_loss, create_metric, create_score, register

# Where each public name lives; imported at first use, so that `porenet list-plugins` never pays for torch.
_HOMES = {
    "Grid": "interface",
    "Objective": "objective",
    "Spec": "interface",
    "TargetDataset": "objective",
    "Undefined": "interface",
    "Volume": "interface",
    "audit": "gradient_audit",
    "compare": "comparison",
    "create_loss": "registry",
    "create_metric": "registry",
    "create_score": "registry",
    "measure": "measurement",
    "reconstruct": "reconstruction",
    "register": "registry",
}

_MODULES = ("losses", "metrics")
_NEED_TORCH = {"Objective", "TargetDataset", "audit", "reconstruct"}

__all__ = [
    "Grid",
    "Objective",
    "Spec",
    "TargetDataset",
    "Undefined",
    "Volume",
    "__version__",
    "audit",
    "compare",
    "create_loss",
    "create_metric",
    "create_score",
    "losses",
    "measure",
    "metrics",
    "reconstruct",
    "register",
]


MEMORY = "/dev/shm"


def _find_a_place_for_kernels() -> None:
    """Let numba keep compiled kernels in a temporary folder if neither porenet's folder nor the user's can be written.

    In a container or on a cluster both may be read-only; numba then refuses to compile at all.
    """
    if "NUMBA_CACHE_DIR" in os.environ or os.access(os.path.dirname(__file__), os.W_OK):
        return
    home = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "numba")
    if os.path.isdir(home) and os.access(home, os.W_OK):
        return
    import logging
    import tempfile

    try:
        os.makedirs(home, exist_ok=True)
        tempfile.TemporaryFile(dir=home).close()
    except OSError:
        log = logging.getLogger("porenet")
        try:
            place = tempfile.gettempdir()
        except OSError:
            place = MEMORY  # the last folder that a container without a writable disk has
        user = os.getuid() if hasattr(os, "getuid") else "user"
        folder = os.path.join(place, f"porenet-kernels-{user}")
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            status = os.lstat(folder)
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o22):
                folder = tempfile.mkdtemp(prefix="porenet-kernels-", dir=place)  # numba runs what it reads there
        except OSError:
            log.warning("no folder can be written, so that nothing can be compiled: set NUMBA_CACHE_DIR to one")
            return
        os.environ["NUMBA_CACHE_DIR"] = folder
        log.warning("no other folder can be written: compiled kernels are kept in %s", folder)


_find_a_place_for_kernels()


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("porenet")
    if name in _MODULES:
        return importlib.import_module(f"porenet.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'porenet' has no attribute {name!r}")
    if name in _NEED_TORCH:
        from porenet.registry import require_torch

        require_torch(f"porenet.{name}")  # an ImportError: `from porenet import` would hide the text of any other
    value: object = getattr(importlib.import_module(f"porenet.{_HOMES[name]}"), name)
    if name not in _NEED_TORCH:
        globals()[name] = value
    return value


def __dir__() -> list[str]:
    from porenet.registry import is_installed

    return [name for name in __all__ if name not in _NEED_TORCH or is_installed("torch")]
