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

def evaluate_variations(
    model: Any,
    variations: dict[str, Any],
    y: ArrayLike | str | None = ...,
    *,
    sample_weight: ArrayLike | float | None = ...,
    signal: Any = ...,
    weight_column: str | int | None = ...,
    nominal: str | None = ...,
    threshold: float | None = ...,
    efficiency: float = ...,
    bins: int | ArrayLike = ...,
    paired: bool = ...,
    event_number: str | int | Sequence[Any] | None = ...,
) -> Variations: ...
def feature_importance(
    model: Any,
    X: Any,
    y: ArrayLike | str | None = ...,
    *,
    sample_weight: ArrayLike | float | None = ...,
    signal: Any = ...,
    weight_column: str | int | None = ...,
    groups: dict[str, Any] | Literal["correlated"] | Literal["blocks"] | None = ...,
    min_correlation: float = ...,
    n_repeats: int = ...,
    max_events: int | None = ...,
    random_state: int | np.random.RandomState = ...,
) -> FeatureImportance: ...
def gradient_importance(
    model: Any,
    X: Any,
    y: ArrayLike | str | None = ...,
    *,
    sample_weight: ArrayLike | float | None = ...,
    signal: Any = ...,
    weight_column: str | int | None = ...,
    max_events: int | None = ...,
    random_state: int | np.random.RandomState = ...,
) -> FeatureImportance: ...

class FeatureImportance:
    names: list[str]
    importance: NDArray[Any]
    error: NDArray[Any]
    columns: list[Any]
    quantity: str
    auc: float
    passed_over: list[str]
    def __init__(
        self,
        names: list[str],
        importance: NDArray[Any],
        error: NDArray[Any],
        columns: list[Any],
        quantity: str,
        auc: float = ...,
        passed_over: list[str] = ...,
    ) -> None: ...
    @property
    def order(self) -> Any: ...
    def to_frame(self) -> pd.DataFrame: ...

class Variation:
    auc: float
    auc_error: float
    auc_difference: float
    auc_difference_error: float
    efficiency: dict[str, float]
    efficiency_error: dict[str, float]
    efficiency_difference: dict[str, float]
    efficiency_difference_error: dict[str, float]
    yield_ratio: dict[str, float]
    yield_ratio_error: dict[str, float]
    shape: dict[str, NDArray[Any]]
    shape_ratio: dict[str, NDArray[Any]]
    shape_ratio_error: dict[str, NDArray[Any]]
    def __init__(
        self,
        auc: float,
        auc_error: float,
        auc_difference: float,
        auc_difference_error: float,
        efficiency: dict[str, float],
        efficiency_error: dict[str, float],
        efficiency_difference: dict[str, float],
        efficiency_difference_error: dict[str, float],
        yield_ratio: dict[str, float],
        yield_ratio_error: dict[str, float],
        shape: dict[str, NDArray[Any]],
        shape_ratio: dict[str, NDArray[Any]],
        shape_ratio_error: dict[str, NDArray[Any]],
    ) -> None: ...
    def row(self) -> Any: ...

class Variations:
    variations: dict[str, Variation]
    nominal: str
    threshold: float
    edges: NDArray[Any]
    def __init__(
        self, variations: dict[str, Variation], nominal: str, threshold: float, edges: NDArray[Any]
    ) -> None: ...
    def __getitem__(self, name: Any) -> Any: ...
    def __len__(self) -> int: ...
    def to_frame(self) -> pd.DataFrame: ...
