"""The page: contents as HTML by a template, with everything inside."""

from __future__ import annotations

import base64
import importlib.resources
from numbers import Integral, Real

import numpy as np

from skhep_nn import _extras
from skhep_nn._version import __version__
from skhep_nn.plotting._confusion_matrix import measurement
from skhep_nn.report._contents import Measured, Numbers, Picture, Table, Text

_TEMPLATE = "page.html.jinja"
_KINDS = {Text: "text", Numbers: "numbers", Table: "table", Picture: "figure"}


def page_of(title, computed):
    """The HTML of a report.

    Parameters
    ----------
    title : str
    computed : object
        ``sections``, ``made`` and ``seconds``.

    Returns
    -------
    str
    """
    jinja2 = _extras.require("jinja2", "report")
    folder = importlib.resources.files("skhep_nn.report") / "templates"
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"cell": cell, "kind": kind_of, "uri": uri_of}
    template = environment.from_string((folder / _TEMPLATE).read_text(encoding="utf-8"))
    return template.render(
        title=title,
        style=(folder / "page.css").read_text(encoding="utf-8"),
        sections=computed.sections,
        made=computed.made,
        seconds=computed.seconds,
        version=__version__,
    )


def kind_of(content):
    """Which part of the template shows a content.

    Raises
    ------
    TypeError
        If a section gave something else.
    """
    for kind, name in _KINDS.items():
        if isinstance(content, kind):
            return name
    msg = (
        f"a section consists of {', '.join(kind.__name__ for kind in _KINDS)}, got "
        f"{type(content).__name__}"
    )
    raise TypeError(msg)


def uri_of(figure):
    """The picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(figure.svg).decode()}"


def cell(value):
    """A number, a measured one, or text, for reading."""
    if isinstance(value, Measured):
        if np.isnan(value.error):
            return cell(value.value)
        return measurement(value.value, value.error).replace("\n", " ")
    if value is None:
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    if isinstance(value, Real):
        return f"{float(value):.4g}" if np.isfinite(value) else "–"
    return str(value)
