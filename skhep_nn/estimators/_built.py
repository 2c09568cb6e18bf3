"""The base of the classifiers whose networks the package builds."""

from __future__ import annotations

import numpy as np

from skhep_nn.estimators._base_classifier import BaseClassifier
from skhep_nn.estimators._fit import _targets
from skhep_nn.estimators._fit._ensemble_network import EnsembleNetwork
from skhep_nn.estimators._fit._pooled_network import PooledNetwork
from skhep_nn.estimators._fit._recipe import recipe_of


class BuiltClassifier(BaseClassifier):
    """Base of the classifiers whose networks the package builds.

    A subclass names a function of :mod:`skhep_nn.networks` and its own parameters, which are that
    function's arguments.
    """

    _builder = None
    _network_parameters = ()
    _network_class = PooledNetwork
    _is_built = True

    def __init__(self, **training):
        self._store(training)

    def predict_spread(self, X):
        """How far the networks of an ensemble are apart, as an uncertainty of each event's score.

        Parameters
        ----------
        X : DataFrame or array-like
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
            Standard deviation of the networks' probabilities around their mean, with n - 1.

        Raises
        ------
        ValueError
            If there is one network only.
        """
        self._check_is_fitted()
        if not isinstance(self.network_, EnsembleNetwork):
            msg = f"{type(self).__name__}.predict_spread needs several networks; n_networks=1"
            raise ValueError(msg)
        outputs = self.network_.outputs(self._read_for_prediction(X))
        return np.std([_targets.probabilities(one) for one in outputs], axis=0, ddof=1)

    def _recipe(self, settings, learnt, x):
        arguments = self._describe_network(settings, learnt, x)
        return recipe_of(settings, self._builder, arguments, learnt.n_classes_)

    def _describe_network(self, settings, learnt, x):
        """Arguments of the function that builds the network, but for those that all have."""
        del learnt
        arguments = {name: getattr(settings, name) for name in self._network_parameters}
        return {"shape": x.shape[1:], **arguments}
