"""Writing a fitted model as an ONNX file, checked before it takes its name."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _choices, _composition, _floats
from skhep_nn._hypotheses import hypothesis_of
from skhep_nn._paths import user_path
from skhep_nn._storage import explained, whole_file
from skhep_nn.deploy._onnx import _samples, _session
from skhep_nn.deploy._onnx._classifier import OnnxClassifier
from skhep_nn.deploy._onnx._convert import convert, to_bytes
from skhep_nn.deploy._onnx._graph_root import Options, reader_of_masses
from skhep_nn.deploy._onnx._hypothesis import as_input
from skhep_nn.deploy._onnx._metadata import N_REFERENCE
from skhep_nn.deploy._onnx._verify import verify_onnx
from skhep_nn.deploy._writer import check_place
from skhep_nn.exceptions import ExportError

# How far a runtime may be from the one that the file was written with.
RUNTIME_TOLERANCE = 1e-5
CHOICES = {
    "inputs": ("matrix", "columns"),
    "dtype": ("float32", "float64"),
    "tokens": ("int32", "int64", "float32"),
    "masks": ("bool", "float32"),
    "target": ("onnxruntime", "sofie"),
}


def export_onnx(
    model,
    path,
    *,
    check=None,
    inputs="matrix",
    dtype="float32",
    tokens="int32",
    masks="bool",
    at=None,
    target="onnxruntime",
    tolerance=None,
):
    """Write a fitted classifier or Pipeline as one ONNX file: scaling, network, classes and names.

    Parameters
    ----------
    model : fitted classifier, Pipeline, or search with a best one
    path : path
        The file appears, or takes the place of an older one, when it is whole and agrees with
        `model`.
    check : DataFrame, array or EventBlocks, default=None
        Events on which file and model are compared; 16 of them become the file's reference
        events. None: made-up events within the range of training.
    inputs : {"matrix", "columns"}, default="matrix"
        One input ``features`` of shape (n, n_features), or an input of shape (n, 1) for each
        feature, by its name. Blocks are inputs by their names in any case.
    dtype : {"float32", "float64"}, default="float32"
        Of the features: float64 where one is large and varies little, such as a time stamp.
    tokens : {"int32", "int64", "float32"}, default="int32"
        Type of blocks of tokens; float32 for frameworks that know nothing else.
    masks : {"bool", "float32"}, default="bool"
        Type of masks.
    at : float, sequence of float or dict, default=None
        Mass hypothesis to build into the file of a parametric classifier, which then has no
        input for it.
    target : {"onnxruntime", "sofie"}, default="onnxruntime"
        ``"sofie"``: for ROOT's SOFIE, which makes C++ of the file: one event at a time, single
        precision, and only what SOFIE was seen to compute right.
    tolerance : float, default=None
        Largest difference of a probability from that of `model`; see `verify_onnx`.

    Returns
    -------
    Verification
        How far the file is from the model on `check`.

    Raises
    ------
    ExportError
        If something cannot be written, naming the step and the reason; no file is written.
    DisagreementError
        If the file would differ from the model by more than `tolerance`; no file is written.
    MissingExtraError
        If onnx or ONNX Runtime is not installed.

    See Also
    --------
    load_onnx, verify_onnx

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from skhep_nn import DenseClassifier, export_onnx, load_onnx
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    >>> model = DenseClassifier(units=(4,), epochs=1, random_state=0, verbose=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.onnx"
    ...     found = export_onnx(model, path, check=X)
    ...     load_onnx(path), found.largest < 1e-6
    (OnnxClassifier(DenseClassifier, 3 features, classes [0, 1]), True)
    """
    options = {"inputs": inputs, "dtype": dtype, "tokens": tokens, "masks": masks, "target": target}
    for name, value in options.items():
        _choices.one_of(value, CHOICES[name], name)
    path = _checked_place(path)
    model = _unwrapped(model)
    content, found = build(
        model, check, Options(**options, at=_hypothesis_of(model, at)), tolerance
    )
    _write(path, content)
    return found


def build(model, check, options, tolerance=None):
    """The bytes of the file, and how far it is from the model."""
    graph, metadata = convert(model, options)
    if check is not None:
        as_input(check, "check")
        _learn_ranges(metadata, check)
    else:
        check = _samples.make_up(model, metadata)
    for facts in metadata.facts.values():
        facts.pop("around", None)
    if tolerance is not None:
        tolerance = _floats.not_negative(tolerance, "tolerance")
    # what multiplies the rounding of this runtime does so to that of others
    metadata.tolerance = max(RUNTIME_TOLERANCE, tolerance or 0.0)
    # a file without reference events first, which makes them
    bare = OnnxClassifier(to_bytes(graph, metadata))
    bare._metadata = metadata
    if _n_events(check) == 0:
        msg = "check has no events; a file is written with reference events, give some"
        raise ValueError(msg)
    metadata.reference = _references(bare, check, len(metadata.classes))
    content = to_bytes(graph, metadata)
    found = verify_onnx(content, _at(model, options), check, tolerance=tolerance)
    return content, found


def _references(bare, check, n_classes):
    """A few of the events, spread over `check`, as they are fed, and their probabilities."""
    n_events = _n_events(check)
    rows = np.unique(np.linspace(0, n_events - 1, min(N_REFERENCE, n_events)).astype(int))
    feeds = bare._feeds(_rows(check, rows))
    return {**feeds, _session.OUTPUT: _session.run(bare._runtime(), feeds, n_classes)}


def _n_events(X):
    return len(X)


def _rows(X, rows):
    return (
        X.iloc[rows] if hasattr(X, "iloc") else X[rows] if hasattr(X, "shape") else _listed(X, rows)
    )


def _listed(X, rows):
    return X[rows] if hasattr(X, "fields") else [X[int(row)] for row in rows]


def _learn_ranges(metadata, check):
    """Ranges of features that no transformer knows, from the events of `check`."""
    for at, (low, high) in _samples.ranges(metadata, check).items():
        metadata.facts.setdefault(at, {}).setdefault("range", [low, high])


def _unwrapped(model):
    """The fitted classifier inside a search."""
    while hasattr(model, "best_estimator_"):
        model = model.best_estimator_
    if not hasattr(model, "predict_proba"):
        msg = f"model: {type(model).__name__} gives no probabilities of classes"
        raise ExportError(msg)
    check_is_fitted(model)
    return model


def _hypothesis_of(model, at):
    if at is None:
        return None
    network = reader_of_masses(model)
    if not hasattr(network, "parameter_names_") or not hasattr(network, "at"):
        msg = f"at={at!r}, but {type(model).__name__} takes no mass hypothesis"
        raise ValueError(msg)
    named = at if isinstance(at, dict) else {}
    values = () if isinstance(at, dict) else np.atleast_1d(at).tolist()
    return hypothesis_of(values, named, network.parameter_names_)


class _AtHypothesis:
    """A model that reads events at one hypothesis, for comparison."""

    def __init__(self, model, values):
        self.model, self.values = model, values

    def predict_proba(self, X):
        """Probabilities, whatever X has in the columns of the mass."""
        columns = _composition.parameter(self.model)
        columns = [columns] if isinstance(columns, (str, int)) else list(columns)
        if hasattr(X, "assign"):
            X = X.assign(**dict(zip(columns, self.values, strict=True)))
        else:
            X = np.array(X, float)
            X[:, columns] = self.values
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.model.predict_proba(X)


def _at(model, options):
    return model if options.at is None else _AtHypothesis(model, options.at)


def _checked_place(path):
    path = user_path(path, "path")
    with explained(path, "the model", "nothing is written"):
        check_place(path)
    return path


def _write(path, content):
    with explained(path, "the model", "what there was of it is removed"), whole_file(path) as file:
        file.write(content)
        # a link may have been planted since
        check_place(path)
