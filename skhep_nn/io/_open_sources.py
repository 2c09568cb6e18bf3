"""Files that stay open while they are read here and there."""

from __future__ import annotations

from contextlib import ExitStack

from skhep_nn.io._files import open_source

# What is known of a file with a thousand branches takes some 10 MB.
MOST_OPEN = 16


class OpenSources:
    """The files that were read last, open; for one thread.

    Parameters
    ----------
    options : dict
        As `open_source` takes them.
    """

    def __init__(self, options):
        self.options, self._held = options, {}

    def of(self, path, stamp):
        """The `Source` of a file that was open already, or is opened.

        Parameters
        ----------
        path : Path
        stamp : tuple
            Another one is another file.
        """
        held = self._held.pop((path, stamp), None)
        if held is None:
            while len(self._held) >= MOST_OPEN:
                self._close(next(iter(self._held)))
            stack = ExitStack()
            held = stack, stack.enter_context(open_source(path, **self.options))
        self._held[path, stamp] = held
        return held[1]

    def close(self):
        """Close all of them."""
        for key in list(self._held):
            self._close(key)

    def _close(self, key):
        stack, _ = self._held.pop(key)
        stack.close()
