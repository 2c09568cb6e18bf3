"""CrossFitClassifier: every event is scored by the network that never saw it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from numbers import Integral

import numpy as np

from skhep_nn import _columns, _composition, _event_numbers, _validation, _weights
from skhep_nn._validation import HasMethods, Interval, Options, StrOptions
from skhep_nn._weighted_events import Events
from skhep_nn.estimators._fit import _arrays
from skhep_nn.estimators._members import _columns as _of_members
from skhep_nn.estimators._members import _settings
from skhep_nn.estimators._members._base import MembersClassifier
from skhep_nn.estimators._members._fit_one import fit_one, takes_validation
from skhep_nn.estimators._members._run import fit_all
from skhep_nn.estimators._members._spread import spread_of
from skhep_nn.exceptions import ColumnError, SeenEventsWarning


class CrossFitClassifier(MembersClassifier):
    """One network per fold of the events; every event is scored by the one that never saw it.

    The fold of an event follows from its number (:class:`EventNumberFold`). Network k is trained
    without fold k, and fold k + 1 chooses its epoch, so that neither training nor choice saw the
    events that it scores: all events can be used in the analysis, with scores as of new ones.

    Parameters
    ----------
    estimator : classifier, Pipeline or search, default=None
        What is fitted for each fold, anything with ``predict_proba``; None is a
        ``DenseClassifier()``. It never sees `fold_column`. The steps of a Pipeline are fitted on
        the training events of each fold. A search, e.g. a GridSearchCV, is run for each fold; if
        its splitter is an :class:`EventNumberFold` or takes groups, it gets the event numbers
        (give that one a `salt`).
    n_folds : int, default=5
        At least 2, and 3 with validation events.
    fold_column : str, int, list of these or None, default="event_number"
        Columns (or blocks) of X that identify an event. None, for events without a number: they
        are dealt over the folds in their order, classes alike, and as nobody knows the fold of an
        event later, every prediction is the mean of all networks.
    rotate_validation : bool, default=True
        Hand fold k + 1 to network k as its validation events. It concerns classifiers that take
        them (``X_val`` of their fit): those of the package, also as the last step of a Pipeline,
        and scikit-learn's with ``early_stopping=True``. All others, and searches, are trained on
        everything but fold k; so are all with False, and then take their validation events from
        that themselves, if at all.
    hash : {"mix", "modulo"}, default="mix"
        As of :class:`EventNumberFold`.
    salt : int, default=0
        As of :class:`EventNumberFold`.
    n_jobs : int, default=None
        Networks that are fitted at a time, as joblib has it, but no more than there are cores: in
        threads, or as ``joblib.parallel_config`` says.
    random_state : int, RandomState or None, default=None
        Each network has seeds of its own, which follow from this and the number of the fold. None:
        from the ``random_state`` of the estimator, if that is set.
    verbose : {"auto", 0, 1}, default="auto"
        1: a bar that counts networks; ``"auto"``: in a terminal or notebook.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    estimators_ : list of classifiers
        Network k was trained without fold k.
    fold_spread_ : FoldSpread
        Mean scores, AUC and efficiencies at one cut of each fold with their errors, see
        :func:`~skhep_nn.metrics.fold_spread`.
    n_features_in_ : int
        Columns of X in fit.
    feature_names_in_ : ndarray of str
        Their names, if X had any.
    history_ : dict
        Mean of the networks' histories, where they have one.
    best_epoch_ : int
        Median of the epochs that the networks kept, where they have one.

    Warns
    -----
    FoldsDifferWarning
        If the scores of the folds are not comparable.
    SeenEventsWarning
        If there is a frozen classifier in `estimator`, such as a member of a stack or vote: it is
        the same for each fold.

    Notes
    -----
    Data are scored by the same rule, the fold of the event number; where X has no such column,
    each event gets the mean of all networks. That is right for data, which no network saw. For
    the simulated events of the fit it is not: keep the column.

    The hypotheses of a parametric estimator are asked for as of that: :meth:`at`,
    :meth:`predict_proba_scan`. Validation by rotation gives network k a fraction
    ``1 - 2 / n_folds`` of the events to train on.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn import CrossFitClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 600)
    >>> events = pd.DataFrame({"m": rng.normal(y, 1.0), "event_number": np.arange(600)})
    >>> model = CrossFitClassifier(LogisticRegression(), n_folds=3).fit(events, y)
    >>> model.folds(events)[:4].tolist(), len(model.estimators_)
    ([1, 2, 1, 0], 3)
    >>> own = model.estimators_[1].predict_proba(events[["m"]])[0]
    >>> bool(np.allclose(model.predict_proba(events)[0], own))
    True
    >>> data = pd.DataFrame({"m": [0.0, 1.0]})
    >>> model.predict_proba(data).shape
    (2, 2)
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "fold_column": ["array-like", str, Integral, None],
        "rotate_validation": ["boolean"],
        "hash": [StrOptions({"mix", "modulo"})],
        "salt": [Interval(Integral, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": [StrOptions({"auto"}), "boolean", Options(Integral, {0, 1})],
    }

    def __init__(
        self,
        estimator=None,
        n_folds=5,
        fold_column="event_number",
        *,
        rotate_validation=True,
        hash="mix",
        salt=0,
        n_jobs=None,
        random_state=None,
        verbose="auto",
    ):
        self.estimator = estimator
        self.n_folds = n_folds
        self.fold_column = fold_column
        self.rotate_validation = rotate_validation
        self.hash = hash
        self.salt = salt
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None):
        """Fit one network for each fold, and compare their scores.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks of n_events events
            With the columns of the event number.
        y : array-like of shape (n_events,)
        sample_weight : array-like of shape (n_events,), optional
            Event weights, if no ``weight_column`` of the estimator holds them.

        Returns
        -------
        self

        Raises
        ------
        ColumnError
            If X lacks a column.
        ValueError
            If a fold has no events, a class is in none of the training events of one, or
            `estimator` is frozen.
        WeightError
            If weights are given twice, or to a classifier that takes none.
        """
        _validation.check_parameters(self)
        vars(self).pop("estimators_", None)
        X = _columns.table(X)
        self._hidden = self._fold_positions(X)
        self._check_not_named(X)
        numbers = self._numbers_at(X, self._hidden) if self._hidden else None
        X, labels = self._learn_events(X, y)
        self._warn_of_frozen()
        folds = self._folds_in_fit(numbers, labels)
        weights = None if sample_weight is None else _weights.check(sample_weight, len(labels))
        events = Events(X, labels, weights)
        groups = None if numbers is None else _event_numbers.mixed(numbers).astype(np.int64)
        self.estimators_ = self._fit_members(events, folds, groups)
        self.fold_spread_ = spread_of(self, events, folds)
        return self

    def folds(self, X):
        """The fold of each event: the number of the network that never saw it.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            With the columns of the event number; others may be absent if they have names.

        Returns
        -------
        ndarray of shape (n_events,), int64

        Raises
        ------
        ColumnError
            If X lacks the event number.
        """
        self._check_is_fitted()
        found = self._folds_of(_columns.table(X), self.columns_)
        if found is None:
            msg = f"X has no fold_column={self.fold_column!r}: the fold of an event follows from it"
            raise ColumnError(msg)
        return found

    def _rule(self):
        return _event_numbers.Rule(self.n_folds, self.hash, self.salt)

    def _numbers_at(self, X, positions):
        return _event_numbers.numbers_at(X, positions, signed=self.hash == "modulo")

    def _own_columns(self, parameters):
        return _columns.as_list(self.fold_column) if "fold_column" in parameters else []

    def _fold_positions(self, X):
        """Positions in `X` of the columns of the event number, in the order of the hash."""
        if self.fold_column is None:
            return ()
        positions = _event_numbers.positions_of(X, self.fold_column, "fold_column")
        if _columns.n_columns(X) == len(positions):
            msg = (
                f"X has the columns of fold_column={self.fold_column!r} and no feature besides "
                "(a minimum of 1 is required)"
            )
            raise ColumnError(msg)
        return tuple(positions)

    def _check_not_named(self, X):
        """Raise if the estimator names the event number, e.g. to exclude it: it never sees it."""
        names, estimator = _columns.names(X), self._classifier()
        gone = [] if names is None else [names[at] for at in self._hidden]
        for parameter in _columns.ABSENT_IN_DATA:
            named = _composition.columns_named(estimator, parameter)
            for column in (column for column in gone if column in named):
                msg = (
                    f"the estimator names the column {column!r} (as {parameter}), which "
                    f"fold_column={self.fold_column!r} takes away from it; leave it out there"
                )
                raise ColumnError(msg)

    def _warn_of_frozen(self):
        frozen = _settings.frozen_in(self._classifier())
        if frozen:
            msg = (
                f"frozen in the estimator: {', '.join(frozen)}. What is frozen is the same for "
                "each fold, so that events that trained it are scored by a classifier that saw "
                "them; give the unfitted classifier, unless it was trained on other events"
            )
            warnings.warn(msg, SeenEventsWarning, stacklevel=3)

    def _folds_in_fit(self, numbers, labels):
        if numbers is None:
            return _dealt(labels, self.n_folds)
        folds = self._rule().folds(numbers)
        _event_numbers.check_every_fold(
            folds, self.n_folds, f" by fold_column={self.fold_column!r}"
        )
        return folds

    def _folds_of(self, X, columns):
        """Fold of each event of the table `X`, None if that has no event number."""
        if not self._hidden:
            return None
        places = _of_members.places(X, columns, self._hidden, type(self).__name__)
        if all(at is None for at in places):
            return None
        if None in places:
            lacking = self.columns_.label(self._hidden[places.index(None)])
            msg = (
                f"X has a part of fold_column={self.fold_column!r} and no {lacking}; the fold of "
                "an event follows from all of them"
            )
            raise ColumnError(msg)
        return self._rule().folds(self._numbers_at(X, places))

    def _by_members(self, X, call, columns=None):
        columns = columns or self.columns_
        folds = self._folds_of(X, columns)
        if folds is None or not len(folds):
            return self._mean(_arrays.any_table(X, self), call, columns)
        return self._by_fold(_arrays.any_table(X, self), folds, call, columns)

    def _by_fold(self, X, folds, call, columns=None):
        columns, owner = columns or self.columns_, type(self).__name__
        features = _of_members.without(X, columns, self._hidden, owner)
        out = None
        for number in np.unique(folds):
            rows = np.flatnonzero(folds == number)
            found = np.asarray(call(self.estimators_[number], _columns.rows(features, rows)))
            out = np.empty((len(folds), *found.shape[1:]), found.dtype) if out is None else out
            out[rows] = found
        return out

    def _fit_members(self, events, folds, groups):
        estimator = self._classifier()
        rotate = self.rotate_validation and takes_validation(estimator)
        if rotate and self.n_folds < 3:
            msg = (
                f"n_folds={self.n_folds}: with rotate_validation one fold is for tests, one for "
                "validation, and none is left to train on; use n_folds >= 3 or "
                "rotate_validation=False"
            )
            raise ValueError(msg)
        members = _settings.members(estimator, self.n_folds, self.random_state)
        hidden = self.columns_, self._hidden
        arguments = [
            (member, events, *self._parts(folds, number, rotate), groups, *hidden)
            for number, member in enumerate(members)
        ]
        for number, (_, _, train, *_) in enumerate(arguments):
            self._check_classes(events.y[train], number)
        title = type(self).__name__
        return fit_all(
            _fit_member, arguments, n_jobs=self.n_jobs, verbose=self.verbose, title=title
        )

    def _parts(self, folds, number, rotate):
        """(training, validation) events of a network."""
        if not rotate:
            return np.flatnonzero(folds != number), np.arange(0)
        following = (number + 1) % self.n_folds
        train = (folds != number) & (folds != following)
        return np.flatnonzero(train), np.flatnonzero(folds == following)

    def _check_classes(self, labels, number):
        missing = np.setdiff1d(self.classes_, labels)
        if len(missing):
            msg = (
                f"class {missing.tolist()[0]!r} has no event in the training events of network "
                f"{number} (of n_folds={self.n_folds}); it needs more events, or less folds"
            )
            raise ValueError(msg)


def _fit_member(member, events, train, held_out, groups, columns, hidden):
    """Fit one network; only here are its events copied."""

    def part(rows):
        chosen = events.at(rows)
        return replace(chosen, X=_of_members.without(chosen.X, columns, hidden, "fit"))

    groups = None if groups is None else groups[train]
    return fit_one(member, part(train), part(held_out) if len(held_out) else None, groups)


def _dealt(labels, n_folds):
    """Folds of events without numbers: dealt out one by one within each class."""
    _, codes = np.unique(labels, return_inverse=True)
    folds = np.empty(len(labels), dtype=np.int64)
    folds[np.argsort(codes, kind="stable")] = np.arange(len(labels)) % n_folds
    _event_numbers.check_every_fold(folds, n_folds)
    return folds
