"""What a fit is to do, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Plan:
    """How to train: everything but the network and the events.

    Parameters
    ----------
    epochs, batch_size : int
    order : callable
        Epoch number (from 0) to the event numbers of that epoch, in training order.
    patience : int or None
        Epochs without a better validation loss after which training stops; None never stops it.
    plateau : Plateau or None
    callbacks : list of keras.callbacks.Callback
    verbose : {"auto", 0, 1, 2}
    title : str
        Beside the progress bar.
    checkpoint : Checkpoint or None
    redraw : callable or None
        Called with the epoch number (from 0) and the source before each epoch; may change events.
    shuffle, sampled : bool
        Whether `order` shuffles; whether it is a sampler's.
    """

    epochs: int
    batch_size: int
    order: object
    patience: int | None = None
    plateau: object = None
    callbacks: list = field(default_factory=list)
    verbose: object = 0
    title: str = "fit"
    checkpoint: object = None
    redraw: object = None
    shuffle: bool = True
    sampled: bool = False


@dataclass
class Outcome:
    """What training did.

    Parameters
    ----------
    history : dict of str to list of float
        One value per epoch.
    best_epoch : int
        From 1; the last epoch if there were no validation events.
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
        history.setdefault(name, []).append(float(value))
