"""The progress bar of a fit: epoch, losses, time left."""

from __future__ import annotations

import sys

from skhep_nn._bar import make_bar

FORMAT = (
    "{desc} {percentage:3.0f}%|{bar:20}| epoch {n:.1f}/{total} [{elapsed}<{remaining}{postfix}]"
)
# With verbose="auto" a fit shows its bar once it turns out to be long, to whoever is looking.
DELAY = {"auto": 2.0}


def is_watched():
    """Whether standard error is a terminal or a notebook, not a file or a batch log."""
    return "ipykernel" in sys.modules or bool(sys.stderr and sys.stderr.isatty())


class Progress:
    """One bar per fit.

    Parameters
    ----------
    epochs : int
    verbose : {"auto", 0, 1, 2}
        0 is silent, 1 a bar, 2 a line per epoch, ``"auto"`` a bar for fits longer than two
        seconds, in a terminal or notebook.
    title : str
    initial : int, default=0
        Epochs already done.
    """

    def __init__(self, epochs, verbose, title, initial=0):
        self.lines = verbose == 2
        self.title, self.epochs = title, epochs
        self.bar = make_bar(
            bool(verbose) and not self.lines and (verbose != "auto" or is_watched()),
            total=epochs,
            initial=initial,
            desc=title,
            delay=DELAY.get(verbose, 0),
            bar_format=FORMAT,
        )

    def within(self, epoch, fraction):
        """`fraction` of the epoch number `epoch` (from 0) is done."""
        self.bar.update(epoch + fraction - self.bar.n)

    def epoch_done(self, epoch, logs):
        """Epoch number `epoch` (from 0) ended with `logs`."""
        text = {name: f"{value:.4g}" for name, value in logs.items() if name != "learning_rate"}
        self.bar.set_postfix(text, refresh=False)
        self.bar.update(epoch + 1 - self.bar.n)
        if self.lines:
            shown = ", ".join(f"{name} {value}" for name, value in text.items())
            sys.stdout.write(f"{self.title}: epoch {epoch + 1}/{self.epochs}: {shown}\n")
            sys.stdout.flush()

    def close(self):
        """End the bar."""
        self.bar.close()
