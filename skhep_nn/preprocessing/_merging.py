"""Transformers that were fitted on different events, put together as if one had seen them all."""

from __future__ import annotations

import joblib
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _composition
from skhep_nn.exceptions import ColumnError


def check_alike(one, other):
    """Raise an error unless `other` can be merged into `one`.

    Raises
    ------
    TypeError
        If it is of another class.
    NotFittedError
        If one of them is not fitted.
    ValueError
        If their parameters differ.
    ColumnError
        If they were fitted on other columns.
    """
    owner = type(one).__name__
    if type(other) is not type(one):
        msg = f"{owner}.merge takes another {owner}, got {other!r:.60}"
        raise TypeError(msg)
    check_is_fitted(one)
    check_is_fitted(other)
    if _content(one.get_params(deep=False)) != _content(other.get_params(deep=False)):
        msg = f"{owner}.merge takes one of the same parameters: {one!r:.100} and {other!r:.100}"
        raise ValueError(msg)
    if _columns(one) != _columns(other):
        msg = f"{owner}.merge: fitted on the columns {_columns(one)} and {_columns(other)}"
        raise ColumnError(msg)


def can_merge(transformer):
    """Whether what `transformer` (one, or a Pipeline of such) learns can be merged."""
    steps = _composition.transformers(transformer)
    return all(not _composition.learns(step) or hasattr(step, "merge") for step in steps)


def merge(transformer, other):
    """Merge the steps of `other` into those of `transformer`; one that saw nothing adds nothing."""
    pairs = zip(
        _composition.transformers(transformer), _composition.transformers(other), strict=True
    )
    for one, its in pairs:
        if not _composition.is_fitted(its):
            continue
        if not _composition.is_fitted(one):
            vars(one).update(vars(its))
        elif hasattr(one, "merge"):
            one.merge(its)


def _content(parameters):
    try:
        return joblib.hash(parameters)
    # a function without a name cannot be pickled
    except Exception:
        return repr(parameters)


def _columns(transformer):
    names = getattr(transformer, "feature_names_in_", None)
    return getattr(transformer, "n_features_in_", None) if names is None else list(names)
