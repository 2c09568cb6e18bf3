"""The plan of a phase: everything that training is told but the network and the events."""

from __future__ import annotations

from skhep_nn.estimators._fit import _optimizer
from skhep_nn.estimators._fit._order import order_of
from skhep_nn.training._plan import Plan, auto_batch_size, auto_epochs
from skhep_nn.training._threads import stop_of_thread


def plan_of(phase, learnt, events, seed, *, earlier, callbacks, member=None):
    """How to train in one phase.

    Parameters
    ----------
    phase : Phase
    learnt : Learnt
        With the network.
    events : Events
        For training.
    seed : int
    earlier : dict of str to list of float
        History of the epochs before.
    callbacks : list of keras.callbacks.Callback
    member : Member, optional
        Of an ensemble.

    Returns
    -------
    Plan
    """
    settings = phase.settings
    size = batch_size_of(settings.batch_size, len(events), learnt.network_.reads_sequences)
    batch_size, epochs = _of_classes(settings, learnt, size), settings.epochs
    if epochs == "auto":
        epochs = auto_epochs(len(events), size)
    return Plan(
        epochs=epochs,
        batch_size=batch_size,
        order=order_of(settings, learnt, events, batch_size, seed),
        plateau=_optimizer.plateau_of(settings),
        schedule=_optimizer.cosine_of(settings, learnt.network_, epochs, callbacks),
        judge_averages=settings.ema is not None,
        statistics=settings.get("bn_statistics"),
        callbacks=callbacks,
        title=settings.owner + ("" if member is None else member.note) + phase.note,
        **_shown(settings, member),
        redraw=events.redraw,
        shuffle=settings.shuffle,
        sampled=settings.batch_sampler is not None,
        earlier=earlier,
        phase=phase.number,
        n_phases=phase.of,
    )


def patience_of(settings, held_out):
    """Epochs to wait for a better one; None does not stop."""
    stops = settings.early_stopping
    if stops == "auto":
        # at the end of a cosine, which stopping would cut off, networks are best
        stops = settings.learning_rate_schedule != "cosine"
    return settings.patience if stops and held_out is not None else None


def batch_size_of(given, n_events, reads_sequences):
    """Events of a step, for the parameter `given`."""
    if given == "auto":
        given = auto_batch_size(n_events, reads_sequences=reads_sequences)
    sizes = {None: 32, -1: n_events}
    return min(sizes.get(given, given), n_events)


def _of_classes(settings, learnt, size):
    n_classes = learnt.n_classes_
    if isinstance(settings.batch_sampler, str):
        # of each class as many
        return max(1, size // n_classes) * n_classes
    return size


def _shown(settings, member):
    """What a plan says of the fits that this one is a part of."""
    if member is None:
        return {"verbose": settings.verbose, "stop": stop_of_thread()}
    return {
        "verbose": 0 if member.quiet else settings.verbose,
        "stop": member.stop,
        "keep_checkpoint": True,
    }
