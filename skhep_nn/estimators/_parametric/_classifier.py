"""ParametricClassifier: one network for every mass hypothesis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn import _hypotheses, _labels
from skhep_nn._shown import shown
from skhep_nn._validation import HasMethods, Integral, Interval, Options, Real, StrOptions
from skhep_nn.estimators._blocks._base import (
    BLOCKS,
    BlockNetworkClassifier,
    check_shared,
    inputs_of,
)
from skhep_nn.estimators._fit import _targets
from skhep_nn.estimators._parameters import COLUMN, PENALTY, shares_training_parameters
from skhep_nn.estimators._parametric import _columns as _mass_columns
from skhep_nn.estimators._parametric import _mass_warnings
from skhep_nn.estimators._parametric._assignment import ASSIGNMENTS
from skhep_nn.estimators._parametric._at import HypothesisClassifier
from skhep_nn.estimators._parametric._batches import SAMPLERS
from skhep_nn.estimators._parametric._groups import strata_of
from skhep_nn.estimators._parametric._preparation import prepared
from skhep_nn.estimators._parametric._scan import scan
from skhep_nn.networks._hidden import as_layers
from skhep_nn.networks._parametric import PARAMETER

BODY = {
    "dense": {"units": (100, 100), "activation": "relu"},
    "resnet": {"units": 128, "activation": "relu", "n_blocks": 5},
}


@shares_training_parameters(further=BLOCKS, feature_bins=0)
class ParametricClassifier(BlockNetworkClassifier):
    """A network that takes the mass hypothesis as an input: one classifier for every mass.

    X has the mass, or whatever parameter of the signal it is, in a column. Signal events have
    theirs; background events have none, what stands there (NaN or anything else) is not read, and
    fit gives them masses. The mass is scaled inside to the range of the signal, so its unit does
    not matter.

    Parameters
    ----------
    parameter : str, int or list of these, default="mass"
        Columns (or blocks) of X with the parameter, or with several.
    signal : label, default=1
        The class that has the parameter; every other class is background. None is the last class.
    conditioning : {"concatenate", "bias", "scale", "affine", "film"}, default="affine"
        How the parameter m acts on features x of the network: ``[x, m]``, ``x + b(m)``,
        ``s(m) x``, ``s(m) x + b(m)``, ``(1 + s(m)) x + b(m)``, with s and b linear in m.
    placement : {"start", "all", "end"}, default="all"
        Where: on the input features, behind every hidden layer (on what enters each residual
        block), or behind the last.
    mass_embedding : int, default=0
        Width of a dense layer on the parameter before it acts; 0 is none.
    mass_noise : float from 0 to 1, default=0.
        Standard deviation of normal noise in training on the scaled parameter, whose range is
        [-1, 1] ([1/3, 1] for ``"affine"`` and ``"scale"`` at the start).
    assignment : {"identical", "uniform", "oversample"}, default="identical"
        Masses of background in training: drawn from those of the signal with the signal's weighted
        frequencies (several parameters together), drawn uniformly from `mass_range`, or each
        event at every mass of the signal, its weight shared by the signal's frequencies.
    mass_range : tuple (low, high), sequence of these, or None, default=None
        Of each parameter, for ``assignment="uniform"``. None is the range of the signal.
    resample : {"epoch", "never"}, default="epoch"
        Draw the masses of background anew before each epoch, or once. Those of validation events
        are drawn once in any case.
    process_column : str, int or None, default=None
        Column with the process of each event, for ``batch_sampler="process"``; never a feature.
    body : {"dense", "resnet"}, default="dense"
        Hidden layers, or residual blocks of dense layers.
    units : sequence of int, int or None, default=None
        Width of each hidden layer, or of the residual blocks. None is (100, 100), or 128.
    n_blocks : int, default=5
        Residual blocks of ``body="resnet"``.
    activation : str or callable, default="relu"
        Of the hidden layers.
    kernel_initializer : str or keras.initializers.Initializer, default="glorot_uniform"
        Of the hidden layers.
    dropout : float or sequence of float, default=0.25
        Fraction dropped after each hidden layer. Without it a network fits the masses of training
        closer and interpolates worse.
    l2 : float, default=0.
        L2 penalty on the kernels of the hidden layers.
    batch_normalization : {False, "input", "hidden", "all"}, default=False
        On the features, before the activation of each hidden layer, or both.
    branches : dict of str to dict, default=None
        For `EventBlocks`: what each block goes through before the parameter acts, as
        :class:`BlockClassifier` takes it.
    {training}
    {routed}

    Attributes
    ----------
    parameter_names_ : list
        Names (positions, for arrays) of the parameters.
    parameter_range_ : ndarray of shape (n_parameters, 2)
        Lowest and highest value of the signal in training, between which the network interpolates;
        further fits (`warm_start`, ``partial_fit``) extend it.
    parameter_values_ : ndarray of shape (n_values, n_parameters)
        Distinct values of the signal in training, and in
    parameter_frequencies_ : ndarray of shape (n_values,)
        the fraction of the signal's weights at each.
    mass_leak_ : float
        How well the mass alone separates signal from background: the AUC of its likelihood ratio,
        0.5 for not at all.
    {attributes}

    Warns
    -----
    MassLeakWarning
        In fit, if the mass alone separates signal from background.
    ExtrapolationWarning
        At the first prediction outside the range of the signal in training, after each fit.

    See Also
    --------
    IndividualMassClassifier : One network for each mass.
    skhep_nn.metrics.make_parametric_auc_scorer : The scorer for a search.

    Notes
    -----
    ``batch_sampler`` takes two more names. ``"mass"``: classes as in ``"balanced"``, and within
    the signal each mass equally often. ``"process"``: within a class of background also each
    process of `process_column`. Event weights then act within a mass or process only, and each
    needs a positive sum of them in training and in validation. Where a split that was not asked
    for (``early_stopping="auto"``) would leave none, all events are trained on.

    References
    ----------
    Baldi et al., "Parameterized neural networks for high-energy physics", arXiv:1601.07913.
    Anzalone, Diotalevi, Bonacorsi, "Improving parametric neural networks for high-energy physics
    (and beyond)", arXiv:2202.00424: conditioning, assignment of masses, balancing.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skhep_nn import ParametricClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(900) % 2
    >>> mass = np.where(y == 1, rng.choice([1.0, 2.0, 3.0], 900), np.nan)
    >>> m = np.where(y == 1, mass, rng.uniform(0, 4, 900)) + rng.normal(0, 0.1, 900)
    >>> X = pd.DataFrame({"m": m, "mass": mass})
    >>> clf = ParametricClassifier(
    ...     units=(32, 32), dropout=0.0, epochs=40, learning_rate=0.01, random_state=0)
    >>> at_two = clf.fit(X, y).at(mass=2.0)
    >>> at_two.predict(pd.DataFrame({"m": [1.0, 2.0, 3.0]})).tolist()
    [0, 1, 0]
    >>> clf.predict_proba_scan(X, [1.0, 1.5, 2.0, 2.5]).shape
    (900, 4, 2)
    """

    _builder = "parametric"
    _column_parameters = ("weight_column", "exclude", "parameter", "process_column")
    _network_parameters = (
        "body",
        "conditioning",
        "placement",
        "mass_embedding",
        "mass_noise",
        "kernel_initializer",
        "dropout",
        "l2",
        "batch_normalization",
        "branches",
        "shared_embeddings",
        "embedding_size",
        "mask_value",
    )
    _parameter_constraints: dict = {  # noqa: RUF012
        "parameter": ["array-like", *COLUMN],
        "mass_embedding": [Interval(Integral, 0, None, closed="left")],
        "mass_noise": [Interval(Real, 0, 1, closed="both")],
        "conditioning": [StrOptions({"concatenate", "bias", "scale", "affine", "film"})],
        "placement": [StrOptions({"start", "all", "end"})],
        "assignment": [StrOptions(set(ASSIGNMENTS))],
        "mass_range": ["array-like", None],
        "resample": [StrOptions({"epoch", "never"})],
        "process_column": [*COLUMN, None],
        "body": [StrOptions(set(BODY))],
        "units": ["array-like", Integral, None],
        "n_blocks": [Interval(Integral, 1, None, closed="left")],
        "activation": [str, callable, HasMethods("get_config")],
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "l2": [PENALTY],
        "batch_normalization": [StrOptions({"input", "hidden", "all"}), Options(bool, {False})],
        "branches": [dict, None],
        "batch_sampler": [StrOptions(set(SAMPLERS)), HasMethods("fit_resample"), None],
    }

    def __init__(
        self,
        parameter="mass",
        *,
        signal=1,
        conditioning="affine",
        placement="all",
        mass_embedding=0,
        mass_noise=0.0,
        assignment="identical",
        mass_range=None,
        resample="epoch",
        process_column=None,
        body="dense",
        units=None,
        n_blocks=5,
        activation="relu",
        kernel_initializer="glorot_uniform",
        dropout=0.25,
        l2=0.0,
        batch_normalization=False,
        branches=None,
        **training,
    ):
        super().__init__(**training)
        self.parameter = parameter
        self.signal = signal
        self.conditioning = conditioning
        self.placement = placement
        self.mass_embedding = mass_embedding
        self.mass_noise = mass_noise
        self.assignment = assignment
        self.mass_range = mass_range
        self.resample = resample
        self.process_column = process_column
        self.body = body
        self.units = units
        self.n_blocks = n_blocks
        self.activation = activation
        self.kernel_initializer = kernel_initializer
        self.dropout = dropout
        self.l2 = l2
        self.batch_normalization = batch_normalization
        self.branches = branches

    def predict_proba_scan(self, X, hypotheses):
        """Class probabilities of every event at each of several hypotheses.

        What does not depend on the hypothesis, such as the networks on sequences and the layers
        before the parameter acts, is computed once.

        Parameters
        ----------
        X : DataFrame or array-like
            As in :meth:`predict_proba`; the columns of the parameter are not read and may be
            absent.
        hypotheses : array-like of shape (n_hypotheses[, n_parameters]), or list of dict

        Returns
        -------
        ndarray of shape (n_events, n_hypotheses, n_classes)
        """
        self._check_is_fitted()
        hypotheses = _hypotheses.hypotheses_of(hypotheses, self.parameter_names_)
        self._check_hypotheses(hypotheses)
        x = self._features_for_prediction(X)
        outputs = [_targets.probabilities(out) for out in scan(self.network_, x, hypotheses)]
        return np.stack(outputs, axis=1)

    def at(self, *values, **named):
        """A fitted classifier for one hypothesis, whatever X has in the parameter's columns.

        Parameters
        ----------
        *values, **named : float
            ``at(750)``, or by name, ``at(mass=750)``, ``at(m_stop=550, m_lsp=520)``.

        Returns
        -------
        HypothesisClassifier
        """
        self._check_is_fitted()
        hypothesis = _hypotheses.hypothesis_of(values, named, self.parameter_names_)
        self._check_hypotheses(np.array([hypothesis]))
        return HypothesisClassifier(self, hypothesis)

    def _check_hypotheses(self, hypotheses):
        read = _mass_columns.as_read(hypotheses)
        if not np.isfinite(read).all():
            names = self.parameter_names_
            msg = (
                f"a hypothesis for {names} is beyond {read.dtype}, in which the network reads it: "
                f"{hypotheses.tolist()!r:.200}"
            )
            raise ValueError(msg)
        _mass_warnings.warn_outside(self, hypotheses, "hypotheses")

    def _read(self, settings, X, y, learnt, **how):
        first = not hasattr(learnt, "columns_")
        X = self._reader(settings).table(X)
        columns = _mass_columns.positions_of(X, settings.parameter) if first else None
        learnt, events = super()._read(settings, X, y, learnt, **how)
        x = _with_a_place(events.x)
        if first:
            learnt = learnt.also(
                _parameter_columns=columns,
                parameter_names_=_mass_columns.names_of(X, columns),
                _signal_code=_signal_code(settings.signal, learnt.classes_.tolist()),
            )
        needed = _mass_columns.NEEDED
        x[PARAMETER] = _mass_columns.values_of(learnt, X, settings.owner, needed)
        by_process = settings.batch_sampler == "process"
        processes = _mass_columns.processes_of(settings, learnt, X) if by_process else None
        events = replace(events, x=x, processes=processes)
        return learnt, replace(events, strata=strata_of(settings, learnt, events))

    def _prepared(self, settings, learnt, train, held_out, seed):
        return prepared(settings, learnt, train, held_out, seed)

    def _read_for_prediction(self, X):
        """Features and hypotheses of events to be classified."""
        X = self._prediction_reader.table(X)
        x = self._features_for_prediction(X)
        values = _mass_columns.values_of(self, X, type(self).__name__)
        _mass_columns.check_hypotheses(
            values, self.parameter_names_, "events", _mass_columns.WAYS_OUT
        )
        _mass_warnings.warn_outside(self, values, "events")
        return {**x, PARAMETER: values}

    def _features_for_prediction(self, X):
        return _with_a_place(super()._read_for_prediction(X))

    def _describe_network(self, settings, learnt, x):
        arguments = {name: getattr(settings, name) for name in self._network_parameters}
        for name, default in BODY[settings.body].items():
            value = getattr(settings, name)
            arguments[name] = default if value is None else value
        check_shared(settings.shared_embeddings, learnt)
        if settings.body == "resnet" and len(as_layers(arguments["units"], "units")) != 1:
            msg = (
                f'units={settings.units!r}, but body="resnet" has residual blocks of one width; '
                "give one integer"
            )
            raise ValueError(msg)
        # the parameter has a scale of its own
        features = {name: array for name, array in x.items() if name != PARAMETER}
        # blocks of one number per event have become a table
        kinds = getattr(learnt, "block_kinds_", ())
        table = list(features) == ["features"] and "features" not in kinds
        return {
            "inputs": inputs_of(settings, learnt, features["features"] if table else features),
            "low": learnt._parameter_scale[:, 0].tolist(),
            "high": learnt._parameter_scale[:, 1].tolist(),
            **arguments,
        }


def _with_a_place(x):
    """What the network reads, by name, so that the parameter has a place in it."""
    if isinstance(x, dict):
        return dict(x)
    if len(x.shape) != 2:
        msg = (
            f"X has shape {x.shape}, which has no place for the parameter of an event; put the "
            "array into EventBlocks, beside a block with the parameter"
        )
        raise ValueError(msg)
    return {"features": x}


def _signal_code(signal, known):
    """Number of the class `signal` among the labels `known`; None is the last."""
    if signal is not None and _labels.one(signal) not in known:
        cure = _labels.of_numbers([signal], known, "give the number of the class")
        msg = (
            f"signal={shown(signal)} is not a label of y, which has {known[:20]}; name the class "
            f"that has the parameter{cure}"
        )
        raise ValueError(msg)
    return len(known) - 1 if signal is None else known.index(signal)
