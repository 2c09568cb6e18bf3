"""Writing a report: whole or not at all."""

from __future__ import annotations

from skhep_nn import _storage
from skhep_nn._paths import user_path

ENDINGS = (".html", ".htm", ".json")


def check_ending(path):
    """Raise unless a report can have the name `path`.

    Raises
    ------
    ValueError
    """
    if user_path(path, "path").suffix.lower() not in ENDINGS:
        msg = f"path={str(path)!r}; a report is a .html file, or .json for the numbers alone"
        raise ValueError(msg)


def write(path, text):
    """Write `text` to `path`, which takes its name when it is whole."""
    explained = _storage.explained(path, "the report", "what was there before is untouched")
    with explained, _storage.whole_file(path) as file:
        file.write(text.encode())
