"""Each guide as a notebook, and the links to it: to download, and badges of Colab and Binder."""

from __future__ import annotations

import html
import posixpath
import re

import nbformat

from _site.address import EXTRAS

FOLDER = "notebooks"
GUIDES, GALLERY = "guides/", "auto_examples/"
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ ]*$\n?", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|mailto:)([^)\s]+)\)")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def of_page(text, page, address):
    """The notebook of a guide: its text, its code, and what it printed.

    Parameters
    ----------
    text : str
        The page.
    page : str
        Its path, ``"docs/guides/weights.md"``, from which its links go.
    address : Address or None
        Links go there; without, they are plain words.

    Returns
    -------
    nbformat.NotebookNode
    """
    cells, end = [], 0
    for fence in FENCE.finditer(text):
        between, end = text[end : fence.start()], fence.end()
        is_bare = not COMMENT.sub("", between).strip()
        if fence[1] == "text" and is_bare and cells and cells[-1].cell_type == "code":
            cells[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=fence[2])]
            continue
        cells += _words(between, page, address)
        code = fence[1] == "python"
        cells += [_code(fence[2])] if code else [nbformat.v4.new_markdown_cell(fence[0].strip())]
    cells += _words(text[end:], page, address)
    return _notebook([_code(installing(address), tags=["setup"]), *cells])


def installing(address):
    """The first cell: how the package is installed."""
    if address is None:
        return f"# Needs the package. In a clone of it: pip install '.[{EXTRAS}]'"
    return f'%pip install -q "{address.requirement}"'


def _code(source, tags=()):
    metadata = {"tags": [*tags]} if tags else {}
    return nbformat.v4.new_code_cell(source.rstrip("\n"), metadata=metadata)


def _words(text, page, address):
    text = LINK.sub(lambda link: _link(link, page, address), COMMENT.sub("", text)).strip()
    return [nbformat.v4.new_markdown_cell(text)] if text else []


def _link(link, page, address):
    if address is None:
        return link[1]
    path, _, anchor = link[2].partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    return f"[{link[1]}]({address.file(path)}{'#' * bool(anchor)}{anchor})"


def _notebook(cells):
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # the same in every build
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def guides(source):
    """{name of the page: its text} of the guides that have code.

    Parameters
    ----------
    source : Path
        Folder of the documentation.
    """
    texts = {
        f"{GUIDES}{path.stem}": path.read_text(encoding="utf-8")
        for path in sorted((source / GUIDES).glob("*.md"))
    }
    return {page: text for page, text in texts.items() if "```python" in text}


def write(source, folder, address):
    """Write all notebooks of the site, and what Binder installs if there is an address.

    Parameters
    ----------
    source : Path
        Folder of the documentation, with the notebooks of the gallery.
    folder : Path
        Of the built site.
    address : Address or None
    """
    found = {
        page: of_page(text, f"docs/{page}.md", address) for page, text in guides(source).items()
    }
    for path in sorted((source / GALLERY).glob("plot_*.ipynb")):
        found[f"{GALLERY}{path.stem}"] = nbformat.read(path, as_version=4)
    for page, notebook in found.items():
        nbformat.validate(notebook)
        path = folder / path_of(page)
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
    if address is not None:
        (folder / ".nojekyll").touch()
        (folder / "binder").mkdir(exist_ok=True)
        (folder / "binder" / "requirements.txt").write_text(f"{address.requirement}\n")


def path_of(page):
    """Where on the site the notebook of a page is."""
    return f"{FOLDER}/{page.replace(GALLERY, 'gallery/')}.ipynb"


def links(page, pages, address, path_to):
    """The line of links to the notebook of a page, as HTML; empty if it has none.

    Parameters
    ----------
    page : str
    pages : container of str
        The guides that have a notebook.
    address : Address or None
        Without, there are no badges.
    path_to : callable
        Gives the way from the page to a file of the site.
    """
    if page not in pages and not page.startswith(f"{GALLERY}plot_"):
        return ""
    path = path_of(page)
    badges = address.badges(path) if address else {}
    items = [f'<a href="{html.escape(path_to(path))}" download>Download as a notebook</a>']
    items += [f'<a href="{html.escape(to)}">{name}</a>' for name, to in badges.items()]
    return f'<p class="notebook">{" ".join(items)}</p>'
