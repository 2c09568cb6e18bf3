"""What differs from one member to the next: seeds, and where they keep their states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skhep_nn.estimators._fit._seeds import seed_of

SEED, FOLDER = "random_state", "checkpoint_dir"


def members(estimator, n_members, random_state):
    """Clones of `estimator`, each with seeds of its own.

    Parameters
    ----------
    estimator : classifier, Pipeline or search
    n_members : int
    random_state : int, RandomState or None
        Every ``random_state`` in a member follows from it and the number of the member. None: from
        its own value, where it has one.

    Raises
    ------
    ValueError
        If it is frozen: no fit would change it.
    """
    if isinstance(estimator, FrozenEstimator):
        inner = type(estimator.estimator).__name__
        msg = (
            f"estimator=FrozenEstimator({inner}) is fitted already and no fit changes it, so that "
            f"all {n_members} members would be the same; give the {inner} itself, which is fitted "
            "anew for each"
        )
        raise ValueError(msg)
    seed = None if random_state is None else seed_of(random_state)
    return [_member(estimator, number, seed) for number in range(n_members)]


def frozen_in(estimator):
    """Names of the classifiers in the parameters of `estimator` that no fit changes.

    Returns
    -------
    list of str
    """
    return [
        name
        for name, value in sorted(estimator.get_params(deep=True).items())
        if isinstance(value, FrozenEstimator) and hasattr(value, "predict")
    ]


def random(random_state, number):
    """A generator for draws of member `number`."""
    # another word than those of `_seeds`, so that no draw is the seed of a network
    return np.random.default_rng((seed_of(random_state), number, 0))


def _member(estimator, number, seed):
    member = clone(estimator)
    parameters = {
        name: value
        for name, value in sorted(member.get_params(deep=True).items())
        if name.rpartition("__")[2] in (SEED, FOLDER)
    }
    new = _seeds(parameters, number, seed) | _folders(parameters, number)
    return member.set_params(**new)


def _seeds(parameters, number, seed):
    named = [name for name in parameters if name.rpartition("__")[2] == SEED]
    given = {name: parameters[name] if seed is None else seed for name in named}
    return {
        name: _seed(seed_of(value), number, place)
        for place, (name, value) in enumerate(given.items(), start=1)
        if value is not None
    }


def _seed(seed, number, place):
    return int(np.random.default_rng((seed, number, place)).integers(2**31 - 1))


def _folders(parameters, number):
    return {
        name: Path(value) / f"member-{number + 1}"
        for name, value in parameters.items()
        if name.rpartition("__")[2] == FOLDER and value is not None
    }
