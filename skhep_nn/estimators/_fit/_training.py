"""Training in one phase after the other, and what is learnt of it."""

from __future__ import annotations

import copy
import functools
import warnings

from skhep_nn.estimators._fit import _callbacks, _compact, _loss, _targets
from skhep_nn.estimators._fit._plan import patience_of, plan_of
from skhep_nn.exceptions import TrainingInterruptedWarning
from skhep_nn.training._mapped import is_mapped
from skhep_nn.training._source import ArraySource
from skhep_nn.training._stream import StreamSource


def trained(learnt, phases, train, held_out, seed, *, checkpoint=None, member=None):
    """What is learnt in the `phases`; the network is ready for the first of them.

    Parameters
    ----------
    learnt : Learnt
        With the network.
    phases : list of (Phase, Recipe)
        With how the network is trained on in each.
    train, held_out : Events
        `held_out` may be None.
    seed : int
    checkpoint : Checkpoint, optional
    member : Member, optional
        Of an ensemble.

    Returns
    -------
    Learnt
    """
    callbacks = callbacks_of(phases[0][0].settings)
    history, best = {} if checkpoint is None else checkpoint.earlier, None
    for number, (phase, recipe) in enumerate(phases):
        try:
            if number:
                learnt.network_.begin_phase(recipe)
            plan = plan_of(
                phase, learnt, train, seed, earlier=history, callbacks=callbacks, member=member
            )
            plan.patience = patience_of(phase.settings, held_out)
            plan.checkpoint, plan.best = checkpoint, best
            learnt, interrupted = run(learnt, plan, train, held_out, seed, member)
        except KeyboardInterrupt:
            if not number:
                raise
            _warn_of_interruption(learnt, phase)
            return learnt
        if interrupted:
            return learnt
        history = learnt.history_
        best = None if held_out is None else learnt.best_epoch_
    return learnt


def run(learnt, plan, train, held_out, seed, member=None):
    """Train as `plan` says.

    Returns
    -------
    tuple of (Learnt, bool)
        With what happened, and whether the user interrupted it.
    """
    network, data = learnt.network_, _data(learnt, train)
    source = (StreamSource if is_mapped(data[0]) else ArraySource)(*data)
    held_out = None if held_out is None else _data(learnt, held_out)
    # what is compiled for this fit serves others of an ensemble
    alike = member.of if member is not None and network.shares_programs(plan) else 1
    steps = -(-len(train) // plan.batch_size) * plan.epochs * alike
    outcome = network.fit(source, held_out, plan, seed=seed, planned_steps=steps)
    learnt = learnt.also(
        history_=_whole_history(plan, outcome),
        best_epoch_=outcome.best_epoch,
        n_epochs_=plan.done + outcome.n_epochs,
        training_loop_=outcome.loop,
        jit_compile_=network.jit,
    )
    return learnt, outcome.interrupted


def callbacks_of(settings):
    """Callbacks for a fit; of a network of the package's, copies.

    A callback object would otherwise serve, and remember, every fit of every clone.
    """
    callbacks = _callbacks.of(settings.parameters, settings.owner)
    return copy.deepcopy(callbacks) if settings.built else callbacks


def _data(learnt, events):
    """(x, y, weights) as the loss and the network take them."""
    x = events.x
    first = {k: a[:1] for k, a in x.items()} if isinstance(x, dict) else x[:1]
    n_outputs, loss = learnt.network_.describe(first)
    _targets.check_outputs(n_outputs, learnt.classes_)
    _loss.check_targets(loss, n_outputs)
    one_hot = _loss.wants_one_hot(loss, n_outputs)
    convert = functools.partial(
        _targets.targets, n_classes=learnt.n_classes_, n_outputs=n_outputs, one_hot=one_hot
    )
    few = convert(events.codes[: n_outputs + 2])
    _loss.check_per_event(loss, few, n_outputs, events.weights)
    y = _compact.Targets(events.codes, convert) if events.is_compact else convert(events.codes)
    return x, y, events.weights.astype(_targets.float_type(), copy=False)


def _whole_history(plan, outcome):
    """The history of all epochs; what the last ones lack (a validation loss) is left out."""
    if not outcome.n_epochs:
        return plan.earlier
    numbers = {"phase": [plan.phase] * outcome.n_epochs} if plan.n_phases else {}
    history = outcome.history | numbers
    return {name: [*plan.earlier.get(name, ()), *values] for name, values in history.items()}


def _warn_of_interruption(learnt, phase):
    warnings.warn(
        f"training was interrupted before phase {phase.number} of {phase.of}; the network of epoch "
        f"{learnt.best_epoch_} is kept",
        TrainingInterruptedWarning,
        stacklevel=5,
    )
