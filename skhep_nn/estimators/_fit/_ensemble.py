"""Several networks in one classifier, each with another part of the events for validation."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.base import clone

from skhep_nn import _cores
from skhep_nn._bar import make_bar
from skhep_nn.estimators._fit import _run
from skhep_nn.estimators._fit._ensemble_network import EnsembleNetwork
from skhep_nn.estimators._fit._numbers import Numbers
from skhep_nn.estimators._fit._seeds import seed_of
from skhep_nn.training._threads import stop_of_thread


@dataclass(frozen=True)
class Member:
    """What a fit of one network is told that is trained for an ensemble.

    Parameters
    ----------
    number, of : int
        This network, from 0, and how many there are.
    quiet : bool
        Whether it shows nothing of its own.
    stop : threading.Event
        Set when the user interrupts one of them.
    """

    number: int
    of: int
    quiet: bool
    stop: threading.Event

    @property
    def note(self):
        """Words for a title."""
        return f", network {self.number + 1} of {self.of}"


def fit(classifier, phases, X, y, sample_weight, validation, learnt):
    """What `classifier` learns in a fit of several networks; arguments as of :func:`._run.fit`."""
    settings, further = phases[0].settings, hasattr(learnt, "network_")
    changes = _changes(settings)
    members = _members(classifier, changes, learnt)
    # callbacks of the user may share things
    n_threads = 1 if settings.get("callbacks") else _threads(settings.n_networks)
    stop = stop_of_thread() or threading.Event()
    # a dtype policy is of one thread
    numbers = Numbers.now()
    shared = {"of": len(members), "quiet": n_threads > 1}

    def train(number):
        member, place = members[number], Member(number=number, stop=stop, **shared)
        own = [replace(p, settings=p.settings.changed(changes[number])) for p in phases]
        before = member._learnt(further=further)
        data = (X, y, sample_weight, validation)
        with numbers.used():
            return member._keep(_run.fit(member, own, *data, before, place))

    trained = _trained(len(members), train, n_threads, _bar(settings, n_threads), stop)
    if not trained:
        raise KeyboardInterrupt
    if not stop.is_set():
        _remove_checkpoints(settings)
    return _learnt_by(trained)


def partial_fit(classifier, settings, X, y, classes, sample_weight, learnt):
    """What `classifier` learns in one epoch of each network."""
    changes = _changes(settings)
    members = _members(classifier, changes, learnt)
    for member, of_member in zip(members, changes, strict=True):
        own, before = settings.changed(of_member), member._learnt(further=True)
        member._keep(_run.partial_fit(member, own, X, y, classes, sample_weight, before))
    return _learnt_by(members)


def initialize(classifier, settings, X, y, learnt):
    """What `classifier` learns without training any of its networks."""
    changes = _changes(settings)
    members = _members(classifier, changes, learnt)
    for member, of_member in zip(members, changes, strict=True):
        own = settings.changed(of_member)
        member._keep(_run.initialize(member, own, X, y, learnt))
    return _learnt_by(members)


def check_number(settings, learnt):
    """Raise if another number of networks is to be trained on than there is.

    Raises
    ------
    ValueError
    """
    wanted, there = settings.get("n_networks", 1), len(getattr(learnt, "members_", ())) or 1
    if hasattr(learnt, "network_") and wanted != there:
        msg = (
            f"n_networks={wanted}, but {there} {'was' if there == 1 else 'were'} trained; networks "
            "that are trained on (warm_start, partial_fit) keep their number"
        )
        raise ValueError(msg)


def _members(classifier, changes, learnt):
    """Classifiers with one network each, new ones or those that there are."""
    if not hasattr(learnt, "members_"):
        return [clone(classifier).set_params(**of_member) for of_member in changes]
    for member, of_member in zip(learnt.members_, changes, strict=True):
        member.set_params(**classifier.get_params(deep=False) | of_member)
    return learnt.members_


def _changes(settings):
    """Parameters that differ from one classifier to the next."""
    state, folder, n_networks = settings.random_state, settings.checkpoint_dir, settings.n_networks
    seeds = [None] * n_networks
    if state is not None:
        seed = seed_of(state)
        draws = [np.random.default_rng((seed, n)) for n in range(n_networks)]
        seeds = [int(draw.integers(2**31 - 1)) for draw in draws]
    folders = [folder and _folder(folder, number) for number in range(n_networks)]
    return [
        {"n_networks": 1, "random_state": seed, "checkpoint_dir": place}
        for seed, place in zip(seeds, folders, strict=True)
    ]


def _folder(directory, number):
    return Path(directory) / f"network-{number + 1}"


def _remove_checkpoints(settings):
    """The fit is whole: the states of its networks, kept until now, are not needed any more."""
    if settings.checkpoint_dir is not None:
        for number in range(settings.n_networks):
            shutil.rmtree(_folder(settings.checkpoint_dir, number), ignore_errors=True)


def _threads(n_networks):
    """Networks at a time."""
    # in another thread somebody else trains several at a time already
    is_main = threading.current_thread() is threading.main_thread()
    return _cores.evenly(n_networks) if is_main else 1


def _bar(settings, n_threads):
    """A bar that counts networks, where several are trained at a time."""
    shown = settings.verbose if n_threads > 1 else False
    return make_bar(shown, total=settings.n_networks, desc=f"{settings.owner}, networks")


def _trained(n_members, train, n_threads, bar, stop):
    """The classifiers that were trained: all of them, unless the user interrupts."""
    try:
        if n_threads == 1:
            return _one_by_one(n_members, train, stop)
        return _in_threads(n_members, train, n_threads, bar, stop)
    finally:
        bar.close()


def _one_by_one(n_members, train, stop):
    done = []
    for number in range(n_members):
        try:
            done.append(train(number))
        except KeyboardInterrupt:
            stop.set()
            return done
        if stop.is_set():
            break
    return done


def _in_threads(n_members, train, n_threads, bar, stop):
    with ThreadPoolExecutor(n_threads) as threads:
        running = [threads.submit(train, number) for number in range(n_members)]
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
    for one in running:
        error = None if one.cancelled() else one.exception()
        if error is not None and not (stop.is_set() and isinstance(error, KeyboardInterrupt)):
            raise error
        if error is None and not one.cancelled():
            done.append(one.result())
    return done


def _learnt_by(members):
    """What an ensemble has learnt of its members."""
    learnt = members[0]._learnt(further=True)
    network = EnsembleNetwork([member.network_ for member in members])
    learnt = learnt.also(members_=members, network_=network)
    if not hasattr(learnt, "best_epoch_"):
        return learnt
    best = [member.best_epoch_ for member in members]
    return learnt.also(
        best_epochs_=best,
        best_epoch_=int(np.median(best)),
        n_epochs_=max(member.n_epochs_ for member in members),
        history_=mean_history([member.history_ for member in members]),
    )


def mean_history(histories):
    """The mean of each quantity over the networks that trained so long."""
    out = {}
    for name in histories[0]:
        lists = [history[name] for history in histories if name in history]
        longest = max(map(len, lists))
        padded = [[*values, *[np.nan] * (longest - len(values))] for values in lists]
        out[name] = np.nanmean(padded, axis=0).tolist()
    return out
