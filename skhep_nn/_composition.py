"""What is inside an estimator: every question about it, answered once.

An estimator may be a Pipeline, a search, a vote, a stack, a calibrated, frozen or one-vs-rest
classifier, and these in one another. Where it is fitted, the fitted parts are asked.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _labels, _weights
from skhep_nn._shown import shown
from skhep_nn.exceptions import ColumnError, WeightError

# where a meta-estimator keeps the one estimator that it hands X on to, the fitted one first
_ONE = ("best_estimator_", "estimator_", "estimator")


def parts(estimator):
    """The steps of a Pipeline, members of a vote or stack, or what a meta-estimator wraps.

    Only what is handed the columns of X; ``[]`` for an estimator that wraps none.
    """
    if hasattr(estimator, "steps"):
        return [step for _, step in estimator.steps if step not in (None, "passthrough")]
    if hasattr(estimator, "_wraps"):
        return [vars(estimator).get("estimator_", getattr(estimator, estimator._wraps))]
    if hasattr(estimator, "weight_column"):
        return []
    if hasattr(estimator, "calibrated_classifiers_"):
        return [calibrated.estimator for calibrated in estimator.calibrated_classifiers_]
    settings = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if "estimators" in settings or ("estimator" in settings and hasattr(estimator, "estimators_")):
        return _members(estimator, settings.get("estimators"))
    if "estimator" not in settings:
        return []
    inner = (getattr(estimator, name, None) for name in _ONE)
    return [found for found in inner if _is_estimator(found)][:1]


def last_step(estimator):
    """The classifier in a Pipeline, a search or another meta-estimator; of members the first."""
    inner = parts(estimator)
    if not inner:
        return estimator
    return last_step(inner[-1] if hasattr(estimator, "steps") else inner[0])


def steps(estimator):
    """[*transformers, classifier] through which X goes to the predictions of `estimator`.

    Pipelines and what only wraps an estimator (searches, FrozenEstimator) are opened, samplers
    left out; a vote or a calibrated classifier is a classifier by itself.
    """
    estimator = _opened(estimator)
    if not hasattr(estimator, "steps"):
        return [estimator]
    *earlier, (_, last) = estimator.steps
    kept = [step for _, step in earlier if hasattr(step, "transform")]
    return [*(inner for step in kept for inner in steps(step)), *steps(last)]


def transformed(transformers, X):
    """`X` behind the fitted `transformers`."""
    for transformer in transformers:
        X = transformer.transform(X)
    return X


def weight_column(estimator, owner):
    """The column of X in which `estimator` finds the event weights, or None.

    Parameters
    ----------
    estimator : estimator
        A step or member without a weight column has no say.
    owner : str
        Who asks, for the error message.

    Raises
    ------
    WeightError
        If steps or members name different columns, or a position counts other columns than those
        of X.
    """
    columns = _weight_columns(estimator, owner)
    if len(columns) > 1:
        what = "steps" if hasattr(_opened(estimator), "steps") else "members"
        msg = (
            f"{owner}: {what} of the estimator have the weight columns {columns}; name one by "
            "weight_column"
        )
        raise WeightError(msg)
    return columns[0] if columns else None


def weights_of(estimator, X, sample_weight, weight_column_given, owner):
    """Event weights as given, else those of the estimator's own weight column, else None.

    Parameters
    ----------
    estimator : estimator or None
    X : table
    sample_weight : array-like of shape (n_events,), number or None
    weight_column_given : str, int or None
        A position counts the columns that `estimator` was fitted on.
    owner : str
        Who asks, for the error message.

    Raises
    ------
    WeightError, ColumnError
        As `skhep_nn._weights.resolve` and `weight_column` do.
    """
    if isinstance(estimator, type):
        check_classifier(estimator)
    column = weight_column_given
    if estimator is not None and sample_weight is None and column is None:
        column = weight_column(estimator, owner)
    if estimator is not None and column is not None:
        column = _counted_in_fit(estimator, X, column)
    return _weights.resolve(X, sample_weight, column, owner)


def columns_named(estimator, parameters):
    """Columns that `parameters` (a name, or several) of the estimator and its steps name.

    Returns
    -------
    list of str or int
        Each once, in the order of the steps.
    """
    wanted, opened = _columns.as_list(parameters), _opened(estimator)
    if hasattr(opened, "_columns_named"):
        # its members count other columns than those of X
        return opened._columns_named(wanted)
    if not hasattr(estimator, "get_params"):
        return []
    named = (
        column
        for key, value in opened.get_params(deep=True).items()
        if key.rpartition("__")[2] in wanted
        for column in _columns.as_list(value)
    )
    return list(dict.fromkeys(named))


def parameter(estimator):
    """The columns of the mass, or of several parameters, that a classifier inside has; or None."""
    if hasattr(estimator, "parameter"):
        return estimator.parameter
    inner = parts(estimator)
    inner = inner[-1:] if hasattr(estimator, "steps") else inner
    return next((found for found in map(parameter, inner) if found is not None), None)


def class_names(estimator):
    """What a classifier inside was given as names of the classes, as it was given; or None."""
    if isinstance(estimator, type):
        check_classifier(estimator)
    if hasattr(estimator, "class_names"):
        return estimator.class_names
    inner = parts(estimator)
    inner = inner[-1:] if hasattr(estimator, "steps") else inner
    return next((found for found in map(class_names, inner) if found is not None), None)


def check_classifier(estimator):
    """`estimator`, which is a fitted classifier.

    Raises
    ------
    TypeError
        If it predicts nothing.
    NotFittedError
        If it has no classes.
    """
    known = ("classes_", "predict_proba", "decision_function", "predict")
    if isinstance(estimator, type) or not any(hasattr(estimator, name) for name in known):
        msg = f"estimator must be a fitted classifier, got {estimator!r:.60}"
        raise TypeError(msg)
    if not hasattr(estimator, "classes_"):
        msg = f"estimator is a {type(estimator).__name__} without classes_; fit it first"
        raise NotFittedError(msg)
    return estimator


def class_position(estimator, signal):
    """Position of the class `signal` in ``classes_``.

    Raises
    ------
    ValueError
        If it is not a class of the estimator.
    """
    classes = np.asarray(check_classifier(estimator).classes_).tolist()
    if _labels.one(signal) not in classes:
        msg = f"signal={shown(signal)} is not a class of the estimator; its classes are {classes}"
        raise ValueError(msg)
    return classes.index(signal)


def signal_score(estimator, X, signal):
    """Score of each event for `signal`: its probability, else the decision function.

    Parameters
    ----------
    estimator : fitted classifier
    X : table
    signal : label, or list of labels
        A list has the sum of their probabilities.

    Returns
    -------
    ndarray of shape (n_events,)

    Raises
    ------
    ValueError
        If `signal` is not a class of the estimator.
    TypeError
        If the estimator has neither method.
    """
    at = [class_position(estimator, label) for label in _labels.listed(signal)]
    if hasattr(estimator, "predict_proba"):
        probability = np.asarray(estimator.predict_proba(X))
        return probability[:, at[0]] if len(at) == 1 else probability[:, at].sum(axis=1)
    if not hasattr(estimator, "decision_function") or len(at) != 1:
        msg = f"{type(estimator).__name__} has no predict_proba to take the score of {signal!r} of"
        raise TypeError(msg)
    decision = np.asarray(estimator.decision_function(X))
    if decision.ndim == 1:
        # the decision function of two classes is that of the second
        return decision if at[0] == 1 else -decision
    return decision[:, at[0]]


def transformers(transformer):
    """The transformers that a transformer or Pipeline of such, perhaps nested, consists of."""
    if transformer is None or isinstance(transformer, str):
        return []
    if not hasattr(transformer, "steps"):
        return [transformer]
    return [inner for _, step in transformer.steps for inner in transformers(step)]


def is_fitted(transformer):
    """Whether `transformer` is fitted, or needs no fit."""
    try:
        check_is_fitted(transformer)
    except NotFittedError:
        return False
    return True


def learns(transformer):
    """Whether what `transformer` does depends on the events of its fit."""
    if hasattr(transformer, "_learns"):
        return transformer._learns
    if isinstance(transformer, FrozenEstimator):
        return False
    if isinstance(transformer, (OneHotEncoder, OrdinalEncoder)):
        return isinstance(transformer.categories, str)
    if isinstance(transformer, ColumnTransformer):
        return any(learns(t) for _, t, _ in transformer.transformers if not isinstance(t, str))
    if isinstance(transformer, FeatureUnion):
        return any(learns(t) for _, t in transformer.transformer_list if not isinstance(t, str))
    if hasattr(transformer, "steps"):
        return any(map(learns, transformers(transformer)))
    return not hasattr(transformer, "__sklearn_tags__") or (
        transformer.__sklearn_tags__().requires_fit
    )


def can_stream(transformer):
    """Whether one transformer can be fitted on one portion of the events after the other."""
    return not learns(transformer) or hasattr(transformer, "partial_fit")


def _weight_columns(estimator, owner):
    """The different weight columns of steps and members."""
    own = getattr(estimator, "weight_column", None)
    if own is not None:
        return [own]
    if hasattr(estimator, "weight_column") and not hasattr(estimator, "_wraps"):
        return []
    if hasattr(estimator, "steps"):
        return _weight_columns_of_steps(estimator, owner)
    found = [column for part in parts(estimator) for column in _weight_columns(part, owner)]
    return list(dict.fromkeys(found))


def _weight_columns_of_steps(pipeline, owner):
    """Those that are columns of X: behind a step that makes other columns only names may be.

    A name behind a step that was given a position is that of the same weights, as blocks have it.
    """
    found, moved = [], None
    for name, step in pipeline.steps:
        if step in (None, "passthrough"):
            continue
        if moved is not None and any(map(_columns.is_position, found)):
            break
        columns = _weight_columns(step, owner)
        positions = [column for column in columns if _columns.is_position(column)]
        if moved is not None and positions:
            msg = (
                f"{owner}: weight_column={positions[0]} of step {name!r} counts the columns "
                f"behind step {moved!r}, not those of X; name the column of X by weight_column"
            )
            raise WeightError(msg)
        found += columns
        moved = moved if _keeps_columns(step) else name
    return list(dict.fromkeys(found))


def _keeps_columns(step):
    """Whether a column is behind `step` where it was before."""
    kept = getattr(step, "_keeps_columns", isinstance(step, OneToOneFeatureMixin))
    return kept or hasattr(step, "fit_resample")


def _counted_in_fit(estimator, X, column):
    """`column` as one of X, where a position counts the columns of the estimator's fit."""
    fitted, n_fitted = _fitted_columns(estimator)
    if not _columns.is_position(column) or n_fitted is None:
        return column
    given = _columns.names(X)
    if fitted is not None and given is not None and -n_fitted <= column < n_fitted:
        name = fitted[column]
        if name in given:
            return name
    elif _columns.n_columns(X) >= n_fitted:
        return column
    msg = (
        f"weight_column={column} is not a column of X, which has {_columns.n_columns(X)} columns; "
        f"in the fit of {type(estimator).__name__} there were {n_fitted}, with it"
    )
    raise ColumnError(msg)


def _fitted_columns(estimator):
    """(names or None, number or None) of the columns that `estimator` was fitted on."""
    if hasattr(estimator, "columns_"):
        return estimator.columns_.names, estimator.columns_.n_columns
    names = getattr(estimator, "feature_names_in_", None)
    return names, getattr(estimator, "n_features_in_", None)


def _members(estimator, pairs):
    """Members of a vote, a stack, a bag or one-vs-rest, fitted if they are."""
    fitted = getattr(estimator, "estimators_", None)
    members = [member for _, member in pairs] if fitted is None else fitted
    return [member for member in members if _is_estimator(member)]


def _opened(estimator):
    """What predicts the same as `estimator` and is no search or frozen estimator."""
    if hasattr(estimator, "best_estimator_"):
        return _opened(estimator.best_estimator_)
    if isinstance(estimator, FrozenEstimator):
        return _opened(estimator.estimator)
    return estimator


def _is_estimator(candidate):
    return hasattr(candidate, "fit") and not isinstance(candidate, type)
