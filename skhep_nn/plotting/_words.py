"""What the docstrings of displays share; see :mod:`skhep_nn._shared_words`."""

from __future__ import annotations

from skhep_nn import _shared_words

WORDS = {
    "ax_": """ax_ : matplotlib.axes.Axes
    The first of them.""",
    "estimator": """estimator : fitted classifier, Pipeline or search
    Its own weight column, if it has one, holds the weights unless they are given here.""",
    "events": """X : DataFrame, array or blocks
y : array-like of shape (n_events,)
sample_weight : array-like of shape (n_events,) or number, default=None
weight_column : str or int, default=None""",
    "two_axes": """ax : Axes or sequence of two Axes, default=None
    Two, or one whose place they take; default a new figure.""",
    "log": """log : bool, default=False
    Logarithmic contents.""",
    "options": """**options
    For :meth:`plot`.""",
}


def shared(cls):
    """Class decorator of every display: the words in their places."""
    return _shared_words.shares(WORDS)(cls)
