"""What happens in fit and partial_fit: inputs, weights, validation events, plan, training."""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.class_weight import compute_sample_weight

from skhep_nn.estimators import _compile, _events, _parameters, _targets
from skhep_nn.estimators._events import Events
from skhep_nn.estimators._inputs import read_inputs
from skhep_nn.estimators._seeds import seed_of
from skhep_nn.training import ArraySource, Checkpoint, Plan, StreamSource, digest
from skhep_nn.training import _order as order
from skhep_nn.training._mapped import is_mapped
from skhep_nn.training._stream import shuffled

# Parameters that the training loop is given.
PLANNED = ("epochs", "batch_size", "shuffle", "verbose")


def fit(estimator, X, y, sample_weight, validation):
    """Fit `estimator`; `validation` is None or (X_val, y_val, sample_weight_val)."""
    estimator._check_parameters()
    continued = estimator.warm_start and estimator.__sklearn_is_fitted__()
    if not continued:
        # a fit that fails must not leave the old network beside new columns and classes
        vars(estimator).pop("network_", None)
    events = _read(estimator, X, y, sample_weight, reset=not continued)
    given = None if validation is None else _given(estimator, *validation)
    checkpoint, seed = _checkpoint(estimator, events, given, continued=continued)
    train, held_out = _parts(estimator, events, given, seed)
    if validation is not None:
        _warn_of_unweighted(estimator, sample_weight, validation)
    weights, validation_weights, factor = _events.final_weights(
        train,
        held_out,
        estimator.classes_,
        balancer=estimator.balancer_,
        negative_weights=estimator.negative_weights,
        within_class=estimator.batch_sampler is not None,
    )
    estimator.weight_factor_ = factor
    estimator.n_negative_weights_, estimator.n_zero_weights_ = _counts(train.weights, weights)
    with _network(estimator, train.x, seed, continued=continued):
        plan = _plan(estimator, train, seed)
        plan.checkpoint = checkpoint
        plan.patience = _patience(estimator, held_out)
        held_out = held_out and _data(estimator, held_out, validation_weights)
        return _train(estimator, _data(estimator, train, weights), held_out, plan, seed, {})


def partial_fit(estimator, X, y, classes, sample_weight):
    """One epoch on these events, from where the network is."""
    first = not estimator.__sklearn_is_fitted__()
    estimator._check_parameters()
    events = _read(estimator, X, y, sample_weight, reset=first, classes=classes)
    seed = seed_of(estimator.random_state)
    before = {} if first else vars(estimator)
    weights, estimator.weight_factor_ = _events.partial_weights(
        events,
        estimator.classes_,
        balancer=estimator.balancer_,
        negative_weights=estimator.negative_weights,
        factor=before.get("weight_factor_"),
    )
    negative, zero = _counts(events.weights, weights)
    estimator.n_negative_weights_ = before.get("n_negative_weights_", 0) + negative
    estimator.n_zero_weights_ = before.get("n_zero_weights_", 0) + zero
    history = before.get("history_", {})
    with _network(estimator, events.x, seed, continued=not first):
        plan = _plan(estimator, events, seed, epoch=len(history.get("loss", ())), epochs=1)
        return _train(estimator, _data(estimator, events, weights), None, plan, seed, history)


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


@contextlib.contextmanager
def overridden(estimator, arguments, known):
    """`estimator` with some parameters changed for one call."""
    check_known(arguments, [name for name in known if hasattr(estimator, name)], "fit")
    arguments = {_routed(estimator, name): value for name, value in arguments.items()}
    before = {name: getattr(estimator, name) for name in arguments}
    vars(estimator).update(arguments)
    try:
        yield
    finally:
        vars(estimator).update(before)


def check_known(arguments, known, method):
    """Raise a TypeError naming an argument that is not known, and the nearest one that is."""
    for name in arguments:
        if name not in known:
            near = _parameters.nearest(name, known)
            msg = f"{method}() got an unexpected keyword argument {name!r}{near}"
            raise TypeError(msg)


def _read(estimator, X, y, sample_weight, *, reset, classes=None):
    """X, y and weights as :class:`Events`, with the columns and classes learnt if `reset`."""
    owner = type(estimator).__name__
    x = read_inputs(estimator, X, reset=reset)
    labels = _targets.labels_of(y, owner)
    check_consistent_length(X, labels)
    if reset:
        learnt = labels if classes is None else np.asarray(classes)
        estimator._learn_targets(labels, _targets.learn_classes(learnt, owner))
    elif classes is not None and not np.array_equal(np.unique(classes), estimator.classes_):
        msg = (
            f"classes={np.unique(classes).tolist()} is not the same as on last call to partial_fit,"
            f" was: {estimator.classes_.tolist()}"
        )
        raise ValueError(msg)
    codes = _targets.encode(labels, estimator.classes_)
    weights = _events.event_weights(estimator, X, sample_weight)
    if getattr(estimator, "class_weight", None) is not None:
        weights = weights * compute_sample_weight(estimator.class_weight, labels)
    estimator.balancer_ = _events.balancer_of(estimator.balance)
    return Events(x, codes, weights, _events.groups_of(estimator.balancer_, X))


def _parts(estimator, events, given, seed):
    """Training and validation events; the second may be None."""
    if given is not None:
        return events, given
    tail = _argument(estimator, "validation_split", 0.0)
    if tail:
        return _events.tail(events, tail)
    if _events.wants_split(estimator.early_stopping, events.codes, estimator.classes_):
        auto = estimator.early_stopping == "auto"
        divide = _events.split_if_weights_allow if auto else _events.split
        return divide(events, estimator.validation_fraction, seed)
    return events, None


def _given(estimator, X_val, y_val, sample_weight_val):
    owner = type(estimator).__name__
    x = read_inputs(estimator, X_val, reset=False)
    codes = _targets.encode(_targets.labels_of(y_val, owner), estimator.classes_)
    check_consistent_length(X_val, codes)
    return Events(x, codes, _events.event_weights(estimator, X_val, sample_weight_val))


def _warn_of_unweighted(estimator, sample_weight, validation):
    if sample_weight is not None and validation[2] is None:
        warnings.warn(
            f"{type(estimator).__name__}.fit got sample_weight but no sample_weight_val; within a "
            "class every validation event counts the same",
            UserWarning,
            stacklevel=5,
        )


def _patience(estimator, held_out):
    return None if held_out is None or estimator.early_stopping is False else estimator.patience


def _counts(before, after):
    return int(np.sum(before < 0)), int(np.sum(after == 0))


@contextlib.contextmanager
def _network(estimator, x, seed, *, continued):
    """A new network, or the one there is; without a fit that succeeds the new one is forgotten."""
    if continued:
        estimator._continue_network(x)
        yield
        return
    try:
        estimator._new_network(x, seed)
        yield
    except BaseException:
        vars(estimator).pop("network_", None)
        raise


def _plan(estimator, events, seed, *, epoch=0, epochs=None):
    arguments = {name: _argument(estimator, name) for name in PLANNED}
    batch_size = _batch_size(arguments["batch_size"], len(events))
    sampler = estimator.batch_sampler
    if sampler == "balanced":
        batch_size = max(1, batch_size // estimator.n_classes_) * estimator.n_classes_
    draw = _order(estimator, sampler, events, batch_size, seed, shuffle=arguments["shuffle"])
    return Plan(
        epochs=epochs or arguments["epochs"],
        batch_size=batch_size,
        order=(lambda number: draw(epoch + number)) if epoch else draw,
        plateau=_compile.plateau_of(estimator),
        callbacks=estimator._callbacks_for_fit(),
        verbose=arguments["verbose"],
        title=type(estimator).__name__,
        shuffle=arguments["shuffle"],
        sampled=sampler is not None,
    )


def _argument(estimator, name, default=None):
    """A parameter of fit: a routed ``fit__epochs`` stands above ``epochs``."""
    return getattr(estimator, _routed(estimator, name), default)


def _routed(estimator, name):
    return f"fit__{name}" if f"fit__{name}" in vars(estimator) else name


def _batch_size(given, n_events):
    sizes = {None: 32, -1: n_events}
    return min(sizes.get(given, given), n_events)


def _order(estimator, sampler, events, batch_size, seed, *, shuffle):
    if sampler is None:
        if shuffle and is_mapped(events.x):
            return shuffled(events.x, batch_size, seed)
        return (order.shuffled if shuffle else order.as_given)(len(events), seed)
    if isinstance(sampler, str):
        return order.balanced(events.codes, batch_size, seed)
    if is_mapped(events.x):
        msg = (
            f"batch_sampler={sampler!r} needs all features in memory, and these are memory maps; "
            'use batch_sampler="balanced"'
        )
        raise ValueError(msg)
    return order.resampled(sampler, events.x, estimator.classes_[events.codes], seed)


def _data(estimator, events, weights):
    """(x, y, weights) as the loss and the network take them."""
    x = events.x
    first = {k: a[:1] for k, a in x.items()} if isinstance(x, dict) else x[:1]
    n_outputs, loss = estimator.network_.describe(first)
    _targets.check_outputs(n_outputs, estimator.classes_)
    y = _targets.targets(events.codes, estimator.n_classes_, n_outputs, loss)
    return x, y, weights.astype(_targets.float_type())


def _train(estimator, data, held_out, plan, seed, history):
    n_events = len(data[2])
    steps = -(-n_events // plan.batch_size) * plan.epochs
    source = (StreamSource if is_mapped(data[0]) else ArraySource)(*data)
    outcome = estimator.network_.fit(source, held_out, plan, seed=seed, planned_steps=steps)
    before = len(history.get("loss", ()))
    estimator.history_ = _joined(history, outcome.history)
    estimator.best_epoch_ = before + outcome.best_epoch
    estimator.n_epochs_ = before + outcome.n_epochs
    estimator.training_loop_ = outcome.loop
    estimator.jit_compile_ = estimator.network_.jit
    return estimator


def _joined(before, after):
    return {name: [*before.get(name, ()), *values] for name, values in after.items()}


def _checkpoint(estimator, events, validation, *, continued):
    """The checkpoint of a fit, or None, and the seed of the fit."""
    seed = seed_of(estimator.random_state)
    if estimator.checkpoint_dir is None:
        return None, seed
    quiet = ("verbose", "checkpoint_dir", "callbacks")
    parameters = {k: v for k, v in estimator.get_params().items() if k not in quiet}
    start = [np.array(v) for v in estimator.model_.variables] if continued else None
    parts = [e and vars(e) for e in (events, validation)]
    checkpoint = Checkpoint(
        estimator.checkpoint_dir, digest(type(estimator).__name__, parameters, *parts, start)
    )
    return checkpoint, checkpoint.agree_on_seed(seed)
