"""scikit-learn scorer by the expected significance of a histogram of the score."""

from __future__ import annotations

from collections.abc import Mapping

from skhep_nn import _choices, _floats
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._binned import _bins
from skhep_nn.metrics._binned._optimise import check_number, optimise_binning
from skhep_nn.metrics._binned._significance import binned_significance
from skhep_nn.metrics._figure_of_merit import check_settings
from skhep_nn.metrics._scorer import WeightedScorer

_CHOICE = ("min_background", "min_effective_background", "candidates")
_FIGURE = ("systematic", "simulation_error", "variations", "yields", "luminosity")


def make_binned_scorer(
    *,
    bins="auto",
    signal=1,
    systematic=0.0,
    simulation_error=False,
    variations=None,
    luminosity=1.0,
    yields=None,
    min_background=0.0,
    min_effective_background=100.0,
    candidates=100,
    weight_column=None,
    weighted=None,
):
    """Scorer by the expected significance of a histogram of the network's output.

    The scorer to choose models by: it uses all bins of the score, as the analysis will, and not
    the one cut where the background happens to be low.

    Parameters
    ----------
    bins : "auto", int or array-like, default="auto"
        ``"auto"`` and a number: those of :func:`optimise_binning` for each scored sample, which
        is optimistic as every choice on the same events; or edges.
    signal : label, default=1
        The class whose probability is binned; every other class is background.
    systematic : float, default=0.0
        Relative uncertainty of the background, independent from bin to bin.
    simulation_error : bool, default=False
        Whether the statistical error of the simulated background counts as an uncertainty. That
        of a fold is not that of the analysis.
    variations : dict of str to (number, number), default=None
        Normalisations that are common to all bins, as factors: ``{"rate": (1.2, 0.8)}`` is one of
        20 %. A scorer has no varied events.
    luminosity : float, default=1.0
        Factor on all weights (or `yields`).
    yields : dict of label to number, default=None
        Full yield of every class, as in :func:`make_fom_scorer`: the weights of the fold that is
        scored are scaled to it.
    min_background, min_effective_background : float
        Expected events (default 0) and effective events (default 100) of background that a bin
        must hold where bins are chosen, as in :func:`optimise_binning`.
    candidates : int or array-like, default=100
        Edges to choose from, as in :func:`optimise_binning`.
    weight_column : str or int, default=None
        Column (or block) of X with the event weights. None takes ``sample_weight``, by
        scikit-learn's metadata routing or a direct call, else the weight column of the estimator
        or of what is in it (steps, members of a vote).
    weighted : bool, default=None
        As in :func:`make_fom_scorer`: True raises when there are no weights, False scores without
        weights on purpose, None raises when weights were requested and none arrive.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None)`` for ``scoring=`` of GridSearchCV,
        cross_val_score, permutation_importance. It takes ``predict_proba``, or
        ``decision_function`` of an estimator without it.

    Raises
    ------
    WeightError
        When called: no weights though they were meant to be there, weights given twice, or steps
        or members of the estimator with different weight columns.
    ValueError
        If a parameter makes no sense. When called: no bin holds enough background, `signal` is
        not a class of the estimator, or the sample has one class only. In a search, scikit-learn
        turns it into NaN and a warning.

    Notes
    -----
    Statistical error of the difference of two networks on 10,000 events of the ATLAS challenge,
    as part of the figure: 1.7 % without a systematic uncertainty and 3.5 % with one of 10 %; that
    of the best cut of :func:`make_fom_scorer` is 3.0 % and 6.9 % with 50 effective events, and
    3.6 % and 17 % with 10 (``python -m benchmarks.scorers``).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.metrics import make_binned_scorer
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = (np.arange(200) % 5 == 0) | (X[:, 0] > 0.5)
    >>> model = LogisticRegression().fit(X, y)
    >>> scorer = make_binned_scorer(
    ...     yields={True: 10, False: 100}, signal=True, min_effective_background=20
    ... )
    >>> round(scorer(model, X, y), 2)
    1.62
    """
    if not _choices.is_several(bins):
        check_number(bins, "bins")
    else:
        bins = _bins.check_edges(_floats.real(bins, "bins"), bins)
    check_settings("asimov", systematic)
    settings = {
        "bins": bins,
        "systematic": _floats.one(systematic, "systematic"),
        "simulation_error": simulation_error,
        "variations": _factors(variations),
        "luminosity": luminosity,
        "yields": yields,
        **_inputs.least_background(min_background, min_effective_background),
        "candidates": candidates,
    }
    return BinnedScorer(signal, weight_column, weighted, **settings)


def _factors(variations):
    """`variations`, if all of them are pairs of factors."""
    if variations is None or (
        isinstance(variations, Mapping) and all(map(_is_pair, variations.values()))
    ):
        return variations
    msg = (
        f"variations={variations!r:.60}; it must be a dict of name to (up, down), factors on the "
        'weights such as {"rate": (1.2, 0.8)}: a scorer has no varied events'
    )
    raise ValueError(msg)


def _is_pair(pair):
    is_pair = isinstance(pair, (tuple, list)) and len(pair) == 2
    return is_pair and all(one is None or _choices.is_real(one) for one in pair)


def binned_of_labels(y_true, y_pred, *, sample_weight=None, **settings):
    """A histogram has no cut; there is none to tune."""
    msg = "the significance in bins has no threshold, so it cannot tune one; use make_fom_scorer"
    raise ValueError(msg)


class BinnedScorer(WeightedScorer):
    """What :func:`make_binned_scorer` returns."""

    _factory = "make_binned_scorer"
    _of_labels = staticmethod(binned_of_labels)
    _defaults = {  # noqa: RUF012
        **WeightedScorer._defaults,
        "bins": "auto",
        "simulation_error": False,
        "variations": None,
        "min_effective_background": 100.0,
        "candidates": 100,
    }

    def _value(self, y_true, scores, weights):
        options = {name: self._kwargs[name] for name in _FIGURE}
        options["signal"] = self._kwargs["pos_label"]
        bins = self._kwargs["bins"]
        if not _choices.is_several(bins):
            choice = {name: self._kwargs[name] for name in _CHOICE}
            bins = optimise_binning(y_true, scores, weights, n_bins=bins, **choice, **options)
        found = binned_significance(y_true, scores, weights, bins=bins, n_bootstrap=0, **options)
        return found.significance
