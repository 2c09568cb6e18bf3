"""How Sphinx makes the site (make docs). What the reference says is written by docs/_site."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from _site import address, inventories, notebooks, pages, references  # noqa: E402 - beside this file

import skhep_nn  # noqa: E402

# Where the project is published, if it is: setup.cfg says so, or DOCS_PROJECT_URL.
ADDRESS = address.address()
GUIDES = notebooks.guides(HERE)

project = "skhep_nn"
author = "The skhep_nn developers"
copyright = author
version = release = skhep_nn.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "_site.mathml",
]
exclude_patterns = ["_build", "_site", "gallery"]
templates_path = []
nitpicky = False
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 3

numpydoc_show_class_members = False
autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"

intersphinx_mapping = inventories.at_hand(HERE / "_inventories")

sphinx_gallery_conf = {
    "examples_dirs": ["gallery"],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": "plot_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "remove_config_comments": True,
    "min_reported_time": 1e9,
    "capture_repr": ("_repr_html_",),
    "reset_modules": ("matplotlib",),
    "show_signature": False,
    "write_computation_times": False,
    "first_notebook_cell": notebooks.installing(ADDRESS),
}

html_theme = "pydata_sphinx_theme"
html_static_path = ["_static", "images"]
html_css_files = ["site.css"]
html_title = "skhep_nn"
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "skhep_nn"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_prev_next": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "sample": [], "examples": []}


def links_to_notebook(app, page, template, context, doctree):
    """Below the title of a page, the links to its notebook."""
    path_to = partial(context["pathto"], resource=True)
    line = notebooks.links(page, GUIDES, ADDRESS, path_to)
    if line:
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{line}", 1)


def write_notebooks(app, error):
    """Beside the pages, if there are any."""
    if error is None and app.builder.format == "html":
        notebooks.write(HERE, Path(app.outdir), ADDRESS)


def setup(app):
    """Write the reference before Sphinx looks which pages there are."""
    app.connect("missing-reference", references.resolve)
    app.connect("html-page-context", links_to_notebook)
    app.connect("build-finished", write_notebooks)
    app.connect("config-inited", lambda app, config: pages.write(Path(app.srcdir)))
    app.connect("autodoc-process-docstring", pages.without_shared_parameters, priority=400)
    app.connect("source-read", pages.with_links_to_results)
    app.connect("autodoc-skip-member", pages.skip_what_is_not_ours)
