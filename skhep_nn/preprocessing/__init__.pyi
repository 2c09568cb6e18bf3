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

def decay_strings(pdg: Any, mother_index: Any) -> NDArray[Any]: ...

class BlockTransformer(TransformerMixin, BaseEstimator):
    transformers: Sequence[Any]
    weight_column: str | int
    join: dict[str, Sequence[str]]
    transformers_: list[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        transformers: Sequence[Any],
        *,
        weight_column: str | int | None = ...,
        join: dict[str, Sequence[str]] | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: ArrayLike | None = ...) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def merge(self, other: BlockTransformer) -> Self: ...
    @property
    def named_transformers_(self) -> Any: ...
    def partial_fit(self, X: Any, y: Any = ...) -> Self: ...
    def set_params(self, **params: Any) -> Self: ...
    def transform(self, X: Any) -> EventBlocks: ...

class DecayStringTokenizer(TransformerMixin, BaseEstimator):
    max_length: int
    categories: Literal["auto", "all"] | Sequence[int]
    handle_unknown: Literal["other", "error"]
    pdg: str
    mother_index: str
    vocabulary_size: int
    categories_: tuple[int, ...]
    invalid_codes_: dict[int, int]
    def __init__(
        self,
        max_length: int = ...,
        *,
        categories: Literal["auto", "all"] | Sequence[int] = ...,
        handle_unknown: Literal["other", "error"] = ...,
        pdg: str = ...,
        mother_index: str = ...,
        vocabulary_size: int | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any = ...) -> Self: ...
    def merge(self, other: DecayStringTokenizer) -> Self: ...
    @property
    def n_truncated_(self) -> int: ...
    @property
    def n_truncated_events_(self) -> int: ...
    @property
    def n_unknown_(self) -> int: ...
    def partial_fit(self, X: Any, y: Any = ...) -> Self: ...
    def transform(self, X: Any) -> NDArray[Any]: ...
    @property
    def unknown_codes_(self) -> dict[int, int]: ...
    @property
    def vocabulary_(self) -> Any: ...

class SequencePadder(TransformerMixin, BaseEstimator):
    max_length: int
    truncate: Literal["tail", "head"]
    sort_by: str | int
    pad_value: float
    fields_: tuple[str, ...] | None
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        max_length: int,
        *,
        truncate: Literal["tail", "head"] = ...,
        sort_by: str | int | None = ...,
        pad_value: float = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any = ...) -> Self: ...
    def merge(self, other: SequencePadder) -> Self: ...
    @property
    def n_truncated_(self) -> int: ...
    @property
    def n_truncated_events_(self) -> int: ...
    def partial_fit(self, X: Any, y: Any = ...) -> Any: ...
    def transform(self, X: Any) -> Any: ...

class PDGOneHotEncoder(TransformerMixin, BaseEstimator):
    categories: Literal["auto", "all"] | Sequence[int]
    groups: dict[str, Sequence[int]] | Callable[..., Any]
    handle_unknown: Literal["other", "error", "ignore"]
    antiparticles: Literal["separate", "merge"]
    categories_: tuple[Any, ...]
    invalid_codes_: dict[int, int]
    def __init__(
        self,
        categories: Literal["auto", "all"] | Sequence[int] = ...,
        *,
        groups: dict[str, Sequence[int]] | Callable[..., Any] | None = ...,
        handle_unknown: Literal["other", "error", "ignore"] = ...,
        antiparticles: Literal["separate", "merge"] = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any = ...) -> Self: ...
    def get_feature_names_out(self, input_features: ArrayLike | None = ...) -> NDArray[Any]: ...
    def merge(self, other: Any) -> Self: ...
    @property
    def n_unknown_(self) -> int: ...
    def partial_fit(self, X: Any, y: Any = ...) -> Self: ...
    def transform(self, X: Any) -> Any: ...
    @property
    def unknown_codes_(self) -> dict[int, int]: ...

class EventWeightBalancer(TransformerMixin, BaseEstimator):
    mode: Literal["none", "equal", "n_background", "sqrt"]
    weight_column: str | int | None
    process_column: str | int | None
    signal: Any
    negative_weights: Literal["keep", "drop", "abs", "error"]
    factors_: Any
    classes_: NDArray[Any]
    n_negative_: int
    n_dropped_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        mode: Literal["none", "equal", "n_background", "sqrt"] = ...,
        *,
        weight_column: str | int | None = ...,
        process_column: str | int | None = ...,
        signal: Any = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
    ) -> None: ...
    def balance(
        self,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = ...,
        process: ArrayLike | None = ...,
    ) -> NDArray[Any]: ...
    def fit(self, X: Any, y: ArrayLike) -> Self: ...
    def fit_transform(self, X: Any, y: ArrayLike) -> Any: ...
    def get_feature_names_out(self, input_features: ArrayLike | None = ...) -> NDArray[Any]: ...
    def transform(self, X: Any) -> Any: ...

class PDGTokenizer(TransformerMixin, BaseEstimator):
    categories: Literal["auto", "all"] | Sequence[int]
    groups: dict[str, Sequence[int]] | Callable[..., Any]
    handle_unknown: Literal["other", "error", "ignore"]
    antiparticles: Literal["separate", "merge"]
    share: str
    vocabulary_size: int
    categories_: tuple[Any, ...]
    invalid_codes_: dict[int, int]
    def __init__(
        self,
        categories: Literal["auto", "all"] | Sequence[int] = ...,
        *,
        groups: dict[str, Sequence[int]] | Callable[..., Any] | None = ...,
        handle_unknown: Literal["other", "error", "ignore"] = ...,
        antiparticles: Literal["separate", "merge"] = ...,
        share: str | None = ...,
        vocabulary_size: int | None = ...,
    ) -> None: ...
    def fit(self, X: Any, y: Any = ...) -> Self: ...
    def merge(self, other: Any) -> Self: ...
    @property
    def n_unknown_(self) -> int: ...
    def partial_fit(self, X: Any, y: Any = ...) -> Self: ...
    def transform(self, X: Any) -> Any: ...
    @property
    def unknown_codes_(self) -> dict[int, int]: ...
    @property
    def vocabulary_(self) -> Any: ...

class RobustClipScaler(TransformerMixin, BaseEstimator):
    missing_value: float
    add_indicator: bool
    weight_column: str | int | None
    exclude: Any
    scaled_columns_: Any
    center_: NDArray[Any]
    scale_: NDArray[Any]
    clipped_: NDArray[Any]
    n_missing_: dict[Any, int]
    n_samples_seen_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        *,
        missing_value: float | None = ...,
        add_indicator: bool = ...,
        weight_column: str | int | None = ...,
        exclude: Any = ...,
    ) -> None: ...
    def count_clipped(self, X: Any) -> dict[Any, int]: ...
    def count_missing(self, X: Any) -> dict[Any, int]: ...
    def fit(self, X: Any, y: Any = ..., sample_weight: ArrayLike | None = ...) -> Self: ...
    def get_feature_names_out(self, input_features: ArrayLike | None = ...) -> NDArray[Any]: ...
    def inverse_transform(self, X: Any) -> Any: ...
    def merge(self, other: RobustClipScaler) -> Self: ...
    def partial_fit(self, X: Any, y: Any = ..., sample_weight: Any = ...) -> Self: ...
    def transform(self, X: Any) -> Any: ...

class MinMaxScaler(TransformerMixin, BaseEstimator):
    feature_range: Any
    data_range: dict[Any, Any] | Sequence[Any] | None
    missing_value: float
    add_indicator: bool
    clip: bool
    exclude: Any
    scaled_columns_: Any
    data_min_: NDArray[Any]
    data_max_: NDArray[Any]
    data_range_: NDArray[Any]
    scale_: NDArray[Any]
    min_: NDArray[Any]
    n_missing_: dict[Any, int]
    n_samples_seen_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        feature_range: Any = ...,
        *,
        data_range: dict[Any, Any] | Sequence[Any] | None = ...,
        missing_value: float | None = ...,
        add_indicator: bool = ...,
        clip: bool = ...,
        exclude: Any = ...,
    ) -> None: ...
    def count_missing(self, X: Any) -> dict[Any, int]: ...
    def count_outside(self, X: Any) -> dict[Any, int]: ...
    def fit(self, X: Any, y: Any = ...) -> Self: ...
    def get_feature_names_out(self, input_features: ArrayLike | None = ...) -> NDArray[Any]: ...
    def inverse_transform(self, X: Any) -> Any: ...
    def merge(self, other: MinMaxScaler) -> Self: ...
    def partial_fit(self, X: Any, y: Any = ...) -> Self: ...
    def transform(self, X: Any) -> Any: ...
