"""What happens in fit, partial_fit and initialize, one stage after the other.

A stage takes the settings and what was learnt before it, and returns what it made. Nothing here
writes into the classifier: it keeps what is returned.
"""

from __future__ import annotations

import numpy as np

from skhep_nn import _class_names, _columns
from skhep_nn.estimators._fit import _phases, _sample, _split, _training, _weighing
from skhep_nn.estimators._fit._numbers import Numbers
from skhep_nn.estimators._fit._phases import Phase
from skhep_nn.estimators._fit._plan import plan_of
from skhep_nn.estimators._fit._seeds import seed_of
from skhep_nn.training._checkpoint import Checkpoint, digest


def fit(classifier, phases, X, y, sample_weight, validation, learnt, member=None):
    """What `classifier` learns in a fit.

    Parameters
    ----------
    classifier : Hooks
    phases : list of Phase
        The settings of the first are those of the fit.
    X, y, sample_weight
        As the user gave them.
    validation : tuple of (X_val, y_val, sample_weight_val), or None
    learnt : Learnt
        Of earlier fits, if this one trains their network on.
    member : Member, optional
        The part of an ensemble that is trained.

    Returns
    -------
    Learnt
    """
    settings, X = phases[0].settings, _columns.table(X)
    with _numbers_of(settings, learnt):
        continued = hasattr(learnt, "network_")
        learnt, events = _read(classifier, settings, X, y, learnt)
        learnt, events = _sample.for_training(settings, learnt, events, X, sample_weight)
        given = _given(classifier, settings, learnt, validation)
        start = learnt.network_ if continued else None
        checkpoint, seed = _checkpoint(settings, events, given, start)
        train, held_out = _split.parts(settings, learnt, events, given, seed, member)
        _sample.warn_of_unweighted(settings.owner, sample_weight, validation)
        learnt, train, held_out = _weighing.final(settings, learnt, train, held_out)
        learnt, train, held_out = classifier._prepared(settings, learnt, train, held_out, seed)
        learnt = _weighing.with_prior(settings, learnt, train)
        left = phases if checkpoint is None else phases[checkpoint.phase - 1 :]
        left = _phases.with_recipes(left, classifier._recipe, learnt, train.x)
        learnt = _with_network(classifier._network_class, left[0], learnt, train, seed)
        _phases.check_networks(left, learnt.network_)
        return _training.trained(
            learnt, left, train, held_out, seed, checkpoint=checkpoint, member=member
        )


def partial_fit(classifier, settings, X, y, classes, sample_weight, learnt):
    """What `classifier` learns in one epoch on these events, from where its network is.

    Parameters
    ----------
    classifier : Hooks
    settings : Settings
    X, y, classes, sample_weight
        As the user gave them.
    learnt : Learnt
        In earlier calls.

    Returns
    -------
    Learnt
    """
    _check_class_weight(settings)
    X, seed = _columns.table(X), seed_of(settings.random_state)
    with _numbers_of(settings, learnt):
        learnt, events = _read(classifier, settings, X, y, learnt, classes=classes)
        learnt, events = _sample.for_training(settings, learnt, events, X, sample_weight)
        learnt, events = _weighing.partial(settings, learnt, events)
        learnt, events, _ = classifier._prepared(settings, learnt, events, None, seed)
        # of all calls together it is not known
        learnt = learnt.without("class_prior_")
        phase = Phase(settings)
        [planned] = _phases.with_recipes([phase], classifier._recipe, learnt, events.x)
        earlier = getattr(learnt, "history_", {})
        learnt = _with_network(classifier._network_class, planned, learnt, events, seed)
        callbacks = _training.callbacks_of(settings)
        plan = plan_of(phase, learnt, events, seed, earlier=earlier, callbacks=callbacks)
        # of how many calls this is one, nobody knows
        plan.epochs, plan.schedule, plan.statistics = 1, None, None
        return _training.run(learnt, plan, events, None, seed)[0]


def initialize(classifier, settings, X, y, learnt):
    """What `classifier` learns of such events and labels without training its new network.

    Parameters
    ----------
    classifier : Hooks
    settings : Settings
    X, y
        As the user gave them.
    learnt : Learnt
        Nothing.

    Returns
    -------
    Learnt
    """
    seed = seed_of(settings.random_state)
    with _numbers_of(settings, learnt):
        learnt, events = _read(classifier, settings, X, y, learnt)
        learnt, events, _ = classifier._prepared(settings, learnt, events, None, seed)
        [planned] = _phases.with_recipes([Phase(settings)], classifier._recipe, learnt, events.x)
        learnt = _with_network(classifier._network_class, planned, learnt, events, seed)
        learnt.network_.initialise(seed)
        return learnt


def _read(classifier, settings, X, y, learnt, **how):
    """The events, of classes whose names fit them."""
    learnt, events = classifier._read(settings, X, y, learnt, **how)
    _class_names.checked(settings.get("class_names"), learnt.classes_, f"y of {settings.owner}")
    return learnt, events


def _numbers_of(settings, learnt):
    """The types of numbers that the network computes with hold for a while."""
    return Numbers.of_fit(settings, getattr(learnt, "network_", None)).used()


def _given(classifier, settings, learnt, validation):
    """Validation events of the user's, or None."""
    if validation is None:
        return None
    X_val, y_val, sample_weight_val = validation
    X_val = _columns.table(X_val)
    _, events = classifier._read(settings, X_val, y_val, learnt, name="y_val")
    return _sample.for_validation(settings, learnt, events, X_val, sample_weight_val)


def _with_network(kind, planned, learnt, events, seed):
    """With a new network, or the one there is with what is asked for now."""
    phase, recipe = planned
    network = getattr(learnt, "network_", None)
    if network is None:
        network, noted = kind.new(recipe, phase.settings, events, seed)
        return learnt.also(network_=network, **noted)
    # after phases a plain fit has the classifier's own loss and optimizer again
    if phase.is_plain and "phase" not in getattr(learnt, "history_", ()):
        network.continue_with(recipe)
    else:
        network.begin_phase(recipe)
    return learnt


def _check_class_weight(settings):
    if isinstance(settings.get("class_weight"), str):
        msg = (
            "class_weight='balanced' is not supported for partial_fit, which sees a part of the "
            "events; pass a dict as class_weight, e.g. from "
            "sklearn.utils.class_weight.compute_class_weight on a larger sample"
        )
        raise ValueError(msg)


def _checkpoint(settings, events, validation, network):
    """The checkpoint of a fit, or None, and the seed of the fit."""
    seed = seed_of(settings.random_state)
    if settings.checkpoint_dir is None:
        return None, seed
    quiet = ("verbose", "checkpoint_dir", "callbacks", "class_names")
    parameters = {name: v for name, v in settings.every.items() if name not in quiet}
    start = None if network is None else [np.array(v) for v in network.model.variables]
    parts = [e and vars(e) for e in (events, validation)]
    checkpoint = Checkpoint(
        settings.checkpoint_dir, digest(settings.owner, parameters, *parts, start)
    )
    return checkpoint, checkpoint.agree_on_seed(seed)
