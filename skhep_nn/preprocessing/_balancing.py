"""The arithmetic of balancing: what each class, and each process in it, shall sum to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Totals:
    """Events before balancing.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,)
        Number of events of each class.
    sums : ndarray of shape (n_classes,)
        Sum of their weights.
    signal : int or None
        Which class is the signal; None in modes that need none.
    """

    counts: np.ndarray
    sums: np.ndarray
    signal: int | None


class Mode(NamedTuple):
    """A way to balance.

    Parameters
    ----------
    class_targets : callable
        Totals to the sums of weights that the classes shall have.
    shares : callable
        Sums of weights of the processes of a class to their relative parts of its target.
    needs_signal : bool
    """

    class_targets: object
    shares: object
    needs_signal: bool


def _as_they_are(totals):
    return totals.sums


def _equal(totals):
    return np.full(len(totals.sums), totals.counts.sum() / len(totals.counts))


def _n_background(totals):
    n_background = totals.counts.sum() - totals.counts[totals.signal]
    return np.full(len(totals.sums), float(n_background))


def _sqrt(totals):
    relative = totals.sums / totals.sums[totals.signal]
    return totals.counts[totals.signal] * np.sqrt(relative)


MODES = {
    "none": Mode(_as_they_are, np.asarray, needs_signal=False),
    "equal": Mode(_equal, np.ones_like, needs_signal=False),
    "n_background": Mode(_n_background, np.ones_like, needs_signal=True),
    "sqrt": Mode(_sqrt, np.sqrt, needs_signal=True),
}


def factors(mode, totals, group_sums, class_of_group):
    """What the weights of each group are multiplied by.

    Parameters
    ----------
    mode : str
    totals : Totals
    group_sums : ndarray of shape (n_groups,)
        Sum of the weights of each process of each class (each class, if there are no processes).
    class_of_group : ndarray of shape (n_groups,)

    Returns
    -------
    ndarray of shape (n_groups,)
    """
    shares = MODES[mode].shares(group_sums)
    shares = shares / np.bincount(class_of_group, weights=shares)[class_of_group]
    within = group_sums / np.bincount(class_of_group, weights=group_sums)[class_of_group]
    per_class = MODES[mode].class_targets(totals) / totals.sums
    return per_class[class_of_group] * (shares / within)
