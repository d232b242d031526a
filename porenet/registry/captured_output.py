"""Catch what one thread prints to stdout, and leave the output of all other threads alone."""

from __future__ import annotations

import io
import sys
import threading
from contextvars import ContextVar
from typing import Any

_buffer: ContextVar[io.StringIO | None] = ContextVar("porenet_captured_output", default=None)
_lock = threading.Lock()
_routers: list[_Router] = []
"""One entry per capture that is open, in whatever thread; all the same router."""


class _Router:
    """Stands in for ``sys.stdout`` while any thread captures: text goes to that thread's buffer, else on to stdout."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        target = _buffer.get() or self.stream
        return len(text) if target is None else int(target.write(text) or 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(_buffer.get() or self.stream, name)


class captured_output:  # noqa: N801 - used as a function, and ten times as fast as one of contextlib's
    """Collect what this thread prints inside the block: ``with captured_output() as buffer``.

    ``contextlib.redirect_stdout`` exchanges ``sys.stdout`` for the whole process, and of two threads that do so at once
    each may restore the other's buffer for good. Here the first capture puts a router in its place and the last one
    removes it. Threads that the block starts print to stdout as before.
    """

    __slots__ = ("_text", "_token")

    def __enter__(self) -> io.StringIO:
        self._text = io.StringIO()
        with _lock:
            if not _routers:
                sys.stdout = _Router(sys.stdout)
                _routers.append(sys.stdout)
            else:
                _routers.append(_routers[0])
        self._token = _buffer.set(self._text)
        return self._text

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        _buffer.reset(self._token)
        with _lock:
            router = _routers.pop()
            if not _routers and sys.stdout is router:  # else somebody exchanged it in between, and keeps it
                sys.stdout = router.stream
