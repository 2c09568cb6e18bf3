"""Layers by which a parameter, such as a mass hypothesis, acts on the features of a network."""

from __future__ import annotations

import keras
from keras import layers, ops

from skhep_nn.networks._seeds import fresh

PACKAGE = "skhep_nn"


class Conditioning(layers.Layer):
    """Base: a layer called with features (n_events, width) and the parameter (n_events, n).

    Subclasses name their linear functions of the parameter.

    Parameters
    ----------
    start : float
        What the scale is at first where the parameter is 0: with 1 the layer starts near the
        identity, with 0 it multiplies the features by small numbers proportional to the parameter.
    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Of the kernels that multiply the parameter.
    """

    _functions = ()
    _start = 1.0

    def __init__(self, start=None, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.start = self._start if start is None else float(start)
        self.kernel_initializer = fresh(kernel_initializer)

    def build(self, input_shape):
        """Make the linear functions of the parameter, as wide as the features."""
        features, parameter = input_shape
        for name in self._functions:
            function = layers.Dense(
                features[-1],
                kernel_initializer=fresh(self.kernel_initializer),
                bias_initializer=self._bias_initializer(name),
                dtype=self.dtype_policy,
                name=name,
            )
            function.build(parameter)
            setattr(self, name, function)

    def compute_output_shape(self, input_shape):
        """The shape of the features."""
        return tuple(input_shape[0])

    def get_config(self):
        """What makes such a layer again."""
        kernel = keras.initializers.serialize(self.kernel_initializer)
        return {**super().get_config(), "start": self.start, "kernel_initializer": kernel}

    def _bias_initializer(self, name):
        start = self.start if name == "scale" else 0.0
        return keras.initializers.Constant(start) if start else "zeros"


@keras.saving.register_keras_serializable(package=PACKAGE)
class ConditionalConcatenation(layers.Layer):
    """``[x, m]``: the parameter becomes further features."""

    def call(self, inputs):
        """Features and parameter side by side."""
        features, parameter = inputs
        return ops.concatenate([features, ops.cast(parameter, features.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """As wide as both together."""
        features, parameter = input_shape
        return (*features[:-1], features[-1] + parameter[-1])


@keras.saving.register_keras_serializable(package=PACKAGE)
class ConditionalBias(Conditioning):
    """``x + b(m)``, with b linear in the parameter."""

    _functions = ("shift",)

    def call(self, inputs):
        """Shifted features."""
        features, parameter = inputs
        return features + self.shift(parameter)


@keras.saving.register_keras_serializable(package=PACKAGE)
class ConditionalScale(Conditioning):
    """``s(m) * x``, with s linear in the parameter."""

    _functions = ("scale",)

    def call(self, inputs):
        """Scaled features."""
        features, parameter = inputs
        return self.scale(parameter) * features


@keras.saving.register_keras_serializable(package=PACKAGE)
class AffineConditioning(Conditioning):
    """``s(m) * x + b(m)``, with s and b linear in the parameter (arXiv:2202.00424)."""

    _functions = ("scale", "shift")

    def call(self, inputs):
        """Scaled and shifted features."""
        features, parameter = inputs
        return self.scale(parameter) * features + self.shift(parameter)


@keras.saving.register_keras_serializable(package=PACKAGE)
class FeatureModulation(Conditioning):
    """``(1 + s(m)) * x + b(m)``, with s and b linear in the parameter (FiLM, arXiv:1709.07871)."""

    _functions = ("scale", "shift")
    _start = 0.0

    def call(self, inputs):
        """Scaled and shifted features."""
        features, parameter = inputs
        return (1 + self.scale(parameter)) * features + self.shift(parameter)


@keras.saving.register_keras_serializable(package=PACKAGE)
class ParameterScaling(layers.Layer):
    """The parameter in units of its range in training: `low` and `high` become those of `to`.

    Parameters
    ----------
    low, high : sequence of float
        One per parameter. A parameter with one value in training (low = high) is shifted only.
    to : tuple (low, high), default=(-1, 1)
    """

    def __init__(self, low, high, to=(-1.0, 1.0), **kwargs):
        # 16 bits do not tell a mass of 1000 from one of 1003: it is scaled before they come
        super().__init__(**{"autocast": False, **kwargs})
        self.low, self.high = [float(v) for v in low], [float(v) for v in high]
        self.to = tuple(float(v) for v in to)

    def call(self, parameter):
        """The scaled parameter."""
        parameter = ops.cast(parameter, self.variable_dtype)
        # from the middle, where the rounding of large masses hurts least
        middle = [(a + b) / 2 for a, b in zip(self.low, self.high, strict=True)]
        width = [b - a for a, b in zip(self.low, self.high, strict=True)]
        slope = [(self.to[1] - self.to[0]) / w if w else 1.0 for w in width]
        offset = ops.convert_to_tensor(middle, parameter.dtype)
        slope = ops.convert_to_tensor(slope, parameter.dtype)
        return ops.cast((parameter - offset) * slope + sum(self.to) / 2, self.compute_dtype)

    def compute_output_spec(self, parameter):
        """Of the same shape."""
        return keras.KerasTensor(parameter.shape, dtype=self.compute_dtype)

    def get_config(self):
        """What makes such a layer again."""
        return {**super().get_config(), "low": self.low, "high": self.high, "to": self.to}


@keras.saving.register_keras_serializable(package=PACKAGE)
class FixedParameter(layers.Layer):
    """One value of the parameter for every event, whatever the event.

    Parameters
    ----------
    values : sequence of float
        One per parameter.
    """

    def __init__(self, values, **kwargs):
        super().__init__(**kwargs)
        self.values = [float(v) for v in values]

    def call(self, events):
        """The values, once per event of `events`."""
        # not of 16 bits: it is scaled yet
        row = ops.convert_to_tensor([self.values], self.variable_dtype)
        return ops.broadcast_to(row, (ops.shape(events)[0], len(self.values)))

    def compute_output_spec(self, events):
        """Of shape (n_events, n_parameters)."""
        return keras.KerasTensor((events.shape[0], len(self.values)), dtype=self.variable_dtype)

    def get_config(self):
        """What makes such a layer again."""
        return {**super().get_config(), "values": self.values}


CONDITIONING = {
    "concatenate": ConditionalConcatenation,
    "bias": ConditionalBias,
    "scale": ConditionalScale,
    "affine": AffineConditioning,
    "film": FeatureModulation,
}
