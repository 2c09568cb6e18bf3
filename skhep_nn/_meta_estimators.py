"""Meta-estimators of scikit-learn that fit right now and have no event weights to fit with.

A calibrator fits its map, and a stack its final estimator, on scores that it asks the classifiers
inside for, without the columns of X. A weight column that a classifier inside knows is lost there:
scikit-learn asks nobody for it and tells a classifier nothing of who fits it, with metadata routing
neither. What there is are the calls themselves. They are looked at where a classifier is cloned
or asked for its tags, which a meta-estimator does in the thread that its fit was called in, and
where it is asked whether it is fitted, which comes before every score. A stack hands its members to
workers, whose calls have no stack around them, but the function that it has them run.
"""

from __future__ import annotations

import sys
from itertools import pairwise

import sklearn
from sklearn.frozen import FrozenEstimator

from skhep_nn import _composition
from skhep_nn.exceptions import WeightError

_CALIBRATOR = (
    "CalibratedClassifierCV fits its calibration without event weights, but {inside}: its "
    "probabilities would be those of unweighted events; use skhep_nn.CalibratedClassifier(model), "
    "or CalibratedClassifierCV(FrozenEstimator(model)).fit(X, y, sample_weight=...) with a fitted "
    "model"
)
_STACK = (
    "{owner} fits its final estimator without event weights, but {inside}: it would be that of "
    "unweighted events; fit the members, and give each as FrozenEstimator(member) to "
    'StackingClassifier(..., cv="prefit").fit(X, y, sample_weight=...)'
)
_VOTE = (
    "{owner} fits its members {without} without event weights, but {inside}: their mean would be "
    "neither weighted nor unweighted; give every member weights, by a weight_column, or as "
    "FrozenEstimator(member) that was fitted with sample_weight (skhep_nn.CalibratedClassifier "
    "calibrates it)"
)
# no message: what stacks and votes run for each member, in workers too
_MEMBER = ""


def check_weighted(estimator):
    """Raise if a meta-estimator that `estimator` is fitted in has no use of its weight column.

    Parameters
    ----------
    estimator : estimator
        With or without a ``weight_column``.

    Raises
    ------
    WeightError
        Naming the meta-estimator and what to use instead.
    """
    column = getattr(estimator, "weight_column", None)
    if column is None:
        return
    inside = f"{type(estimator).__name__} inside it has weight_column={column!r}"
    for message, frame in _fits():
        local = frame.f_locals
        if _has_weights(local):
            continue
        owner = local.get("self")
        without = _without_weights(owner) if message is _VOTE else None
        if without != []:
            # a worker does not know the object
            of = "StackingClassifier" if owner is None else type(owner).__name__
            names = {"owner": of, "without": without, "inside": inside}
            raise WeightError(message.format(**names))


# by module and function, the fits that a classifier inside is seen in; the second of a calibrator
# is what its other processes run
_FITS = {
    ("sklearn.calibration", "fit"): _CALIBRATOR,
    ("sklearn.calibration", "_fit_classifier_calibrator_pair"): _CALIBRATOR,
    ("sklearn.ensemble._stacking", "fit"): _STACK,
    ("sklearn.ensemble._voting", "fit"): _VOTE,
    ("sklearn.ensemble._base", "_fit_single_estimator"): _MEMBER,
}


def _fits():
    """(message, frame) of the fits of meta-estimators that are under way, the innermost first."""
    found = [*_known_frames(), (None, None)]
    for (message, frame), (around, _) in pairwise(found):
        if message is not _MEMBER:
            yield message, frame
        elif around not in (_STACK, _VOTE) and _is_of_stack(frame):
            yield _STACK, frame


def _is_of_stack(frame):
    """Whether a worker fits a member of a stack that was surely given no weights.

    With metadata routing a member gets none where only the final estimator asks for them. A vote
    asks its members for their tags, and is seen by that.
    """
    routed = sklearn.get_config()["enable_metadata_routing"]
    return not routed and frame.f_locals.get("message_clsname") is None


def _known_frames():
    """(what it is by `_FITS`, frame) of each call that is under way, the innermost first."""
    frame = sys._getframe(3)
    while frame is not None:
        place = frame.f_globals.get("__name__"), frame.f_code.co_name
        if place in _FITS:
            yield _FITS[place], frame
        frame = frame.f_back


def _has_weights(local):
    """Whether weights, under whatever name they are requested by, were given to a fit."""
    given = [local.get("sample_weight"), *(local.get("fit_params") or {}).values()]
    return any(value is not None for value in given)


def _without_weights(vote):
    """Names of the members that would be fitted without weights."""
    return [
        name
        for name, member in vote.estimators
        if hasattr(member, "fit")
        and not isinstance(member, FrozenEstimator)
        and _composition.weight_column(member, "VotingClassifier") is None
    ]
