"""Splits that test a parametric network on a mass that it never saw."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from skhep_nn import _choices, _columns, _floats, _hypotheses
from skhep_nn._shown import shown
from skhep_nn._validation import check_random_state
from skhep_nn.metrics import _by_parameter_points as _points
from skhep_nn.metrics import _inputs


class LeaveOneMassOut(BaseCrossValidator):
    """Leave all signal of one mass out of training, and a part of the background with it.

    For each mass, the test events are all its signal and one fold of the background; training has
    the signal of all other masses and the rest of the background. How well a network does on a
    mass that was never simulated is what it does on these test events.

    Parameters
    ----------
    parameter : str, int or list of them, default="mass"
        Columns (or blocks) of X with the mass, or with the several parameters, of signal events.
        A mass is then a point, e.g. of a stop and a neutralino mass. What stands there for
        background is not read.
    signal : label or list of labels, default=1
        Every other class is background.
    n_background_splits : int, default=None
        Number of folds of the background, at least 2; split number i tests fold i modulo it. None
        is the number of splits, so that each background event is tested exactly once. With a
        smaller number there is more background in each test, and less in training.
    shuffle : bool, default=True
        Distribute background over the folds at random.
    random_state : int, RandomState or None, default=None
        The same for all splits of a call; an int makes calls alike.
    hypotheses : array-like, "inner" or None, default=None
        Masses to leave out, in this order. ``"inner"`` spares the lowest and the highest value of
        each parameter, beyond which a network would have to extrapolate. None is all of them.

    Raises
    ------
    ValueError
        On splitting: a signal event without mass, signal of a single mass, a mass to leave out
        that is not there, or less background than folds.

    Notes
    -----
    Folds of background hold each background class in the same proportion. Weights are not
    rescaled: the background of a test is a fraction 1 / `n_background_splits` of its yield. AUC
    and efficiencies do not depend on it; for a significance pass ``yields``.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skhep_nn.model_selection import LeaveOneMassOut
    >>> X = pd.DataFrame({"x": range(9), "mass": [500, 500, 750, 1000, *[np.nan] * 5]})
    >>> y = [1, 1, 1, 1, 0, 0, 0, 0, 0]
    >>> for train, test in LeaveOneMassOut(shuffle=False).split(X, y):
    ...     print(train.tolist(), test.tolist())
    [2, 3, 5, 6, 8] [0, 1, 4, 7]
    [0, 1, 3, 4, 6, 7] [2, 5, 8]
    [0, 1, 2, 4, 5, 7, 8] [3, 6]
    """

    def __init__(
        self,
        parameter="mass",
        *,
        signal=1,
        n_background_splits=None,
        shuffle=True,
        random_state=None,
        hypotheses=None,
    ):
        self.parameter = parameter
        self.signal = signal
        self.n_background_splits = n_background_splits
        self.shuffle = shuffle
        self.random_state = random_state
        self.hypotheses = hypotheses

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of masses that are left out.

        Parameters
        ----------
        X : DataFrame, array or blocks of shape (n_events, n_columns)
        y : array-like of shape (n_events,)
        groups : ignored

        Returns
        -------
        int

        Raises
        ------
        ValueError
            If `X` or `y` is None: the masses are theirs.
        """
        return len(self._left_out(X, y)[1])

    def masses(self, X, y):
        """The mass that each split leaves out, in their order.

        Parameters
        ----------
        X : DataFrame, array or blocks of shape (n_events, n_columns)
        y : array-like of shape (n_events,)

        Returns
        -------
        ndarray of shape (n_splits,) or (n_splits, n_parameters)
        """
        points, numbers, _ = self._left_out(X, y)
        return points[numbers, 0] if points.shape[1] == 1 else points[numbers]

    def _iter_test_masks(self, X=None, y=None, groups=None):
        _, numbers, code = self._left_out(X, y)
        n_folds = self._n_folds(len(numbers))
        fold = self._background_folds(_inputs.labels(y), code < 0, n_folds)
        for split, number in enumerate(numbers):
            yield (code == number) | (fold == split % n_folds)

    def _left_out(self, X, y):
        """(points of the signal, numbers of those to leave out, number of each event's point)."""
        if X is None or y is None:
            msg = "LeaveOneMassOut needs X, which has the masses, and y"
            raise ValueError(msg)
        is_signal = _inputs.signal_mask(y, self.signal)
        X = _columns.table(X)
        X = X if hasattr(X, "shape") else _floats.as_array(X, "X")
        values, names = _points.values_of(X, self.parameter)
        _points.check_length(values, names, len(is_signal))
        points, code = _points.points_of(values, is_signal, names)
        _hypotheses.check_listed(points, names, "this split needs a list")
        if len(points) < 2:
            msg = (
                f"all signal has {_hypotheses.shown(points, names)}; without it no signal is left "
                "to train on"
            )
            raise ValueError(msg)
        return points, self._numbers(points, names), code

    def _numbers(self, points, names):
        wanted = self.hypotheses
        if wanted is None:
            return np.arange(len(points))
        if not isinstance(wanted, str):
            return _hypotheses.numbers_of(points, _hypotheses.different(wanted, names), names)
        if wanted != "inner":
            msg = f'hypotheses={wanted!r}; it must be None, "inner" or a list of masses'
            raise ValueError(msg)
        inside = (points > points.min(axis=0)) & (points < points.max(axis=0))
        numbers = np.flatnonzero(inside.all(axis=1))
        if not len(numbers):
            msg = (
                f'hypotheses="inner", but no mass lies inside of {_hypotheses.shown(points, names)}'
            )
            raise ValueError(msg)
        return numbers

    def _n_folds(self, n_splits):
        n_folds = self.n_background_splits
        if n_folds is None:
            # of a single mass to test, half of the background stays for training
            return max(2, n_splits)
        if not _choices.is_whole(n_folds) or n_folds < 2:
            msg = f"n_background_splits={shown(n_folds)}; it must be an integer >= 2, or None"
            raise ValueError(msg)
        return int(n_folds)

    def _background_folds(self, y, is_background, n_folds):
        """Fold of each background event, -1 for signal; classes are dealt out one by one."""
        rows = np.flatnonzero(is_background)
        if len(rows) < n_folds:
            msg = f"{len(rows)} background events cannot be split into {n_folds} folds"
            raise ValueError(msg)
        if self.shuffle:
            rows = check_random_state(self.random_state).permutation(rows)
        _, of_class = np.unique(y[rows], return_inverse=True)
        fold = np.full(len(y), -1)
        fold[rows[np.argsort(of_class, kind="stable")]] = np.arange(len(rows)) % n_folds
        return fold
