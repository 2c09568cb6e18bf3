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

def train_validation_test_split(
    events: Any,
    fractions: tuple[float, ...] = ...,
    *,
    process_column: str | int | ArrayLike | None = ...,
    weight_column: str | int | None = ...,
    event_number: Any = ...,
    random_state: int | np.random.RandomState | None = ...,
) -> Any: ...

class EventNumberFold:
    n_folds: int
    columns: str | int | Sequence[Any]
    hash: Literal["mix", "modulo"]
    salt: int
    def __init__(
        self,
        n_folds: int = ...,
        columns: str | int | Sequence[Any] = ...,
        *,
        hash: Literal["mix", "modulo"] = ...,
        salt: int = ...,
    ) -> None: ...
    def folds(self, X: Any, groups: ArrayLike | None = ...) -> Any: ...
    def get_n_splits(self, X: Any = ..., y: Any = ..., groups: Any = ...) -> int: ...

class LeaveOneMassOut:
    parameter: str | int | Sequence[Any]
    signal: Any
    n_background_splits: int
    shuffle: bool
    random_state: int | np.random.RandomState | None
    hypotheses: ArrayLike | Literal["inner"] | None
    def __init__(
        self,
        parameter: str | int | Sequence[Any] = ...,
        *,
        signal: Any = ...,
        n_background_splits: int | None = ...,
        shuffle: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        hypotheses: ArrayLike | Literal["inner"] | None = ...,
    ) -> None: ...
    def get_n_splits(self, X: Any = ..., y: ArrayLike | None = ..., groups: Any = ...) -> int: ...
    def masses(self, X: Any, y: ArrayLike) -> NDArray[Any]: ...
