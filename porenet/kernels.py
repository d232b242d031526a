"""How porenet's loops become kernels: numba compiles each when it is first called, and keeps it for later processes.

Compiling is what the first use of porenet on a machine waits for, so what is compiled is kept small
(docs/decisions/0070-what-is-compiled.md): the wrappers that porenet never calls are left out, and the collector of
garbage, which finds none while numba builds its trees, waits until a kernel is ready.
"""
# mypy: disable-error-code="untyped-decorator, no-untyped-call"

from __future__ import annotations

import gc
import importlib
import logging
from collections.abc import Callable
from typing import Any

import numba
import numba.np.linalg
from numba.core import event

Decorator = Callable[[Any], Any]
"""numba states no type of what it compiles."""

COMPILING = "compiling porenet's loops, once on this machine: up to 20 s for what is measured by default"

log = logging.getLogger(__name__)


def kernel(**options: Any) -> Decorator:
    """Compile a loop that Python calls; it releases the lock of the interpreter.

    Args:
        options: further ones of ``numba.njit``, such as ``fastmath``.

    Returns:
        The decorator.
    """
    compiled: Any = numba.njit  # which states not all of its options
    decorator: Decorator = compiled(cache=True, nogil=True, no_cfunc_wrapper=True, **options)
    return decorator


def inner(**options: Any) -> Decorator:
    """Compile a loop that kernels alone call: Python cannot.

    Args:
        options: further ones of ``numba.njit``.

    Returns:
        The decorator.
    """
    return kernel(no_cpython_wrapper=True, **options)


class _Compiling(event.Listener):
    """What happens round the compilation of a kernel and of all that it calls; numba does one at a time."""

    def __init__(self) -> None:
        self._depth = 0
        self._collects = self._said = False

    def on_start(self, _: event.Event) -> None:
        """A kernel, or a function that one needs, is about to be compiled."""
        if self._depth == 0:
            if not self._said:
                log.info(COMPILING)
            self._said = True
            self._collects = gc.isenabled()
            gc.disable()
        self._depth += 1

    def on_end(self, _: event.Event) -> None:
        """It is compiled, or could not be."""
        self._depth -= 1
        if self._depth == 0 and self._collects:
            gc.enable()


def _leave_out_blas() -> None:
    """Let numba load its functions of arrays without scipy.linalg, a fifth of a second at each start.

    It imports that only to see whether BLAS is there, which scipy, a dependency, always has; a kernel of anybody's that
    multiplies matrices still gets it.
    """
    check = numba.np.linalg.ensure_blas
    numba.np.linalg.ensure_blas = lambda: None
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        numba.np.linalg.ensure_blas = check


_leave_out_blas()
event.register("numba:compile", _Compiling())
