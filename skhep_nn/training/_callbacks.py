"""Which Keras callbacks can serve once per epoch, and which need Keras' own loop."""

from __future__ import annotations

import keras

BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)

# Keras' own callbacks that override batch hooks, but need none of them under this condition.
SERVES_PER_EPOCH = {
    keras.callbacks.ModelCheckpoint: lambda callback: callback.save_freq == "epoch",
    keras.callbacks.TensorBoard: lambda callback: (
        callback.update_freq == "epoch" and not callback._should_trace
    ),
    keras.callbacks.TerminateOnNaN: lambda callback: True,
    keras.callbacks.ProgbarLogger: lambda callback: True,
}


def needs_batches(callback):
    """Whether `callback` does something at batches that it could not do at epochs."""
    hooks = [hook for hook in BATCH_HOOKS if _overrides(callback, hook, keras.callbacks.Callback)]
    if not hooks:
        return False
    for known, serves in SERVES_PER_EPOCH.items():
        if isinstance(callback, known):
            own = any(_overrides(callback, hook, known) for hook in BATCH_HOOKS)
            return own or not serves(callback)
    return True


def why_keras_loop(model, callbacks):
    """Why the compiled loop cannot serve this fit, or None if it can."""
    trainer = keras.Model
    if keras.backend.backend() != "tensorflow":
        return f"the Keras backend is {keras.backend.backend()}"
    if getattr(model, "run_eagerly", False):
        return "run_eagerly=True"
    for step in ("train_step", "test_step"):
        if getattr(type(model), step) is not getattr(trainer, step):
            return f"{type(model).__name__} has its own {step}"
    names = [type(callback).__name__ for callback in callbacks if needs_batches(callback)]
    return f"{names[0]} has hooks at batches" if names else None


def sets_rates(callbacks):
    """Names of Keras' callbacks that set the learning rate."""
    kinds = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)
    return [type(callback).__name__ for callback in callbacks if isinstance(callback, kinds)]


def stops_on_nan(callbacks):
    """Whether the user asked for training to end quietly when the loss is not finite."""
    return any(
        isinstance(callback, keras.callbacks.TerminateOnNaN)
        and not getattr(callback, "raise_error", False)
        for callback in callbacks
    )


def _overrides(callback, hook, base):
    return hook in vars(callback) or getattr(type(callback), hook) is not getattr(base, hook)
