"""The documentation site: Sphinx over the tree's Markdown. `scripts/docs` builds it.

The source folder is the tree itself, so that links between pages are the same here and on a code host.
"""

import logging
import os
import pathlib
import re
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))

project = "Armillion"
author = "The Armillion authors"
copyright = author  # Sphinx's name for it
version = re.search(r"project\(armillion VERSION ([0-9.]+)", (TREE / "CMakeLists.txt").read_text()).group(1)
release = version

extensions = ["myst_parser", "breathe", "header_reference", "tree_links"]
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "docs/*.md",
    "docs/guides/*.md",
    "docs/reference/*.md",
    "bench/README.md",
    "bench/results/*.md",
    "tests/conformance/README.md",
    "src/guest/linux/README.md",
]
exclude_patterns = ["build*", ".git"]
root_doc = "docs/index"

# Headings down to this level can be linked to, by the names that code hosts give them.
myst_heading_anchors = 4
myst_url_schemes = ["http", "https", "mailto", "tree"]
nitpicky = False
suppress_warnings = ["myst.header"]  # results begin with headings of the second level

# scripts/docs has Doxygen write its XML there.
breathe_projects = {"armillion": os.environ["ARMILLION_DOXYGEN_XML"]}
breathe_default_project = "armillion"
breathe_domain_by_extension = {"hpp": "cpp"}
breathe_show_include = False
primary_domain = "cpp"
highlight_language = "none"

html_theme = "furo"
html_title = f"Armillion {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"

linkcheck_ignore = [r"tree:"]
linkcheck_timeout = 20


class OptionalPages(logging.Filter):
    """Patterns of a toctree are for pages that a tree may not have."""

    def filter(self, record):
        return "didn't match any documents" not in str(record.msg)


logging.getLogger("sphinx.sphinx.directives.other").addFilter(OptionalPages())


def hide_empty_contents(app, page, template, context, doctree):
    """The first page has no headings to list beside it."""
    if page == app.config.root_doc:
        context["furo_hide_toc"] = True


def setup(app):
    app.connect("html-page-context", hide_empty_contents, priority=900)
