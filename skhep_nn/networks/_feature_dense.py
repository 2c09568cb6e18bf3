"""The first dense layer of a network, with the trained factors of the features in its kernel."""

from __future__ import annotations

import keras
from keras import layers, ops

from skhep_nn.networks._input_scaling import FACTOR_RATE, register


@register
class FeatureDense(layers.Layer):
    """A dense layer on features and their bins, each feature times ``1 + 6 q``, and so its bins.

    What :class:`FeatureScale` and the factors of :class:`FeatureBins` before a dense layer compute,
    for less: the factors multiply rows of the kernel, not the numbers of all events, and the
    gradient of q is a sum over the kernel's gradient, for which that of the numbers is not needed.

    Parameters
    ----------
    units : int
    n_bins : int
        Of each feature, whose numbers come behind the features; 0 is none.
    kernel_initializer, kernel_regularizer : str or Keras object
    """

    def __init__(
        self,
        units,
        n_bins=0,
        kernel_initializer="glorot_uniform",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units, self.n_bins = units, n_bins
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        """Make the weights."""
        n_numbers = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(n_numbers, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        shape = (n_numbers // (1 + self.n_bins),)
        self.q = self.add_weight(shape=shape, initializer="zeros", name="q")
        if self.n_bins:
            self.q_bins = self.add_weight(shape=shape, initializer="zeros", name="q_bins")

    def factors(self):
        """One for each row of the kernel."""
        factors = 1.0 + FACTOR_RATE * self.q
        if not self.n_bins:
            return factors
        of_bins = ops.repeat(1.0 + FACTOR_RATE * self.q_bins, self.n_bins)
        return ops.concatenate([factors, of_bins])

    def call(self, x):
        """The products with the scaled kernel."""
        return ops.matmul(x, self.kernel * ops.expand_dims(self.factors(), -1)) + self.bias

    def compute_output_shape(self, input_shape):
        """`units` numbers."""
        return (*input_shape[:-1], self.units)

    def get_config(self):
        """What the layer is made from."""
        return {
            **super().get_config(),
            "units": self.units,
            "n_bins": self.n_bins,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
