"""What XLA compiles: a static rule from layers, sizes and planned steps.

Where XLA is drawn matters as much as whether it is on. On two cores, relative to no XLA, the whole
epoch as one program takes 0.5 to 0.8 of the time for narrow dense networks but 1.1 to 1.5 for wide
ones, and several times as long for convolutions; each step compiled takes 0.4 to 0.9 for
convolutions and recurrent layers (``make bench`` measures it). The choice is never timed at run
time, which would make two fits of the same data differ.
"""

from __future__ import annotations

import math

EPOCH, STEP, NONE = "epoch", "step", False
JIT_COMPILE = ("auto", EPOCH, STEP, NONE)

# Multiply-adds of the largest matrix product of a step, above which TensorFlow's own kernels win.
EPOCH_PRODUCT = 30_000_000
# Planned steps from which the gain per step repays the time to compile.
STEPS_TO_REPAY = {EPOCH: 10_000, STEP: 3_000}


def choose(model, jit_compile, batch_size, planned_steps):
    """The scope of XLA for `model`: ``"epoch"``, ``"step"`` or False.

    Parameters
    ----------
    model : keras.Model
    jit_compile : {"auto", "epoch", "step", False}
        Anything but ``"auto"`` is taken as it is. Training metrics keep state that XLA cannot
        hold in one program, so that ``"epoch"`` becomes ``"step"`` with them.
    batch_size, planned_steps : int
        Events of a step; steps of the whole fit, if it is not stopped early.
    """
    if jit_compile not in JIT_COMPILE:
        msg = f"jit_compile={jit_compile!r}; it must be one of {JIT_COMPILE}"
        raise ValueError(msg)
    scope = _rule(model, batch_size, planned_steps) if jit_compile == "auto" else jit_compile
    return STEP if scope == EPOCH and len(model.metrics) > 1 else scope


def _rule(model, batch_size, planned_steps):
    scope = STEP if _reads_sequences(model) else EPOCH
    if scope == EPOCH and batch_size * _largest_kernel(model) > EPOCH_PRODUCT:
        return NONE
    return scope if planned_steps >= STEPS_TO_REPAY[scope] else NONE


def _reads_sequences(model):
    return any(len(tensor.shape) > 2 for tensor in getattr(model, "inputs", None) or ())


def _largest_kernel(model):
    return max((math.prod(weight.shape) for weight in model.trainable_variables), default=0)
