"""Predictions at many hypotheses, without repeating what does not depend on them."""

from __future__ import annotations

import weakref

import numpy as np

from skhep_nn.estimators._fit._ensemble_network import EnsembleNetwork
from skhep_nn.networks._parametric import PARAMETER, split_at_parameter
from skhep_nn.training._engine import Engine, n_rows_of

# The two parts of each network that scanned before; gone with the network.
_PARTS = weakref.WeakKeyDictionary()


def scan(network, x, hypotheses):
    """Outputs of `network` at each hypothesis.

    Parameters
    ----------
    network : PooledNetwork or EnsembleNetwork
    x : dict of str to ndarray
        Inputs but the parameter.
    hypotheses : ndarray of shape (n_hypotheses, n_parameters)

    Yields
    ------
    ndarray of shape (n_events, n_outputs)
    """
    if isinstance(network, EnsembleNetwork):
        each = (scan(one, x, hypotheses) for one in network.networks)
        yield from (np.mean(outputs, axis=0) for outputs in zip(*each, strict=True))
        return
    if len(hypotheses) == 1:
        yield network.predict({**x, PARAMETER: repeated(hypotheses[0], n_rows_of(x))})
        return
    trunk, rest = _parts(network)
    known = trunk.predict(x)
    for hypothesis in hypotheses:
        yield rest.predict([known, repeated(hypothesis, len(known))])


def repeated(hypothesis, n_events):
    """One hypothesis for every event, as the network reads it."""
    from skhep_nn.estimators._parametric._columns import as_read

    return np.tile(as_read(hypothesis), (n_events, 1))


def _parts(network):
    variables, engines = _PARTS.get(network, (None, None))
    if engines is None or variables is not network.variables:
        engines = [Engine(part) for part in split_at_parameter(network.model)]
        _PARTS[network] = network.variables, engines
    return engines
