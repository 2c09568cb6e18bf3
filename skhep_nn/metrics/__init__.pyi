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

def auc_by_parameter(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    *,
    parameter: Any = ...,
    hypotheses: ArrayLike | None = ...,
    signal: Any = ...,
    sample_weight: ArrayLike | float | None = ...,
    weight_column: str | int | None = ...,
) -> pd.DataFrame: ...
def auc_by_parameter_from_scores(
    y_true: ArrayLike,
    y_score: ArrayLike,
    parameter: ArrayLike,
    *,
    sample_weight: ArrayLike | float | None = ...,
    hypotheses: ArrayLike | None = ...,
    signal: Any = ...,
) -> pd.DataFrame: ...
def bias_study(
    kept: ArrayLike,
    events: Any,
    variables: str | Sequence[str] | dict[str, str] | None = ...,
    *,
    bins: Any = ...,
    sample_weight: ArrayLike | float | None = ...,
    weight_column: str | int | None = ...,
) -> BiasStudy: ...
def binned_significance(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    bins: ArrayLike | int,
    systematic: float | ArrayLike = ...,
    simulation_error: bool = ...,
    variations: dict[str, Any] | None = ...,
    signal: Any = ...,
    yields: dict[Any, float] | None = ...,
    luminosity: float = ...,
    n_bootstrap: int = ...,
    random_state: int | np.random.RandomState | None = ...,
) -> BinnedSignificance: ...
def brier_score(
    y_true: ArrayLike,
    probability: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    signal: Any = ...,
    classes: ArrayLike | None = ...,
) -> Estimate: ...
def calibration_curve(
    y_true: ArrayLike,
    probability: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    bins: int | ArrayLike = ...,
    min_effective_events: float = ...,
    signal: Any = ...,
) -> CalibrationCurve: ...
def closure_test(
    y_true: ArrayLike,
    probability: ArrayLike,
    by: ArrayLike,
    *,
    bins: int | ArrayLike = ...,
    sample_weight: ArrayLike | float | None = ...,
    signal: Any = ...,
    min_variance: float = ...,
) -> ClosureTest: ...
def closure_tests(
    y_true: ArrayLike,
    probability: ArrayLike,
    by: Any,
    within: ArrayLike,
    *,
    bins: int | ArrayLike = ...,
    within_bins: int | ArrayLike = ...,
    sample_weight: Any = ...,
    signal: Any = ...,
    min_variance: float = ...,
) -> ClosureTests: ...
def expected_calibration_error(
    y_true: ArrayLike,
    probability: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    bins: Any = ...,
    min_effective_events: float = ...,
    signal: Any = ...,
) -> CalibrationError: ...
def figure_of_merit(
    s: ArrayLike,
    b: ArrayLike,
    *,
    kind: str = ...,
    systematic: ArrayLike = ...,
    sigma_b: ArrayLike | None = ...,
    b_reg: float = ...,
) -> Any: ...
def fold_spread(
    y_true: ArrayLike,
    y_score: ArrayLike,
    folds: ArrayLike,
    *,
    sample_weight: ArrayLike | float | None = ...,
    signal: Any = ...,
    classes: Sequence[Any] | None = ...,
    efficiency: float = ...,
) -> FoldSpread: ...
def log_loss(
    y_true: ArrayLike,
    probability: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    signal: Any = ...,
    classes: ArrayLike | None = ...,
) -> Estimate: ...
def make_auc_scorer(
    *, signal: Any = ..., weight_column: str | int | None = ..., weighted: bool | None = ...
) -> Callable[..., Any]: ...
def make_binned_scorer(
    *,
    bins: Literal["auto"] | int | ArrayLike = ...,
    signal: Any = ...,
    systematic: float = ...,
    simulation_error: bool = ...,
    variations: dict[str, Any] | None = ...,
    luminosity: float = ...,
    yields: dict[Any, float] | None = ...,
    min_background: float = ...,
    min_effective_background: float = ...,
    candidates: int | ArrayLike = ...,
    weight_column: str | int | None = ...,
    weighted: bool | None = ...,
) -> Callable[..., Any]: ...
def make_fom_scorer(
    kind: Any = ...,
    *,
    signal: Any = ...,
    threshold: float | Literal["best"] = ...,
    systematic: Any = ...,
    b_reg: float = ...,
    luminosity: float = ...,
    yields: dict[Any, float] | None = ...,
    min_background: float = ...,
    min_effective_background: float = ...,
    thresholds: int | ArrayLike | None = ...,
    weight_column: str | int | None = ...,
    weighted: bool | None = ...,
) -> Callable[..., Any]: ...
def make_parametric_auc_scorer(
    *,
    parameter: str | int | Sequence[Any] = ...,
    hypotheses: ArrayLike | None = ...,
    signal: Any = ...,
    average: Literal["mean", "min"] = ...,
    weight_column: str | int | None = ...,
    weighted: bool | None = ...,
) -> Callable[..., Any]: ...
def optimise_binning(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    n_bins: int | Literal["auto"] = ...,
    min_effective_background: float = ...,
    min_background: float = ...,
    systematic: float = ...,
    simulation_error: bool = ...,
    variations: dict[str, Any] | None = ...,
    candidates: int | ArrayLike = ...,
    signal: Any = ...,
    yields: dict[Any, float] | None = ...,
    luminosity: float = ...,
) -> NDArray[Any]: ...
def overtraining_test(
    y_train: ArrayLike,
    score_train: ArrayLike,
    y_test: ArrayLike,
    score_test: ArrayLike,
    *,
    sample_weight_train: ArrayLike | float | None = ...,
    sample_weight_test: ArrayLike | float | None = ...,
    signal: Any = ...,
    threshold: float | None = ...,
    efficiency: float = ...,
    bins: int | ArrayLike = ...,
    n_bootstrap: int = ...,
    random_state: int | np.random.RandomState = ...,
) -> OvertrainingTest: ...
def reweighting_test(
    source: ArrayLike,
    target: ArrayLike,
    weights_after: ArrayLike | float,
    *,
    weights_before: ArrayLike | float | None = ...,
    weights_target: ArrayLike | float | None = ...,
    bins: int | ArrayLike = ...,
) -> ReweightingTest: ...
def roc_auc(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    signal: Any = ...,
) -> float: ...
def roc_auc_error(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    signal: Any = ...,
) -> float: ...
def roc_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    signal: Any = ...,
) -> tuple[NDArray[Any], NDArray[Any]]: ...
def sculpting(
    y_true: ArrayLike,
    y_score: ArrayLike,
    by: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    signal: Any = ...,
    efficiencies: float | ArrayLike = ...,
    of: Literal["background", "signal"] = ...,
    bins: int | ArrayLike = ...,
) -> Sculpting: ...
def significance_by_parameter(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    parameter: Any = ...,
    hypotheses: Any = ...,
    signal: Any = ...,
    sample_weight: Any = ...,
    weight_column: str | int | None = ...,
    equal_yields: bool = ...,
    **scan_options: Any,
) -> pd.DataFrame: ...
def significance_by_parameter_from_scores(
    y_true: ArrayLike,
    y_score: Any,
    parameter: Any,
    *,
    sample_weight: Any = ...,
    hypotheses: Any = ...,
    signal: Any = ...,
    equal_yields: bool = ...,
    **scan_options: Any,
) -> pd.DataFrame: ...
def significance_scan(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    kind: Any = ...,
    systematic: Any = ...,
    b_reg: float = ...,
    signal: Any = ...,
    thresholds: int | ArrayLike | None = ...,
    score_range: tuple[float, ...] | None = ...,
    min_background: float = ...,
    min_effective_background: float = ...,
    yields: dict[Any, float] | None = ...,
    luminosity: float = ...,
    classes: ArrayLike | None = ...,
    node: Any = ...,
    argmax_only: bool = ...,
) -> SignificanceScan: ...
def threshold_at(
    y_true: ArrayLike,
    y_score: ArrayLike,
    sample_weight: ArrayLike | float | None = ...,
    *,
    efficiency: float | ArrayLike | None = ...,
    background_efficiency: float | ArrayLike | None = ...,
    signal: Any = ...,
    classes: ArrayLike | None = ...,
) -> Any: ...
def weighted_ks(
    a: ArrayLike,
    b: ArrayLike,
    weights_a: ArrayLike | float | None = ...,
    weights_b: ArrayLike | float | None = ...,
) -> KSResult: ...

class BiasStudy:
    variables: dict[str, Any]
    labels: dict[str, str]
    fraction: float
    error: float
    n_events: int
    def __init__(
        self,
        variables: dict[str, Any],
        labels: dict[str, str],
        fraction: float,
        error: float,
        n_events: int,
    ) -> None: ...
    def summary(self) -> pd.DataFrame: ...
    def to_frame(self) -> pd.DataFrame: ...

class BinnedSignificance:
    significance: float
    standard_error: float
    pulls: dict[str, float]
    templates: Templates
    def __init__(
        self,
        significance: float,
        standard_error: float,
        pulls: dict[str, float],
        templates: Templates,
    ) -> None: ...
    @property
    def background(self) -> NDArray[Any]: ...
    @property
    def background_error(self) -> NDArray[Any]: ...
    @property
    def bin_significance(self) -> NDArray[Any]: ...
    @property
    def edges(self) -> NDArray[Any]: ...
    @property
    def signal(self) -> NDArray[Any]: ...
    @property
    def signal_error(self) -> NDArray[Any]: ...
    def to_frame(self) -> Any: ...

class CalibrationCurve:
    edges: NDArray[Any]
    probability: NDArray[Any]
    fraction: NDArray[Any]
    error: NDArray[Any]
    effective_events: NDArray[Any]
    total: NDArray[Any]
    def __init__(
        self,
        edges: NDArray[Any],
        probability: NDArray[Any],
        fraction: NDArray[Any],
        error: NDArray[Any],
        effective_events: NDArray[Any],
        total: NDArray[Any],
    ) -> None: ...
    def to_frame(self) -> pd.DataFrame: ...

class ClosureTest:
    edges: NDArray[Any]
    total: NDArray[Any]
    counts: NDArray[Any]
    expected: NDArray[Any]
    variance: NDArray[Any]
    squares: NDArray[Any]
    n_events: NDArray[Any]
    min_variance: float
    def __init__(
        self,
        edges: NDArray[Any],
        total: NDArray[Any],
        counts: NDArray[Any],
        expected: NDArray[Any],
        variance: NDArray[Any],
        squares: NDArray[Any],
        n_events: NDArray[Any],
        min_variance: float,
    ) -> None: ...
    @property
    def calibration_error(self) -> float: ...
    @property
    def chi2(self) -> float: ...
    @property
    def chi2_per_bin(self) -> float: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def p_value(self) -> float: ...
    @property
    def pulls(self) -> NDArray[Any]: ...
    @property
    def tested(self) -> NDArray[Any]: ...
    def to_frame(self) -> Any: ...

class ClosureTests:
    edges: NDArray[Any]
    tests: list[ClosureTest]
    def __init__(self, edges: NDArray[Any], tests: list[ClosureTest]) -> None: ...
    @property
    def chi2(self) -> float: ...
    @property
    def chi2_per_bin(self) -> float: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def p_value(self) -> float: ...
    def to_frame(self, *, bins: bool = ...) -> pd.DataFrame: ...

class Comparison:
    test: str
    of: str
    train: float
    test_value: float
    difference: float
    error: float
    n_bins: float
    p_value: float
    def __init__(
        self,
        test: str,
        of: str,
        difference: float,
        p_value: float,
        train: float = ...,
        test_value: float = ...,
        error: float = ...,
        n_bins: float = ...,
    ) -> None: ...

class ExpectedLimit:
    median: float
    band_68: tuple[float, ...]
    band_95: tuple[float, ...]
    confidence_level: float
    def __init__(
        self,
        median: float,
        band_68: tuple[float, ...],
        band_95: tuple[float, ...],
        confidence_level: float,
    ) -> None: ...

class FoldSpread:
    signals: Any
    quantities: Sequence[str]
    values: NDArray[Any]
    errors: NDArray[Any]
    p_values: NDArray[Any]
    excess: NDArray[Any]
    thresholds: Sequence[float]
    def __init__(
        self,
        signals: Any,
        quantities: Sequence[str],
        values: NDArray[Any],
        errors: NDArray[Any],
        p_values: NDArray[Any],
        excess: NDArray[Any],
        thresholds: Sequence[float],
    ) -> None: ...
    @property
    def comparable(self) -> Any: ...
    def differences(self) -> list[str]: ...
    @property
    def n_folds(self) -> Any: ...
    def to_frame(self) -> pd.DataFrame: ...

class OvertrainingTest:
    rows: list[Comparison]
    threshold: float
    def __init__(self, rows: list[Comparison] = ..., threshold: float = ...) -> None: ...
    def __getitem__(self, key: str) -> Any: ...
    @property
    def p_value(self) -> float: ...
    def to_frame(self) -> pd.DataFrame: ...
    @property
    def verdict(self) -> str: ...

class ReweightingTest:
    edges: NDArray[Any]
    target: NDArray[Any]
    before: NDArray[Any]
    after: NDArray[Any]
    target_error: NDArray[Any]
    before_error: NDArray[Any]
    after_error: NDArray[Any]
    chi2_before: float
    chi2_after: float
    n_bins: int
    def __init__(
        self,
        edges: NDArray[Any],
        target: NDArray[Any],
        before: NDArray[Any],
        after: NDArray[Any],
        target_error: NDArray[Any],
        before_error: NDArray[Any],
        after_error: NDArray[Any],
        chi2_before: float,
        chi2_after: float,
        n_bins: int,
    ) -> None: ...
    @property
    def chi2_per_bin_after(self) -> float: ...
    @property
    def chi2_per_bin_before(self) -> float: ...
    @property
    def p_value_after(self) -> float: ...
    @property
    def p_value_before(self) -> float: ...

class Sculpting:
    edges: NDArray[Any]
    efficiencies: NDArray[Any]
    of: str
    thresholds: NDArray[Any]
    total: Any
    kept: list[Any]
    moves: list[Any]
    def __init__(
        self,
        edges: NDArray[Any],
        efficiencies: NDArray[Any],
        of: str,
        thresholds: NDArray[Any],
        total: Any,
        kept: list[Any],
        moves: list[Any],
    ) -> None: ...
    @property
    def background_efficiency(self) -> NDArray[Any]: ...
    @property
    def chi2(self) -> NDArray[Any]: ...
    @property
    def divergence(self) -> NDArray[Any]: ...
    @property
    def divergence_error(self) -> NDArray[Any]: ...
    @property
    def efficiency(self) -> NDArray[Any]: ...
    @property
    def efficiency_error(self) -> NDArray[Any]: ...
    @property
    def n_free(self) -> int: ...
    @property
    def noise(self) -> NDArray[Any]: ...
    @property
    def p_values(self) -> NDArray[Any]: ...
    def to_frame(self) -> pd.DataFrame: ...

class SignificanceScan:
    thresholds: NDArray[Any]
    signal: NDArray[Any]
    background: NDArray[Any]
    figure_of_merit: NDArray[Any]
    total_signal: float
    total_background: float
    signal_squares: NDArray[Any]
    background_squares: NDArray[Any]
    every_score: bool
    settings: Any
    min_background: float
    min_effective_background: float
    def __init__(
        self,
        thresholds: NDArray[Any],
        signal: NDArray[Any],
        background: NDArray[Any],
        signal_squares: NDArray[Any],
        background_squares: NDArray[Any],
        total_signal: float,
        total_background: float,
        every_score: bool,
        settings: Any,
        min_background: float,
        min_effective_background: float,
    ) -> None: ...
    def at(self, threshold: float) -> WorkingPoint: ...
    @property
    def background_efficiency(self) -> NDArray[Any]: ...
    @property
    def background_error(self) -> NDArray[Any]: ...
    @property
    def best(self) -> WorkingPoint: ...
    @property
    def best_index(self) -> int: ...
    @property
    def best_threshold(self) -> float: ...
    @property
    def best_value(self) -> float: ...
    @property
    def effective_background(self) -> NDArray[Any]: ...
    @property
    def signal_efficiency(self) -> NDArray[Any]: ...
    @property
    def signal_error(self) -> NDArray[Any]: ...
    def to_frame(self) -> Any: ...

class Templates:
    edges: NDArray[Any]
    processes: tuple[str, ...]
    is_signal: NDArray[Any]
    nominal: NDArray[Any]
    squares: NDArray[Any]
    variations: dict[str, tuple[NDArray[Any], ...]]
    noise: dict[str, tuple[NDArray[Any], ...]]
    systematic: NDArray[Any]
    simulation_error: bool
    def __init__(
        self,
        edges: NDArray[Any],
        processes: tuple[str, ...],
        is_signal: NDArray[Any],
        nominal: NDArray[Any],
        squares: NDArray[Any],
        variations: dict[str, tuple[NDArray[Any], ...]],
        noise: dict[str, tuple[NDArray[Any], ...]],
        systematic: NDArray[Any],
        simulation_error: bool,
    ) -> None: ...
    @property
    def background(self) -> NDArray[Any]: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        tables: Any,
        y: ArrayLike,
        *,
        bins: ArrayLike | int,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        processes: ArrayLike | None = ...,
        signal: Any = ...,
        systematic: Any = ...,
        simulation_error: bool = ...,
        yields: Any = ...,
        luminosity: float = ...,
    ) -> Templates: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: Any,
        sample_weight: Any = ...,
        *,
        bins: Any,
        variations: Any = ...,
        processes: ArrayLike | None = ...,
        signal: Any = ...,
        systematic: Any = ...,
        simulation_error: bool = ...,
        yields: Any = ...,
        luminosity: float = ...,
    ) -> Templates: ...
    def impacts(self) -> Any: ...
    def limit(self, confidence_level: float = ...) -> ExpectedLimit: ...
    @property
    def signal(self) -> NDArray[Any]: ...
    def significance(self) -> float: ...
    def to_pyhf(
        self,
        path: str | PathLike[str] | None = ...,
        *,
        observed: ArrayLike | None = ...,
        channel: str = ...,
    ) -> Any: ...
    def to_root(self, path: str | PathLike[str], *, observed: ArrayLike | None = ...) -> Any: ...
    def yields(self) -> Any: ...

class WorkingPoint:
    threshold: float
    signal: float
    background: float
    signal_error: float
    background_error: float
    signal_efficiency: float
    background_efficiency: float
    figure_of_merit: float
    def __init__(
        self,
        threshold: float,
        signal: float,
        background: float,
        signal_error: float,
        background_error: float,
        signal_efficiency: float,
        background_efficiency: float,
        figure_of_merit: float,
    ) -> None: ...

class CalibrationError(NamedTuple):
    value: float
    error: float
    by_chance: float

class Estimate(NamedTuple):
    value: float
    error: float

class KSResult(NamedTuple):
    statistic: float
    pvalue: float
