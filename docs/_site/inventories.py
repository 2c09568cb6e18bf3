"""Inventories of other projects' sites: links to them where they are at hand, none where not."""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path

SITES = {
    "python": "https://docs.python.org/3/",
    "sklearn": "https://scikit-learn.org/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
    "numpy": "https://numpy.org/doc/stable/",
    "keras": "https://keras.io/api/",
    "uproot": "https://uproot.readthedocs.io/en/stable/",
    "awkward": "https://awkward-array.org/doc/main/",
}


def at_hand(folder):
    """Sphinx' ``intersphinx_mapping`` of the inventories in `folder`.

    Each is fetched once where ``DOCS_ONLINE`` is set in the environment; a site without an
    inventory, or that cannot be reached, is left out, and the names of it are no links.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of str to (str, str)
    """
    if os.environ.get("DOCS_ONLINE"):
        for name, site in SITES.items():
            _fetch(f"{site}objects.inv", folder / f"{name}.inv")
    files = {name: folder / f"{name}.inv" for name in SITES}
    return {n: (SITES[n], str(file)) for n, file in files.items() if file.exists()}


def _fetch(address, path):
    if path.exists():
        return
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            content = answer.read()
    except OSError:
        return
    if content.startswith(b"# Sphinx inventory"):
        Path(path.parent).mkdir(exist_ok=True)
        path.write_bytes(content)
