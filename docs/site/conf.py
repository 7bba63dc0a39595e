"""How Sphinx makes the site. scripts/make_site.py calls it on the pages that it has put together in build/docs/source."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
version_header = (ROOT / "include/weft/base/version.hpp").read_text()

project = "weft"
release = ".".join(re.search(rf"{part}\w*\s*=\s*(\d+)", version_header).group(1) for part in ("major", "minor", "patch"))
copyright = "the authors of weft; BSD-3-Clause"

extensions = ["myst_parser", "breathe", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
toc_object_entries = False  # ten times as slow with them
highlight_language = "none"
primary_domain = "cpp"
nitpicky = False  # docstrings name types of the standard library, which have no page here

breathe_projects = {"weft": str(ROOT / "build/docs/xml")}
breathe_default_project = "weft"
breathe_default_members = ("members",)
breathe_show_include = False
cpp_maximum_signature_line_length = 90

html_theme = "furo"
html_title = "weft"
html_favicon = str(ROOT / "docs/site/static/weft.svg")
html_static_path = [str(ROOT / "docs/site/static")]
html_css_files = ["weft.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {"color-brand-primary": "#1d5c99", "color-brand-content": "#1d5c99", "color-brand-visited": "#1d5c99"},
    "dark_css_variables": {"color-brand-primary": "#7fb4e6", "color-brand-content": "#7fb4e6", "color-brand-visited": "#7fb4e6"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
copybutton_exclude = ".linenos, .gp, .go"


def without_type_links(app, tree):
    """Leaves names of types in declarations as words: to look each of them up takes Sphinx minutes."""
    from sphinx.addnodes import pending_xref
    for link in list(tree.findall(pending_xref)):
        if link.get("refdomain") == "cpp":
            link.replace_self(link.children)
    # What Breathe made holds on to the environment through the document it was made in; Sphinx would store all of that
    # once more with every page.
    for node in tree.findall():
        node.document = tree
    inside = set(map(id, tree.findall()))
    tree.ids = {name: node for name, node in tree.ids.items() if id(node) in inside}


def setup(app):
    app.connect("doctree-read", without_type_links)
