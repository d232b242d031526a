"""Sphinx: docs/*.md -> HTML."""

import os
import sys
from pathlib import Path

import porenet

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

# For the cells of the tutorials: commands of this environment, in lines that fit on a page.
os.environ |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
os.environ |= {"PORENET_PLUGINS": "", "NUMBA_NUM_THREADS": "1"}

project = "porenet"
author = project_copyright = "the porenet developers"
release = porenet.__version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "checked_pages",
    "inline_pictures",
    "live_report",
    "mathml",
    "whole_streams",
]
exclude_patterns = ["_build", "**.ipynb"]  # notebooks are written as Markdown; the .ipynb beside them are for download
html_theme = "furo"
html_title = f"porenet {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_math_renderer = "mathml"
default_role = "py:obj"  # single backticks in docstrings name objects
autodoc_member_order = "bysource"
napoleon_use_ivar = True
copybutton_exclude = ".linenos, .gp, .go"  # of a session, what was typed
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
myst_heading_anchors = 3
myst_enable_extensions = ["attrs_block", "colon_fence", "dollarmath"]
myst_fence_as_directive = ["math"]  # so that GitHub shows the formulas too
nb_execution_mode = "cache"
nb_execution_cache_path = str(Path(__file__).parent / "_build" / ".jupyter_cache")
nb_execution_raise_on_error = True
nb_execution_timeout = 900  # s per cell; a fresh clone compiles its kernels here
nb_merge_streams = True
