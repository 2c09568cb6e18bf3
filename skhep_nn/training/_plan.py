"""What a fit is to do, and what it did."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

# Of a fit whose length is not said: passes over the events, and steps for samples so small that
# so many passes are too few steps.
AUTO_EPOCHS, AUTO_STEPS = 20, 60
# Of a batch whose size is not said: at most, and of few events the smallest one and about how many
# steps a pass has, as of 2,500 events batches of 256 are too few steps.
AUTO_BATCH = 256
FEW_ROWS, FEW_SEQUENCES = (64, 60), (32, 40)


def auto_epochs(n_events, batch_size):
    """Passes over the training events that suit a sample of that size."""
    steps_per_epoch = -(-n_events // batch_size)
    return max(AUTO_EPOCHS, -(-AUTO_STEPS // steps_per_epoch))


def auto_batch_size(n_events, *, reads_sequences):
    """Events of a step that suit a sample of that size, a power of two."""
    smallest, steps = FEW_SEQUENCES if reads_sequences else FEW_ROWS
    wanted = max(n_events, 1) / steps
    return max(smallest, min(AUTO_BATCH, 2 ** round(math.log2(wanted))))


@dataclass
class Plan:
    """How to train in one phase: everything but the network and the events.

    Parameters
    ----------
    epochs, batch_size : int
    order : callable
        Epoch number (from 0, `earlier` ones counted) to the event numbers of that epoch, in
        training order.
    patience : int or None
        Epochs without a better validation loss after which training stops; None never stops it.
    plateau : Plateau or None
    schedule : Cosine or None
        Factors on the optimizer's learning rate.
    judge_averages : bool
        Whether validation sees the optimizer's averages of the weights, which are kept.
    statistics : {"precise", "moving", None}
        Of batch normalisation in the network that is kept: re-estimated on training events, or as
        training left them; None does not look at them.
    callbacks : list of keras.callbacks.Callback
    verbose : {"auto", 0, 1, 2}
    title : str
        Beside the progress bar.
    checkpoint : Checkpoint or None
    redraw : callable or None
        Called with the epoch number (as `order`) and the source before each epoch; may change
        events.
    shuffle, sampled : bool
        Whether `order` shuffles; whether it is a sampler's.
    earlier : dict of str to list of float
        History of the epochs before these: of earlier phases, or earlier calls of partial_fit.
    best : int or None
        The epoch, from 1, of an earlier phase whose network this one starts from and has to beat.
    phase, n_phases : int
        This phase, from 1, and how many there are; 0 in a fit without phases.
    stop : threading.Event or None
        Set when training is interrupted here or elsewhere; it then ends at the next call.
    keep_checkpoint : bool
        Whether the state stays on disk when all is done, for a fit of which this is a part.
    """

    epochs: int
    batch_size: int
    order: object
    patience: int | None = None
    plateau: object = None
    schedule: object = None
    judge_averages: bool = False
    statistics: str | None = None
    callbacks: list = field(default_factory=list)
    verbose: object = 0
    title: str = "fit"
    checkpoint: object = None
    redraw: object = None
    shuffle: bool = True
    sampled: bool = False
    earlier: dict = field(default_factory=dict)
    best: int | None = None
    phase: int = 1
    n_phases: int = 0
    stop: object = None
    keep_checkpoint: bool = False

    @property
    def done(self):
        """Epochs before these."""
        return len(self.earlier.get("loss", ()))

    @property
    def is_last(self):
        """Whether nothing comes after this phase that needs its state."""
        return self.phase >= self.n_phases and not self.keep_checkpoint

    @property
    def where(self):
        """`` in phase 2 of 3``, or nothing if there is one phase only."""
        return f" in phase {self.phase} of {self.n_phases}" if self.n_phases > 1 else ""


@dataclass
class Outcome:
    """What training did in one phase.

    Parameters
    ----------
    history : dict of str to list of float
        One value per epoch.
    best_epoch : int
        From 1, earlier epochs counted; the last epoch if there were no validation events.
    n_epochs : int
    loop : str
        ``"compiled"``, or ``"keras: "`` and why Keras' own loop was used.
    interrupted : bool
    """

    history: dict
    best_epoch: int
    n_epochs: int
    loop: str = "compiled"
    interrupted: bool = False


def append(history, logs):
    """Append the values of `logs` to the lists of `history`."""
    for name, value in logs.items():
        history.setdefault(name, []).append(one_number(value, name))


def one_number(value, name):
    """What a metric gives, as a number.

    Raises
    ------
    ValueError
        If it gives several.
    """
    value = np.asarray(value)
    if value.size != 1:
        msg = (
            f"metric {name!r} gives {value.size} numbers, and the history has one per epoch; take "
            "one threshold, or a mean over classes (average='macro')"
        )
        raise ValueError(msg)
    return value.item()
