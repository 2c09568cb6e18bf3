"""Progress bars: made only when they are shown.

A bar takes a lock that all processes of a fork share; a fork that is killed at that instant leaves
the others waiting for it. So tqdm is imported, and a bar made, for somebody who looks at it.
"""

from __future__ import annotations


def make_bar(show, *, notebook=False, **options):
    """A tqdm bar, or something that takes the same calls and does nothing.

    Parameters
    ----------
    show : bool
    notebook : bool, default=False
        Draw it as a widget in notebooks.
    **options
        Of tqdm.
    """
    if not show:
        return NoBar(options.get("initial", 0))
    if notebook:
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    return tqdm(**options)


class NoBar:
    """A bar that nobody sees.

    Parameters
    ----------
    n : number
        Where it starts.
    """

    def __init__(self, n=0):
        self.n = n

    def update(self, n=1):
        """`n` more are done."""
        self.n += n

    def set_postfix(self, *_, **__):
        """Nothing is written behind it."""

    def close(self):
        """Nothing is left to do."""
