"""Formulas as MathML, which browsers draw themselves: the site needs no network."""

from __future__ import annotations

import re

from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml


def setup(app):
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(writer, node):
    writer.body.append(_mathml(node.astext(), False))
    raise _skip()


def _block(writer, node):
    writer.body.append(f'<div class="formula">{_mathml(node.astext(), True)}</div>')
    raise _skip()


def _skip():
    from docutils.nodes import SkipNode

    return SkipNode()


def _mathml(code, as_block):
    # the parser takes the digits of \tfrac12 for one number
    code = re.sub(r"(\\[td]?frac)(\d)(\d)", r"\1{\2}{\3}", code)
    try:
        return tex2mathml(code, as_block=as_block)
    except MathError as error:
        msg = f"formula {code!r}: {error}"
        raise ValueError(msg) from error
