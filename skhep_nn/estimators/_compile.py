"""Optimizer, schedule and loss from the plain parameters of a classifier."""

from __future__ import annotations

import keras

from skhep_nn.training import Plateau, inverse_time


def check_learning_rate(estimator, routed):
    """Raise where the learning rate is said twice.

    Parameters
    ----------
    estimator : KerasClassifier
    routed : dict
        Its ``optimizer__`` arguments.

    Raises
    ------
    ValueError
    """
    given = estimator.learning_rate
    if given is not None and "learning_rate" in routed:
        msg = (
            f"learning_rate={given} and optimizer__learning_rate={routed['learning_rate']} are "
            "both given; give one of them"
        )
        raise ValueError(msg)
    scheduled = estimator.learning_rate_schedule not in ("constant", "plateau")
    if isinstance(estimator.optimizer, keras.optimizers.Optimizer) and (
        given is not None or scheduled
    ):
        what = f"learning_rate={given}" if given is not None else "learning_rate_schedule"
        msg = (
            f"{what} together with the optimizer object {estimator.optimizer.name!r}, which has a "
            "learning rate of its own; give the optimizer by name"
        )
        raise ValueError(msg)


def learning_rate_of(estimator, default):
    """The rate or schedule that the optimizer is given, or None for its own.

    Parameters
    ----------
    estimator : KerasClassifier
    default : float
        The optimizer's own learning rate.
    """
    schedule, rate = estimator.learning_rate_schedule, estimator.learning_rate
    if schedule == "inverse_time":
        return inverse_time(default if rate is None else rate, estimator.decay)
    return rate if schedule in ("constant", "plateau") else schedule


def with_learning_rate(estimator, optimizer):
    """`optimizer` with the rate or schedule that the classifier asks for."""
    if isinstance(estimator.optimizer, keras.optimizers.Optimizer):
        return optimizer
    config = optimizer.get_config()
    rate = learning_rate_of(estimator, config["learning_rate"])
    return (
        optimizer if rate is None else type(optimizer).from_config(config | {"learning_rate": rate})
    )


def plateau_of(estimator):
    """The plateau schedule that the classifier asks for, or None."""
    if estimator.learning_rate_schedule != "plateau":
        return None
    return Plateau(estimator.plateau_factor, estimator.plateau_patience)


def loss_for(n_outputs):
    """The cross-entropy for a network with `n_outputs` outputs, as a Keras object."""
    if n_outputs == 1:
        return keras.losses.BinaryCrossentropy()
    return keras.losses.SparseCategoricalCrossentropy()


def loss_name(loss):
    """Name of a loss in snake case, e.g. ``"binary_crossentropy"``.

    Parameters
    ----------
    loss : str, keras.losses.Loss or callable
    """
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
