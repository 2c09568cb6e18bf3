"""EnsembleClassifier: seeds, or bootstraps, of one classifier, and how far they are apart."""

from __future__ import annotations

import warnings
from numbers import Integral

import numpy as np
from sklearn.utils import check_consistent_length

from skhep_nn import _columns, _composition, _validation, _weights
from skhep_nn._validation import HasMethods, Interval, Options, StrOptions
from skhep_nn._weighted_events import Events
from skhep_nn.estimators._fit import _arrays, _targets
from skhep_nn.estimators._members import _bootstrap, _settings
from skhep_nn.estimators._members import _columns as _of_members
from skhep_nn.estimators._members._base import MembersClassifier
from skhep_nn.estimators._members._fit_one import fit_one, takes_validation
from skhep_nn.estimators._members._run import fit_all


class EnsembleClassifier(MembersClassifier):
    """Several fits of one classifier with different seeds; their mean, and their spread.

    The mean is steadier than one network, and the spread of its members says how far a score
    depends on the seeds, or with `bootstrap` on the events, of training.

    Parameters
    ----------
    estimator : classifier, Pipeline or search, default=None
        What is fitted, anything with ``predict_proba``; None is a ``DenseClassifier()``. (Networks
        of the package have ``n_networks`` too, an ensemble behind one set of transformers.)
    n_members : int, default=5
    bootstrap : {False, True, "poisson", "events"}, default=False
        Fit each member on a sample like the events. ``"poisson"`` (and True): the weight of each
        event times a Poisson number of mean 1, independent of all others. ``"events"``: as many
        events as there are, drawn with replacement. Either acts on the weights, and events that
        are not drawn are left out; only a classifier that takes no weights gets copies of events.
    n_jobs : int, default=None
        Members that are fitted at a time, as joblib has it, but no more than there are cores: in
        threads, or as ``joblib.parallel_config`` says.
    random_state : int, RandomState or None, default=None
        Each member has seeds of its own, which follow from this and its number. None: from the
        ``random_state`` of the estimator, if that is set; bootstraps are then new each time.
    verbose : {"auto", 0, 1}, default="auto"
        1: a bar that counts members; ``"auto"``: in a terminal or notebook.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    estimators_ : list of classifiers
    n_features_in_ : int
        Columns of X in fit.
    feature_names_in_ : ndarray of str
        Their names, if X had any.
    history_ : dict
        Mean of the members' histories, where they have one.
    best_epoch_ : int
        Median of the epochs that the members kept, where they have one.

    Notes
    -----
    The Poisson bootstrap is that of N. Oza and S. Russell, AISTATS 2001; unlike the drawing of
    events it leaves the weight of each event independent of all others, as counts of a process
    are. Spread over seeds alone is no uncertainty from the statistics of simulation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn import EnsembleClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 400)
    >>> X = rng.normal(y[:, None], 1.0, size=(400, 2))
    >>> model = EnsembleClassifier(LogisticRegression(), bootstrap=True, random_state=0).fit(X, y)
    >>> len(model.estimators_), model.predict_spread(X).shape
    (5, (400, 2))
    """

    _hidden = ()
    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "bootstrap": ["boolean", StrOptions({"poisson", "events"})],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": [StrOptions({"auto"}), "boolean", Options(Integral, {0, 1})],
    }

    def __init__(
        self,
        estimator=None,
        n_members=5,
        *,
        bootstrap=False,
        n_jobs=None,
        random_state=None,
        verbose="auto",
    ):
        self.estimator = estimator
        self.n_members = n_members
        self.bootstrap = bootstrap
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Fit every member.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks of n_events events
        y : array-like of shape (n_events,)
        sample_weight : array-like of shape (n_events,), optional
            Event weights, if no ``weight_column`` of the estimator holds them.
        X_val, y_val, sample_weight_val
            Validation events of every member, if the estimator takes any. They are not resampled.

        Returns
        -------
        self

        Raises
        ------
        WeightError
            If weights are given twice, or to a classifier that takes none.
        ValueError
            If validation events are given to a classifier that takes none, or a class is not in
            the bootstrap of a member.
        """
        _validation.check_parameters(self)
        vars(self).pop("estimators_", None)
        X, labels = self._learn_events(_columns.table(X), y)
        weights = None if sample_weight is None else _weights.check(sample_weight, len(labels))
        events = Events(X, labels, weights)
        held_out = self._validation_events(X_val, y_val, sample_weight_val)
        kind = {False: None, True: "poisson"}.get(self.bootstrap, self.bootstrap)
        members = _settings.members(self._classifier(), self.n_members, self.random_state)
        arguments = [
            (member, events, held_out, kind, _settings.random(self.random_state, number))
            for number, member in enumerate(members)
        ]
        self.estimators_ = fit_all(
            _fit_member,
            [(*one, self.weight_column, self.classes_) for one in arguments],
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            title=type(self).__name__,
        )
        return self

    def predict_spread(self, X):
        """How far the members are apart, as an uncertainty of each event's score.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
            Standard deviation of the members' probabilities around their mean, with n - 1.

        Raises
        ------
        ValueError
            If there is one member only.

        Warns
        -----
        UserWarning
            If all members are the same, as those of a classifier without seeds are.
        """
        self._check_is_fitted()
        if len(self.estimators_) < 2:
            msg = f"{type(self).__name__}.predict_spread needs several members; n_members=1"
            raise ValueError(msg)
        X = _of_members.without(_arrays.any_table(X, self), self.columns_, (), type(self).__name__)
        found = np.std([member.predict_proba(X) for member in self.estimators_], axis=0, ddof=1)
        if not self.bootstrap and len(found) > 1 and not found.any():
            self._warn_that_members_are_alike()
        return found

    def _warn_that_members_are_alike(self):
        name = type(_composition.last_step(self.estimators_[0])).__name__
        msg = (
            f"all {len(self.estimators_)} members score each event the same: seeds change nothing "
            f'in {name}, and a spread of zero is no uncertainty; use bootstrap="poisson"'
        )
        warnings.warn(msg, UserWarning, stacklevel=3)

    def _by_members(self, X, call, columns=None):
        return self._mean(_arrays.any_table(X, self), call, columns)

    def _takes_validation(self):
        return takes_validation(self._classifier())

    def _validation_events(self, X, y, sample_weight):
        if X is None and y is None:
            return None
        owner = type(self).__name__
        if X is None or y is None:
            msg = f"{owner}.fit takes X_val and y_val together"
            raise ValueError(msg)
        if not self._takes_validation():
            msg = (
                f"{type(self._classifier()).__name__} takes no validation events (X_val); let "
                f"{owner} have all events"
            )
            raise ValueError(msg)
        X = _arrays.any_table(X, self)
        labels = _targets.labels_of(y, owner, classes=self.classes_)
        check_consistent_length(X, labels)
        weights = None if sample_weight is None else _weights.check(sample_weight, len(labels))
        return Events(X, labels, weights)


def _fit_member(member, events, held_out, kind, random, weight_column, classes):
    if kind is not None:
        events = _bootstrap.resampled(events, kind, random, member, weight_column)
        missing = np.setdiff1d(classes, events.y)
        if len(missing):
            msg = (
                f"class {missing.tolist()[0]!r} has so few events that a bootstrap has none of it; "
                "use bootstrap=False"
            )
            raise ValueError(msg)
    return fit_one(member, events, held_out)
