"""What XLA compiles: a static rule from layers, sizes and planned steps.

Where XLA is drawn matters as much as whether it is on. On two cores, relative to no XLA, the whole
epoch as one program takes 0.3 to 0.7 of the time for dense networks, but 1.2 to 1.5 where a product
of matrices is large, and several times as long for convolutions; each step compiled takes 0.5 to
0.9 for convolutions and recurrent layers. Whether that repays the time to compile is estimated from
the numbers that the layers give in a step. The choice is never timed at run time, which would make
two fits of the same data differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from keras import layers

EPOCH, STEP, NONE = "epoch", "step", False
JIT_COMPILE = ("auto", EPOCH, STEP, NONE)

# Multiply-adds of the largest matrix product of a step, above which TensorFlow's own kernels win:
# three layers of 256 gained up to batches of 1,024 (125 million), layers of 128 in batches of
# 10,000 lost.
EPOCH_PRODUCT = 150_000_000


@dataclass(frozen=True)
class Cost:
    """Seconds that compiling takes and saves, of processors; measured on networks of the package.

    Parameters
    ----------
    compiling, compiling_layer : float
        To compile, and for each layer besides.
    saved, saved_number : float
        In each step, and for each number that the layers give in it besides.
    """

    compiling: float
    compiling_layer: float
    saved: float
    saved_number: float

    def repaid_by(self, steps, plan, batch_size):
        """Whether so many steps of the network `plan` save what it takes to compile one."""
        saved = self.saved + self.saved_number * plan.n_numbers * batch_size
        return steps * saved >= self.compiling + self.compiling_layer * plan.n_layers


COSTS = {
    EPOCH: Cost(compiling=1.0, compiling_layer=0.02, saved=1e-4, saved_number=1.5e-9),
    STEP: Cost(compiling=1.0, compiling_layer=0.05, saved=5e-4, saved_number=2.5e-10),
}

# Layers that treat each entry of a sequence alone: a sequence is then a longer batch.
ENTRY_BY_ENTRY = (layers.Dense, layers.BatchNormalization)


@dataclass(frozen=True)
class Blueprint:
    """What the rule goes by.

    Parameters
    ----------
    reads_sequences : bool
        Whether an event is more than a vector of features, here or inside (embedded tokens), and
        is read by more than dense layers on each entry.
    largest_product : int
        Multiply-adds of the largest matrix product for one event.
    has_metrics : bool
        Whether metrics are followed beside the loss.
    n_numbers : int
        Numbers that all layers together give for one event.
    n_layers : int
    """

    reads_sequences: bool
    largest_product: int
    has_metrics: bool
    n_numbers: int = 0
    n_layers: int = 0

    @classmethod
    def of(cls, model):
        """The blueprint of a compiled Keras model."""
        with_weights = [layer for layer in model.layers if layer.trainable_weights]
        products = [
            _entries(layer) * math.prod(weight.shape)
            for layer in with_weights
            for weight in layer.trainable_weights
        ]
        tensors = [*(getattr(model, "inputs", None) or ()), *map(_output, model.layers)]
        sequences = any(len(getattr(tensor, "shape", ())) > 2 for tensor in tensors)
        alone = all(map(_entry_by_entry, with_weights))
        return cls(
            reads_sequences=sequences and not alone,
            largest_product=max(products, default=0),
            has_metrics=len(model.metrics) > 1,
            n_numbers=sum(map(_numbers, model.layers)),
            n_layers=len(model.layers),
        )


def _entry_by_entry(layer):
    return isinstance(layer, ENTRY_BY_ENTRY) or getattr(layer, "entry_by_entry", False)


def _output(layer):
    return getattr(layer, "output", None)


def _numbers(layer):
    """Numbers of a layer's outcome for one event; lengths that are not known count as 1."""
    shape = getattr(_output(layer), "shape", None)
    return 0 if shape is None else math.prod(n or 1 for n in shape[1:])


def _entries(layer):
    """Entries of an event that a layer treats alike, 1 if it does not say."""
    shape = getattr(_output(layer), "shape", (None,))[1:-1]
    return math.prod(shape) if all(isinstance(n, int) for n in shape) else 1


def choose(network, jit_compile, batch_size, planned_steps):
    """The scope of XLA for a network: ``"epoch"``, ``"step"`` or False.

    Parameters
    ----------
    network : keras.Model or Blueprint
    jit_compile : {"auto", "epoch", "step", False}
        Anything but ``"auto"`` is taken as it is. Training metrics keep state that XLA cannot
        hold in one program, so that ``"epoch"`` becomes ``"step"`` with them.
    batch_size, planned_steps : int
        Events of a step; steps of the whole fit, if it is not stopped early.
    """
    if jit_compile not in JIT_COMPILE:
        msg = f"jit_compile={jit_compile!r}; it must be one of {JIT_COMPILE}"
        raise ValueError(msg)
    plan = network if isinstance(network, Blueprint) else Blueprint.of(network)
    scope = _rule(plan, batch_size, planned_steps) if jit_compile == "auto" else jit_compile
    return STEP if scope == EPOCH and plan.has_metrics else scope


def _rule(plan, batch_size, planned_steps):
    scope = STEP if plan.reads_sequences else EPOCH
    if scope == EPOCH and batch_size * plan.largest_product > EPOCH_PRODUCT:
        return NONE
    return scope if COSTS[scope].repaid_by(planned_steps, plan, batch_size) else NONE
