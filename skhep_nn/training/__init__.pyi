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

def clear_pool() -> Any: ...
def inverse_time(learning_rate: float, decay: float) -> Any: ...

class PruningCallback:
    trial: Any
    monitor: str
    mode: Literal["min", "max"]
    def __init__(
        self, trial: Any, monitor: str = ..., mode: Literal["min", "max"] = ...
    ) -> None: ...
    def on_epoch_end(self, epoch: Any, logs: Any = ...) -> Any: ...
    def on_train_begin(self, logs: Any = ...) -> Any: ...
