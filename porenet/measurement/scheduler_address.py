"""Check of the address of a Dask scheduler; without it, Dask waits for ever where something else listens."""

from __future__ import annotations

import socket

from porenet.errors import InputError

PATIENCE_S = 30.0
"""Seconds in which a scheduler begins to speak; it is the first of both sides that does."""
ADDRESS = "Give the address that the scheduler prints when it starts, such as tcp://127.0.0.1:8786."


def check_address(address: str) -> None:
    """Refuse what is not an address, and where something else than a scheduler listens, such as the dashboard.

    Where nothing listens, the client of Dask tries for a while, for a scheduler may be starting.

    Args:
        address: ``tcp://HOST:PORT``, or with another scheme that Dask knows.

    Raises:
        InputError: that is not an address, or not that of a scheduler.
    """
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.registry import get_backend

    try:
        scheme, place = parse_address(address)
        get_backend(scheme).get_connector()  # type: ignore[no-untyped-call]
        host, port = ("", 0) if scheme == "inproc" else parse_host_port(place)
        if scheme != "inproc" and not 0 < port < 1 << 16:
            raise ValueError(f"no port has the number {port}")
    except (ImportError, TypeError, ValueError) as error:
        what = f"is not an address of a Dask scheduler: {error}"
        raise InputError(what, where=address or "''", fix=ADDRESS) from error
    if scheme == "tcp" and not _speaks(host, port):
        raise InputError("what answers there is not a Dask scheduler", where=address, fix=ADDRESS)


def _speaks(host: str, port: int) -> bool:
    """Whether what listens there, if anything does, begins to speak by itself."""
    try:
        connection = socket.create_connection((host, port), timeout=PATIENCE_S)
    except OSError:
        return True
    with connection:
        try:
            return bool(connection.recv(1))
        except OSError:
            return False
