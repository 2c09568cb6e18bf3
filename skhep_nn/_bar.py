"""Progress bars: one rule of who sees them, and made only when they are seen.

A bar takes a lock that all processes of a fork share; a fork that is killed at that instant leaves
the others waiting for it. So tqdm is imported, and a bar made, for somebody who looks at it.
"""

from __future__ import annotations

import sys
import time

from skhep_nn import _choices

# With "auto" a bar shows up once the work turns out to be long, in seconds.
DELAY = 2.0


def check(progress):
    """`progress`, which is True, False or "auto".

    Raises
    ------
    TypeError
    """
    if isinstance(progress, str) and progress == "auto":
        return progress
    if _choices.is_whole(progress):
        return bool(progress)
    try:
        return _choices.switch(progress, "progress")
    except (TypeError, ValueError):
        msg = f'progress={progress!r:.60}; it must be True, False or "auto"'
        raise TypeError(msg) from None


def is_watched():
    """Whether standard error is a terminal or a notebook, not a file or a batch log."""
    return "ipykernel" in sys.modules or bool(sys.stderr and sys.stderr.isatty())


def make_bar(show, *, notebook=False, **options):
    """A tqdm bar, one line at the end, or nothing: all take the same calls.

    Parameters
    ----------
    show : {"auto"} or bool
        ``"auto"`` is a bar for work that lasts more than two seconds, where somebody looks: in a
        terminal or a notebook. True is a bar from the beginning there, and elsewhere, where a bar
        would fill a log file, one line when the work is done. False is nothing.
    notebook : bool, default=False
        Draw it as a widget in notebooks.
    **options
        Of tqdm.
    """
    if not show or (show == "auto" and not is_watched()):
        return NoBar(options.get("initial", 0))
    if not is_watched():
        return OneLine(**options)
    if notebook:
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    return tqdm(**{"delay": DELAY if show == "auto" else 0, **options})


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


class OneLine(NoBar):
    """A bar for log files: one line when it ends.

    Parameters
    ----------
    total : number
    desc : str
    unit : str, default="it"
    initial : number, default=0
    **_
        What else tqdm takes.
    """

    def __init__(self, *, total, desc, unit="it", initial=0, **_):
        super().__init__(initial)
        self._total, self._desc, self._unit = total, desc, unit
        self._text, self._start, self._open = "", time.monotonic(), True

    def set_postfix(self, values=(), **_):
        """Numbers that stand at the end of the line."""
        self._text = "".join(f", {name} {value}" for name, value in dict(values).items())

    def close(self):
        """Write the line."""
        if not self._open:
            return
        self._open = False
        unit = "" if self._unit == "it" else f" {self._unit}"
        seconds = time.monotonic() - self._start
        done = f"{self.n:g} of {self._total:g}{unit} in {seconds:.1f} s"
        sys.stderr.write(f"{self._desc}: {done}{self._text}\n")
        sys.stderr.flush()
