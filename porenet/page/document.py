"""The page as one self-contained HTML file: the built program of the page and the scene it shows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from porenet import formats
from porenet.errors import InputError

APP = Path(__file__).parent / "app" / "app.html"
MARKER = "<!--PORENET_SCENE-->"
ENDINGS = (".html", ".htm")


def document_of(scene: Mapping[str, Any]) -> bytes:
    """The page as HTML.

    Args:
        scene: from `porenet.page.scene.scene_of`.

    Returns:
        HTML in UTF-8; the same scene gives the same bytes.

    Raises:
        RuntimeError: the program of the page is not installed, or lacks the one place for a scene.
    """
    try:
        app = APP.read_text(encoding="utf-8")
    except OSError as error:
        raise RuntimeError(
            f"the page's program porenet/page/app/{APP.name} cannot be read ({error.strerror}): reinstall porenet"
        ) from error
    if app.count(MARKER) != 1:
        raise RuntimeError(f"porenet/page/app/{APP.name} holds {app.count(MARKER)} places for a scene, not one")
    # "<" would end the script element, or open a comment in it, wherever a name holds </script> or <!--.
    data = json.dumps(scene, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    before, _, after = app.partition(MARKER)
    return f'{before}<script type="application/json" id="scene">{data}</script>{after}'.encode()


def check_place(path: Path, inputs: Sequence[Path]) -> None:
    """Refuse an output path that cannot be written, before the measurements.

    Args:
        path: HTML file to write.
        inputs: files that the page is made from.

    Raises:
        InputError: unknown file ending, missing or read-only folder, or a path that would overwrite an input.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"a page ends in {' or '.join(ENDINGS)}, not {path.suffix!r}", where=str(path))
    try:
        fits = path.absolute().parent.is_dir() and not path.is_dir()
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error
    if not fits:
        raise InputError("cannot be written there", where=str(path), fix="Name a file in a folder that exists.")
    if not os.access(path.resolve().parent, os.W_OK):
        raise InputError("no permission to write in its folder", where=str(path), fix="Choose another folder.")
    if path.resolve() in {source.resolve() for source in inputs}:
        raise InputError("is one of the input files", where=str(path), fix="Choose another name.")


def write(page: bytes, path: Path) -> None:
    """Write the page completely, or leave the file unchanged.

    Raises:
        InputError: the file cannot be written.
    """
    formats.write_whole(path.resolve(), page)  # a link stays a link, to the page
