"""The one place that touches scikit-learn's private helpers, and the checks that build on them."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn import utils
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.metrics._scorer import _BaseScorer as BaseScorer
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._param_validation import Interval as _Interval
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import _check_feature_names, _num_samples

from skhep_nn import _choices, _columns
from skhep_nn._dask import _by_path
from skhep_nn._shown import shown

__all__ = [
    "BaseScorer",
    "HasMethods",
    "Hidden",
    "Integral",
    "Interval",
    "Options",
    "Real",
    "StrOptions",
    "check_feature_names",
    "check_fitted",
    "check_parameters",
    "check_random_state",
    "compare_feature_names",
    "feature_names_of",
    "get_routing_for_object",
    "has_set_output",
    "num_samples",
]

# whatever scikit-learn hands to joblib has come by here
_by_path.register_where_dask_is_used()


class Interval(_Interval):
    """scikit-learn's interval of numbers that are floats: no fractions, times, or 10**400."""

    def __contains__(self, value):
        # one of half precision is compared to ends that it has no room for
        value = value.item() if isinstance(value, np.generic) else value
        try:
            return abs(float(value)) >= 0 and super().__contains__(value)
        except (TypeError, OverflowError):
            return False


class _Whole(int):
    """A whole number that scikit-learn's message shows shortly."""

    def __repr__(self):
        return shown(int(self))


def check_parameters(estimator):
    """Check the constructor arguments of `estimator` against its ``_parameter_constraints``.

    Raises
    ------
    sklearn.utils._param_validation.InvalidParameterError
        A ValueError naming the parameter, the rule and the value.
    """
    names = estimator._parameter_constraints
    values = {key: value for key, value in estimator.get_params(deep=False).items() if key in names}
    for key, value in values.items():
        if isinstance(value, type) and any(isinstance(rule, HasMethods) for rule in names[key]):
            msg = (
                f"{key}={value.__name__} of {type(estimator).__name__} is a class; pass an "
                f"instance, {value.__name__}()"
            )
            raise ValueError(msg)
    check_values(names, values, type(estimator).__name__)


def check_values(rules, values, owner):
    """Check values by name against rules like those of ``_parameter_constraints``.

    Raises
    ------
    sklearn.utils._param_validation.InvalidParameterError
        A ValueError naming the parameter, the rule and the value.
    """
    for key, value in values.items():
        # one of NumPy's calls itself an integer
        if isinstance(value, np.timedelta64):
            msg = f"{key}={shown(value)} of {owner}: a time difference is no number"
            raise ValueError(msg)
    short = {key: _Whole(value) if type(value) is int else value for key, value in values.items()}
    try:
        validate_parameter_constraints(rules, short, caller_name=owner)
    except InvalidParameterError as error:
        raise InvalidParameterError(_readable(str(error), values)) from None


def _readable(message, values):
    """scikit-learn's message, which shows all of a value, with the beginning of a long one."""
    for name, value in values.items():
        if not _columns.is_values(value) or f"The '{name}' parameter" not in message:
            continue
        message = message.replace(repr(value), f"{shown(value)}...")
        if name == "weight_column":
            message += f" It {_columns.not_values(value)}; these are sample_weight of fit."
    return message


def check_fitted(is_fitted, estimator):
    """As ``sklearn.utils.validation.check_is_fitted``, which asks for all tags first.

    Raises
    ------
    NotFittedError
        If it is not `is_fitted`.
    """
    if not is_fitted:
        msg = (
            f"This {type(estimator).__name__} instance is not fitted yet. Call 'fit' with "
            "appropriate arguments before using this estimator."
        )
        raise NotFittedError(msg)


def check_random_state(random_state):
    """A generator of a seed, of a generator, or of None; scikit-learn's own has raw errors.

    Raises
    ------
    ValueError
        If `random_state` is none of these.
    """
    is_generator = isinstance(random_state, np.random.RandomState)
    if random_state is None or random_state is np.random or is_generator:
        return utils.check_random_state(random_state)
    if not _choices.is_whole(random_state) or not 0 <= random_state < 2**32:
        msg = (
            f"random_state={shown(random_state)}; it must be a whole number from 0 to 2**32 - 1, a "
            "numpy.random.RandomState or None"
        )
        raise ValueError(msg)
    return np.random.RandomState(int(random_state))


def check_feature_names(estimator, X, *, reset):
    """Set (`reset`) or check ``feature_names_in_`` as scikit-learn does."""
    _check_feature_names(estimator, X, reset=reset)


def feature_names_of(X):
    """Names of the columns of `X` as scikit-learn sees them, or None."""
    holder = BaseEstimator()
    _check_feature_names(holder, X, reset=True)
    return getattr(holder, "feature_names_in_", None)


def compare_feature_names(X, names, owner):
    """Warn as scikit-learn does if only one of `X` and the fit of `owner` had `names`."""
    holder = type(owner, (BaseEstimator,), {} if names is None else {"feature_names_in_": names})()
    _check_feature_names(holder, X, reset=False)


def has_set_output(transformer):
    """Whether ``set_output`` or scikit-learn's configuration says what `transform` gives."""
    return _get_output_config("transform", transformer)["dense"] != "default"


def num_samples(X):
    """Number of events of anything that scikit-learn can count."""
    return _num_samples(X)
