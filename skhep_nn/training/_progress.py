"""The progress bar of a fit: epoch, losses, time left."""

from __future__ import annotations

import sys

from skhep_nn._bar import make_bar

FORMAT = (
    "{desc} {percentage:3.0f}%|{bar:20}| epoch {n:.1f}/{total} [{elapsed}<{remaining}{postfix}]"
)


class Progress:
    """One bar per fit.

    Parameters
    ----------
    epochs : int
    verbose : {"auto", 0, 1, 2}
        0 is silent, 1 a bar (in a log file one line at the end), 2 a line per epoch, ``"auto"`` a
        bar for fits longer than two seconds, in a terminal or notebook.
    title : str
    initial : int, default=0
        Epochs already done.
    """

    def __init__(self, epochs, verbose, title, initial=0):
        self.lines = verbose == 2
        self.title, self.epochs = title, epochs
        self.bar = make_bar(
            verbose if verbose == "auto" else bool(verbose) and not self.lines,
            total=epochs,
            initial=initial,
            desc=title,
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
