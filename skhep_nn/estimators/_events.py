"""Events of a fit: training and validation part, with the weights that their losses see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

from skhep_nn import _columns, _weights
from skhep_nn.exceptions import WeightError
from skhep_nn.preprocessing import EventWeightBalancer
from skhep_nn.training._weights import match_shares, normalise

# From this number of events a validation sample is worth more than the events that it costs.
AUTO_EARLY_STOPPING = 1_000


@dataclass
class Events:
    """Features, class numbers and weights of some events.

    Parameters
    ----------
    x : ndarray or dict of str to ndarray
    codes, weights : ndarray of shape (n_events,)
    groups : ndarray of shape (n_events,) or None
        What the balancer balances, if not the classes.
    """

    x: object
    codes: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None = None

    def __len__(self):
        return len(self.codes)

    def at(self, rows):
        """The events `rows`."""
        x = {k: a[rows] for k, a in self.x.items()} if isinstance(self.x, dict) else self.x[rows]
        groups = None if self.groups is None else self.groups[rows]
        return Events(x, self.codes[rows], self.weights[rows], groups)


def event_weights(estimator, X, sample_weight):
    """Weights of `X` by column or argument, ones if there are none; not all zero.

    Raises
    ------
    WeightError
    """
    owner = type(estimator).__name__
    weights = _weights.resolve(X, sample_weight, estimator.weight_column, owner)
    if weights is None:
        return np.ones(_weights.len_of(X))
    if not weights.any():
        msg = f"every one of the {len(weights)} event weights is zero; there is nothing to learn"
        raise WeightError(msg)
    return weights


def split(events, fraction, seed):
    """A stratified, shuffled split into training and validation events.

    Returns
    -------
    tuple of Events
    """
    train, validation = train_test_split(
        np.arange(len(events)), test_size=fraction, stratify=events.codes, random_state=seed
    )
    return events.at(np.sort(train)), events.at(np.sort(validation))


def tail(events, fraction):
    """The last events as validation events, unshuffled, as Keras' ``validation_split``."""
    cut = int(len(events) * (1 - fraction))
    return events.at(slice(cut)), events.at(slice(cut, None))


def can_split(codes, fraction):
    """Whether every class can give events to both parts."""
    counts = np.bincount(codes)
    counts = counts[counts > 0]
    n_validation = int(np.ceil(fraction * len(codes)))
    n_classes = len(counts)
    return counts.min() >= 2 and min(n_validation, len(codes) - n_validation) >= n_classes


def wants_split(early_stopping, codes, fraction):
    """Whether a validation sample is to be split off.

    Raises
    ------
    ValueError
        If it is asked for and a class cannot be split.
    """
    possible = can_split(codes, fraction)
    if early_stopping == "auto":
        return possible and len(codes) >= AUTO_EARLY_STOPPING
    if early_stopping and not possible:
        msg = (
            f"early_stopping needs validation events of every class, but with {len(codes)} events, "
            f"classes of {np.bincount(codes).tolist()} events and validation_fraction={fraction} "
            "a class cannot be split; give X_val and y_val, or early_stopping=False"
        )
        raise ValueError(msg)
    return bool(early_stopping)


def balancer_of(balance):
    """The balancer that the parameter `balance` means: a mode, an instance, or None."""
    if balance is None:
        return None
    return EventWeightBalancer(balance) if isinstance(balance, str) else balance


def groups_of(balancer, X):
    """Values of the column that `balancer` balances by, or None if it balances the classes."""
    if balancer is None or balancer.by == "class":
        return None
    return _columns.take(X, balancer.by, role="by")


def training_weights(events, classes, balance, negative_weights):
    """Weights of the training events after the policy on negative ones and balancing.

    Raises
    ------
    WeightError
        If the weights of a class sum to nothing or less.
    """
    weights = _weights.treat_negative(events.weights, negative_weights)
    _check_sums(events.codes, weights, classes)
    balancer = balancer_of(balance)
    if balancer is not None:
        weights = balancer.balance(classes[events.codes], weights, events.groups)
        _check_sums(events.codes, weights, classes)
    return weights


def final_weights(train, validation, classes, *, balance, negative_weights, within_class=False):
    """Weights as the losses see them, of mean one, and the factor of the training weights.

    Parameters
    ----------
    train, validation : Events
        `validation` may be None.
    classes : ndarray
    balance, negative_weights
        Parameters of the classifier.
    within_class : bool, default=False
        Mean one in each class: a sampler sets the shares of the classes.

    Returns
    -------
    tuple of (training weights, validation weights or None, factor)
    """
    weights = training_weights(train, classes, balance, negative_weights)
    if within_class:
        sums = _weights.class_sums(train.codes, weights, len(classes))
        counts = np.bincount(train.codes, minlength=len(classes))
        weights = weights * (counts / sums)[train.codes]
        sums = np.ones(len(classes))
    else:
        sums = _weights.class_sums(train.codes, weights, len(classes))
    weights, factor = normalise(weights)
    if validation is None:
        return weights, None, factor
    return weights, match_shares(validation.weights, validation.codes, sums, classes), factor


def partial_weights(events, classes, *, balance, negative_weights, factor):
    """Weights of one call of partial_fit, and the factor on them; None learns the factor."""
    weights = _weights.treat_negative(events.weights, negative_weights)
    balancer = balancer_of(balance)
    if balancer is not None:
        weights = balancer.balance(classes[events.codes], weights, events.groups)
    if factor is None and not weights.sum() > 0:
        msg = f"the event weights of the first call sum to {weights.sum():.6g}; it must be positive"
        raise WeightError(msg)
    return normalise(weights, factor)


def _check_sums(codes, weights, classes):
    _weights.check_class_sums(_weights.class_sums(codes, weights, len(classes)), classes)
