"""The tutorials as notebooks to download: an .ipynb beside each Markdown page, without outputs.

python docs/generators/tutorial_notebooks.py            # writes them
python docs/generators/tutorial_notebooks.py --check    # exit code 1 where one is not what its page gives
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat

TUTORIALS = Path(__file__).parents[1] / "tutorials"


def notebook_text(page: Path) -> str:
    """The notebook of a tutorial, as JSON; the same page gives the same text."""
    notebook = jupytext.reads(page.read_text(encoding="utf-8"), fmt="md:myst")
    kernel = notebook.metadata["kernelspec"]
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = {}
    return f"{nbformat.writes(notebook)}\n"


def main() -> str | None:
    """Write the notebooks, or with ``--check`` compare them; returns what is wrong."""
    texts = {page.with_suffix(".ipynb"): notebook_text(page) for page in sorted(TUTORIALS.glob("*.md"))}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        names = ", ".join(path.name for path in stale)
        return f"not what their pages give: {names}; run make generate" if stale else None
    for path in stale:
        path.write_text(texts[path], encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main())
