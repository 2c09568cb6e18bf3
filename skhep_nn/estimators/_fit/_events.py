"""Events of a fit: training and validation part, with the weights that their losses see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from skhep_nn import _weights
from skhep_nn.exceptions import WeightError
from skhep_nn.preprocessing import EventWeightBalancer
from skhep_nn.training._loss_weights import match_shares, normalise
from skhep_nn.training._mapped import rows_of

# From this number of events a validation sample is worth more than the events that it costs.
AUTO_EARLY_STOPPING = 1_000


@dataclass
class Events:
    """Features, class numbers and weights of some events.

    Parameters
    ----------
    x : ndarray, MappedRows, or dict of str to these
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
        """The events `rows`; those on disk stay there."""
        x = self.x
        x = {k: rows_of(a, rows) for k, a in x.items()} if isinstance(x, dict) else rows_of(x, rows)
        groups = None if self.groups is None else self.groups[rows]
        return Events(x, self.codes[rows], self.weights[rows], groups)


def event_weights(estimator, X, sample_weight):
    """Weights of `X` by column or argument, ones if there are none; not all zero.

    Raises
    ------
    WeightError
    """
    owner = type(estimator).__name__
    weights = _weights.resolve(X, sample_weight, estimator.weight_column, owner, estimator.columns_)
    if weights is None:
        return np.ones(_weights.len_of(X))
    if not weights.any():
        msg = f"every one of the {len(weights)} event weights is zero; there is nothing to learn"
        raise WeightError(msg)
    return weights


def unweighted(x, codes):
    """Events that all weigh the same."""
    return Events(x, codes, np.ones(len(codes)))


def split(events, fraction, seed):
    """A stratified, shuffled split into training and validation events.

    Every class has events in both parts, even one that is rarer than ``1 / fraction``.

    Returns
    -------
    tuple of Events
    """
    held_out = _held_out(events, fraction, seed)
    return events.at(np.flatnonzero(~held_out)), events.at(np.flatnonzero(held_out))


def has_every_class(*parts):
    """Whether each class of the first part has a positive sum of weights in all parts."""
    n_classes = int(parts[0].codes.max()) + 1
    sums = [_weights.class_sums(part.codes, part.weights, n_classes) for part in parts]
    present = np.bincount(parts[0].codes, minlength=n_classes) > 0
    return all((s[present] > 0).all() for s in sums)


def fold(events, number, of):
    """Training events, and one of several parts of every class that are all events together.

    The parts are the same whoever asks: they depend on the events' classes alone.

    Parameters
    ----------
    events : Events
    number, of : int
        The part, from 0, and how many there are.

    Returns
    -------
    tuple of Events
        The second is None where a class has too few events, or no positive weight in a part.
    """
    rng, part = np.random.default_rng(of), np.zeros(len(events), dtype=int)
    for code in np.unique(events.codes):
        rows = np.flatnonzero(events.codes == code)
        part[rng.permutation(rows)] = np.arange(len(rows)) % of
    parts = [events.at(np.flatnonzero(part != number)), events.at(np.flatnonzero(part == number))]
    n_classes = int(events.codes.max()) + 1
    sums = [_weights.class_sums(p.codes, p.weights, n_classes) for p in parts]
    present = np.bincount(events.codes, minlength=n_classes) > 0
    return tuple(parts) if all((s[present] > 0).all() for s in sums) else (events, None)


def _held_out(events, fraction, seed):
    rng = np.random.default_rng(seed)
    held_out = np.zeros(len(events), dtype=bool)
    for code in np.unique(events.codes):
        rows = np.flatnonzero(events.codes == code)
        n_validation = min(max(1, round(fraction * len(rows))), len(rows) - 1)
        held_out[rng.permutation(rows)[:n_validation]] = True
    return held_out


def tail(events, fraction):
    """The last events as validation events, unshuffled, as Keras' ``validation_split``."""
    cut = int(len(events) * (1 - fraction))
    return events.at(slice(cut)), events.at(slice(cut, None))


def wants_split(early_stopping, codes, classes):
    """Whether a validation sample is to be split off.

    Raises
    ------
    ValueError
        If it is asked for and a class cannot be split.
    """
    counts = np.bincount(codes, minlength=len(classes))
    rarest = int(np.argmin(counts))
    if early_stopping == "auto":
        return counts[rarest] >= 2 and len(codes) >= AUTO_EARLY_STOPPING
    if early_stopping and counts[rarest] < 2:
        msg = (
            "early_stopping=True needs at least two events of every class, one to train and one "
            f"to validate; class {classes.tolist()[rarest]!r} has {counts[rarest]}; give X_val and "
            "y_val, or early_stopping=False"
        )
        raise ValueError(msg)
    return bool(early_stopping)


def balancer_of(balance):
    """A new balancer as the parameter `balance` says, a mode or an instance; None for None."""
    if balance is None:
        return None
    return EventWeightBalancer(balance) if isinstance(balance, str) else clone(balance)


def groups_of(estimator, X):
    """Processes that the balancer balances, or None if it balances the classes."""
    balancer = estimator.balancer_
    if balancer is None or balancer.process_column is None:
        return None
    column, owner = balancer.process_column, type(estimator).__name__
    return estimator.columns_.take(X, column, "process_column", owner)


def treated_weights(events, classes, balancer, negative_weights):
    """Weights of the training events after the policy on negative ones and balancing."""
    weights = _weights.treat_negative(events.weights, negative_weights)
    if balancer is None:
        return weights
    y = classes[events.codes]
    return balancer.balance(y, sample_weight=weights, process=events.groups)


def final_weights(train, validation, classes, *, balancer, negative_weights, within_class=False):
    """Weights as the losses see them, of mean one, and the factor of the training weights.

    Parameters
    ----------
    train, validation : Events
        `validation` may be None.
    classes : ndarray
    balancer : EventWeightBalancer or None
    negative_weights : str
    within_class : bool, default=False
        Mean one in each class: a sampler sets the shares of the classes.

    Returns
    -------
    tuple of (training weights, validation weights or None, factor)

    Raises
    ------
    WeightError
        If the weights of a class sum to nothing or less.
    """
    weights = treated_weights(train, classes, balancer, negative_weights)
    sums = _weights.class_sums(train.codes, weights, len(classes))
    _weights.check_class_sums(sums, classes)
    if within_class:
        counts = np.bincount(train.codes, minlength=len(classes))
        weights = weights * (counts / sums)[train.codes]
        sums = np.ones(len(classes))
    weights, factor = normalise(weights)
    if validation is None:
        return weights, None, factor
    return weights, match_shares(validation.weights, validation.codes, sums, classes), factor


def partial_weights(events, classes, *, balancer, negative_weights, factor):
    """Weights of one call of partial_fit, and the factor on them; None learns the factor."""
    weights = treated_weights(events, classes, balancer, negative_weights)
    if factor is None and not weights.sum() > 0:
        msg = f"the event weights of the first call sum to {weights.sum():.6g}; it must be positive"
        raise WeightError(msg)
    return normalise(weights, factor)
