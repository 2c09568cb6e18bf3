"""Training: losses and metrics of each epoch."""

from __future__ import annotations

from skhep_nn import _composition
from skhep_nn.plotting import HistoryDisplay
from skhep_nn.report._contents import Missing, Numbers, Picture


def losses(context):
    """The history of the network, and of each of an ensemble."""
    network = _composition.last_step(context.model)
    if not getattr(network, "history_", None):
        msg = "It needs a history of epochs."
        raise Missing(
            msg,
            f"{type(network).__name__} has none; classifiers of the package do.",
        )
    best, n_epochs = getattr(network, "best_epoch_", None), getattr(network, "n_epochs_", None)
    yield Numbers({"Epochs": n_epochs, "Best epoch": best if best is not None else "the last"})
    yield Picture(
        HistoryDisplay.from_estimator(network).figure_,
        "Losses and metrics per epoch; the marked epoch was kept",
        f"Loss in training and validation against the epoch, {n_epochs} epochs, best {best}",
    )
