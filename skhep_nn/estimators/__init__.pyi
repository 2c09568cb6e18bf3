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

from skhep_nn.events import BlockKind
from skhep_nn.preprocessing import EventWeightBalancer
from skhep_nn.metrics import FoldSpread

CMS_BINARY: dict[str, Any]

CMS_MULTICLASS: dict[str, Any]

GN2: dict[str, Any]

INFN_CNN: dict[str, Any]

INFN_LSTM: dict[str, Any]

LHCB_ACCEPTANCE: dict[str, Any]

LHCB_EFFICIENCY: dict[str, Any]

PART: dict[str, Any]

SMARTBKG_LSTM: dict[str, Any]

SMARTBKG_RESNET: dict[str, Any]

class LikelihoodRatio:
    model: Any
    prior: float
    signal: Any
    max_ratio: float
    prior_: float
    n_clipped_: int
    def __init__(
        self,
        model: Any,
        *,
        prior: float | None = ...,
        signal: Any = ...,
        max_ratio: float | None = ...,
    ) -> None: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_weights(
        self, X: Any, *, sample_weight: ArrayLike | float | None = ..., total: float | None = ...
    ) -> NDArray[Any]: ...

class CalibratedClassifier(ClassifierMixin, BaseEstimator):
    model: Any
    method: Literal["isotonic", "beta", "temperature", "logistic"]
    prior: Literal["training", "physical"] | float
    weight_column: str | int
    training_prior: float
    cv: Any
    classes_: NDArray[Any]
    estimator_: Any
    calibrators_: Any
    class_prior_: NDArray[Any]
    model_prior_: NDArray[Any]
    events_prior_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        model: Any,
        method: Literal["isotonic", "beta", "temperature", "logistic"] = ...,
        *,
        prior: Literal["training", "physical"] | float = ...,
        weight_column: str | int | None = ...,
        training_prior: float | None = ...,
        cv: Any = ...,
    ) -> None: ...
    def at(self, *values: Any, **named: Any) -> CalibratedClassifier: ...
    def calibrate(self, probabilities: ArrayLike) -> NDArray[Any]: ...
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | float | None = ...) -> Self: ...
    @property
    def parameter(self) -> Any: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba_scan(self, X: Any, hypotheses: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...

class IndividualMassClassifier(ClassifierMixin, BaseEstimator):
    estimator: Any
    parameter: str | int | Sequence[Any]
    signal: Any
    hypotheses: ArrayLike
    dispatch: Literal["exact", "nearest"]
    classes_: NDArray[Any]
    estimators_: list[Any]
    hypotheses_: NDArray[Any]
    parameter_names_: Any
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        estimator: Any = ...,
        *,
        parameter: str | int | Sequence[Any] = ...,
        signal: Any = ...,
        hypotheses: ArrayLike | None = ...,
        dispatch: Literal["exact", "nearest"] = ...,
    ) -> None: ...
    def at(self, *values: Any, **named: Any) -> Any: ...
    @property
    def class_names(self) -> Any: ...
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> Self: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba_scan(self, X: Any, hypotheses: ArrayLike | Sequence[Any]) -> NDArray[Any]: ...
    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...
    @property
    def weight_column(self) -> Any: ...

class CrossFitClassifier(ClassifierMixin, BaseEstimator):
    estimator: Any
    n_folds: int
    fold_column: str | int | Sequence[Any] | None
    rotate_validation: bool
    hash: Literal["mix", "modulo"]
    salt: int
    n_jobs: int
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1]
    classes_: NDArray[Any]
    estimators_: list[Any]
    fold_spread_: FoldSpread
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        estimator: Any = ...,
        n_folds: int = ...,
        fold_column: str | int | Sequence[Any] | None = ...,
        *,
        rotate_validation: bool = ...,
        hash: Literal["mix", "modulo"] = ...,
        salt: int = ...,
        n_jobs: int | None = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1] = ...,
    ) -> None: ...
    def at(self, *values: Any, **named: Any) -> Any: ...
    @property
    def best_epoch_(self) -> int: ...
    @property
    def class_names(self) -> Any: ...
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> Self: ...
    def folds(self, X: Any) -> Any: ...
    @property
    def history_(self) -> Any: ...
    @property
    def parameter(self) -> Any: ...
    @property
    def parameter_names_(self) -> Any: ...
    @property
    def parameter_range_(self) -> Any: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba_scan(self, X: Any, hypotheses: ArrayLike | Sequence[Any]) -> NDArray[Any]: ...
    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...
    @property
    def weight_column(self) -> Any: ...

class EnsembleClassifier(ClassifierMixin, BaseEstimator):
    estimator: Any
    n_members: int
    bootstrap: Literal[False, True, "poisson", "events"]
    n_jobs: int
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1]
    classes_: NDArray[Any]
    estimators_: list[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    def __init__(
        self,
        estimator: Any = ...,
        n_members: int = ...,
        *,
        bootstrap: Literal[False, True, "poisson", "events"] = ...,
        n_jobs: int | None = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1] = ...,
    ) -> None: ...
    def at(self, *values: Any, **named: Any) -> Any: ...
    @property
    def best_epoch_(self) -> int: ...
    @property
    def class_names(self) -> Any: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
    ) -> Self: ...
    @property
    def history_(self) -> Any: ...
    @property
    def parameter(self) -> Any: ...
    @property
    def parameter_names_(self) -> Any: ...
    @property
    def parameter_range_(self) -> Any: ...
    def predict(self, X: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any) -> NDArray[Any]: ...
    def predict_proba_scan(self, X: Any, hypotheses: ArrayLike | Sequence[Any]) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = ...) -> float: ...
    @property
    def weight_column(self) -> Any: ...

class DenseClassifier(ClassifierMixin, BaseEstimator):
    units: int | Sequence[int]
    activation: str | Callable[..., Any]
    kernel_initializer: Any
    dropout: float | Sequence[float] | Literal["auto"]
    l2: float
    batch_normalization: Literal[False, "input", "hidden", "all"]
    input_scaling: Literal["robust", "standard", None]
    n_networks: int
    feature_scale: bool
    feature_bins: int
    bn_momentum: float
    bn_statistics: Literal["precise", "moving"]
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None
    optimizer: Any
    loss: Any
    learning_rate: float | None
    learning_rate_schedule: Any
    weight_decay: float | None
    ema: float | None
    decay: float
    plateau_factor: float
    plateau_patience: int
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"] | None
    shuffle: bool
    batch_sampler: Any
    early_stopping: bool | Literal["auto"]
    patience: int
    validation_fraction: float
    phases: Sequence[Any] | None
    balance: str | EventWeightBalancer | None
    negative_weights: Literal["keep", "drop", "abs", "error"]
    weight_column: str | int | None
    exclude: Sequence[str | int]
    class_names: Sequence[str] | dict[Any, str] | None
    metrics: Any
    callbacks: Any
    jit_compile: Literal["auto", "epoch", "step", False]
    checkpoint_dir: str | PathLike[str] | None
    warm_start: bool
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1, 2]
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    history_: dict[str, list[float]]
    best_epoch_: int
    n_epochs_: int
    n_negative_weights_: int
    n_zero_weights_: int
    class_prior_: NDArray[Any]
    balancer_: EventWeightBalancer | None
    training_loop_: str
    jit_compile_: Any
    def __init__(
        self,
        units: int | Sequence[int] = ...,
        *,
        activation: str | Callable[..., Any] = ...,
        kernel_initializer: Any = ...,
        dropout: float | Sequence[float] | Literal["auto"] = ...,
        l2: float = ...,
        batch_normalization: Literal[False, "input", "hidden", "all"] = ...,
        input_scaling: Literal["robust", "standard", None] = ...,
        n_networks: int = ...,
        feature_scale: bool = ...,
        feature_bins: int = ...,
        bn_momentum: float = ...,
        bn_statistics: Literal["precise", "moving"] = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None = ...,
        optimizer: Any = ...,
        loss: Any = ...,
        learning_rate: float | None = ...,
        learning_rate_schedule: Any = ...,
        weight_decay: float | None = ...,
        ema: float | None = ...,
        decay: float = ...,
        plateau_factor: float = ...,
        plateau_patience: int = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] | None = ...,
        shuffle: bool = ...,
        batch_sampler: Any = ...,
        early_stopping: bool | Literal["auto"] = ...,
        patience: int = ...,
        validation_fraction: float = ...,
        phases: Sequence[Any] | None = ...,
        balance: str | EventWeightBalancer | None = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
        weight_column: str | int | None = ...,
        exclude: Sequence[str | int] = ...,
        class_names: Sequence[str] | dict[Any, str] | None = ...,
        metrics: Any = ...,
        callbacks: Any = ...,
        jit_compile: Literal["auto", "epoch", "step", False] = ...,
        checkpoint_dir: str | PathLike[str] | None = ...,
        warm_start: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1, 2] = ...,
        **routed: Any,
    ) -> None: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
        **keras_arguments: Any,
    ) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def initialize(self, X: Any, y: Any) -> Self: ...
    @property
    def model_(self) -> keras.Model: ...
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = ..., sample_weight: Any = ...
    ) -> Self: ...
    def predict(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...

class KerasClassifier(ClassifierMixin, BaseEstimator):
    model: Callable[..., Any] | keras.Model
    build_fn: Callable[..., Any]
    validation_batch_size: int | None
    validation_split: float
    run_eagerly: bool
    class_weight: Any
    optimizer: Any
    loss: Any
    learning_rate: float | None
    learning_rate_schedule: Any
    weight_decay: float | None
    ema: float | None
    decay: float
    plateau_factor: float
    plateau_patience: int
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"] | None
    shuffle: bool
    batch_sampler: Any
    early_stopping: bool | Literal["auto"]
    patience: int
    validation_fraction: float
    phases: Sequence[Any] | None
    balance: str | EventWeightBalancer | None
    negative_weights: Literal["keep", "drop", "abs", "error"]
    weight_column: str | int | None
    exclude: Sequence[str | int]
    class_names: Sequence[str] | dict[Any, str] | None
    metrics: Any
    callbacks: Any
    jit_compile: Literal["auto", "epoch", "step", False]
    checkpoint_dir: str | PathLike[str] | None
    warm_start: bool
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1, 2]
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    history_: dict[str, list[float]]
    best_epoch_: int
    n_epochs_: int
    n_negative_weights_: int
    n_zero_weights_: int
    class_prior_: NDArray[Any]
    balancer_: EventWeightBalancer | None
    training_loop_: str
    jit_compile_: Any
    def __init__(
        self,
        model: Callable[..., Any] | keras.Model | None = ...,
        *,
        build_fn: Callable[..., Any] | None = ...,
        validation_batch_size: int | None = ...,
        validation_split: float = ...,
        run_eagerly: bool = ...,
        class_weight: Any = ...,
        optimizer: Any = ...,
        loss: Any = ...,
        learning_rate: float | None = ...,
        learning_rate_schedule: Any = ...,
        weight_decay: float | None = ...,
        ema: float | None = ...,
        decay: float = ...,
        plateau_factor: float = ...,
        plateau_patience: int = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] | None = ...,
        shuffle: bool = ...,
        batch_sampler: Any = ...,
        early_stopping: bool | Literal["auto"] = ...,
        patience: int = ...,
        validation_fraction: float = ...,
        phases: Sequence[Any] | None = ...,
        balance: str | EventWeightBalancer | None = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
        weight_column: str | int | None = ...,
        exclude: Sequence[str | int] = ...,
        class_names: Sequence[str] | dict[Any, str] | None = ...,
        metrics: Any = ...,
        callbacks: Any = ...,
        jit_compile: Literal["auto", "epoch", "step", False] = ...,
        checkpoint_dir: str | PathLike[str] | None = ...,
        warm_start: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1, 2] = ...,
        **routed: Any,
    ) -> None: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
        **keras_arguments: Any,
    ) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def initialize(self, X: Any, y: Any) -> Self: ...
    @property
    def model_(self) -> keras.Model: ...
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = ..., sample_weight: Any = ...
    ) -> Self: ...
    def predict(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...

class BlockClassifier(ClassifierMixin, BaseEstimator):
    branches: dict[str, Any]
    head: Any
    embedding_size: int
    shared_embeddings: Sequence[Sequence[str]]
    mask_value: float | None
    input_scaling: Literal["robust", "standard", None]
    n_networks: int
    feature_scale: bool
    feature_bins: int
    bn_momentum: float
    bn_statistics: Literal["precise", "moving"]
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None
    optimizer: Any
    loss: Any
    learning_rate: float | None
    learning_rate_schedule: Any
    weight_decay: float | None
    ema: float | None
    decay: float
    plateau_factor: float
    plateau_patience: int
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"] | None
    shuffle: bool
    batch_sampler: Any
    early_stopping: bool | Literal["auto"]
    patience: int
    validation_fraction: float
    phases: Sequence[Any] | None
    balance: str | EventWeightBalancer | None
    negative_weights: Literal["keep", "drop", "abs", "error"]
    weight_column: str | int | None
    exclude: Sequence[str | int]
    class_names: Sequence[str] | dict[Any, str] | None
    metrics: Any
    callbacks: Any
    jit_compile: Literal["auto", "epoch", "step", False]
    checkpoint_dir: str | PathLike[str] | None
    warm_start: bool
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1, 2]
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    history_: dict[str, list[float]]
    best_epoch_: int
    n_epochs_: int
    n_negative_weights_: int
    n_zero_weights_: int
    class_prior_: NDArray[Any]
    balancer_: EventWeightBalancer | None
    training_loop_: str
    jit_compile_: Any
    block_kinds_: dict[str, BlockKind]
    def __init__(
        self,
        branches: dict[str, Any] | None = ...,
        *,
        head: Any = ...,
        embedding_size: int = ...,
        shared_embeddings: Sequence[Sequence[str]] = ...,
        mask_value: float | None = ...,
        input_scaling: Literal["robust", "standard", None] = ...,
        n_networks: int = ...,
        feature_scale: bool = ...,
        feature_bins: int = ...,
        bn_momentum: float = ...,
        bn_statistics: Literal["precise", "moving"] = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None = ...,
        optimizer: Any = ...,
        loss: Any = ...,
        learning_rate: float | None = ...,
        learning_rate_schedule: Any = ...,
        weight_decay: float | None = ...,
        ema: float | None = ...,
        decay: float = ...,
        plateau_factor: float = ...,
        plateau_patience: int = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] | None = ...,
        shuffle: bool = ...,
        batch_sampler: Any = ...,
        early_stopping: bool | Literal["auto"] = ...,
        patience: int = ...,
        validation_fraction: float = ...,
        phases: Sequence[Any] | None = ...,
        balance: str | EventWeightBalancer | None = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
        weight_column: str | int | None = ...,
        exclude: Sequence[str | int] = ...,
        class_names: Sequence[str] | dict[Any, str] | None = ...,
        metrics: Any = ...,
        callbacks: Any = ...,
        jit_compile: Literal["auto", "epoch", "step", False] = ...,
        checkpoint_dir: str | PathLike[str] | None = ...,
        warm_start: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1, 2] = ...,
        **routed: Any,
    ) -> None: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
        **keras_arguments: Any,
    ) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def initialize(self, X: Any, y: Any) -> Self: ...
    @property
    def model_(self) -> keras.Model: ...
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = ..., sample_weight: Any = ...
    ) -> Self: ...
    def predict(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...

class ParametricClassifier(ClassifierMixin, BaseEstimator):
    parameter: str | int | Sequence[Any]
    signal: Any
    conditioning: Literal["concatenate", "bias", "scale", "affine", "film"]
    placement: Literal["start", "all", "end"]
    mass_embedding: int
    mass_noise: float
    assignment: Literal["identical", "uniform", "oversample"]
    mass_range: Any
    resample: Literal["epoch", "never"]
    process_column: str | int | None
    body: Literal["dense", "resnet"]
    units: Sequence[int] | int | None
    n_blocks: int
    activation: str | Callable[..., Any]
    kernel_initializer: Any
    dropout: float | Sequence[float]
    l2: float
    batch_normalization: Literal[False, "input", "hidden", "all"]
    branches: dict[str, Any]
    embedding_size: int
    shared_embeddings: Sequence[Sequence[str]]
    mask_value: float | None
    input_scaling: Literal["robust", "standard", None]
    n_networks: int
    feature_scale: bool
    feature_bins: int
    bn_momentum: float
    bn_statistics: Literal["precise", "moving"]
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None
    optimizer: Any
    loss: Any
    learning_rate: float | None
    learning_rate_schedule: Any
    weight_decay: float | None
    ema: float | None
    decay: float
    plateau_factor: float
    plateau_patience: int
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"] | None
    shuffle: bool
    batch_sampler: Any
    early_stopping: bool | Literal["auto"]
    patience: int
    validation_fraction: float
    phases: Sequence[Any] | None
    balance: str | EventWeightBalancer | None
    negative_weights: Literal["keep", "drop", "abs", "error"]
    weight_column: str | int | None
    exclude: Sequence[str | int]
    class_names: Sequence[str] | dict[Any, str] | None
    metrics: Any
    callbacks: Any
    jit_compile: Literal["auto", "epoch", "step", False]
    checkpoint_dir: str | PathLike[str] | None
    warm_start: bool
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1, 2]
    parameter_names_: Any
    parameter_range_: NDArray[Any]
    parameter_values_: NDArray[Any]
    parameter_frequencies_: NDArray[Any]
    mass_leak_: float
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    history_: dict[str, list[float]]
    best_epoch_: int
    n_epochs_: int
    n_negative_weights_: int
    n_zero_weights_: int
    class_prior_: NDArray[Any]
    balancer_: EventWeightBalancer | None
    training_loop_: str
    jit_compile_: Any
    def __init__(
        self,
        parameter: str | int | Sequence[Any] = ...,
        *,
        signal: Any = ...,
        conditioning: Literal["concatenate", "bias", "scale", "affine", "film"] = ...,
        placement: Literal["start", "all", "end"] = ...,
        mass_embedding: int = ...,
        mass_noise: float = ...,
        assignment: Literal["identical", "uniform", "oversample"] = ...,
        mass_range: Any = ...,
        resample: Literal["epoch", "never"] = ...,
        process_column: str | int | None = ...,
        body: Literal["dense", "resnet"] = ...,
        units: Sequence[int] | int | None = ...,
        n_blocks: int = ...,
        activation: str | Callable[..., Any] = ...,
        kernel_initializer: Any = ...,
        dropout: float | Sequence[float] = ...,
        l2: float = ...,
        batch_normalization: Literal[False, "input", "hidden", "all"] = ...,
        branches: dict[str, Any] | None = ...,
        embedding_size: int = ...,
        shared_embeddings: Sequence[Sequence[str]] = ...,
        mask_value: float | None = ...,
        input_scaling: Literal["robust", "standard", None] = ...,
        n_networks: int = ...,
        feature_scale: bool = ...,
        feature_bins: int = ...,
        bn_momentum: float = ...,
        bn_statistics: Literal["precise", "moving"] = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None = ...,
        optimizer: Any = ...,
        loss: Any = ...,
        learning_rate: float | None = ...,
        learning_rate_schedule: Any = ...,
        weight_decay: float | None = ...,
        ema: float | None = ...,
        decay: float = ...,
        plateau_factor: float = ...,
        plateau_patience: int = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] | None = ...,
        shuffle: bool = ...,
        batch_sampler: Any = ...,
        early_stopping: bool | Literal["auto"] = ...,
        patience: int = ...,
        validation_fraction: float = ...,
        phases: Sequence[Any] | None = ...,
        balance: str | EventWeightBalancer | None = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
        weight_column: str | int | None = ...,
        exclude: Sequence[str | int] = ...,
        class_names: Sequence[str] | dict[Any, str] | None = ...,
        metrics: Any = ...,
        callbacks: Any = ...,
        jit_compile: Literal["auto", "epoch", "step", False] = ...,
        checkpoint_dir: str | PathLike[str] | None = ...,
        warm_start: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1, 2] = ...,
        **routed: Any,
    ) -> None: ...
    def at(self, *values: Any, **named: Any) -> Any: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
        **keras_arguments: Any,
    ) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def initialize(self, X: Any, y: Any) -> Self: ...
    @property
    def model_(self) -> keras.Model: ...
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = ..., sample_weight: Any = ...
    ) -> Self: ...
    def predict(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba_scan(self, X: Any, hypotheses: ArrayLike | Sequence[Any]) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...

class CNNClassifier(ClassifierMixin, BaseEstimator):
    filters: int | Sequence[int]
    kernel_size: int | Sequence[int]
    pool: str | Sequence[str]
    pool_size: int | Sequence[int]
    activation: str | Callable[..., Any]
    kernel_initializer: Any
    dropout: float | Sequence[float]
    l2: float
    batch_normalization: Literal[False, "input", "hidden", "all"]
    dense_units: int | Sequence[int]
    dense_dropout: float | Sequence[float]
    embedding_size: int
    shared_embeddings: Sequence[Sequence[str]]
    mask_value: float | None
    input_scaling: Literal["robust", "standard", None]
    n_networks: int
    feature_scale: bool
    feature_bins: int
    bn_momentum: float
    bn_statistics: Literal["precise", "moving"]
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None
    optimizer: Any
    loss: Any
    learning_rate: float | None
    learning_rate_schedule: Any
    weight_decay: float | None
    ema: float | None
    decay: float
    plateau_factor: float
    plateau_patience: int
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"] | None
    shuffle: bool
    batch_sampler: Any
    early_stopping: bool | Literal["auto"]
    patience: int
    validation_fraction: float
    phases: Sequence[Any] | None
    balance: str | EventWeightBalancer | None
    negative_weights: Literal["keep", "drop", "abs", "error"]
    weight_column: str | int | None
    exclude: Sequence[str | int]
    class_names: Sequence[str] | dict[Any, str] | None
    metrics: Any
    callbacks: Any
    jit_compile: Literal["auto", "epoch", "step", False]
    checkpoint_dir: str | PathLike[str] | None
    warm_start: bool
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1, 2]
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    history_: dict[str, list[float]]
    best_epoch_: int
    n_epochs_: int
    n_negative_weights_: int
    n_zero_weights_: int
    class_prior_: NDArray[Any]
    balancer_: EventWeightBalancer | None
    training_loop_: str
    jit_compile_: Any
    block_kinds_: dict[str, BlockKind]
    def __init__(
        self,
        filters: int | Sequence[int] = ...,
        kernel_size: int | Sequence[int] = ...,
        pool: str | Sequence[str] = ...,
        *,
        pool_size: int | Sequence[int] = ...,
        activation: str | Callable[..., Any] = ...,
        kernel_initializer: Any = ...,
        dropout: float | Sequence[float] = ...,
        l2: float = ...,
        batch_normalization: Literal[False, "input", "hidden", "all"] = ...,
        dense_units: int | Sequence[int] = ...,
        dense_dropout: float | Sequence[float] = ...,
        embedding_size: int = ...,
        shared_embeddings: Sequence[Sequence[str]] = ...,
        mask_value: float | None = ...,
        input_scaling: Literal["robust", "standard", None] = ...,
        n_networks: int = ...,
        feature_scale: bool = ...,
        feature_bins: int = ...,
        bn_momentum: float = ...,
        bn_statistics: Literal["precise", "moving"] = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None = ...,
        optimizer: Any = ...,
        loss: Any = ...,
        learning_rate: float | None = ...,
        learning_rate_schedule: Any = ...,
        weight_decay: float | None = ...,
        ema: float | None = ...,
        decay: float = ...,
        plateau_factor: float = ...,
        plateau_patience: int = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] | None = ...,
        shuffle: bool = ...,
        batch_sampler: Any = ...,
        early_stopping: bool | Literal["auto"] = ...,
        patience: int = ...,
        validation_fraction: float = ...,
        phases: Sequence[Any] | None = ...,
        balance: str | EventWeightBalancer | None = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
        weight_column: str | int | None = ...,
        exclude: Sequence[str | int] = ...,
        class_names: Sequence[str] | dict[Any, str] | None = ...,
        metrics: Any = ...,
        callbacks: Any = ...,
        jit_compile: Literal["auto", "epoch", "step", False] = ...,
        checkpoint_dir: str | PathLike[str] | None = ...,
        warm_start: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1, 2] = ...,
        **routed: Any,
    ) -> None: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
        **keras_arguments: Any,
    ) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def initialize(self, X: Any, y: Any) -> Self: ...
    @property
    def model_(self) -> keras.Model: ...
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = ..., sample_weight: Any = ...
    ) -> Self: ...
    def predict(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...

class LSTMClassifier(ClassifierMixin, BaseEstimator):
    units: int | Sequence[int]
    cell: Literal["lstm", "gru"]
    bidirectional: bool
    go_backwards: bool
    convolutions_first: int | Sequence[int]
    kernel_size: int | Sequence[int]
    pool_size: int | Sequence[int]
    activation: str | Callable[..., Any]
    kernel_initializer: Any
    dropout: float | Sequence[float]
    l2: float
    batch_normalization: Literal[False, "input", "hidden", "all"]
    dense_units: int | Sequence[int]
    dense_dropout: float | Sequence[float]
    embedding_size: int
    shared_embeddings: Sequence[Sequence[str]]
    mask_value: float | None
    input_scaling: Literal["robust", "standard", None]
    n_networks: int
    feature_scale: bool
    feature_bins: int
    bn_momentum: float
    bn_statistics: Literal["precise", "moving"]
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None
    optimizer: Any
    loss: Any
    learning_rate: float | None
    learning_rate_schedule: Any
    weight_decay: float | None
    ema: float | None
    decay: float
    plateau_factor: float
    plateau_patience: int
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"] | None
    shuffle: bool
    batch_sampler: Any
    early_stopping: bool | Literal["auto"]
    patience: int
    validation_fraction: float
    phases: Sequence[Any] | None
    balance: str | EventWeightBalancer | None
    negative_weights: Literal["keep", "drop", "abs", "error"]
    weight_column: str | int | None
    exclude: Sequence[str | int]
    class_names: Sequence[str] | dict[Any, str] | None
    metrics: Any
    callbacks: Any
    jit_compile: Literal["auto", "epoch", "step", False]
    checkpoint_dir: str | PathLike[str] | None
    warm_start: bool
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1, 2]
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    history_: dict[str, list[float]]
    best_epoch_: int
    n_epochs_: int
    n_negative_weights_: int
    n_zero_weights_: int
    class_prior_: NDArray[Any]
    balancer_: EventWeightBalancer | None
    training_loop_: str
    jit_compile_: Any
    block_kinds_: dict[str, BlockKind]
    def __init__(
        self,
        units: int | Sequence[int] = ...,
        *,
        cell: Literal["lstm", "gru"] = ...,
        bidirectional: bool = ...,
        go_backwards: bool = ...,
        convolutions_first: int | Sequence[int] = ...,
        kernel_size: int | Sequence[int] = ...,
        pool_size: int | Sequence[int] = ...,
        activation: str | Callable[..., Any] = ...,
        kernel_initializer: Any = ...,
        dropout: float | Sequence[float] = ...,
        l2: float = ...,
        batch_normalization: Literal[False, "input", "hidden", "all"] = ...,
        dense_units: int | Sequence[int] = ...,
        dense_dropout: float | Sequence[float] = ...,
        embedding_size: int = ...,
        shared_embeddings: Sequence[Sequence[str]] = ...,
        mask_value: float | None = ...,
        input_scaling: Literal["robust", "standard", None] = ...,
        n_networks: int = ...,
        feature_scale: bool = ...,
        feature_bins: int = ...,
        bn_momentum: float = ...,
        bn_statistics: Literal["precise", "moving"] = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None = ...,
        optimizer: Any = ...,
        loss: Any = ...,
        learning_rate: float | None = ...,
        learning_rate_schedule: Any = ...,
        weight_decay: float | None = ...,
        ema: float | None = ...,
        decay: float = ...,
        plateau_factor: float = ...,
        plateau_patience: int = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] | None = ...,
        shuffle: bool = ...,
        batch_sampler: Any = ...,
        early_stopping: bool | Literal["auto"] = ...,
        patience: int = ...,
        validation_fraction: float = ...,
        phases: Sequence[Any] | None = ...,
        balance: str | EventWeightBalancer | None = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
        weight_column: str | int | None = ...,
        exclude: Sequence[str | int] = ...,
        class_names: Sequence[str] | dict[Any, str] | None = ...,
        metrics: Any = ...,
        callbacks: Any = ...,
        jit_compile: Literal["auto", "epoch", "step", False] = ...,
        checkpoint_dir: str | PathLike[str] | None = ...,
        warm_start: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1, 2] = ...,
        **routed: Any,
    ) -> None: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
        **keras_arguments: Any,
    ) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def initialize(self, X: Any, y: Any) -> Self: ...
    @property
    def model_(self) -> keras.Model: ...
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = ..., sample_weight: Any = ...
    ) -> Self: ...
    def predict(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...

class ResNetClassifier(ClassifierMixin, BaseEstimator):
    n_blocks: int
    units: int
    filters: int | Sequence[int]
    kernel_size: int | Sequence[int]
    layers_per_block: int
    stem: int | None
    block_initializer: Any
    preactivation: bool
    pool: str | Sequence[str]
    pool_size: int | Sequence[int]
    dropout: float
    block_l2: float | None
    batch_normalization: Literal["auto", False, "input", "hidden", "all"]
    output_initializer: Any
    activation: str | Callable[..., Any]
    kernel_initializer: Any
    l2: float
    dense_units: int | Sequence[int]
    dense_dropout: float | Sequence[float]
    embedding_size: int
    shared_embeddings: Sequence[Sequence[str]]
    mask_value: float | None
    input_scaling: Literal["robust", "standard", None]
    n_networks: int
    feature_scale: bool
    feature_bins: int
    bn_momentum: float
    bn_statistics: Literal["precise", "moving"]
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None
    optimizer: Any
    loss: Any
    learning_rate: float | None
    learning_rate_schedule: Any
    weight_decay: float | None
    ema: float | None
    decay: float
    plateau_factor: float
    plateau_patience: int
    epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"] | None
    shuffle: bool
    batch_sampler: Any
    early_stopping: bool | Literal["auto"]
    patience: int
    validation_fraction: float
    phases: Sequence[Any] | None
    balance: str | EventWeightBalancer | None
    negative_weights: Literal["keep", "drop", "abs", "error"]
    weight_column: str | int | None
    exclude: Sequence[str | int]
    class_names: Sequence[str] | dict[Any, str] | None
    metrics: Any
    callbacks: Any
    jit_compile: Literal["auto", "epoch", "step", False]
    checkpoint_dir: str | PathLike[str] | None
    warm_start: bool
    random_state: int | np.random.RandomState | None
    verbose: Literal["auto", 0, 1, 2]
    classes_: NDArray[Any]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    history_: dict[str, list[float]]
    best_epoch_: int
    n_epochs_: int
    n_negative_weights_: int
    n_zero_weights_: int
    class_prior_: NDArray[Any]
    balancer_: EventWeightBalancer | None
    training_loop_: str
    jit_compile_: Any
    block_kinds_: dict[str, BlockKind]
    def __init__(
        self,
        n_blocks: int = ...,
        *,
        units: int = ...,
        filters: int | Sequence[int] = ...,
        kernel_size: int | Sequence[int] = ...,
        layers_per_block: int | None = ...,
        stem: int | None = ...,
        block_initializer: Any = ...,
        preactivation: bool = ...,
        pool: str | Sequence[str] = ...,
        pool_size: int | Sequence[int] = ...,
        dropout: float = ...,
        block_l2: float | None = ...,
        batch_normalization: Literal["auto", False, "input", "hidden", "all"] = ...,
        output_initializer: Any = ...,
        activation: str | Callable[..., Any] = ...,
        kernel_initializer: Any = ...,
        l2: float = ...,
        dense_units: int | Sequence[int] = ...,
        dense_dropout: float | Sequence[float] = ...,
        embedding_size: int = ...,
        shared_embeddings: Sequence[Sequence[str]] = ...,
        mask_value: float | None = ...,
        input_scaling: Literal["robust", "standard", None] = ...,
        n_networks: int = ...,
        feature_scale: bool = ...,
        feature_bins: int = ...,
        bn_momentum: float = ...,
        bn_statistics: Literal["precise", "moving"] = ...,
        precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] | None = ...,
        optimizer: Any = ...,
        loss: Any = ...,
        learning_rate: float | None = ...,
        learning_rate_schedule: Any = ...,
        weight_decay: float | None = ...,
        ema: float | None = ...,
        decay: float = ...,
        plateau_factor: float = ...,
        plateau_patience: int = ...,
        epochs: int | Literal["auto"] = ...,
        batch_size: int | Literal["auto"] | None = ...,
        shuffle: bool = ...,
        batch_sampler: Any = ...,
        early_stopping: bool | Literal["auto"] = ...,
        patience: int = ...,
        validation_fraction: float = ...,
        phases: Sequence[Any] | None = ...,
        balance: str | EventWeightBalancer | None = ...,
        negative_weights: Literal["keep", "drop", "abs", "error"] = ...,
        weight_column: str | int | None = ...,
        exclude: Sequence[str | int] = ...,
        class_names: Sequence[str] | dict[Any, str] | None = ...,
        metrics: Any = ...,
        callbacks: Any = ...,
        jit_compile: Literal["auto", "epoch", "step", False] = ...,
        checkpoint_dir: str | PathLike[str] | None = ...,
        warm_start: bool = ...,
        random_state: int | np.random.RandomState | None = ...,
        verbose: Literal["auto", 0, 1, 2] = ...,
        **routed: Any,
    ) -> None: ...
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = ...,
        *,
        X_val: Any = ...,
        y_val: Any = ...,
        sample_weight_val: Any = ...,
        **keras_arguments: Any,
    ) -> Self: ...
    def get_params(self, deep: bool = ...) -> Any: ...
    def initialize(self, X: Any, y: Any) -> Self: ...
    @property
    def model_(self) -> keras.Model: ...
    def partial_fit(
        self, X: Any, y: Any, classes: ArrayLike | None = ..., sample_weight: Any = ...
    ) -> Self: ...
    def predict(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_log_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_proba(self, X: Any, **keras_arguments: Any) -> NDArray[Any]: ...
    def predict_spread(self, X: Any) -> NDArray[Any]: ...
    def score(self, X: Any, y: Any, sample_weight: Any = ...) -> float: ...
    def set_params(self, **parameters: Any) -> Self: ...
