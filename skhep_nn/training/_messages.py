"""What both training loops say when training goes wrong or is interrupted."""

from __future__ import annotations

import warnings

import numpy as np

from skhep_nn.exceptions import TrainingInterruptedWarning

# what TensorFlow says of tensors of several strategies under one number
COLLECTIVE = "Shape mismatch in the collective instance"


def not_finite(name, value, epoch, plan, model):
    """Message for a loss that is NaN or infinite in epoch number `epoch` (from 0)."""
    rate = float(np.asarray(model.optimizer.learning_rate))
    return (
        f"{name} became {value} in epoch {epoch + 1} of {plan.epochs}{plan.where}; try a lower "
        f"learning_rate (now {rate:.3g}), gradient clipping (optimizer__clipnorm=1.0), or "
        "features scaled to about one (MinMaxScaler)"
    )


def warn_interrupted(plan, n_epochs, best_epoch):
    """Tell the user which network an interrupted fit has kept; `best_epoch` may be None."""
    kept = f"of epoch {best_epoch}" if best_epoch else "as it was at the interruption"
    counted = " (counted over all phases)" if best_epoch and plan.where else ""
    warnings.warn(
        f"training was interrupted{plan.where} after {n_epochs} of {plan.epochs} epochs; the "
        f"network {kept}{counted} is kept",
        TrainingInterruptedWarning,
        stacklevel=2,
    )


def out_of_memory(error, n_bytes, batch_size=None):
    """Message for a device that ran out of memory, with the events or in a step."""
    size = f"the device ran out of memory with {n_bytes / 2**20:.1f} MiB of events"
    remedy = "use fewer events, or train from a memory-mapped cache"
    if batch_size is not None:
        size += f" and batch_size={batch_size}"
        remedy = f"lower batch_size, {remedy}, or use a smaller network"
    return f"{size}; {remedy} ({type(error).__name__})"


def of_two_strategies(error):
    """Message for devices that take what one network exchanges for that of another; else None."""
    if COLLECTIVE not in str(error):
        return None
    return (
        "a strategy was made before this one, and TensorFlow takes what their devices exchange for "
        "one; make one tf.distribute strategy at the beginning of a process, and have all fits in "
        f"its scope (in this process none works any more: {type(error).__name__})"
    )


def check_going(plan):
    """Raise KeyboardInterrupt if a fit was interrupted that this one is a part of."""
    if plan.stop is not None and plan.stop.is_set():
        raise KeyboardInterrupt


def stop_others(plan):
    """Have the other fits of which this one is a part end, too."""
    if plan.stop is not None:
        plan.stop.set()
