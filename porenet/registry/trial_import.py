"""Try the import of another distribution's plugin before it can end or hang this process.

An exception is left to the import itself, which quarantines it; what no ``except`` stops is seen in a child
interpreter, once per state of the plugin's files (decision 0029).
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from porenet.registry import import_verdicts
from porenet.registry.component import Provider
from porenet.registry.import_verdicts import Verdict
from porenet.registry.misbehaviour import Misbehaviour
from porenet.registry.module_files import file_state
from porenet.registry.time_limit import LIMIT

CHILD_ENVIRON = {LIMIT: "0", "PORENET_PLUGINS": ""}
"""A plugin that lists plugins as it is imported starts no further children, and answers for itself alone."""

log = logging.getLogger("porenet")


def ensure_importable(entry_point: importlib.metadata.EntryPoint, provider: Provider, limit_s: float) -> None:
    """Return if the import of an entry point leaves a process alive, as a child shows or showed before.

    Where no verdict can be kept or no child be started, the plugin's name is logged, which goes to stderr unless the
    application decides otherwise: an import that ends the process is then the last thing named.

    Args:
        entry_point: of another distribution.
        provider: that distribution.
        limit_s: as `time_limit.import_limit` gives it.

    Raises:
        Misbehaviour: the import ends, crashes or hangs the process.
    """
    module = getattr(entry_point, "module", "")  # an AttributeError where the value is malformed
    if not limit_s or not module or module in sys.modules:
        return
    state = _state(entry_point, module, provider)
    if state is None:
        return
    site_ns = _site_ns(entry_point)
    recalled = import_verdicts.recall(provider.name, state)
    verdict, path = recalled or (None, None)
    if verdict is None or not _counts(verdict, limit_s, site_ns):
        verdict, path = _tried(entry_point, provider, state, limit_s)
    if verdict.cause:
        raise Misbehaviour(f"{verdict.cause}. {_advice(verdict, path)}")


def _counts(verdict: Verdict, limit_s: float, site_ns: int) -> bool:
    """A bad verdict falls once anything is installed or removed beside the plugin, or more time is allowed."""
    return not verdict.cause or (verdict.site_ns == site_ns and not (verdict.hung and limit_s > verdict.limit_s))


def _tried(
    entry_point: importlib.metadata.EntryPoint, provider: Provider, state: Mapping[str, Any], limit_s: float
) -> tuple[Verdict, Path | None]:
    from porenet.registry.child_import import listed_in_a_child  # starts processes, which a listing seldom pays for

    def on_wait() -> None:
        log.warning("waiting up to %g s for the first import of plugin %r", limit_s, str(provider))

    folder = import_verdicts.writable_folder()
    ending = None
    if folder is not None:
        environ = os.environ | CHILD_ENVIRON
        ending = listed_in_a_child(entry_point.value, folder, limit_s, environ, on_wait)
    if folder is None or ending is None:
        log.warning("importing plugin %r: %r", str(provider), entry_point.value)
        return Verdict("", limit_s), None
    # The time of the folder comes after the child, which may have made __pycache__ in it.
    verdict = Verdict(ending.cause, limit_s, ending.hung, _site_ns(entry_point) if ending.cause else 0)
    if not ending.lasting:
        return verdict, None
    return verdict, import_verdicts.remember(folder, provider.name, state, verdict)


def _advice(verdict: Verdict, path: Path | None) -> str:
    advice = "Update it, uninstall it, or leave it out with PORENET_PLUGINS"
    if path is None:
        return f"{advice}; it is tried again next time"
    if verdict.hung:
        advice += f"; a {LIMIT} above {verdict.limit_s:g} (seconds) tries it again"
    return f"{advice}; this is remembered until {str(path)!r} is removed or anything is installed beside it"


def _state(entry_point: importlib.metadata.EntryPoint, module: str, provider: Provider) -> dict[str, Any] | None:
    try:
        files = file_state(module)
    except Exception as error:  # an import hook of somebody else
        log.debug("%s: %s is not found: %s", provider, module, error)
        return None
    if files is None:
        return None
    plugin = {"distribution": provider.name, "version": provider.version, "entry_point": entry_point.value}
    return plugin | asdict(files) | {"python": sys.version, "executable": sys.executable}


def _site_ns(entry_point: importlib.metadata.EntryPoint) -> int:
    """Time of change of the folder that the distribution is installed in; 0 if it is in none."""
    try:
        return os.stat(str(entry_point.dist.locate_file(""))).st_mtime_ns if entry_point.dist else 0
    except Exception:  # an archive, or a distribution of a finder of somebody else's
        return 0
