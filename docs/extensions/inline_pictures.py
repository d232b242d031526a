"""SVG pictures of these docs go into the page itself, so that they have the colours of its light and its dark theme."""

import html
import itertools
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

_NUMBERS = itertools.count()


class InlinePictures(SphinxPostTransform):
    """Replaces each image that is a local SVG by its markup, with its description and with ids of its own."""

    default_priority = 5  # before images are collected
    formats = ("html",)

    def run(self, **_: Any) -> None:
        for image in list(self.document.findall(nodes.image)):
            path = Path(self.env.srcdir) / image["uri"]
            if path.suffix == ".svg" and path.is_file():
                self.env.note_dependency(image["uri"])
                markup = inlined(path.read_text(encoding="utf-8"), image.get("alt", ""), f"p{next(_NUMBERS)}-")
                image.replace_self(nodes.raw("", markup, format="html"))


def inlined(svg: str, description: str, prefix: str) -> str:
    """The element ``<svg>`` of a file, as one line per line of the file.

    Args:
        svg: the file's text.
        description: what a screen reader says.
        prefix: put before every id, since a page may hold several pictures.
    """
    element = re.sub(r"<style>@media.*?</style>", "", svg[svg.index("<svg ") :], flags=re.DOTALL)
    element = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{prefix}", element)
    width = re.search(r'\bviewBox="0 0 ([\d.]+) ', element)
    limit = f"max-width: {float(width[1]) * 96 / 72:.0f}px" if width else ""
    element = re.sub(r' (?:width|height)="[\d.]+pt"', "", element, count=2)
    described = f'class="picture" role="img" aria-label="{html.escape(description)}" style="{limit}"'
    return element.replace("<svg ", f"<svg {described} ", 1)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_post_transform(InlinePictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
