"""Ratio of the densities of two classes, from a classifier that separates them: for reweighting."""

from __future__ import annotations

import numpy as np

from skhep_nn import _composition, _floats, _masks, _weights
from skhep_nn.estimators._calibration import _priors, _scores
from skhep_nn.exceptions import WeightError


class LikelihoodRatio:
    r"""How much more probable an event is in one class than in the other, as a weight.

    A classifier of two samples knows the ratio of their densities: with the probability p of the
    target, and the fraction :math:`\pi` of the target in the weights that trained it,

    .. math:: s(x) = \frac{f_\mathrm{target}(x)}{f_\mathrm{source}(x)}
              = \frac{p(x)}{1 - p(x)} \frac{1 - \pi}{\pi}.

    Events of the source that are weighted with it look like the target, with the yield that they
    had.

    Parameters
    ----------
    model : fitted classifier
        Of target against source. Its probabilities have to be right: see `CalibratedClassifier`.
    prior : float, default=None
        Fraction of the target at which they hold. None asks the model: classifiers of this
        package, calibrated ones too, tell it (``class_prior_``).
    signal : label, default=None
        The class that is the target, all others are the source. None: the second of two classes.
    max_ratio : float, default=None
        Larger ratios count as this, which is counted in `n_clipped_`. None: a ratio that is not
        finite is an error.

    Attributes
    ----------
    prior_ : float
        The fraction of the target.
    n_clipped_ : int
        Events of all predictions so far whose ratio was clipped.

    Raises
    ------
    ValueError
        If the model does not tell its prior and none is given.

    See Also
    --------
    CalibratedClassifier, skhep_nn.metrics.reweighting_test

    Notes
    -----
    K. Cranmer, J. Pavez, G. Louppe, Approximating likelihood ratios with calibrated discriminative
    classifiers, `arXiv:1506.02169 <https://arxiv.org/abs/1506.02169>`_.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skhep_nn import LikelihoodRatio
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(8000, 1)), np.repeat([0, 1], [6000, 2000])
    >>> X[y == 1] += 0.5
    >>> ratio = LikelihoodRatio(GaussianNB().fit(X, y))
    >>> weights = ratio.predict_weights(X[y == 0])
    >>> round(float(np.average(X[y == 0, 0], weights=weights)), 2), round(float(weights.mean()), 2)
    (0.51, 1.0)
    """

    def __init__(self, model, *, prior=None, signal=None, max_ratio=None):
        self.model = model
        self.prior = prior
        self.signal = signal
        self.max_ratio = max_ratio
        self._at = _position(model, signal)
        self.prior_ = _prior(model, prior, self._at)
        if max_ratio is not None and not _floats.not_negative(max_ratio, "max_ratio") > 0:
            msg = f"max_ratio={max_ratio!r}; it must be a positive number"
            raise ValueError(msg)
        self.n_clipped_ = 0

    def predict(self, X):
        """The ratio of each event.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            As for the model.

        Returns
        -------
        ndarray of shape (n_events,)

        Raises
        ------
        ValueError
            If an event has a probability of exactly 1, and there is no `max_ratio`.
        """
        p = _scores.checked(
            self.model.predict_proba(_masks.unmasked(X, "X")),
            self.model.classes_,
            type(self).__name__,
        )
        target, source = p[:, self._at], np.delete(p, self._at, axis=1).sum(axis=1)
        with np.errstate(divide="ignore"):
            ratio = target / source * ((1 - self.prior_) / self.prior_)
        return self._limited(ratio)

    def predict_weights(self, X, *, sample_weight=None, total=None):
        """Weights with which events of the source look like the target.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            Events of the source.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Their weights of either sign; None: those of the model's weight column, or ones.
        total : float, default=None
            What the weights are to sum to, e.g. the yield of the target. None leaves them.

        Returns
        -------
        ndarray of shape (n_events,)

        Raises
        ------
        ValueError, WeightError
            As :meth:`predict`; if the weights cannot be scaled to `total`.
        """
        n_events = _weights.len_of(X)
        given = _composition.weights_of(self.model, X, sample_weight, None, type(self).__name__)
        with np.errstate(over="ignore"):
            weights = self.predict(X) * (np.ones(n_events) if given is None else given)
        if not np.isfinite(weights).all():
            msg = "sample_weight times the ratio is beyond float64; give weights of another scale"
            raise WeightError(msg)
        return weights if total is None else _scaled(weights, _floats.one(total, "total"))

    def __repr__(self):
        return f"LikelihoodRatio({type(self.model).__name__}, prior={self.prior_:.4g})"

    def _limited(self, ratio):
        if self.max_ratio is not None:
            self.n_clipped_ += int(np.sum(ratio > self.max_ratio))
            return np.minimum(ratio, self.max_ratio)
        infinite = ~np.isfinite(ratio)
        if infinite.any():
            msg = (
                f"{infinite.sum()} of {len(ratio)} events have a probability of exactly 1, the "
                f"first is event {int(infinite.argmax())}: their ratio is infinite; calibrate the "
                'model by another method than "isotonic", or give max_ratio='
            )
            raise ValueError(msg)
        return ratio


def _position(model, signal):
    if signal is not None:
        return _composition.class_position(model, signal)
    if len(model.classes_) != 2:
        msg = (
            f"signal=None; with the classes {np.asarray(model.classes_).tolist()} name the one "
            "that is the target"
        )
        raise ValueError(msg)
    return 1


def _prior(model, prior, at):
    if prior is not None:
        fraction = _floats.one(prior, "prior")
        # so near to 0 that its inverse is beyond float64 is 0
        if not np.finfo(np.float64).tiny <= fraction < 1:
            msg = f"prior={prior!r}; the fraction of the target must be above 0 and below 1"
            raise ValueError(msg)
        return fraction
    found = _priors.of_model(model)
    if found is None:
        msg = (
            f"{type(model).__name__} does not tell at which fraction of the target its "
            "probabilities hold; give prior=, the fraction in the weights of its training, or "
            "calibrate it: CalibratedClassifier(model).fit(X, y)"
        )
        raise ValueError(msg)
    return float(found[at])


def _scaled(weights, total):
    if not 0 < total < np.inf:
        msg = f"total={total!r}; it must be a positive number"
        raise ValueError(msg)
    found = weights.sum()
    if not 0 < found < np.inf:
        msg = f"the reweighted events sum to {found:.6g}; they cannot be scaled to total={total:g}"
        raise ValueError(msg)
    return weights / found * total
