"""Maps from the probability of a classifier to a calibrated one, each with few parameters."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

from skhep_nn.estimators._calibration._isotonic import IsotonicMap
from skhep_nn.estimators._calibration._logistic import logistic

# temperatures that are tried
COLDEST, HOTTEST = 0.01, 100.0
_GRID = 33


@dataclass(frozen=True)
class LogisticMap:
    """Sigmoid of a linear function of the logit (Platt scaling on the logit).

    Parameters
    ----------
    slope, intercept : float
    resolution : float
        The least probability of either class; less counts as this.
    """

    slope: float
    intercept: float
    resolution: float

    @classmethod
    def fitted(cls, scores, is_signal, weights, resolution):
        """The map with the least weighted log loss."""
        (slope,), intercept = logistic(_logit(scores, resolution)[:, None], is_signal, weights)
        return cls(float(slope), intercept, resolution)

    def __call__(self, scores):
        """Probabilities of signal."""
        return expit(self.slope * _logit(scores, self.resolution) + self.intercept)


@dataclass(frozen=True)
class BetaMap:
    """Odds that are a power of p over a power of 1 - p, times a constant (beta calibration).

    Parameters
    ----------
    a, b : float
        Exponents, not negative, so that the map does not fall.
    c : float
        Logarithm of the constant.
    resolution : float
        The least probability of either class; less counts as this.
    """

    a: float
    b: float
    c: float
    resolution: float

    @classmethod
    def fitted(cls, scores, is_signal, weights, resolution):
        """The map with the least weighted log loss."""
        logs = np.column_stack(_logarithms(scores, resolution)) * [1.0, -1.0]
        kept = np.array([True, True])
        while True:
            exponents = np.zeros(2)
            exponents[kept], c = logistic(logs[:, kept], is_signal, weights)
            if (exponents >= 0).all():
                return cls(*exponents.tolist(), c, resolution)
            kept &= exponents >= 0

    def __call__(self, scores):
        """Probabilities of signal."""
        of_signal, of_background = _logarithms(scores, self.resolution)
        return expit(self.a * of_signal - self.b * of_background + self.c)


@dataclass(frozen=True)
class TemperatureMap:
    """Probabilities of all classes to the power of 1 / temperature, divided by their sum.

    Parameters
    ----------
    temperature : float
        Above 1 for a classifier that is too sure.
    resolution : float
        The least probability of a class; less counts as this.
    """

    temperature: float
    resolution: float

    @classmethod
    def fitted(cls, probabilities, codes, weights, resolution, ratios):
        """The temperature with the least weighted log loss.

        Parameters
        ----------
        probabilities : ndarray of shape (n_events, n_classes)
        codes : ndarray of shape (n_events,)
            Class numbers.
        weights : ndarray of shape (n_events,)
        resolution : float
        ratios : ndarray of shape (n_classes,)
            Prior of the events over that of the probabilities: the loss is that at the former.

        Raises
        ------
        ValueError
            If it is at the end of those that are tried.
        """
        logs = _over_the_true_class(np.log(np.maximum(probabilities, resolution)), codes)
        constants = _over_the_true_class(np.tile(np.log(ratios), (len(codes), 1)), codes)

        def loss(log_temperature):
            inverse = np.exp(-log_temperature)
            terms = (
                inverse * log + constant for log, constant in zip(logs, constants, strict=True)
            )
            return np.dot(weights, functools.reduce(np.logaddexp, terms, 0.0))

        grid = np.linspace(np.log(COLDEST), np.log(HOTTEST), _GRID)
        best = int(np.argmin([loss(value) for value in grid]))
        if best in (0, _GRID - 1):
            _refuse(np.exp(grid[best]))
        bracket = (grid[best - 1], grid[best + 1])
        found = minimize_scalar(loss, bounds=bracket, method="bounded", options={"xatol": 1e-9})
        return cls(float(np.exp(found.x)), resolution)

    def __call__(self, probabilities):
        """Probabilities of all classes."""
        scores = np.log(np.maximum(probabilities, self.resolution)) / self.temperature
        return np.exp(scores - _log_sum(scores)[..., None])


ONE_CLASS = {"isotonic": IsotonicMap, "beta": BetaMap, "logistic": LogisticMap}
METHODS = (*ONE_CLASS, "temperature")


def _over_the_true_class(logs, codes):
    """Columns of the other classes, minus that of the true class of each event."""
    true = np.zeros(logs.shape, dtype=bool)
    true[np.arange(len(codes)), codes] = True
    return (logs - logs[true][:, None])[~true].reshape(len(codes), -1).T.copy()


def _log_sum(scores):
    """Logarithm of the sum of exponentials along the last axis."""
    highest = scores.max(axis=-1)
    return highest + np.log(np.exp(scores - highest[..., None]).sum(axis=-1))


def _logarithms(scores, resolution):
    """Logarithms of p and of 1 - p."""
    p = np.clip(scores, resolution, 1 - resolution)
    return np.log(p), np.log1p(-p)


def _logit(scores, resolution):
    of_signal, of_background = _logarithms(scores, resolution)
    return of_signal - of_background


def _refuse(temperature):
    msg = (
        f"no temperature between {COLDEST:g} and {HOTTEST:g} fits best, the loss falls up to "
        f"{temperature:.3g}: scores that {'say nothing' if temperature > 1 else 'are all right'} "
        'on these events have no temperature; use method="isotonic" or "logistic"'
    )
    raise ValueError(msg)
