"""Sphinx configuration; pages that repeat facts of the code are generated from the code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from generated_pages import write_pages
from settings_fields import connect_hooks

import napari_fidelity

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "napari-fidelity"
author = "The napari-fidelity developers"
copyright = author  # noqa: A001  the name that Sphinx reads
version = release = napari_fidelity.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["colon_fence", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "evidence", "generated/parts"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "model_config, model_post_init"}
napoleon_google_docstring = False

html_theme = "furo"
html_title = "napari-fidelity"


def setup(app: Sphinx) -> None:
    """Write the generated pages before Sphinx looks for sources; list fields of settings."""
    connect_hooks(app)
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / "generated"))
