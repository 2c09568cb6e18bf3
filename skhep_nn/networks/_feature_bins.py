"""Features in bins: what a network reads beside each feature itself, so that it sees steps."""

from __future__ import annotations

from keras import layers, ops

from skhep_nn.networks._hidden import safe
from skhep_nn.networks._input_scaling import FACTOR_RATE, register

# How large a bin is to the next layer at first, beside the feature.
START = 0.1
# More numbers than that of all features together would be most of the work.
MOST_NUMBERS = 1024


@register
class FeatureBins(layers.Layer):
    """Piecewise linear encoding: how far into each of its bins a feature is, from 0 to 1.

    ``(clip((x - low) * slope, 0, 1) - 1/2) * (1 + 6 q) / 10`` for each of the `n_bins` bins of
    each feature (the last axis), side by side. `low` and `slope` (one over the width) are weights
    that training leaves alone; a slope of 0 stands for a bin that there is not. The factor
    ``1 + 6 q`` of a feature, with q from 0, is trained, if `trained`.
    """

    CONSTANTS = ("low", "slope")

    def __init__(self, n_bins, trained=True, **kwargs):
        super().__init__(**kwargs)
        self.n_bins, self.trained = n_bins, trained

    def build(self, input_shape):
        """Make the constants and the weights."""
        n_features = input_shape[-1]
        for name in self.CONSTANTS:
            shape = (n_features, self.n_bins)
            weight = self.add_weight(shape=shape, initializer="zeros", trainable=False, name=name)
            setattr(self, name, weight)
        if self.trained:
            self.q = self.add_weight(shape=(n_features, 1), initializer="zeros", name="q")

    def call(self, x):
        """The numbers of all bins."""
        t = ops.clip((ops.expand_dims(x, -1) - self.low) * self.slope, 0.0, 1.0) - 0.5
        t = t * START
        t = t * (1.0 + FACTOR_RATE * self.q) if self.trained else t
        return ops.reshape(t, (-1, x.shape[-1] * self.n_bins))

    def compute_output_shape(self, input_shape):
        """A number per feature and bin."""
        return (*input_shape[:-1], input_shape[-1] * self.n_bins)

    def get_config(self):
        """What the layer is made from; the constants are weights."""
        return {**super().get_config(), "n_bins": self.n_bins, "trained": self.trained}


def bins_of(n_features, n_bins):
    """How many bins a feature has, of which `n_bins` are wanted: fewer where features are many."""
    fit = MOST_NUMBERS // max(1, n_features)
    n_bins = min(n_bins, fit)
    # a single bin says what the feature says
    return n_bins if n_bins > 1 else 0


def bins_name(block):
    """The name of the layer that puts a block into bins."""
    return f"{safe(block)}_bins"
