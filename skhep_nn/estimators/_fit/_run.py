"""What happens in fit and partial_fit: inputs, weights, validation events, plan, training."""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import replace

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.class_weight import compute_sample_weight

from skhep_nn import _columns, _weights
from skhep_nn._fork import check_no_fork
from skhep_nn.estimators import _parameters
from skhep_nn.estimators._fit import _compile, _events, _parameter_checks, _phases, _targets
from skhep_nn.estimators._fit._events import Events
from skhep_nn.estimators._fit._phases import Phase
from skhep_nn.estimators._fit._seeds import seed_of
from skhep_nn.estimators._fit._settings import Settings
from skhep_nn.exceptions import TrainingInterruptedWarning
from skhep_nn.training import _order as order
from skhep_nn.training._checkpoint import Checkpoint, digest
from skhep_nn.training._mapped import is_mapped
from skhep_nn.training._plan import Plan, auto_epochs
from skhep_nn.training._source import ArraySource
from skhep_nn.training._stream import StreamSource, shuffled


def fit(estimator, settings, X, y, sample_weight, validation):
    """Fit `estimator`; `validation` is None or (X_val, y_val, sample_weight_val)."""
    check_no_fork()
    _parameter_checks.check(estimator, settings)
    phases = _phases.checked(estimator, settings)
    continued = settings.warm_start and estimator.__sklearn_is_fitted__()
    if not continued:
        # a fit that fails must not leave the old network beside new columns and classes
        vars(estimator).pop("network_", None)
    events = _read(estimator, settings, X, y, sample_weight, reset=not continued)
    given = None if validation is None else _given(estimator, *validation)
    checkpoint, seed = _checkpoint(estimator, settings, events, given, continued=continued)
    train, held_out = _parts(estimator, settings, events, given, seed)
    if validation is not None:
        _warn_of_unweighted(estimator, sample_weight, validation)
    weights, validation_weights, factor = _events.final_weights(
        train,
        held_out,
        estimator.classes_,
        balancer=estimator.balancer_,
        negative_weights=settings.negative_weights,
        within_class=settings.batch_sampler is not None,
    )
    estimator.weight_factor_ = factor
    estimator.n_negative_weights_, estimator.n_zero_weights_ = _counts(train.weights, weights)
    train = replace(train, weights=weights)
    held_out = None if held_out is None else replace(held_out, weights=validation_weights)
    train, held_out = estimator._prepare(train, held_out, seed)
    _learn_prior(estimator, settings, train)
    left = phases if checkpoint is None else phases[checkpoint.phase - 1 :]
    with _forgotten_on_failure(estimator, continued=continued):
        _set_network(estimator, train, seed, left[0], continued=continued)
        _phases.check_networks(estimator, left, train.x)
        _run(estimator, left, train, held_out, seed, checkpoint)
    return estimator


def partial_fit(estimator, settings, X, y, classes, sample_weight):
    """One epoch on these events, from where the network is."""
    check_no_fork()
    _check_class_weight(settings)
    first = not estimator.__sklearn_is_fitted__()
    _parameter_checks.check(estimator, settings)
    events = _read(estimator, settings, X, y, sample_weight, reset=first, classes=classes)
    seed = seed_of(settings.random_state)
    before = {} if first else vars(estimator)
    weights, estimator.weight_factor_ = _events.partial_weights(
        events,
        estimator.classes_,
        balancer=estimator.balancer_,
        negative_weights=settings.negative_weights,
        factor=before.get("weight_factor_"),
    )
    negative, zero = _counts(events.weights, weights)
    estimator.n_negative_weights_ = before.get("n_negative_weights_", 0) + negative
    estimator.n_zero_weights_ = before.get("n_zero_weights_", 0) + zero
    events, _ = estimator._prepare(replace(events, weights=weights), None, seed)
    # of all calls together it is not known
    vars(estimator).pop("class_prior_", None)
    with _forgotten_on_failure(estimator, continued=not first):
        phase = Phase(settings)
        _set_network(estimator, events, seed, phase, continued=not first)
        callbacks = estimator._callbacks_for_fit(settings)
        earlier = before.get("history_", {})
        plan = _plan(estimator, phase, events, seed, earlier=earlier, callbacks=callbacks)
        # of how many calls this is one, nobody knows
        plan.epochs, plan.schedule, plan.statistics = 1, None, None
        _train(estimator, events, None, plan, seed)
    return estimator


def initialize(estimator, settings, X, y):
    """Give `estimator` the network for such events, untrained."""
    _parameter_checks.check(estimator, settings)
    vars(estimator).pop("network_", None)
    x = estimator._read_inputs(X, reset=True)
    labels = _targets.labels_of(y, settings.owner)
    estimator._learn_targets(labels, _targets.learn_classes(labels, settings.owner))
    events = _events.unweighted(x, _targets.encode(labels, estimator.classes_))
    seed = seed_of(settings.random_state)
    events, _ = estimator._prepare(events, None, seed)
    with _forgotten_on_failure(estimator, continued=False):
        _set_network(estimator, events, seed, Phase(settings), continued=False)
        estimator.network_.initialise(seed)
    return estimator


def validation_argument(arguments, X_val, y_val, sample_weight_val, owner):
    """The validation events, from the named arguments or from Keras' ``validation_data``.

    Raises
    ------
    ValueError
        If they are given twice, or without labels.
    """
    data = arguments.pop("validation_data", None)
    if data is not None:
        if X_val is not None:
            msg = f"{owner}.fit got X_val and validation_data; give the validation events one way"
            raise ValueError(msg)
        return (*data, None)[:3]
    given = {"X_val": X_val, "y_val": y_val}
    missing = [name for name, value in given.items() if value is None]
    if missing and (len(missing) == 1 or sample_weight_val is not None):
        msg = f"{owner}.fit needs X_val and y_val together; {' and '.join(missing)} is missing"
        raise ValueError(msg)
    return None if X_val is None else (X_val, y_val, sample_weight_val)


def settings_of_call(estimator, arguments=()):
    """The settings of a call, of fit with some arguments of Keras' fit."""
    _parameter_checks.check_constructed(estimator)
    settings = Settings.of(estimator)
    known = [name for name in _parameters.FIT if name in settings.parameters]
    check_known(arguments, known, "fit")
    return settings.changed(arguments)


def numbers(estimator, *, partial=False):
    """The types of numbers of the network that is trained on, for a while; else as they are."""
    continued = (partial or estimator.warm_start) and estimator.__sklearn_is_fitted__()
    return estimator.network_.numbers.used() if continued else contextlib.nullcontext()


def check_known(arguments, known, method):
    """Raise a TypeError naming an argument that is not known, and the nearest one that is."""
    for name in arguments:
        if name not in known:
            near = _parameters.instead_of(name, known)
            msg = f"{method}() got an unexpected keyword argument {name!r}{near}"
            raise TypeError(msg)


def _read(estimator, settings, X, y, sample_weight, *, reset, classes=None):
    """X, y and weights as :class:`Events`, with the columns and classes learnt if `reset`."""
    owner, X = settings.owner, _columns.table(X)
    x = estimator._read_inputs(X, reset=reset)
    labels = _targets.labels_of(y, owner)
    check_consistent_length(X, labels)
    if classes is not None:
        classes = _targets.labels_of(classes, owner, "classes")
    if reset:
        learnt = labels if classes is None else classes
        estimator._learn_targets(labels, _targets.learn_classes(learnt, owner))
    elif classes is not None and not np.array_equal(np.unique(classes), estimator.classes_):
        msg = (
            f"classes={np.unique(classes).tolist()} is not the same as on last call to partial_fit,"
            f" was: {estimator.classes_.tolist()}"
        )
        raise ValueError(msg)
    codes = _targets.encode(labels, estimator.classes_)
    weights = _events.event_weights(estimator, X, sample_weight)
    class_weight = settings.get("class_weight")
    if class_weight is not None:
        weights = weights * compute_sample_weight(class_weight, labels)
    estimator.balancer_ = _events.balancer_of(settings.balance)
    return Events(x, codes, weights, _events.groups_of(estimator, X))


def _learn_prior(estimator, settings, train):
    """Set the shares of the classes that the training loss sees, unless a sampler alone knows."""
    vars(estimator).pop("class_prior_", None)
    sampler, n_classes = settings.batch_sampler, len(estimator.classes_)
    if sampler is None:
        sums = _weights.class_sums(train.codes, train.weights, n_classes)
        estimator.class_prior_ = sums / sums.sum()
    elif isinstance(sampler, str):
        estimator.class_prior_ = np.full(n_classes, 1 / n_classes)


def _check_class_weight(settings):
    if isinstance(settings.get("class_weight"), str):
        msg = (
            "class_weight='balanced' is not supported for partial_fit, which sees a part of the "
            "events; pass a dict as class_weight, e.g. from "
            "sklearn.utils.class_weight.compute_class_weight on a larger sample"
        )
        raise ValueError(msg)


def _parts(estimator, settings, events, given, seed):
    """Training and validation events; the second may be None."""
    if given is not None:
        return events, given
    tail = settings.get("validation_split", 0.0)
    if tail:
        train, held_out = _events.tail(events, tail)
        _check_every_class(
            held_out.codes, estimator.classes_, f"last events (validation_split={tail})"
        )
        return train, held_out
    if not _splits(settings, events, estimator.classes_):
        return events, None
    parts = _divided(estimator, settings, events, seed)
    auto = settings.early_stopping == "auto"
    if auto and parts[1] is not None and not estimator._may_split(*parts):
        return events, None
    return parts


def _divided(estimator, settings, events, seed):
    membership = vars(estimator).get("_membership")
    if membership is not None:
        return _events.fold(events, membership.number, membership.of)
    return _events.split(events, settings.validation_fraction, seed)


def _splits(settings, events, classes):
    """Whether a validation sample is split off: not for a rate that falls to 0 by itself."""
    if settings.early_stopping == "auto" and settings.learning_rate_schedule == "cosine":
        return False
    return _events.wants_split(settings.early_stopping, events.codes, classes)


def _given(estimator, X_val, y_val, sample_weight_val):
    owner, X_val = type(estimator).__name__, _columns.table(X_val)
    x = estimator._read_inputs(X_val, reset=False)
    codes = _targets.encode(_targets.labels_of(y_val, owner, "y_val"), estimator.classes_, "y_val")
    check_consistent_length(X_val, codes)
    _check_every_class(codes, estimator.classes_, "validation events")
    return Events(x, codes, _events.event_weights(estimator, X_val, sample_weight_val))


def _check_every_class(codes, classes, what):
    counts = np.bincount(codes, minlength=len(classes))
    if not counts.all():
        missing = classes[counts == 0].tolist()
        msg = (
            f"the {len(codes)} {what} have none of class {missing[0]!r}; each class needs some, as "
            "its part of the validation loss is that of the training events"
        )
        raise ValueError(msg)


def _warn_of_unweighted(estimator, sample_weight, validation):
    if sample_weight is not None and validation[2] is None:
        warnings.warn(
            f"{type(estimator).__name__}.fit got sample_weight but no sample_weight_val; within a "
            "class every validation event counts the same",
            UserWarning,
            stacklevel=5,
        )


def _patience(settings, held_out):
    """Epochs to wait for a better one; None does not stop."""
    stops = settings.early_stopping
    if stops == "auto":
        # at the end of a cosine, which stopping would cut off, networks are best
        stops = settings.learning_rate_schedule != "cosine"
    return settings.patience if stops and held_out is not None else None


def _counts(before, after):
    return int(np.sum(before < 0)), int(np.sum(after == 0))


@contextlib.contextmanager
def _forgotten_on_failure(estimator, *, continued):
    """Without a fit that succeeds a new network is forgotten; one that was there stays."""
    try:
        yield
    except BaseException:
        if not continued:
            vars(estimator).pop("network_", None)
        raise


def _run(estimator, phases, train, held_out, seed, checkpoint):
    """Train in one phase after the other; the network is ready for the first of them."""
    callbacks = estimator._callbacks_for_fit(phases[0].settings)
    history, best = {} if checkpoint is None else checkpoint.earlier, None
    for phase in phases:
        try:
            if phase is not phases[0]:
                estimator._begin_phase(phase.settings, train.x)
            plan = _plan(estimator, phase, train, seed, earlier=history, callbacks=callbacks)
            plan.patience = _patience(phase.settings, held_out)
            plan.checkpoint, plan.best = checkpoint, best
            outcome = _train(estimator, train, held_out, plan, seed)
        except KeyboardInterrupt:
            if phase is phases[0]:
                raise
            _warn_of_interruption(estimator, phase)
            return
        if outcome.interrupted:
            return
        history = estimator.history_
        best = None if held_out is None else estimator.best_epoch_


def _warn_of_interruption(estimator, phase):
    warnings.warn(
        f"training was interrupted before phase {phase.number} of {phase.of}; the network of epoch "
        f"{estimator.best_epoch_} is kept",
        TrainingInterruptedWarning,
        stacklevel=5,
    )


def _set_network(estimator, events, seed, phase, *, continued):
    """Have a new network, or the one there is with what is asked for now."""
    # after phases a plain fit has the classifier's own loss and optimizer again
    plain = phase.is_plain and "phase" not in vars(estimator).get("history_", ())
    if not continued:
        estimator._new_network(phase.settings, events.x, seed)
        estimator._learn_inputs(phase.settings, events)
    elif plain:
        estimator._continue_network(phase.settings, events.x)
    else:
        estimator._begin_phase(phase.settings, events.x)


def _plan(estimator, phase, events, seed, *, earlier, callbacks):
    settings = phase.settings
    batch_size, epochs = _batch_size(settings.batch_size, len(events)), settings.epochs
    epochs = auto_epochs(len(events), batch_size) if epochs == "auto" else epochs
    if isinstance(settings.batch_sampler, str):
        batch_size = max(1, batch_size // estimator.n_classes_) * estimator.n_classes_
    return Plan(
        epochs=epochs,
        batch_size=batch_size,
        order=_order(estimator, settings, events, batch_size, seed),
        plateau=_compile.plateau_of(settings),
        schedule=_compile.cosine_of(settings, estimator.network_, epochs, callbacks),
        judge_averages=settings.ema is not None,
        statistics=settings.get("bn_statistics"),
        callbacks=callbacks,
        title=settings.owner + _note(estimator) + phase.note,
        **_as_a_member(estimator, settings),
        redraw=estimator._redraw_for_fit(events, seed),
        shuffle=settings.shuffle,
        sampled=settings.batch_sampler is not None,
        earlier=earlier,
        phase=phase.number,
        n_phases=phase.of,
    )


def _as_a_member(estimator, settings):
    """What a plan says of an ensemble that the network is trained for."""
    membership = vars(estimator).get("_membership")
    if membership is None:
        return {"verbose": settings.verbose}
    return {
        "verbose": 0 if membership.quiet else settings.verbose,
        "stop": membership.stop,
        "keep_checkpoint": True,
    }


def _note(estimator):
    membership = vars(estimator).get("_membership")
    return "" if membership is None else membership.note


def _fits_alike(estimator):
    """Fits that what is compiled for this one serves."""
    membership = vars(estimator).get("_membership")
    return 1 if membership is None else membership.alike


def _batch_size(given, n_events):
    sizes = {None: 32, -1: n_events}
    return min(sizes.get(given, given), n_events)


def _order(estimator, settings, events, batch_size, seed):
    sampler = settings.batch_sampler
    if sampler is None:
        if settings.shuffle and is_mapped(events.x):
            return shuffled(events.x, batch_size, seed)
        return (order.shuffled if settings.shuffle else order.as_given)(len(events), seed)
    if isinstance(sampler, str):
        return estimator._balanced_order(events, batch_size, seed)
    if is_mapped(events.x):
        msg = (
            f"batch_sampler={sampler!r} needs all features in memory, and these are memory maps; "
            'use batch_sampler="balanced"'
        )
        raise ValueError(msg)
    return order.resampled(sampler, events.x, estimator.classes_[events.codes], seed)


def _data(estimator, events):
    """(x, y, weights) as the loss and the network take them."""
    x = events.x
    first = {k: a[:1] for k, a in x.items()} if isinstance(x, dict) else x[:1]
    n_outputs, loss = estimator.network_.describe(first)
    _targets.check_outputs(n_outputs, estimator.classes_)
    _compile.check_targets(loss, n_outputs)
    one_hot = _compile.wants_one_hot(loss, n_outputs)
    y = _targets.targets(events.codes, estimator.n_classes_, n_outputs, one_hot=one_hot)
    return x, y, events.weights.astype(_targets.float_type())


def _train(estimator, train, held_out, plan, seed):
    """Train as `plan` says and note what happened."""
    data = _data(estimator, train)
    source = (StreamSource if is_mapped(data[0]) else ArraySource)(*data)
    held_out = None if held_out is None else _data(estimator, held_out)
    steps = -(-len(train) // plan.batch_size) * plan.epochs * _fits_alike(estimator)
    outcome = estimator.network_.fit(source, held_out, plan, seed=seed, planned_steps=steps)
    estimator.history_ = _whole_history(plan, outcome)
    estimator.best_epoch_ = outcome.best_epoch
    estimator.n_epochs_ = plan.done + outcome.n_epochs
    estimator.training_loop_ = outcome.loop
    estimator.jit_compile_ = estimator.network_.jit
    return outcome


def _whole_history(plan, outcome):
    """The history of all epochs; what the last ones lack (a validation loss) is left out."""
    if not outcome.n_epochs:
        return plan.earlier
    numbers = {"phase": [plan.phase] * outcome.n_epochs} if plan.n_phases else {}
    history = outcome.history | numbers
    return {name: [*plan.earlier.get(name, ()), *values] for name, values in history.items()}


def _checkpoint(estimator, settings, events, validation, *, continued):
    """The checkpoint of a fit, or None, and the seed of the fit."""
    seed = seed_of(settings.random_state)
    if settings.checkpoint_dir is None:
        return None, seed
    quiet = ("verbose", "checkpoint_dir", "callbacks")
    parameters = estimator.get_params() | settings.parameters
    parameters = {k: v for k, v in parameters.items() if k not in quiet}
    start = [np.array(v) for v in estimator.model_.variables] if continued else None
    parts = [e and vars(e) for e in (events, validation)]
    checkpoint = Checkpoint(
        settings.checkpoint_dir, digest(settings.owner, parameters, *parts, start)
    )
    return checkpoint, checkpoint.agree_on_seed(seed)
