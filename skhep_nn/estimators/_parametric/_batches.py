"""Batches in which each mass of the signal, or each background process, weighs the same."""

from __future__ import annotations

import numpy as np

from skhep_nn.exceptions import WeightError

# What `batch_sampler` may be beside None and a sampler; each has what the one before has.
SAMPLERS = ("balanced", "mass", "process")


def groups_of(sampler, codes, signal_code, mass_codes, processes=None):
    """Numbers of the groups that weigh the same within their class.

    Parameters
    ----------
    sampler : {"balanced", "mass", "process"}
        Groups are: the classes; also the masses of the signal; also the background processes.
    codes : ndarray of int of shape (n_events,)
        Class numbers.
    signal_code : int
    mass_codes : ndarray of int of shape (n_signal,)
        Number of the mass of each signal event.
    processes : array-like of shape (n_events,), optional
        Name of the process of each event, for ``"process"``.

    Returns
    -------
    groups : ndarray of int of shape (n_events,)
        0 ... n_groups - 1.
    """
    within = np.zeros(len(codes), dtype=int)
    if sampler in ("mass", "process"):
        within[codes == signal_code] = mass_codes
    if sampler == "process":
        _, names = np.unique(np.asarray(processes).astype(str), return_inverse=True)
        background = codes != signal_code
        within[background] = names[background]
    _, groups = np.unique(codes.astype(int) * (within.max() + 1) + within, return_inverse=True)
    return groups


def group_factors(groups, weights, what):
    """Factor for each group that gives its weights the mean one.

    Parameters
    ----------
    groups : ndarray of int of shape (n_events,)
    weights : ndarray of shape (n_events,)
    what : callable
        Group number to its name, for the error message.

    Raises
    ------
    WeightError
        If the weights of a group sum to nothing or less.
    """
    sums = np.bincount(groups, weights=weights)
    empty = np.flatnonzero(~(sums > 0))
    if len(empty):
        msg = (
            f"the event weights of {what(empty[0])} sum to {sums[empty[0]]:.6g}; in balanced "
            "batches each group needs a positive sum (see negative_weights)"
        )
        raise WeightError(msg)
    return np.bincount(groups) / sums
