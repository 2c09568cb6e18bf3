"""Layers on what comes in: a scale that was learnt from training events, and one that is trained.

With them a network does not depend on the units of its features, nor on a scaler before it.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from skhep_nn.networks._hidden import safe

register = keras.saving.register_keras_serializable(package="skhep_nn")

# Beyond this a scaled feature is at the bound of the clip, and its square would overflow.
FAR = 1e15
# How many times larger the learning rate of the factor is than that of other weights.
FACTOR_RATE = 6.0


@register
class InputScaling(layers.Layer):
    """``t = (x - center) * slope``, then the smooth clip ``t / sqrt(1 + bend * t**2)``.

    The three constants, one per feature (the last axis), are weights that training leaves alone;
    they start as the identity and are assigned. A `bend` of 1/9 keeps t within 3; 0 is no clip.
    """

    CONSTANTS = ("center", "slope", "bend")

    def __init__(self, **kwargs):
        # in mixed precision the features, in any unit, are not to become float16 before
        super().__init__(**{"autocast": False, **kwargs})

    def build(self, input_shape):
        """Make the constants."""
        for name, start in zip(self.CONSTANTS, ("zeros", "ones", "zeros"), strict=True):
            weight = self.add_weight(
                shape=(input_shape[-1],), initializer=start, trainable=False, name=name
            )
            setattr(self, name, weight)

    def call(self, x):
        """The scaled features."""
        t = (ops.cast(x, self.variable_dtype) - self.center) * self.slope
        t = ops.minimum(ops.maximum(t, -FAR), FAR)
        return ops.cast(t / ops.sqrt(1.0 + self.bend * t * t), self.compute_dtype)

    def compute_output_spec(self, x):
        """The shape of the features."""
        return keras.KerasTensor(x.shape, dtype=self.compute_dtype)

    def get_config(self):
        """What the layer is made from; the constants are weights."""
        return {**super().get_config(), "autocast": False}


@register
class FeatureScale(layers.Layer):
    """``x * (1 + 6 q)``: a trained factor per feature (the last axis), from 1.

    As q starts at 0, the factor learns six times as fast as it would by itself: soon a network
    attends to features that tell, and passes over those that do not.
    """

    # a sequence is a longer batch to it
    entry_by_entry = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        """Make the weights."""
        self.q = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="q")

    def call(self, x):
        """The features times their factors."""
        return x * (1.0 + FACTOR_RATE * self.q)

    def compute_output_shape(self, input_shape):
        """Unchanged."""
        return tuple(input_shape)


def scaling_name(block):
    """The name of the layer that scales a block."""
    return f"{safe(block)}_scaling"


def constants_of(model):
    """Where the constants are among the variables of a model.

    Returns
    -------
    dict of str to list of int
        For each layer that has `CONSTANTS` their places.
    """
    places = {id(variable): at for at, variable in enumerate(model.variables)}
    return {
        layer.name: [places[id(getattr(layer, name))] for name in layer.CONSTANTS]
        for layer in model.layers
        if hasattr(layer, "CONSTANTS")
    }
