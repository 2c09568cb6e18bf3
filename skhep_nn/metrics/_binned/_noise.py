"""Variations that are smaller than the statistical noise of their templates."""

from __future__ import annotations

import warnings

import numpy as np

from skhep_nn.exceptions import TemplateNoiseWarning
from skhep_nn.metrics._binned._samples import SIDES
from skhep_nn.metrics._shapes import chi_square_probability

_LARGE = 0.05


def noise_probabilities(templates):
    """How likely noise alone shifts the background as much as each side of a variation does.

    The chi-square of the shift over the bins, with the variance of the difference of the two
    templates: of the same events only those count that moved or changed their weight.

    Returns
    -------
    dict of str to tuple of float
        Probabilities of (up, down); NaN of a side that has no noise, such as a factor.
    """
    return {
        name: tuple(
            _probability(templates, side, variance)
            for side, variance in zip(pair, templates.noise[name], strict=True)
        )
        for name, pair in templates.variations.items()
    }


def warn_of_noise(templates, stacklevel):
    """One warning for each variation that noise alone explains."""
    for name, pair in noise_probabilities(templates).items():
        noisy = {side: p for side, p in zip(SIDES, pair, strict=True) if p > _LARGE}
        if noisy:
            shown = ", ".join(f"{side} {p:.2g}" for side, p in noisy.items())
            msg = (
                f"variation {name!r} shifts the background no more than the statistical noise of "
                f"its templates does (probability {shown}), which constrains falsely; use more "
                "simulated events, fewer bins, or a smooth variation"
            )
            warnings.warn(msg, TemplateNoiseWarning, stacklevel=stacklevel)


def _probability(templates, side, variance):
    if variance is None:
        return float("nan")
    background = ~templates.is_signal
    shift = (side - templates.nominal)[background].sum(axis=0)
    variance = variance[background].sum(axis=0)
    noisy = variance > 0
    if not noisy.any():
        return float("nan")
    return chi_square_probability(np.sum(shift[noisy] ** 2 / variance[noisy]), noisy.sum())
