"""How porenet's loops become kernels: numba compiles each when it is first called, and keeps it for later processes.

Compiling is what the first use of porenet on a machine waits for, so what is compiled is kept small
(docs/decisions/0070-what-is-compiled.md): the wrappers that porenet never calls are left out, and the collector of
garbage, which finds none while numba builds its trees, waits until a kernel is ready.
"""
# mypy: disable-error-code="attr-defined, call-overload, no-untyped-call"

from __future__ import annotations

import gc
import hashlib
import importlib
import logging
import weakref
from collections.abc import Callable
from typing import Any

import numba
import numba.np.linalg
from numba.core.caching import IndexDataCacheFile
from numba.core.event import Event, Listener, register

COMPILING = "compiling porenet's loops, once on this machine: up to 20 s for what is measured by default"

DEFAULT_LEVEL, LEVEL = 3, 2
"""Level of optimisation: what numba asks LLVM for, and what kernels get. For flood, counts and conduction 2
takes 11 % less time and makes loops that are as fast. A level that ``NUMBA_OPT`` states is kept."""

log = logging.getLogger(__name__)

_kernels: weakref.WeakSet[Any] = weakref.WeakSet()


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a loop that Python calls; it releases the lock of the interpreter.

    Args:
        options: further ones of ``numba.njit``, such as ``fastmath``.

    Returns:
        The decorator.
    """
    compiler = numba.njit(cache=True, nogil=True, no_cfunc_wrapper=True, **options)

    def decorate(loop: Callable[..., Any]) -> Any:
        compiled = compiler(loop)
        _name_files_by_signature(compiled)
        _kernels.add(compiled)
        return compiled

    return decorate


def inner(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a loop that kernels alone call: Python cannot.

    Args:
        options: further ones of ``numba.njit``.

    Returns:
        The decorator.
    """
    return kernel(no_cpython_wrapper=True, **options)


class FilesBySignature(IndexDataCacheFile):
    """The files of a kernel on the disk, each named after the signature that it was compiled for.

    numba numbers them. Of two processes that keep two signatures at the same time both then write the same number, and
    the index of one leads to the code of the other, for good.
    """

    def save(self, key: tuple[Any, ...], data: Any) -> None:
        """Keep what was compiled.

        Args:
            key: signature, machine, and hashes of the source and of what it encloses.
            data: what numba makes of it.
        """
        signature, machine, (_, enclosed) = key
        overloads = self._load_index()
        name = hashlib.sha256(repr((signature, machine, enclosed)).encode()).hexdigest()[:16]
        overloads[key] = self._index_name.removesuffix("nbi") + f"{name}.nbc"
        self._save_data(overloads[key], data)
        self._save_index(overloads)


def _name_files_by_signature(compiled: Any) -> None:
    """Let a kernel keep its files by signature; in a release of numba that keeps them otherwise, as that does."""
    files = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if type(files) is IndexDataCacheFile:
        files.__class__ = FilesBySignature


class _Compiling(Listener):
    """What happens round the compilation of a kernel and of all that it calls; numba does one at a time."""

    def __init__(self) -> None:
        self._depth = 0
        self._collects = self._said = False
        self._level: Any = DEFAULT_LEVEL

    def on_start(self, event: Event) -> None:
        """A kernel, or a function that one needs, is about to be compiled."""
        if self._depth == 0:
            if not self._said:
                log.info(COMPILING)
            self._said = True
            self._collects = gc.isenabled()
            gc.disable()
            self._level = numba.config.OPT
            if self._level == DEFAULT_LEVEL and event.data["dispatcher"] in _kernels:
                numba.config.OPT = type(self._level)(LEVEL)
        self._depth += 1

    def on_end(self, _: Event) -> None:
        """It is compiled, or could not be."""
        self._depth -= 1
        if self._depth == 0:
            numba.config.OPT = self._level
            if self._collects:
                gc.enable()


def _leave_out_blas() -> None:
    """Let numba load its functions of arrays without scipy.linalg, a fifth of a second at each start.

    It imports that only to see whether BLAS is there, which scipy, a dependency, always has; any other kernel that
    multiplies matrices still gets it.
    """
    check = getattr(numba.np.linalg, "ensure_blas", None)
    if check is None:  # in a release of numba that does otherwise
        return
    numba.np.linalg.ensure_blas = lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        numba.np.linalg.ensure_blas = check


_leave_out_blas()
_compiling = _Compiling()
register("numba:compile", _compiling)
