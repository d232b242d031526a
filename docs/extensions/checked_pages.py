"""Looks through the built pages: nothing raw, nothing from a network, no code that is cut off; else the build fails."""

import html
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

COLUMNS = 100
RAW = (".. math::", ":math:`", "tex2jax_process", "{toctree}", ":::{")
"""What a reader would see only if a directive or a formula was not understood."""
LOADED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']((?:https?:)?//[^"']*)""")
CODE = re.compile(r'<div class="(?:[^"]* )?highlight-([\w-]+)[^"]*"><div class="highlight"><pre>(.*?)</pre>', re.DOTALL)
WIDE = {"toml"}
"""Languages in which a line may be longer: their lines cannot go on in the next one."""


def faults(page: str) -> list[str]:
    """What is wrong with a page.

    Args:
        page: HTML.
    """
    said = [f"shows {mark} as text" for mark in RAW if mark in page]
    said += [f"loads {address}" for address in LOADED.findall(page)]
    for language, code in CODE.findall(page):
        lines = [] if language in WIDE else html.unescape(re.sub(r"<[^>]+>", "", code)).splitlines()
        said += [f"has a line of {len(line)} columns: {line}" for line in lines if len(line) > COLUMNS]
    return said


def _check(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    texts = {page: (out / f"{page}.html").read_text(encoding="utf-8") for page in app.env.found_docs}
    wrong = [f"{page}: {fault}" for page, text in sorted(texts.items()) for fault in faults(text)]
    if not any("<math" in text for text in texts.values()):
        wrong.append("no page has a formula in MathML")
    if wrong:
        raise ExtensionError("the pages are not as they should be:\n" + "\n".join(wrong))


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("build-finished", _check, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
