"""The model and its events as sections see them: scores are computed once, for all of them."""

from __future__ import annotations

import warnings
from functools import cached_property

import numpy as np

from skhep_nn import _class_names, _columns, _composition, _samples
from skhep_nn._validation import check_random_state
from skhep_nn.exceptions import ExtrapolationWarning
from skhep_nn.metrics import _inputs
from skhep_nn.report._contents import Missing

PARTS = ("train", "validation", "test")
_WORDS = {"train": "training", "validation": "validation", "test": "test"}


class Part:
    """Training, validation or test events.

    Parameters
    ----------
    name : {"train", "validation", "test"}
    sample : Sample
    context : Context
    """

    def __init__(self, name, sample, context):
        self.name = name
        self.sample = sample
        self._context = context

    def __len__(self):
        return len(self.sample)

    @property
    def word(self):
        """What its events are called."""
        return _WORDS[self.name]

    @property
    def y(self):
        """Labels."""
        return self.sample.y

    @property
    def weights(self):
        """Event weights, times the luminosity."""
        return self.sample.weights * self._context.luminosity

    @cached_property
    def is_signal(self):
        """Which events are signal."""
        return _inputs.signal_mask(self.y, self._context.signal)

    @cached_property
    def X(self):  # noqa: N802 - scikit-learn's name
        """What the model gets; background has masses where the model needs them."""
        return self._context.with_masses(self.sample, self.is_signal)

    @cached_property
    def probabilities(self):
        """Of each class, (n_events, n_classes)."""
        model = self._context.model
        if not hasattr(model, "predict_proba"):
            msg = "It needs probabilities."
            raise Missing(msg, f"{type(model).__name__} has no predict_proba")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExtrapolationWarning)
            return np.asarray(model.predict_proba(self.X))

    @cached_property
    def scores(self):
        """Score of the signal."""
        context = self._context
        if not hasattr(context.model, "predict_proba"):
            return _composition.signal_score(context.model, self.X, context.signal)
        wanted = context.signal if isinstance(context.signal, (list, tuple)) else [context.signal]
        at = [_composition.class_position(context.model, label) for label in wanted]
        return self.probabilities[:, at].sum(axis=1)

    @cached_property
    def processes(self):
        """What each event is called in tables of yields: its process, or its class."""
        column = self._context.process_column
        if column is None:
            return np.array([self._context.name_of(label) for label in self.y.tolist()])
        return np.asarray(_columns.take(self.sample.table, column, "process_column")).astype(str)


class Context:
    """What a section is given: the model, its events, and what is asked for.

    Parameters
    ----------
    report : Report
        As its user made it.

    Attributes
    ----------
    model : fitted classifier
    signal : label
    parts : dict of str to Part
        Those of ``"train"``, ``"validation"`` and ``"test"`` that are given.
    luminosity : float
        Factor on all weights.
    names : dict of label to str
        What classes are called, those that have a name.
    """

    def __init__(self, report):
        self.report = report
        self.model = report.model
        self.process_column = report.process_column
        self.luminosity = 1.0 if report.luminosity is None else float(report.luminosity)
        self.signal = _signal_of(report.model, report.signal)
        self._known = {}
        self.names = _names_of(report, self.classes)
        called = {label: self.name_of(label) for label in self.classes}
        _class_names.check_differ(called, self.names)
        self.parts = {name: self._read(name) for name in PARTS if getattr(report, name) is not None}

    @property
    def classes(self):
        """Labels of the model."""
        return np.asarray(self.model.classes_).tolist()

    @property
    def parameter(self):
        """Columns of the masses of a parametric model, or None."""
        return _composition.parameter(self.model)

    def part(self, name):
        """Events of a part.

        Raises
        ------
        Missing
            If they are not given.
        """
        if name not in self.parts:
            msg = f"It needs {_WORDS[name]} events."
            raise Missing(
                msg,
                f"Give Report(..., {name}=(X, y)), or --{name} FILE on the command line.",
            )
        return self.parts[name]

    def any_part(self, *names):
        """The first of these parts that is given.

        Raises
        ------
        Missing
            If none is.
        """
        return next((self.parts[n] for n in names if n in self.parts), None) or self.part(names[0])

    def once(self, key, function):
        """What `function` gives, computed by the first section that asks for `key`."""
        if key not in self._known:
            self._known[key] = function()
        return self._known[key]

    def name_of(self, label):
        """What a class is called."""
        if label in self.names:
            return self.names[label]
        if len(self.classes) != 2 or isinstance(label, str):
            return str(label)
        return "signal" if label in _columns.as_list(self.signal) else "background"

    def read(self, given, name):
        """A sample as it is given by the user."""
        report = self.report
        return _samples.read(
            self.model, given, report.y, weight_column=report.weight_column, owner="Report",
            name=name,
        )  # fmt: skip

    def with_masses(self, sample, is_signal):
        """X of a sample in which background has masses drawn from those of the signal."""
        X = sample.X
        for column in _columns.as_list(self.parameter):
            if not _columns.has(X, column):
                continue
            values = np.asarray(_columns.take(X, column), dtype=np.float64)
            if not np.isnan(values).any():
                continue
            # the same draw for each of several parameters keeps the points
            rng = check_random_state(self.report.random_state)
            drawn = rng.choice(np.flatnonzero(is_signal), len(values))
            X = _columns.replace(X, column, np.where(is_signal, values, values[drawn]))
        return X

    def _read(self, name):
        return Part(name, self.read(getattr(self.report, name), name), self)


def _names_of(report, classes):
    """{label: name} as the report is given them, or else the model."""
    if report.class_names is None:
        return _class_names.of_estimator(report.model)
    return _class_names.checked(report.class_names, classes, "the model")


def _signal_of(model, signal):
    classes = np.asarray(_composition.check_classifier(model).classes_).tolist()
    if signal is not None:
        for label in signal if isinstance(signal, (list, tuple)) else [signal]:
            _composition.class_position(model, label)
        return signal
    if 1 in classes:
        return classes[classes.index(1)]
    if len(classes) == 2:
        return classes[1]
    msg = f"signal=None, but the model has the classes {classes}; say which is the signal"
    raise ValueError(msg)
