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

def append_to_cache(directory: str | PathLike[str], X: Any, *, chunk_size: int = ...) -> Any: ...
def build_cache(
    files: Any,
    transformer: Any,
    directory: str | PathLike[str],
    *,
    tree: str | None = ...,
    columns: Any = ...,
    names: Sequence[str] | None = ...,
    cut: Any = ...,
    n_max: int | None = ...,
    empty: Literal["error", "skip"] = ...,
    separator: str | None = ...,
    comment: str | None = ...,
    dtype: Any = ...,
    chunk_size: int = ...,
    verify: bool = ...,
    client: Any = ...,
    progress: Literal["auto"] | bool = ...,
) -> Any: ...
def open_cache(directory: str | PathLike[str], *, verify: bool = ...) -> Any: ...
def open_smartbkg_memmap(
    path: str | PathLike[str], *, mode: Literal["r", "r+", "c"] = ...
) -> np.memmap[Any, Any]: ...

class MemmapCache(TransformerMixin, BaseEstimator):
    directory: str | PathLike[str]
    dtype: Any
    chunk_size: int
    exclude: str | Sequence[str]
    verify: bool
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        directory: str | PathLike[str],
        *,
        dtype: Any = ...,
        chunk_size: int = ...,
        exclude: str | Sequence[str] = ...,
        verify: bool = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any = ...) -> Self: ...
    def transform(self, X: Any) -> Any: ...
