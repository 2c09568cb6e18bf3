"""What happens in fit and partial_fit: inputs, weights, validation events, plan, training."""

from __future__ import annotations

import contextlib

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.class_weight import compute_sample_weight

from skhep_nn.estimators import _compile, _events, _parameters, _targets
from skhep_nn.estimators._events import Events
from skhep_nn.estimators._inputs import read_inputs
from skhep_nn.estimators._seeds import seed_of
from skhep_nn.training import ArraySource, Checkpoint, Plan, digest
from skhep_nn.training import _order as order


def fit(estimator, X, y, sample_weight, validation):
    """Fit `estimator`; `validation` is None or (X_val, y_val, sample_weight_val)."""
    estimator._check_parameters()
    continued = estimator.warm_start and estimator.__sklearn_is_fitted__()
    events = _read(estimator, X, y, sample_weight, reset=not continued)
    seed = seed_of(estimator.random_state)
    train, held_out = _parts(estimator, events, validation, seed)
    weights, validation_weights, factor = _events.final_weights(
        train,
        held_out,
        estimator.classes_,
        balance=estimator.balance,
        negative_weights=estimator.negative_weights,
        within_class=estimator.batch_sampler is not None,
    )
    _count(estimator, train.weights, weights)
    if not continued:
        estimator._new_network(train.x, seed)
    estimator.weight_factor_ = factor
    plan = _plan(estimator, train, seed)
    plan.patience = _patience(estimator, held_out)
    held_out = held_out and _data(estimator, held_out, validation_weights)
    return _train(estimator, _data(estimator, train, weights), held_out, plan, seed, {})


def partial_fit(estimator, X, y, classes, sample_weight):
    """One epoch on these events, from where the network is."""
    first = not estimator.__sklearn_is_fitted__()
    estimator._check_parameters()
    events = _read(estimator, X, y, sample_weight, reset=first, classes=classes)
    seed = seed_of(estimator.random_state)
    weights, factor = _events.partial_weights(
        events,
        estimator.classes_,
        balance=estimator.balance,
        negative_weights=estimator.negative_weights,
        factor=None if first else estimator.weight_factor_,
    )
    if first:
        estimator._new_network(events.x, seed)
    estimator.weight_factor_ = factor
    _count(estimator, events.weights, weights)
    history = {} if first else estimator.history_
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
    if (X_val is None) != (y_val is None):
        missing = "y_val" if y_val is None else "X_val"
        msg = f"{owner}.fit needs X_val and y_val together; {missing} is missing"
        raise ValueError(msg)
    return None if X_val is None else (X_val, y_val, sample_weight_val)


@contextlib.contextmanager
def overridden(estimator, arguments, known):
    """`estimator` with some parameters changed for one call."""
    check_known(arguments, known, "fit")
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
        estimator.X_shape_, estimator.X_dtype_ = _shape(x)
    codes = _targets.encode(labels, estimator.classes_)
    weights = _events.event_weights(estimator, X, sample_weight)
    if getattr(estimator, "class_weight", None) is not None:
        weights = weights * compute_sample_weight(estimator.class_weight, labels)
    groups = _events.groups_of(_events.balancer_of(estimator.balance), X)
    return Events(x, codes, weights, groups)


def _parts(estimator, events, validation, seed):
    """Training and validation events; the second may be None."""
    if validation is not None:
        return events, _given(estimator, *validation)
    if getattr(estimator, "validation_split", 0.0):
        return _events.tail(events, estimator.validation_split)
    fraction = estimator.validation_fraction
    if _events.wants_split(estimator.early_stopping, events.codes, fraction):
        return _events.split(events, fraction, seed)
    return events, None


def _given(estimator, X_val, y_val, sample_weight_val):
    owner = type(estimator).__name__
    x = read_inputs(estimator, X_val, reset=False)
    codes = _targets.encode(_targets.labels_of(y_val, owner), estimator.classes_)
    check_consistent_length(X_val, codes)
    return Events(x, codes, _events.event_weights(estimator, X_val, sample_weight_val))


def _patience(estimator, held_out):
    return None if held_out is None or estimator.early_stopping is False else estimator.patience


def _count(estimator, before, after):
    estimator.n_negative_weights_ = int(np.sum(before < 0))
    estimator.n_zero_weights_ = int(np.sum(after == 0))


def _plan(estimator, events, seed, *, epoch=0, epochs=None):
    arguments = _fit_arguments(estimator)
    batch_size = _batch_size(arguments["batch_size"], len(events))
    sampler = estimator.batch_sampler
    if sampler == "balanced":
        batch_size = max(1, batch_size // estimator.n_classes_) * estimator.n_classes_
    draw = _order(sampler, events, batch_size, seed, shuffle=arguments["shuffle"])
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


def _fit_arguments(estimator):
    """Arguments of the training loop, a routed ``fit__epochs`` standing above ``epochs``."""
    names = ("epochs", "batch_size", "shuffle", "verbose")
    parameters = estimator.get_params(deep=False)
    return {name: parameters.get(f"fit__{name}", parameters[name]) for name in names}


def _batch_size(given, n_events):
    sizes = {None: 32, -1: n_events}
    return min(sizes.get(given, given), n_events)


def _order(sampler, events, batch_size, seed, *, shuffle):
    if sampler is None:
        return (order.shuffled if shuffle else order.as_given)(len(events), seed)
    if isinstance(sampler, str):
        return order.balanced(events.codes, batch_size, seed)
    return order.resampled(sampler, events.x, events.codes, seed)


def _data(estimator, events, weights):
    """(x, y, weights) as the loss and the network take them."""
    x = events.x
    first = {k: a[:1] for k, a in x.items()} if isinstance(x, dict) else x[:1]
    n_outputs, loss = estimator.network_.describe(first)
    y = _targets.targets(events.codes, estimator.n_classes_, n_outputs, loss)
    return x, y, weights.astype(_targets.float_type())


def _train(estimator, data, held_out, plan, seed, history):
    n_events = len(data[2])
    steps = -(-n_events // plan.batch_size) * plan.epochs
    if estimator.checkpoint_dir is not None:
        plan.checkpoint = _checkpoint(estimator, data, held_out)
    source = ArraySource(*data)
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


def _checkpoint(estimator, data, held_out):
    quiet = ("verbose", "checkpoint_dir", "callbacks")
    parameters = {k: v for k, v in estimator.get_params().items() if k not in quiet}
    key = digest(type(estimator).__name__, parameters, data, held_out)
    return Checkpoint(estimator.checkpoint_dir, key)


def _shape(x):
    if isinstance(x, dict):
        shapes = {name: array.shape for name, array in x.items()}
        return shapes, {name: array.dtype for name, array in x.items()}
    return x.shape, x.dtype
