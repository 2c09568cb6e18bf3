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

def blocks(
    inputs: dict[str, Any],
    n_outputs: int,
    *,
    branches: dict[str, Any] | None = ...,
    shared_embeddings: Sequence[Sequence[str]] = ...,
    head: Any = ...,
    embedding_size: int = ...,
    mask_value: float | None = ...,
    named: bool = ...,
    input_scaling: bool = ...,
    feature_scale: bool = ...,
    feature_bins: int = ...,
    bn_momentum: float = ...,
) -> keras.Model: ...
def dense(
    shape: tuple[int, ...],
    n_outputs: int,
    *,
    units: Sequence[int] = ...,
    activation: Any = ...,
    kernel_initializer: Any = ...,
    dropout: float | Sequence[float] | Literal["auto"] = ...,
    l2: float = ...,
    batch_normalization: Literal[False, "input", "hidden", "all"] = ...,
    input_scaling: bool = ...,
    feature_scale: bool = ...,
    feature_bins: int = ...,
    bn_momentum: float = ...,
) -> keras.Model: ...
def parametric(
    inputs: Any,
    n_outputs: int,
    *,
    low: Sequence[float],
    high: Sequence[float],
    body: Literal["dense", "resnet"] = ...,
    conditioning: Literal["concatenate", "bias", "scale", "affine", "film"] = ...,
    placement: Literal["start", "all", "end"] = ...,
    mass_embedding: int = ...,
    mass_noise: float = ...,
    branches: dict[str, Any] | None = ...,
    shared_embeddings: Sequence[Sequence[str]] = ...,
    embedding_size: int = ...,
    mask_value: float = ...,
    input_scaling: Any = ...,
    feature_scale: bool = ...,
    feature_bins: int = ...,
    bn_momentum: float = ...,
    **settings: Any,
) -> keras.Model: ...
