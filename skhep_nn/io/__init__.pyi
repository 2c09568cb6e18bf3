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

from skhep_nn.events import EventBlocks

def iterate_events(
    files: Any,
    *,
    tree: str | None = ...,
    columns: Any = ...,
    names: Sequence[str] | None = ...,
    cut: Any = ...,
    n_max: int | None = ...,
    empty: Literal["error", "skip"] = ...,
    separator: str | None = ...,
    comment: str | None = ...,
    chunk_size: int = ...,
    progress: Literal["auto"] | bool = ...,
) -> Iterator[Any]: ...
def label_selected(
    events: Any,
    selected: Any,
    on: str | Sequence[str] = ...,
    *,
    missing: Literal["error", "warn", "ignore"] = ...,
) -> NDArray[Any]: ...
def open_events(
    files: Any,
    *,
    tree: str | None = ...,
    columns: Any = ...,
    names: Sequence[str] | None = ...,
    cut: Any = ...,
    empty: Literal["error", "skip"] = ...,
    separator: str | None = ...,
    comment: str | None = ...,
) -> EventBlocks: ...
def read_events(
    files: Any,
    *,
    tree: str | None = ...,
    columns: str | Sequence[str] | None = ...,
    names: Sequence[str] | None = ...,
    cut: str | None = ...,
    n_max: int | None = ...,
    empty: Literal["error", "skip"] = ...,
    separator: str | None = ...,
    comment: str | None = ...,
    progress: Literal["auto"] | bool = ...,
) -> Any: ...
