"""What a network reads of a block of features: scaled, times trained factors, and in bins."""

from __future__ import annotations

import functools

from keras import layers

from skhep_nn.networks._feature_bins import FeatureBins, bins_name, bins_of
from skhep_nn.networks._feature_dense import FeatureDense
from skhep_nn.networks._hidden import safe
from skhep_nn.networks._input_scaling import FeatureScale, InputScaling, scaling_name


class Inputs:
    """Features or a sequence behind the layers that are asked for, each made when it is read.

    Parameters
    ----------
    x : KerasTensor
        Its last axis is the features.
    block : str
        Name, after which the layers are called.
    input_scaling, feature_scale : bool
        Whether they are scaled by constants, and multiplied by trained factors.
    feature_bins : int
        Bins in which scaled features are read besides; 0 is none.
    """

    def __init__(self, x, block, *, input_scaling=False, feature_scale=False, feature_bins=0):
        self.block, self.trained = block, feature_scale
        self.scaled = InputScaling(name=scaling_name(block))(x) if input_scaling else x
        self.n_bins = bins_of(x.shape[-1], feature_bins) if input_scaling else 0

    def with_bins(self):
        """The features, and beside them what they are in bins."""
        return self._beside(self.alone, self.trained)

    def for_dense(self):
        """The same before a dense layer, which has the factors; and what makes such a layer.

        Returns
        -------
        tuple of (KerasTensor, callable)
        """
        if not self.trained:
            return self.with_bins(), layers.Dense
        name = f"{safe(self.block)}_dense"
        first = functools.partial(FeatureDense, n_bins=self.n_bins, name=name)
        return self._beside(self.scaled, trained=False), first

    def _beside(self, features, trained):
        if not self.n_bins:
            return features
        bins = FeatureBins(self.n_bins, trained, name=bins_name(self.block))(self.scaled)
        return layers.Concatenate(name=f"{safe(self.block)}_and_bins")([features, bins])

    @functools.cached_property
    def alone(self):
        """The features times their factors."""
        if not self.trained:
            return self.scaled
        return FeatureScale(name=f"{safe(self.block)}_factor")(self.scaled)
