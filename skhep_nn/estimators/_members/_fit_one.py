"""Fitting one classifier of several, with validation events and weights where it takes them."""

from __future__ import annotations

import inspect

import sklearn
from sklearn.utils.validation import has_fit_parameter

from skhep_nn._weighted_events import Events
from skhep_nn.exceptions import WeightError


def takes_validation(estimator):
    """Whether validation events can be handed to the fit of `estimator`, or of its last step.

    To scikit-learn's own only where they stop early: else they have no use for them.
    """
    if hasattr(estimator, "steps"):
        return takes_validation(estimator.steps[-1][1])
    if hasattr(estimator, "_takes_validation"):
        return estimator._takes_validation()
    if not has_fit_parameter(estimator, "X_val"):
        return False
    is_foreign = type(estimator).__module__.startswith("sklearn.")
    return not is_foreign or getattr(estimator, "early_stopping", None) is True


def takes_weights(estimator):
    """Whether the fit of `estimator`, or of what it ends in, takes `sample_weight`."""
    return has_fit_parameter(_fitted_last(estimator), "sample_weight")


def fit_one(estimator, train, held_out=None, groups=None):
    """Fit `estimator` on events, with others for validation.

    Parameters
    ----------
    estimator : classifier, Pipeline or search
        Is fitted itself.
    train : Events
    held_out : Events, default=None
        Only for one that `takes_validation`. The steps of a Pipeline are fitted on the training
        events, and transform these.
    groups : ndarray of shape (n_events,), default=None
        Numbers of the training events, for a search whose splitter asks for them.

    Returns
    -------
    estimator

    Raises
    ------
    WeightError
        If there are weights, and it takes none.
    """
    if train.weights is not None and not takes_weights(estimator):
        msg = (
            f"{type(_fitted_last(estimator)).__name__} takes no sample_weight; use a classifier "
            "that takes event weights"
        )
        raise WeightError(msg)
    if held_out is not None and hasattr(estimator, "steps"):
        return _fit_pipeline(estimator, train, held_out)
    arguments = {}
    if train.weights is not None:
        arguments[_weight_argument(estimator)] = train.weights
    if held_out is not None:
        arguments |= {"X_val": held_out.X, "y_val": held_out.y}
        if held_out.weights is not None:
            arguments["sample_weight_val"] = held_out.weights
    if groups is not None and _asks_for_groups(estimator):
        arguments["groups"] = groups
    return estimator.fit(train.X, train.y, **arguments)


def _fit_pipeline(pipeline, train, held_out):
    """As the Pipeline does it, but for the validation events, which go through with the others."""
    X, y, X_val = train.X, train.y, held_out.X
    for name, step in pipeline.steps[:-1]:
        if step is None or isinstance(step, str):
            continue
        if hasattr(step, "fit_resample"):
            _check_no_weights(train.weights, name)
            X, y = step.fit_resample(X, y)
            continue
        X = _fit_transform(step, X, y, train.weights)
        X_val = step.transform(X_val)
    last = pipeline.steps[-1][1]
    fit_one(last, Events(X, y, train.weights), Events(X_val, held_out.y, held_out.weights))
    return pipeline


def _fit_transform(step, X, y, weights):
    routed = {}
    if weights is not None and _is_routed() and _requests(step, "fit", "sample_weight"):
        routed["sample_weight"] = weights
    if hasattr(step, "fit_transform"):
        return step.fit_transform(X, y, **routed)
    return step.fit(X, y, **routed).transform(X)


def _check_no_weights(weights, name):
    if weights is not None:
        msg = (
            f"step {name!r} resamples events and keeps no sample_weight; have the event weights "
            "in a column (weight_column), which it keeps"
        )
        raise WeightError(msg)


def _weight_argument(estimator):
    """What the fit of `estimator` calls the weights of its last step."""
    if _is_routed():
        return "sample_weight"
    if hasattr(estimator, "steps"):
        name, last = estimator.steps[-1]
        return f"{name}__{_weight_argument(last)}"
    return _weight_argument(estimator.estimator) if _is_search(estimator) else "sample_weight"


def _fitted_last(estimator):
    """The classifier whose fit gets the weights in the end."""
    if hasattr(estimator, "steps"):
        return _fitted_last(estimator.steps[-1][1])
    return _fitted_last(estimator.estimator) if _is_search(estimator) else estimator


def _is_search(estimator):
    # a search hands on what its fit is given
    kinds = inspect.signature(estimator.fit).parameters.values()
    takes_all = any(kind.kind is kind.VAR_KEYWORD for kind in kinds)
    return takes_all and all(hasattr(estimator, name) for name in ("estimator", "cv", "refit"))


def _asks_for_groups(estimator):
    return _is_search(estimator) and _requests(estimator.cv, "split", "groups")


def _requests(thing, method, name):
    if not hasattr(thing, "get_metadata_routing"):
        return False
    # a Pipeline among the steps is a router, which says it another way
    requests = getattr(thing.get_metadata_routing(), method, None)
    return requests is not None and requests.requests.get(name) is True


def _is_routed():
    return sklearn.get_config()["enable_metadata_routing"]
