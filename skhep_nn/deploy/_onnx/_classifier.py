"""OnnxClassifier: a model that runs on ONNX Runtime, as a fitted scikit-learn classifier."""

from __future__ import annotations

import copy
import warnings

import numpy as np

from skhep_nn import _columns
from skhep_nn._hypotheses import hypotheses_of, hypothesis_of
from skhep_nn._probabilities import FromProbabilities
from skhep_nn.deploy._onnx import _file, _hypothesis, _session
from skhep_nn.deploy._onnx._estimator import EstimatorOnDemand
from skhep_nn.deploy._onnx._metadata import Metadata
from skhep_nn.deploy._onnx._specs import feeds_of, has_numbers
from skhep_nn.exceptions import ExtrapolationWarning, FileFormatError

OUTPUT = _session.OUTPUT
NOTHING_FILLS = "; it has nothing that fills missing values"
NO_MASS = (
    "; every event needs a mass hypothesis, background too: at(...) is the classifier at one, and "
    "export_onnx(..., check=X) takes events that have one"
)


def load_onnx(path, *, n_threads=None):
    """Load an exported model; it needs ONNX Runtime, and neither TensorFlow nor Keras.

    Parameters
    ----------
    path : path or bytes
        A file that `export_onnx` wrote. Nothing in it can run code.
    n_threads : int, default=None
        Threads that many events are shared among; None: as many as there are cores.

    Returns
    -------
    OnnxClassifier

    Raises
    ------
    FileFormatError
        If the file is cut off, changed, not written by `export_onnx`, or does not give the
        probabilities of its reference events on this machine.
    MissingExtraError
        If ONNX Runtime is not installed.

    Examples
    --------
    >>> from skhep_nn import load_onnx
    >>> load_onnx("model.onnx")  # doctest: +SKIP
    OnnxClassifier(DenseClassifier, 12 features, classes [0, 1])
    """
    contents = _file.read(path)
    model = OnnxClassifier(contents.content, n_threads=n_threads)
    model._start(contents, _file.name_of(path))
    return model


class OnnxClassifier(FromProbabilities, EstimatorOnDemand):
    """A fitted classifier that is an ONNX file; `load_onnx` makes it.

    It works wherever a fitted classifier does: in scorers, displays, `apply`, joblib files (it
    holds the file's bytes) and threads. Fitting does nothing, and a clone is the classifier itself.

    Parameters
    ----------
    model : bytes
        The file.
    hypothesis : sequence of float, default=None
        Mass at which events are read, see :meth:`at`.
    n_threads : int, default=None
        Threads that many events are shared among.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If the model was fitted on data with names. Columns that data may lack, such as event
        weights, are none of them; X may have them all the same.
    metadata_ : Metadata
        Training ranges, versions, digest and more; ``skhep-nn show`` prints it.
    parameter_names_ : list of str
        Of the mass hypotheses, if the model takes any.
    parameter_range_ : ndarray of shape (n_parameters, 2)
    """

    PARAMETERS = ("model", "hypothesis", "n_threads")

    # what is made of the file; a copy in another process makes its own
    SESSION = ("_session", "_columns")
    MADE = ("_metadata", *SESSION)

    def __init__(self, model, *, hypothesis=None, n_threads=None):
        self.model = model
        self.hypothesis = hypothesis
        self.n_threads = n_threads

    def fit(self, X=None, y=None, **arguments):
        """Nothing: the classifier is fitted.

        Returns
        -------
        self
        """
        del X, y, arguments
        return self

    def predict_proba(self, X):
        """Class probabilities.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            As in the fit of the model, with the same columns in the same order.

        Returns
        -------
        ndarray of shape (n_events, n_classes), float32

        Raises
        ------
        ColumnError
            If a column is missing, unknown or in another place than in fit.
        ValueError
            If a feature is not finite (NaN is fine where the model fills it), or an event has a
            category that the model does not know.
        """
        feeds, output = self._read(X)
        out = _session.run(self._runtime(), feeds, len(self.classes_), self.n_threads, output)
        self._check_outcome(out)
        return out

    def predict_proba_scan(self, X, hypotheses):
        """Class probabilities of every event at each of several mass hypotheses.

        Parameters
        ----------
        X
            As in :meth:`predict_proba`, with or without the columns of the mass.
        hypotheses : array-like of shape (n_hypotheses,) or (n_hypotheses, n_parameters)

        Returns
        -------
        ndarray of shape (n_events, n_hypotheses, n_classes)
        """
        points = hypotheses_of(hypotheses, self.parameter_names_)
        return np.stack([self.at(*point).predict_proba(X) for point in points], axis=1)

    def at(self, *values, **named):
        """The classifier at one mass hypothesis, whatever X has in the columns of the mass.

        Parameters
        ----------
        *values, **named : float
            ``at(750)``, or by name, ``at(mass=750)``.

        Returns
        -------
        OnnxClassifier
        """
        hypothesis = np.asarray(hypothesis_of(values, named, self.parameter_names_))
        low, high = self.parameter_range_.T
        if ((hypothesis < low) | (hypothesis > high)).any():
            msg = (
                f"hypothesis {hypothesis.tolist()} is outside of the range in training, "
                f"{self.parameter_range_.tolist()}"
            )
            warnings.warn(msg, ExtrapolationWarning, stacklevel=2)
        out = copy.copy(self)
        out.hypothesis = hypothesis.tolist()
        return out

    def outside_range(self, X):
        """Number of events outside the range of training, for each feature whose range is known.

        Parameters
        ----------
        X
            As in :meth:`predict_proba`.

        Returns
        -------
        dict of str to int
        """
        feeds = self._feeds(X)
        found = {}
        for spec in self.metadata_.inputs:
            for place, at in enumerate(spec.columns if spec.kind in ("table", "array") else ()):
                facts = self.metadata_.facts.get(at, {})
                if "range" in facts:
                    low, high = np.array(facts["range"], dtype=spec.dtype)
                    values = feeds[spec.name][..., place]
                    given = ~np.isnan(values)
                    if facts.get("missing_value") is not None:
                        given &= values != np.dtype(spec.dtype).type(facts["missing_value"])
                    outside = given & ((values < low) | (values > high))
                    found[self.metadata_.label(at)] = int(outside.sum())
        return found

    @property
    def metadata_(self):
        """What the file says of itself."""
        if "_metadata" not in vars(self):
            self._start(_file.read(self.model), _file.name_of(self.model))
        return self._metadata

    @property
    def classes_(self):
        """Labels, in the order of the columns of ``predict_proba``."""
        return self.metadata_.classes

    @property
    def class_names(self):
        """What classes are called, by their labels, if the model that was exported says so."""
        names = self.metadata_.class_names
        if names is None:
            return None
        named = zip(self.classes_.tolist(), names, strict=True)
        return {label: name for label, name in named if name is not None}

    @property
    def n_features_in_(self):
        """Number of columns, or blocks, of X."""
        return len(self._required())

    @property
    def feature_names_in_(self):
        """Names of the columns of X."""
        names = self.metadata_.names
        if names is None:
            msg = "the model was fitted on an array without names"
            raise AttributeError(msg)
        return np.asarray([names[at] for at in self._required()], dtype=object)

    @property
    def parameter_names_(self):
        """Names of the mass hypotheses."""
        return self._parameters()["names"]

    @property
    def parameter(self):
        """Columns of the mass hypotheses, as of the classifier that was exported."""
        columns, names = self._parameters()["columns"], self.metadata_.names
        return [c if isinstance(c, str) or names is None else names[c] for c in columns]

    @property
    def parameter_range_(self):
        """Lowest and highest value of each in training."""
        return np.asarray(self._parameters()["range"], float)

    def _parameters(self):
        if not self.metadata_.parameters:
            msg = "the model takes no mass hypothesis as an input"
            raise AttributeError(msg)
        return self.metadata_.parameters

    def _required(self):
        about = self.metadata_
        optional = set(self._columns_of_fit().optional).difference(about.numbers())
        return [at for at in range(about.n_columns) if at not in optional]

    def _columns_named(self, parameters):
        """As `_composition.columns_named`: of the file's columns, those of the event number."""
        about = self.metadata_
        numbers = about.numbers() if "fold_column" in parameters else []
        return [at if about.names is None else about.names[at] for at in numbers]

    def _columns_of_fit(self):
        if "_columns" not in vars(self) or self._columns[0] != self.hypothesis:
            about = self.metadata_
            optional = [*about.optional, *about.numbers()]
            if self.hypothesis is not None:
                optional += _hypothesis.positions(about)
            fitted = _columns.FittedColumns(about.names, about.n_columns, tuple(optional))
            self._columns = (self.hypothesis, fitted)
        return self._columns[1]

    def _feeds(self, X):
        return self._read(X)[0]

    def _read(self, X):
        """What the session is fed, and which of its outputs is wanted."""
        about, owner = self.metadata_, type(self).__name__
        X = _hypothesis.as_input(X)
        if about.loose:
            X = _hypothesis.in_order(X, about.names)
        present = self._columns_of_fit().present(X, owner)
        if self.hypothesis is not None:
            X, present = _hypothesis.put_in(X, present, about, self.hypothesis)
        feeds = feeds_of(about.inputs, X, present, owner)
        for spec in about.inputs:
            self._check_finite(spec, feeds[spec.name])
        numbers = [spec for spec in about.inputs if spec.kind == "numbers"]
        known = all(has_numbers(spec, present, owner) for spec in numbers)
        return feeds, OUTPUT if known else _session.MEAN_OUTPUT

    def _check_finite(self, spec, values):
        if values.dtype.kind != "f" or np.isfinite(values).all():
            return
        facts = self.metadata_.facts
        for place, at in enumerate(spec.columns):
            column = values[..., place] if spec.kind in ("table", "array") else values
            may_miss = spec.kind in ("table", "array") and _may_be_nan(facts.get(at, {}))
            bad = np.isinf(column) if may_miss else ~np.isfinite(column)
            if bad.any():
                event = int(np.argwhere(bad)[0][0])
                what = "NaN" if np.isnan(column[bad][0]) else "infinity"
                masses = _hypothesis.positions(self.metadata_)
                hint = NO_MASS if at in masses else "" if may_miss else NOTHING_FILLS
                name = self.metadata_.label(at)
                msg = (
                    f"Input X contains {what}: column {name!r} in event {event} "
                    f"({int(bad.sum())} in all); the model takes finite features{hint}"
                )
                raise ValueError(msg)

    def _check_outcome(self, out):
        bad = np.isnan(out).any(axis=1)
        if bad.any():
            listed = self.metadata_.parameters.get("listed")
            masses = f", a mass other than those of the networks, {listed}" if listed else ""
            msg = (
                f"the model gives no probabilities for event {int(bad.argmax())} ({int(bad.sum())} "
                f"in all): it has a category or a value that was not known in training{masses}, or "
                "lists of other lengths in blocks that are joined"
            )
            raise ValueError(msg)

    def _start(self, contents, called):
        """Read the metadata, check the digest and the reference events."""
        metadata = Metadata.from_text(contents.metadata, called)
        if metadata.digest != contents.digest:
            msg = f"{called} was changed after export_onnx wrote it: its digest is another"
            raise FileFormatError(msg)
        self._session = _session.open_session(contents.content, called)
        self._metadata = metadata
        _check_references(self._session, metadata, called)

    def _runtime(self):
        if "_session" not in vars(self):
            self._session = _session.open_session(self.model, "the ONNX model")
        return self._session

    def __repr__(self, N_CHAR_MAX=700):
        about = self.metadata_
        at = "" if self.hypothesis is None else f", at {self.hypothesis}"
        return (
            f"OnnxClassifier({about.model}, {self.n_features_in_} features, "
            f"classes {about.classes.tolist()}{at})"
        )

    def __setattr__(self, name, value):
        if name == "model":
            for made in self.MADE:
                vars(self).pop(made, None)
        super().__setattr__(name, value)

    def __getstate__(self):
        return {key: value for key, value in vars(self).items() if key not in self.SESSION}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


def _may_be_nan(facts):
    return "filled_with" in facts and facts.get("nan", True)


def _check_references(session, metadata, called):
    reference = dict(metadata.reference)
    wanted = reference.pop(OUTPUT, None)
    if wanted is None or set(reference) != {spec.name for spec in metadata.inputs}:
        msg = f"{called} is broken: it has no reference events"
        raise FileFormatError(msg)
    got = _session.run(session, reference, len(metadata.classes))
    off = np.abs(got - wanted)
    if (
        got.shape != wanted.shape
        or not (np.nan_to_num(off, nan=np.inf) <= metadata.tolerance).all()
    ):
        msg = (
            f"{called} does not give the probabilities of its reference events on this machine: "
            f"they are off by up to {np.nanmax(off, initial=0.0):.2g}"
        )
        raise FileFormatError(msg)
