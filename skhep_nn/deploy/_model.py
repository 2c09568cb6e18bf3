"""A fitted model from a file, the columns it needs, and those that a file may lack.

An `OnnxClassifier` knows by itself; for others scikit-learn is imported, which takes a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import numpy as np

from skhep_nn import _columns
from skhep_nn._paths import user_path
from skhep_nn.deploy._onnx._classifier import OnnxClassifier, load_onnx
from skhep_nn.exceptions import ColumnError, FileFormatError, MissingFileError
from skhep_nn.io._files import reading
from skhep_nn.io._stream import Selection

ONNX = ".onnx"


def load_model(model):
    """`model`, or what its joblib or ONNX file holds; checked to be a fitted classifier.

    Raises
    ------
    MissingFileError, FileFormatError
        If there is no such file, or it holds no model.
    TypeError
        If the model gives no probabilities of classes.
    """
    source, error = f"model={model!r}", TypeError
    if isinstance(model, (str, PathLike)):
        source, error = str(model), FileFormatError
        path = user_path(model, "model")
        model = load_onnx(path) if path.suffix.lower() == ONNX else _load(path)
    is_class = isinstance(model, type)
    if is_class or not (hasattr(model, "predict_proba") and hasattr(model, "fit")):
        msg = f"{source} is no classifier with predict_proba, but {type(model).__name__}"
        raise error(msg)
    if not isinstance(model, OnnxClassifier):
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(model)
    return model


def model_features(model, features=None):
    """The columns of its fit that `model` reads, and those of them that data may lack.

    Raises
    ------
    ColumnError
        If the model has names of its own and `features` too, or neither.
    """
    own = _names_of_fit(model)
    if (own is None) == (features is None):
        msg = (
            "the model was fitted on an array without column names; give features=, the columns "
            "in the order of its fit"
            if own is None
            else f"features={features!r}: the model knows its columns, {list(own)}; leave it out"
        )
        raise ColumnError(msg)
    if features is not None:
        names = _columns.as_list(features)
        if len(set(names)) < len(names):
            msg = f"features={names} must name each column once"
            raise ColumnError(msg)
        return names, _optional(model, names)
    names = _read(model, list(own))
    return names, _optional(model, names)


def _names_of_fit(model):
    if hasattr(model, "feature_names_in_") or isinstance(model, OnnxClassifier):
        return getattr(model, "feature_names_in_", None)
    from skhep_nn import _unread

    # a Pipeline that begins with "passthrough" has no names itself
    return getattr(_unread.first_step(model), "feature_names_in_", None)


def _read(model, names):
    """Those of the columns of its fit that some step reads."""
    if isinstance(model, OnnxClassifier):
        return names
    from skhep_nn import _unread

    unread = _unread.unread(model, names)
    return [name for name in names if name not in unread]


@dataclass
class FileColumns:
    """Which columns of each file are read: what the model needs, and what is carried along.

    Parameters
    ----------
    features : list of str
        In the order of fit.
    optional : list of str
        Features that a file may lack.
    carried : str, list of str or None
    scores : list of str
        Columns that the scores take.
    """

    features: list
    optional: list
    carried: list | None
    scores: list

    def __post_init__(self):
        self.carried = _columns.as_list(self.carried)
        clash = [name for name in self.carried if name in self.scores]
        if clash or len(set(self.carried)) < len(self.carried):
            msg = (
                f"columns={self.carried} must name each column once, and none that the scores "
                f"take ({', '.join(self.scores)})"
            )
            raise ColumnError(msg)

    def selection(self, **options):
        """What the reader is to read."""
        return _ModelSelection(wanted=self, **options)

    def of(self, source):
        """The columns to read from one file; an error if one is missing."""
        absent = [name for name in self.optional if name not in source.names]
        needed = [name for name in self.features if name not in absent]
        needed += [name for name in self.carried if name not in needed]
        source.check(needed)
        return needed

    def features_of(self, columns):
        """Those of a chunk's columns that the model gets, in the order of its fit."""
        return {name: columns[name] for name in self.features if name in columns}

    def carried_of(self, columns):
        """Those of a chunk's columns that go into the output."""
        wide = [name for name in self.carried if np.ndim(columns[name]) > 1]
        if wide:
            msg = f"columns={wide}: arrays of several axes cannot be carried into a table"
            raise ColumnError(msg)
        return {name: columns[name] for name in self.carried}

    def absent_from(self, columns):
        """Features that a chunk lacks."""
        return [name for name in self.features if name not in columns]


@dataclass
class _ModelSelection(Selection):
    wanted: FileColumns | None = None

    def of(self, source):
        return self.wanted.of(source)


def _load(path):
    if not path.is_file():
        msg = f"there is no model file {str(path)!r}"
        raise MissingFileError(msg)
    import joblib

    with reading(path):
        try:
            return joblib.load(path)
        except (AttributeError, ModuleNotFoundError) as error:
            msg = (
                f"{path} needs code of the script that trained it ({error}); put the function that "
                "makes the network in a module of its own, in the folder where you are or on "
                "PYTHONPATH, and import it from there before training"
            )
            raise FileFormatError(msg) from error


def _optional(model, names):
    """Columns that some step names as weight, excluded or grouping column."""
    named = _absent_in_data(model)
    found = [_name(column, names) for column in named]
    return [name for name in names if name in found]


def _absent_in_data(model):
    if isinstance(model, OnnxClassifier):
        return model._columns_named(_columns.ABSENT_IN_DATA)
    from skhep_nn import _composition

    return _composition.columns_named(model, _columns.ABSENT_IN_DATA)


def _name(column, names):
    if column in names or isinstance(column, str):
        return column
    return names[column] if -len(names) <= column < len(names) else None
