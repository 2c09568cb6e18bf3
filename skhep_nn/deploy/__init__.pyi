# Written by .ci/stubs.py from signatures and docstrings (make stubs).
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

import keras
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from typing_extensions import Self

def apply(
    model: Any,
    files: Any,
    output: str | PathLike[str],
    *,
    columns: str | Sequence[str] | None = ...,
    chunk_size: int = ...,
    threshold: float | None = ...,
    signal: Any = ...,
    features: Sequence[str] | None = ...,
    tree: str | None = ...,
    names: Sequence[str] | None = ...,
    cut: Any = ...,
    empty: Literal["error", "skip"] = ...,
    separator: str | None = ...,
    comment: str | None = ...,
    client: Any = ...,
    progress: Literal["auto"] | bool = ...,
) -> ApplySummary: ...
def export_onnx(
    model: Any,
    path: str | PathLike[str],
    *,
    check: Any = ...,
    inputs: Literal["matrix", "columns"] = ...,
    dtype: Literal["float32", "float64"] = ...,
    tokens: Literal["int32", "int64", "float32"] = ...,
    masks: Literal["bool", "float32"] = ...,
    at: Any = ...,
    target: Literal["onnxruntime", "sofie"] = ...,
    tolerance: float | None = ...,
) -> Verification: ...
def load_onnx(path: Any, *, n_threads: int | None = ...) -> OnnxClassifier: ...
def map_events(
    model: Any, events: Any, *, signal: Any = ..., features: Sequence[str] | None = ...
) -> Any: ...
def verify_onnx(
    path: Any, model: Any, X: Any, *, tolerance: float | None = ...
) -> Verification: ...

class ApplySummary:
    output: Path
    n_read: int
    n_scored: int
    n_kept: int
    seconds: float
    def __init__(
        self, output: Path, n_read: int, n_scored: int, n_kept: int, seconds: float
    ) -> None: ...

class Verification:
    largest: float
    most: float
    event: int | None
    column: str | None
    n_events: int
    tolerance: float
    def __init__(
        self,
        largest: float,
        most: float,
        event: int | None,
        column: str | None,
        n_events: int,
        tolerance: float,
    ) -> None: ...

class OnnxClassifier:
    model: Any
    hypothesis: Sequence[float]
    n_threads: int
    def __init__(
        self, model: Any, *, hypothesis: Sequence[float] | None = ..., n_threads: int | None = ...
    ) -> None: ...
    def at(self, *values: Any, **named: Any) -> OnnxClassifier: ...
    @property
    def class_names(self) -> Any: ...
    @property
    def classes_(self) -> NDArray[Any]: ...
    @property
    def feature_names_in_(self) -> NDArray[Any]: ...
    def fit(self, X: Any = ..., y: Any = ..., **arguments: Any) -> Self: ...
    def get_metadata_routing(self) -> Any: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    @property
    def metadata_(self) -> Any: ...
    @property
    def n_features_in_(self) -> int: ...
    def outside_range(self, X: Any) -> dict[str, int]: ...
    @property
    def parameter(self) -> Any: ...
    @property
    def parameter_names_(self) -> list[str]: ...
    @property
    def parameter_range_(self) -> NDArray[Any]: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> Any: ...
    def predict_proba_scan(self, X: Any, hypotheses: ArrayLike) -> NDArray[Any]: ...
    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None) -> Self: ...
