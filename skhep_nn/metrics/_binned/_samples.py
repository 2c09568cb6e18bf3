"""The nominal events and their variations, as processes, bins and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _floats, _weights
from skhep_nn.metrics import _inputs

SIDES = ("up", "down")
# beyond which products of yields leave the range of numbers
_LARGEST = 1e50
_KEYS = ("y_true", "y_score", "sample_weight")


@dataclass(frozen=True)
class Sample:
    """Events of one template: their process, their score, their weight.

    Parameters
    ----------
    processes : ndarray of int of shape (n_events,)
    scores, weights : ndarray of shape (n_events,)
    is_paired : bool
        Whether these are the nominal events, varied.
    """

    processes: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    is_paired: bool = True


def varied(nominal, variations, processes_of, scaled):
    """Samples of every variation.

    Parameters
    ----------
    nominal : Sample
    variations : dict of str to (up, down), or None
    processes_of : callable
        ``processes_of(y_true)`` of a variation that has events of its own.
    scaled : callable
        ``scaled(sample_weight, y_true)``, weights at the yields of the nominal events, whose
        labels are meant by None.

    Returns
    -------
    dict of str to dict of "up" and "down" to Sample, number or None

    Raises
    ------
    ValueError, WeightError
        Naming the variation.
    """
    variations = {} if variations is None else variations
    if not isinstance(variations, Mapping):
        msg = f"variations={variations!r:.60}; it must be a dict of name to (up, down)"
        raise ValueError(msg)
    functions = processes_of, scaled
    return {
        _name(name): {
            side: _named(name, side, functions, nominal, one)
            for side, one in zip(SIDES, _pair(name, pair), strict=True)
        }
        for name, pair in variations.items()
    }


def _name(name):
    if not isinstance(name, str) or not name:
        msg = f"the name of a variation must be text, got {name!r:.60}"
        raise ValueError(msg)
    return name


def _pair(name, pair):
    if isinstance(pair, Mapping) and pair and set(pair) <= set(SIDES):
        pair = tuple(pair.get(side) for side in SIDES)
    is_pair = not isinstance(pair, (str, bytes, Mapping)) and hasattr(pair, "__len__")
    if not is_pair or len(pair) != len(SIDES) or all(one is None for one in pair):
        msg = (
            f"variation {name!r} is {pair!r:.60}; it must be a pair (up, down), one of which may "
            "be None, which mirrors the other"
        )
        raise ValueError(msg)
    return pair


def _named(name, side, functions, nominal, one):
    try:
        return _side(nominal, one, functions)
    except ValueError as error:
        msg = f"variation {name!r} {side}: {error}"
        raise type(error)(msg) from error


def _side(nominal, one, functions):
    if one is None:
        return None
    if _choices.is_real(one):
        return _factor(one)
    given = one if isinstance(one, Mapping) else {"y_score": one}
    unknown = [key for key in given if key not in _KEYS]
    if unknown or not given:
        msg = f"it has {unknown or 'nothing'}; a dict may hold {list(_KEYS)}"
        raise ValueError(msg)
    return _sample(nominal, functions, **given)


def _factor(one):
    factor = _floats.one(one, "the factor")
    if not 0 <= factor <= _LARGEST:
        msg = f"the factor {one!r:.60} on all weights must be a number >= 0, {_LARGEST:g} at most"
        raise ValueError(msg)
    return factor


def _sample(nominal, functions, y_true=None, y_score=None, sample_weight=None):
    processes_of, scaled = functions
    processes = nominal.processes if y_true is None else processes_of(y_true)
    scores = nominal.scores if y_score is None else _inputs.check_scores(y_score)
    if len(scores) != len(processes):
        msg = (
            f"it has {len(scores)} scores for {len(processes)} events; give y_true too if these "
            "are other events"
        )
        raise ValueError(msg)
    if sample_weight is None and y_true is not None:
        msg = "it has y_true, so events of its own; give their sample_weight too"
        raise ValueError(msg)
    weights = nominal.weights
    if sample_weight is not None:
        weights = _weights.check(sample_weight, len(processes))
        weights = scaled(weights, y_true)
        _weights.check_squares(weights)
    return Sample(processes, scores, weights, is_paired=y_true is None)
