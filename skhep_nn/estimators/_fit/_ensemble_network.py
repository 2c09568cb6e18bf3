"""Networks of one architecture whose outputs are averaged."""

from __future__ import annotations

import keras
import numpy as np


class EnsembleNetwork:
    """Several networks as one: its outputs are the means of theirs.

    Parameters
    ----------
    networks : list of PooledNetwork
    """

    def __init__(self, networks):
        self.networks = networks

    def outputs(self, x):
        """Outputs of each network for the events `x`.

        Returns
        -------
        ndarray of shape (n_networks, n_events, n_outputs)
        """
        return np.stack([network.predict(x) for network in self.networks])

    def predict(self, x):
        """The mean of the outputs of the networks for the events `x`."""
        total = 0.0
        for network in self.networks:
            total = total + network.predict(x)
        return total / total.dtype.type(len(self.networks))

    @property
    def model(self):
        """One Keras model of all networks and their mean; a copy."""
        models = [network.model for network in self.networks]
        inputs = keras.tree.map_structure(_like, models[0].input)
        parts = [
            keras.Model(model.input, model.output, name=f"network_{number}")(inputs)
            for number, model in enumerate(models, start=1)
        ]
        return keras.Model(inputs, keras.layers.Average()(parts), name="ensemble")

    @property
    def variables(self):
        """Values of the variables of every network."""
        return [values for network in self.networks for values in network.variables]

    @property
    def recipe(self):
        """How each of the networks is built."""
        return self.networks[0].recipe

    @property
    def numbers(self):
        """The types of numbers of the fit."""
        return self.networks[0].numbers

    @property
    def from_logits(self):
        """Whether outputs are before sigmoid or softmax: they are not."""
        return self.networks[0].from_logits

    @property
    def jit(self):
        """What XLA compiled."""
        return self.networks[0].jit


def _like(tensor):
    return keras.layers.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name)
