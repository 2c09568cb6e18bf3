"""From X and y to events: arrays that a network reads, class numbers, event weights."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.class_weight import compute_sample_weight

from skhep_nn import _columns, _weights
from skhep_nn.estimators._fit import _compact, _targets, _weighing
from skhep_nn.estimators._fit._events import Events, unweighted
from skhep_nn.exceptions import WeightError
from skhep_nn.training._loss_weights import times


def read(reader, X, y, learnt, *, name="y", classes=None):
    """The events of `X`, which weigh the same as yet; columns and classes are learnt if new.

    Parameters
    ----------
    reader : Reader
    X, y
        As the user gave them.
    learnt : Learnt
    name : str, default="y"
        What an error calls `y`.
    classes : array-like, optional
        All labels, if `y` need not have them all.

    Returns
    -------
    tuple of (Learnt, Events)
    """
    X = _columns.table(X)
    known = hasattr(learnt, "columns_")
    learnt, x = (learnt, reader.read(X, learnt)) if known else reader.learn(X, learnt)
    if _compact.is_large(x) and getattr(y, "ndim", 1) == 1 and y is not None:
        return _read_compact(reader.owner, X, x, y, learnt, name, classes)
    labels = _targets.labels_of(y, reader.owner, name)
    check_consistent_length(X, labels)
    learnt = _classes(learnt, labels, classes, reader.owner)
    return learnt, unweighted(x, _targets.encode(labels, learnt.classes_, name))


def _read_compact(owner, X, x, y, learnt, name, classes):
    """As `read`, of events that are not to have long numbers in memory."""
    labels = _compact.distinct(y, owner, name)
    check_consistent_length(X, y)
    learnt = _classes(learnt, labels, classes, owner)
    codes = _compact.encode(y, learnt.classes_, owner, name)
    # takes no memory, and no change: weights of their own follow
    weights = np.broadcast_to(np.float32(1), len(codes))
    return learnt, Events(x, codes, weights, is_compact=True)


def weighted(settings, learnt, events, X, sample_weight):
    """`events` with the weights that `X` or the argument has for them.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    events : Events
    X
        The table of the user's.
    sample_weight : array-like or None

    Raises
    ------
    WeightError
        If they are all zero.
    """
    column = settings.weight_column
    resolve = _compact.weights_of if events.is_compact else _weights.resolve
    weights = resolve(X, sample_weight, column, settings.owner, learnt.columns_)
    if weights is None and events.is_compact:
        return replace(events, weights=np.ones(len(events), np.float32))
    if weights is None:
        return events
    if not weights.any():
        msg = f"every one of the {len(weights)} event weights is zero; there is nothing to learn"
        raise WeightError(msg)
    return replace(events, weights=weights)


def for_training(settings, learnt, events, X, sample_weight):
    """`events` with their weights and what is to be balanced, and the balancer for them.

    Returns
    -------
    tuple of (Learnt, Events)
    """
    events = weighted(settings, learnt, events, X, sample_weight)
    class_weight = settings.get("class_weight")
    if class_weight is not None and events.is_compact:
        counts = _weights.class_counts(events.codes, len(learnt.classes_))
        factors = _compact.of_class_weight(class_weight, learnt.classes_, counts)
        events = replace(events, weights=times(events.weights, factors, events.codes))
    elif class_weight is not None:
        factors = compute_sample_weight(class_weight, learnt.classes_[events.codes])
        events = replace(events, weights=events.weights * factors)
    learnt = learnt.also(balancer_=_weighing.balancer_of(settings.balance, learnt.classes_))
    groups = _weighing.groups_of(learnt, X, settings.owner)
    return learnt, replace(events, groups=groups)


def for_validation(settings, learnt, events, X, sample_weight):
    """`events` for validation with their weights; every class has some."""
    check_every_class(events.codes, learnt.classes_, "validation events")
    return weighted(settings, learnt, events, X, sample_weight)


def check_every_class(codes, classes, what):
    """Raise if validation events lack a class.

    Raises
    ------
    ValueError
    """
    counts = _weights.class_counts(codes, len(classes))
    if not counts.all():
        missing = classes[counts == 0].tolist()
        msg = (
            f"the {len(codes)} {what} have none of class {missing[0]!r}; each class needs some, as "
            "its part of the validation loss is that of the training events"
        )
        raise ValueError(msg)


def warn_of_unweighted(owner, sample_weight, validation):
    """Warn if events are trained with weights and validated without."""
    if sample_weight is not None and validation is not None and validation[2] is None:
        warnings.warn(
            f"{owner}.fit got sample_weight but no sample_weight_val; within a class every "
            "validation event counts the same",
            UserWarning,
            stacklevel=4,
        )


def _classes(learnt, labels, classes, owner):
    """What is learnt of the labels, or, of a further call, that they are the same."""
    if classes is not None:
        classes = _targets.labels_of(classes, owner, "classes")
    if not hasattr(learnt, "classes_"):
        known = _targets.learn_classes(labels if classes is None else classes, owner)
        return learnt.also(**_targets.attributes(labels, known))
    if classes is not None and not np.array_equal(np.unique(classes), learnt.classes_):
        msg = (
            f"classes={np.unique(classes).tolist()} is not the same as on last call to partial_fit,"
            f" was: {learnt.classes_.tolist()}"
        )
        raise ValueError(msg)
    return learnt
