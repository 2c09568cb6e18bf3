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
    verbose: int = ...,
) -> ApplySummary: ...

class ApplySummary:
    output: Path
    n_read: int
    n_scored: int
    n_kept: int
    seconds: float
    def __init__(
        self, output: Path, n_read: int, n_scored: int, n_kept: int, seconds: float
    ) -> None: ...
