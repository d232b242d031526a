"""Drawings of matplotlib as SVG that reads on light and on dark pages: no ground, ink in the colour of the text.

An SVG by itself (GitHub) follows the reader's system by a media query; the extension ``inline_pictures`` puts it into a
page of these docs, whose colour of text it then has.
"""

import re
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

INK = "#010203"
"""Stands for the colour of the text."""
ON_COLOUR = "#1a1a1a"
"""Text on the colour of a phase."""
STYLE = "<style>@media (prefers-color-scheme: dark) { svg { color: #ced6dd } }</style>"


def begin() -> None:
    """Set matplotlib up: text stays text, lines and labels in `INK`, the same bytes from the same figure."""
    mpl.use("svg")
    names = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    mpl.rcParams.update(dict.fromkeys(names, INK) | {"svg.fonttype": "none", "font.family": ["DejaVu Sans"]})


def save(figure: Figure, path: Path) -> None:
    """Write a figure.

    Args:
        figure: drawn after `begin`.
        path: ends in ``.svg``.
    """
    with mpl.rc_context({"svg.hashsalt": path.stem, "image.interpolation": "none"}):
        figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
    text = path.read_text(encoding="utf-8").replace(INK, "currentColor")
    text = re.sub(r"'DejaVu Sans'[^;\"]*", "sans-serif", text)
    text = re.sub(r" <metadata>.*?</metadata>\n", "", text, flags=re.DOTALL)
    # What matplotlib says to every element, it says to this picture alone.
    text = re.sub(r' <defs>\n  <style type="text/css">\*\{(.*?)\}</style>\n </defs>\n', "", text)
    joints = 'stroke-linejoin="round" stroke-linecap="butt"'
    path.write_text(re.sub(r"<svg ([^>]*)>", rf"<svg {joints} \1>{STYLE}", text, count=1), encoding="utf-8")
