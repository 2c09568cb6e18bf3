"""What both training loops say when training goes wrong or is interrupted."""

from __future__ import annotations

import warnings

import numpy as np

from skhep_nn.exceptions import TrainingInterruptedWarning


def not_finite(name, value, epoch, plan, model):
    """Message for a loss that is NaN or infinite in epoch number `epoch` (from 0)."""
    rate = float(np.asarray(model.optimizer.learning_rate))
    return (
        f"{name} became {value} in epoch {epoch + 1} of {plan.epochs}; try a lower learning_rate "
        f"(now {rate:.3g}), gradient clipping (optimizer__clipnorm=1.0), or features scaled to "
        "about one (MinMaxScaler)"
    )


def warn_interrupted(n_epochs, epochs, best_epoch):
    """Tell the user which network an interrupted fit has kept."""
    warnings.warn(
        f"training was interrupted after {n_epochs} of {epochs} epochs; the network of epoch "
        f"{best_epoch} is kept",
        TrainingInterruptedWarning,
        stacklevel=2,
    )


def out_of_memory(error, plan, n_bytes):
    """Message for a device that ran out of memory."""
    return (
        f"the device ran out of memory with {n_bytes / 2**20:.0f} MiB of events and "
        f"batch_size={plan.batch_size}; lower batch_size, use a smaller network, or train from a "
        f"memory-mapped cache ({type(error).__name__})"
    )
