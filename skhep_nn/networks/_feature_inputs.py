"""What a network reads of a block of features: scaled, times trained factors, and in bins."""

from __future__ import annotations

from keras import layers

from skhep_nn.networks._feature_bins import FeatureBins, bins_name, bins_of
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
        self.alone = self._with_factors() if feature_scale else self.scaled

    def with_bins(self):
        """The features, and beside them what they are in bins."""
        if not self.n_bins:
            return self.alone
        bins = FeatureBins(self.n_bins, self.trained, name=bins_name(self.block))(self.scaled)
        return layers.Concatenate(name=f"{safe(self.block)}_and_bins")([self.alone, bins])

    def _with_factors(self):
        return FeatureScale(name=f"{safe(self.block)}_factor")(self.scaled)
