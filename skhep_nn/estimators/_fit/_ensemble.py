"""Several networks in one classifier, each with another part of the events for validation."""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.base import clone

from skhep_nn._bar import make_bar
from skhep_nn.estimators._fit._ensemble_network import EnsembleNetwork
from skhep_nn.estimators._fit._seeds import seed_of
from skhep_nn.training._progress import is_watched


@dataclass(frozen=True)
class Membership:
    """What a classifier with one network is told that is trained for an ensemble.

    Parameters
    ----------
    number, of : int
        This network, from 0, and how many there are.
    alike : int
        Fits that one compiled program serves.
    quiet : bool
        Whether it shows nothing of its own.
    stop : threading.Event
        Set when the user interrupts one of them.
    """

    number: int
    of: int
    alike: int
    quiet: bool
    stop: threading.Event

    @property
    def note(self):
        """Words for a title."""
        return f", network {self.number + 1} of {self.of}"


def fit(estimator, train, *, alone):
    """Fit `estimator`, which has several networks.

    Parameters
    ----------
    estimator : BuiltClassifier
    train : callable
        Fits one classifier.
    alone : bool
        Whether one is trained after the other in any case: callbacks of the user may share things.
    """
    estimator._check_parameters()
    members = _members(estimator)
    n_threads = 1 if alone else _threads(estimator.n_networks)
    stop = threading.Event()
    shared = {"of": len(members), "alike": len(members) // n_threads, "quiet": n_threads > 1}
    for number, member in enumerate(members):
        member._membership = Membership(number=number, stop=stop, **shared)
    trained = _trained(members, train, n_threads, _bar(estimator, n_threads), stop)
    if not trained:
        raise KeyboardInterrupt
    _keep(estimator, trained)
    if not stop.is_set():
        _remove_checkpoints(estimator)
    return estimator


def partial_fit(estimator, train, *, first):
    """One epoch of each network on these events."""
    members = _new_members(estimator) if first else _changed(estimator)
    for member in members:
        train(member)
    _keep(estimator, members)
    return estimator


def initialize(estimator, build):
    """Every network without training."""
    members = _new_members(estimator)
    for member in members:
        build(member)
    _keep(estimator, members)
    return estimator


def _members(estimator):
    if not (estimator.warm_start and estimator.__sklearn_is_fitted__()):
        # a fit that fails must not leave the old networks beside new columns and classes
        vars(estimator).pop("network_", None)
        return _new_members(estimator)
    return _changed(estimator)


def _new_members(estimator):
    settings = _settings(estimator)
    return [clone(estimator).set_params(**of_member) for of_member in settings]


def _changed(estimator):
    """The classifiers that there are, with the parameters that `estimator` has now."""
    members = vars(estimator).get("members_", [])
    if len(members) != estimator.n_networks:
        msg = (
            f"n_networks={estimator.n_networks}, but {len(members) or 1} were trained; networks "
            "that are trained on (warm_start, partial_fit) keep their number"
        )
        raise ValueError(msg)
    for member, of_member in zip(members, _settings(estimator), strict=True):
        member.set_params(**estimator.get_params(deep=False) | of_member)
    return members


def _settings(estimator):
    """What differs from one classifier to the next."""
    state, folder = estimator.random_state, estimator.checkpoint_dir
    seeds = [None] * estimator.n_networks
    if state is not None:
        seed = seed_of(state)
        seeds = [
            int(np.random.default_rng((seed, n)).integers(2**31 - 1)) for n in range(len(seeds))
        ]
    folders = [folder and _folder(folder, number) for number in range(len(seeds))]
    return [
        {"n_networks": 1, "random_state": seed, "checkpoint_dir": place}
        for seed, place in zip(seeds, folders, strict=True)
    ]


def _folder(directory, number):
    return Path(directory) / f"network-{number + 1}"


def _remove_checkpoints(estimator):
    """The fit is whole: the states of its networks, kept until now, are not needed any more."""
    if estimator.checkpoint_dir is not None:
        for number in range(estimator.n_networks):
            shutil.rmtree(_folder(estimator.checkpoint_dir, number), ignore_errors=True)


def _threads(n_networks):
    """Networks at a time: one for each core that this process was given."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if threading.current_thread() is not threading.main_thread():
        # somebody else trains in threads already
        return 1
    if limit.isdigit():
        cores = int(limit)
    elif hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(n_networks, cores))


def _bar(estimator, n_threads):
    """A bar that counts networks, where several are trained at a time."""
    verbose = estimator.verbose
    shown = n_threads > 1 and bool(verbose) and (verbose != "auto" or is_watched())
    return make_bar(shown, total=estimator.n_networks, desc=f"{type(estimator).__name__}, networks")


def _trained(members, train, n_threads, bar, stop):
    """The classifiers that were trained: all of them, unless the user interrupts."""
    try:
        if n_threads == 1:
            return _one_by_one(members, train, stop)
        return _in_threads(members, train, n_threads, bar, stop)
    finally:
        bar.close()
        for member in members:
            vars(member).pop("_membership", None)


def _one_by_one(members, train, stop):
    done = []
    for member in members:
        try:
            train(member)
        except KeyboardInterrupt:
            stop.set()
            return done
        done.append(member)
        if stop.is_set():
            break
    return done


def _in_threads(members, train, n_threads, bar, stop):
    with ThreadPoolExecutor(n_threads) as threads:
        running = {threads.submit(train, member): member for member in members}
        try:
            for _ in as_completed(running):
                bar.update()
        except BaseException:
            # what is under way ends at the next step
            stop.set()
            for one in running:
                one.cancel()
    return _those_that_ended(running, stop)


def _those_that_ended(running, stop):
    """The classifiers whose fit came to an end; an error of one is that of all."""
    done = []
    for one, member in running.items():
        error = None if one.cancelled() else one.exception()
        if error is not None and not (stop.is_set() and isinstance(error, KeyboardInterrupt)):
            raise error
        if error is None and not one.cancelled():
            done.append(member)
    return done


def _keep(estimator, members):
    """Take over what the classifiers have learnt."""
    first = members[0]
    parameters = {*first.get_params(deep=False)}
    learnt = {k: v for k, v in vars(first).items() if k not in parameters and k != "_user_params"}
    vars(estimator).update(learnt)
    estimator.members_ = members
    estimator.network_ = EnsembleNetwork([member.network_ for member in members])
    if "best_epoch_" in learnt:
        estimator.best_epochs_ = [member.best_epoch_ for member in members]
        estimator.best_epoch_ = int(np.median(estimator.best_epochs_))
        estimator.n_epochs_ = max(member.n_epochs_ for member in members)
        estimator.history_ = mean_history([member.history_ for member in members])


def mean_history(histories):
    """The mean of each quantity over the networks that trained so long."""
    out = {}
    for name in histories[0]:
        lists = [history[name] for history in histories if name in history]
        longest = max(map(len, lists))
        padded = [[*values, *[np.nan] * (longest - len(values))] for values in lists]
        out[name] = np.nanmean(padded, axis=0).tolist()
    return out
