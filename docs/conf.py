"""Sphinx: docs/*.md -> HTML."""

import porenet

project = "porenet"
author = "the porenet developers"
release = porenet.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"porenet {release}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
default_role = "py:obj"  # single backticks in docstrings name objects
autodoc_member_order = "bysource"
napoleon_use_ivar = True
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
myst_fence_as_directive = ["math"]  # so that GitHub shows the formulas too
