"""Event weights as the losses see them: negative ones treated, classes balanced, of mean one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import clone

from skhep_nn import _weights
from skhep_nn._pieces import pieces
from skhep_nn.estimators._fit import _compact
from skhep_nn.exceptions import WeightError
from skhep_nn.preprocessing import EventWeightBalancer
from skhep_nn.training._loss_weights import match_shares, normalise, times


def balancer_of(balance, classes):
    """A new balancer as the parameter `balance` says, a mode or an instance; None for None.

    Which class is the signal sets a factor common to all weights, which a fit divides out: of
    classes none of which is 1 a mode takes the last.
    """
    if balance is None:
        return None
    if not isinstance(balance, str):
        return clone(balance)
    classes = classes.tolist()
    return EventWeightBalancer(balance, signal=1 if 1 in classes else classes[-1])


def groups_of(learnt, X, owner):
    """Processes that the balancer balances, or None if it balances the classes."""
    balancer = learnt.balancer_
    if balancer is None or balancer.process_column is None:
        return None
    return learnt.columns_.take(X, balancer.process_column, "process_column", owner)


def treated(settings, learnt, events):
    """Weights of training events after the policy on negative ones and balancing.

    Of compact events without processes these are the very weights, changed in place: of those this
    is asked once.
    """
    if events.is_compact and events.groups is None and events.strata is None:
        policy, classes = settings.negative_weights, learnt.classes_
        _compact.treat(events.weights, events.codes, policy, learnt.balancer_, classes)
        return events.weights
    weights = _weights.treat_negative(events.weights, settings.negative_weights)
    if learnt.balancer_ is None:
        return weights
    y = learnt.classes_[events.codes]
    return learnt.balancer_.balance(y, sample_weight=weights, process=events.groups)


def final(settings, learnt, train, held_out):
    """Training and validation events with weights as the losses see them, of mean one.

    Where a sampler sets the shares of the classes the mean is one in each class.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    train, held_out : Events
        `held_out` may be None.

    Returns
    -------
    tuple of (Learnt, Events, Events or None)

    Raises
    ------
    WeightError
        If the weights of a class sum to nothing or less.
    """
    classes, codes = learnt.classes_, train.codes
    n_negative = _n_where(np.less, train.weights)
    weights = treated(settings, learnt, train)
    sums = _weights.class_sums(codes, weights, len(classes))
    _weights.check_class_sums(sums, classes)
    if settings.batch_sampler is not None:
        counts = _weights.class_counts(codes, len(classes))
        weights = times(weights, counts / sums, codes)
        sums = np.ones(len(classes))
    weights, factor = normalise(weights)
    learnt = learnt.also(weight_factor_=factor, **_counts(n_negative, weights))
    train = replace(train, weights=weights)
    if held_out is None:
        return learnt, train, None
    shares = match_shares(held_out.weights, held_out.codes, sums, classes)
    return learnt, train, replace(held_out, weights=shares)


def partial(settings, learnt, events):
    """Events of one call of partial_fit with their weights, times the factor of the first call.

    Returns
    -------
    tuple of (Learnt, Events)

    Raises
    ------
    WeightError
        If those of the first call sum to nothing or less.
    """
    n_negative = _n_where(np.less, events.weights)
    weights, factor = treated(settings, learnt, events), getattr(learnt, "weight_factor_", None)
    if factor is None and not weights.sum() > 0:
        msg = f"the event weights of the first call sum to {weights.sum():.6g}; it must be positive"
        raise WeightError(msg)
    weights, factor = normalise(weights, factor)
    counts = _counts(n_negative, weights)
    counts = {name: getattr(learnt, name, 0) + count for name, count in counts.items()}
    return learnt.also(weight_factor_=factor, **counts), replace(events, weights=weights)


def with_prior(settings, learnt, train):
    """With the shares of the classes that the training loss sees, unless a sampler alone knows."""
    sampler, n_classes = settings.batch_sampler, len(learnt.classes_)
    if sampler is None:
        sums = _weights.class_sums(train.codes, train.weights, n_classes)
        return learnt.also(class_prior_=sums / sums.sum())
    if isinstance(sampler, str):
        return learnt.also(class_prior_=np.full(n_classes, 1 / n_classes))
    return learnt.without("class_prior_")


def _counts(n_negative, after):
    return {"n_negative_weights_": n_negative, "n_zero_weights_": _n_where(np.equal, after)}


def _n_where(compare, weights):
    """Number of the weights that compare so with zero."""
    return sum(int(np.sum(compare(weights[part], 0))) for part in pieces(len(weights)))
