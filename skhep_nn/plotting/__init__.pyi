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

from skhep_nn.metrics import BiasStudy
from skhep_nn.metrics import BinnedSignificance
from skhep_nn.metrics import CalibrationCurve
from skhep_nn.metrics import CalibrationError
from skhep_nn.metrics import ClosureTest
from skhep_nn.metrics import ClosureTests
from skhep_nn.robustness import FeatureImportance
from skhep_nn.estimators import LikelihoodRatio
from skhep_nn.metrics import OvertrainingTest
from skhep_nn.metrics import ReweightingTest
from skhep_nn.metrics import Sculpting
from skhep_nn.metrics import SignificanceScan
from skhep_nn.metrics import Templates
from skhep_nn.report import Text
from skhep_nn.robustness import Variations
from skhep_nn.metrics import WorkingPoint

class BiasDisplay:
    study: BiasStudy
    axes_: dict[str, Axes]
    ax_: Axes
    figure_: Figure
    def __init__(self, study: BiasStudy) -> None: ...
    @classmethod
    def from_events(
        cls,
        kept: ArrayLike,
        events: Any,
        variables: str | Sequence[str] | dict[str, str] | None = ...,
        *,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> BiasDisplay: ...
    @classmethod
    def from_study(
        cls, study: BiasStudy, *, ax: Axes | Sequence[Axes] | None = ...
    ) -> BiasDisplay: ...
    def plot(self, ax: Axes | Sequence[Axes] | None = ...) -> BiasDisplay: ...

class CalibrationDisplay:
    curve: CalibrationCurve
    calibration_error: CalibrationError
    name: str
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        curve: CalibrationCurve,
        calibration_error: CalibrationError | None = ...,
        *,
        name: str = ...,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        name: str = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> CalibrationDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        probability: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        bins: Any = ...,
        min_effective_events: float = ...,
        signal: Any = ...,
        name: str = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> CalibrationDisplay: ...
    def plot(
        self,
        ax: Axes | Sequence[Any] | None = ...,
        *,
        log: bool = ...,
        name: str | None = ...,
        **points: Any,
    ) -> CalibrationDisplay: ...

class ClosureDisplay:
    test: ClosureTest
    variable: str
    name: str
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(self, test: ClosureTest, *, variable: str = ..., name: str = ...) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        by: str | ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        variable: str | None = ...,
        **options: Any,
    ) -> ClosureDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        probability: ArrayLike,
        by: ArrayLike,
        *,
        variable: str = ...,
        name: str = ...,
        ax: Axes | Sequence[Any] | None = ...,
        log: bool = ...,
        legend: bool = ...,
        **test_options: Any,
    ) -> ClosureDisplay: ...
    @classmethod
    def from_test(
        cls,
        test: ClosureTest,
        *,
        variable: str = ...,
        name: str = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> ClosureDisplay: ...
    def plot(
        self, ax: Axes | Sequence[Any] | None = ..., *, log: bool = ..., legend: bool = ...
    ) -> ClosureDisplay: ...

class ClosurePanelsDisplay:
    tests: ClosureTests
    variable: str
    within: str
    displays_: list[ClosureDisplay]
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(self, tests: ClosureTests, *, variable: str = ..., within: str = ...) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        by: str | ArrayLike,
        within: str | ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        variable: str | None = ...,
        within_name: str | None = ...,
        **options: Any,
    ) -> ClosurePanelsDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        probability: ArrayLike,
        by: ArrayLike,
        within: ArrayLike,
        *,
        variable: str = ...,
        within_name: str = ...,
        ax: Axes | None = ...,
        log: bool = ...,
        **test_options: Any,
    ) -> ClosurePanelsDisplay: ...
    @classmethod
    def from_tests(
        cls,
        tests: ClosureTests,
        *,
        variable: str = ...,
        within: str = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ClosurePanelsDisplay: ...
    def plot(self, ax: Axes | None = ..., *, log: bool = ...) -> ClosurePanelsDisplay: ...

class ConfusionMatrixDisplay:
    matrix: NDArray[Any]
    squares: NDArray[Any]
    classes: Any
    class_names: dict[Any, str]
    ax_: Axes
    figure_: Figure
    text_: Text
    def __init__(
        self,
        matrix: NDArray[Any],
        squares: NDArray[Any],
        classes: Any,
        *,
        class_names: dict[Any, str] | None = ...,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        threshold: float | None = ...,
        signal: Any = ...,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        class_names: dict[Any, str] | Sequence[str] | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ConfusionMatrixDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        labels: Any = ...,
        class_names: dict[Any, str] | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ConfusionMatrixDisplay: ...
    def normalized(
        self, normalize: Literal["true", "pred", None] = ...
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    def plot(
        self,
        ax: Axes | None = ...,
        *,
        normalize: Literal["true", "pred", None] = ...,
        cmap: Any = ...,
        colorbar: bool = ...,
    ) -> ConfusionMatrixDisplay: ...

class HistoryDisplay:
    history: dict[str, Sequence[float]]
    best_epoch: int
    axes_: dict[str, Axes]
    ax_: Axes
    figure_: Figure
    def __init__(
        self, history: dict[str, Sequence[float]], best_epoch: int | None = ...
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Axes | Sequence[Axes] | None = ..., **options: Any
    ) -> HistoryDisplay: ...
    @classmethod
    def from_history(
        cls,
        history: dict[str, Sequence[float]],
        best_epoch: int | None = ...,
        *,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> HistoryDisplay: ...
    def plot(
        self, ax: Axes | Sequence[Axes] | None = ..., *, log: bool = ...
    ) -> HistoryDisplay: ...

class ImportanceDisplay:
    result: FeatureImportance
    ax_: Axes
    figure_: Figure
    def __init__(self, result: FeatureImportance) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = ...,
        *,
        ax: Axes | None = ...,
        n_most: int = ...,
        **options: Any,
    ) -> ImportanceDisplay: ...
    @classmethod
    def from_result(
        cls, result: FeatureImportance, *, ax: Axes | None = ..., **options: Any
    ) -> ImportanceDisplay: ...
    def plot(self, ax: Axes | None = ..., *, n_most: int = ...) -> ImportanceDisplay: ...

class InputVariablesDisplay:
    histograms: dict[str, dict[Any, Any]]
    classes: Any
    missing: dict[str, dict[Any, float]]
    folded: dict[str, bool]
    labels: dict[str, str]
    class_names: dict[Any, str]
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        histograms: dict[str, dict[Any, Any]],
        classes: Any,
        missing: dict[str, dict[Any, float]],
        folded: dict[str, bool],
        *,
        labels: dict[str, str] | None = ...,
        class_names: dict[Any, str] | None = ...,
    ) -> None: ...
    @classmethod
    def from_data(
        cls,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        columns: Sequence[str | int] | None = ...,
        exclude: Sequence[str | int] = ...,
        bins: Any = ...,
        missing_value: float | None = ...,
        labels: dict[str, str] | None = ...,
        class_names: dict[Any, str] | None = ...,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> InputVariablesDisplay: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        transformed: bool = ...,
        sample_weight: Any = ...,
        weight_column: str | int | None = ...,
        exclude: Any = ...,
        **options: Any,
    ) -> InputVariablesDisplay: ...
    def plot(
        self, ax: Axes | Sequence[Axes] | None = ..., *, log: bool = ...
    ) -> InputVariablesDisplay: ...

class OvertrainingDisplay:
    test: OvertrainingTest
    edges: NDArray[Any]
    counts: dict[str, Any]
    score_name: str
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        test: OvertrainingTest,
        edges: NDArray[Any],
        counts: dict[str, Any],
        *,
        score_name: str = ...,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X_train: Any,
        y_train: ArrayLike,
        X_test: Any,
        y_test: ArrayLike,
        *,
        sample_weight_train: ArrayLike | float | None = ...,
        sample_weight_test: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> OvertrainingDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_train: ArrayLike,
        score_train: ArrayLike,
        y_test: ArrayLike,
        score_test: ArrayLike,
        *,
        sample_weight_train: ArrayLike | float | None = ...,
        sample_weight_test: ArrayLike | float | None = ...,
        signal: Any = ...,
        bins: int | ArrayLike = ...,
        score_name: str = ...,
        test: OvertrainingTest | None = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **test_options: Any,
    ) -> OvertrainingDisplay: ...
    def plot(self, ax: Axes | Sequence[Any] | None = ...) -> OvertrainingDisplay: ...

class ParameterMapDisplay:
    table: pd.DataFrame
    quantity: str
    parameter_names: Sequence[Any]
    ax_: Axes
    figure_: Figure
    points_: Any
    def __init__(
        self,
        table: pd.DataFrame,
        quantity: str = ...,
        *,
        parameter_names: Sequence[Any] | None = ...,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        quantity: str = ...,
        parameter: Any = ...,
        hypotheses: Any = ...,
        signal: Any = ...,
        sample_weight: Any = ...,
        weight_column: str | int | None = ...,
        parameter_names: Sequence[Any] | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ParameterMapDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        parameter: ArrayLike,
        *,
        quantity: str = ...,
        sample_weight: ArrayLike | float | None = ...,
        hypotheses: ArrayLike | None = ...,
        signal: Any = ...,
        parameter_names: Sequence[Any] | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ParameterMapDisplay: ...
    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame,
        *,
        quantity: str = ...,
        parameter_names: Sequence[Any] | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ParameterMapDisplay: ...
    def plot(
        self, ax: Axes | None = ..., *, values: bool = ..., cmap: str = ...
    ) -> ParameterMapDisplay: ...

class ReweighterDisplay:
    test: ReweightingTest
    variable: str
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(self, test: ReweightingTest, *, variable: str = ...) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        ratio: LikelihoodRatio,
        X: Any,
        y: ArrayLike,
        by: str | ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        bins: int | ArrayLike = ...,
        variable: str | None = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> ReweighterDisplay: ...
    @classmethod
    def from_test(
        cls,
        test: ReweightingTest,
        *,
        variable: str = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> ReweighterDisplay: ...
    @classmethod
    def from_weights(
        cls,
        source: ArrayLike,
        target: ArrayLike,
        weights_after: ArrayLike,
        *,
        weights_before: ArrayLike | float | None = ...,
        weights_target: ArrayLike | float | None = ...,
        bins: int | ArrayLike = ...,
        variable: str = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> ReweighterDisplay: ...
    def plot(
        self, ax: Axes | Sequence[Any] | None = ..., *, log: bool = ...
    ) -> ReweighterDisplay: ...

class RocDisplay:
    signal_efficiency: NDArray[Any]
    background_efficiency: NDArray[Any]
    signal_error: NDArray[Any]
    background_error: NDArray[Any]
    auc: float
    name: str
    ax_: Axes
    figure_: Figure
    line_: Any
    band_: Any
    def __init__(
        self,
        signal_efficiency: NDArray[Any],
        background_efficiency: NDArray[Any],
        signal_error: NDArray[Any],
        background_error: NDArray[Any],
        auc: float,
        *,
        name: str | None = ...,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        name: str | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> RocDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        signal: Any = ...,
        name: str | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> RocDisplay: ...
    def plot(
        self,
        ax: Axes | None = ...,
        *,
        kind: Literal["efficiency", "rejection", "1-efficiency"] = ...,
        band: bool = ...,
        name: str | None = ...,
        **line: Any,
    ) -> RocDisplay: ...

class ScoreByParameterDisplay:
    histograms: dict[str, dict[Any, Any]]
    auc: dict[str, float]
    score_name: str
    class_names: dict[Any, str]
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        histograms: dict[str, dict[Any, Any]],
        auc: dict[str, float],
        *,
        score_name: str = ...,
        class_names: dict[Any, str] | None = ...,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        parameter: Any = ...,
        hypotheses: Any = ...,
        signal: Any = ...,
        sample_weight: Any = ...,
        weight_column: str | int | None = ...,
        bins: Any = ...,
        score_name: str = ...,
        class_names: dict[Any, str] | Sequence[str] | None = ...,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> ScoreByParameterDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: Any,
        parameter: Any,
        *,
        sample_weight: Any = ...,
        hypotheses: Any = ...,
        signal: Any = ...,
        bins: Any = ...,
        score_name: str = ...,
        class_names: dict[Any, str] | None = ...,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> ScoreByParameterDisplay: ...
    def plot(
        self, ax: Axes | Sequence[Axes] | None = ..., *, n_columns: int = ..., log: bool = ...
    ) -> ScoreByParameterDisplay: ...

class ScoreDisplay:
    test: dict[Any, Any]
    train: dict[Any, Any]
    p_values: dict[Any, float]
    score_name: str
    class_names: dict[Any, str]
    ax_: Axes
    figure_: Figure
    def __init__(
        self,
        test: dict[Any, Any],
        train: dict[Any, Any] | None = ...,
        p_values: dict[Any, float] | None = ...,
        *,
        score_name: str = ...,
        class_names: dict[Any, str] | None = ...,
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        X_train: Any = ...,
        y_train: Any = ...,
        sample_weight: ArrayLike | float | None = ...,
        sample_weight_train: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        score_name: str | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ScoreDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        y_train: Any = ...,
        score_train: Any = ...,
        sample_weight_train: Any = ...,
        bins: Any = ...,
        score_name: str = ...,
        class_names: dict[Any, str] | None = ...,
        ax: Axes | None = ...,
        **options: Any,
    ) -> ScoreDisplay: ...
    def plot(self, ax: Axes | None = ..., *, log: bool = ...) -> ScoreDisplay: ...

class SculptingDisplay:
    result: Sculpting
    variable: str
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(self, result: Sculpting, *, variable: str = ...) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        by: str | ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        variable: str | None = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> SculptingDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        by: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        variable: str = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> SculptingDisplay: ...
    @classmethod
    def from_result(
        cls, result: Sculpting, *, variable: str = ..., ax: Axes | Sequence[Any] | None = ...
    ) -> SculptingDisplay: ...
    def plot(self, ax: Axes | Sequence[Any] | None = ...) -> SculptingDisplay: ...

class SignificanceDisplay:
    scan: SignificanceScan | BinnedSignificance
    other: SignificanceScan
    yields: dict[str, Any]
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    cut_: WorkingPoint
    errors_: NDArray[Any]
    scale_: Literal["linear", "zoom", "logit"]
    def __init__(
        self,
        scan: SignificanceScan | BinnedSignificance,
        *,
        other: SignificanceScan | None = ...,
        yields: dict[str, Any] | None = ...,
    ) -> None: ...
    @classmethod
    def from_binned(
        cls, binned: BinnedSignificance, *, ax: Axes | Sequence[Any] | None = ...
    ) -> SignificanceDisplay: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        X_test: Any = ...,
        y_test: Any = ...,
        sample_weight: ArrayLike | float | None = ...,
        sample_weight_test: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        signal: Any = ...,
        bins: ArrayLike | int | None = ...,
        cut: float | None = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **scan_options: Any,
    ) -> SignificanceDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        y_test: Any = ...,
        score_test: Any = ...,
        sample_weight_test: Any = ...,
        bins: ArrayLike | int | None = ...,
        process: ArrayLike | None = ...,
        cut: Any = ...,
        scale: Literal["auto", "linear", "zoom", "logit"] = ...,
        ax: Axes | Sequence[Any] | None = ...,
        **scan_options: Any,
    ) -> SignificanceDisplay: ...
    @classmethod
    def from_scan(
        cls,
        scan: SignificanceScan,
        *,
        other: SignificanceScan | None = ...,
        yields: dict[str, Any] | None = ...,
        ax: Axes | Sequence[Any] | None = ...,
        cut: Any = ...,
        scale: Literal["auto", "linear", "zoom", "logit"] = ...,
    ) -> SignificanceDisplay: ...
    def plot(
        self,
        ax: Axes | Sequence[Any] | None = ...,
        *,
        cut: float | None = ...,
        scale: Literal["auto", "linear", "zoom", "logit"] = ...,
    ) -> SignificanceDisplay: ...

class TemplatesDisplay:
    templates: Templates
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    error_: NDArray[Any]
    def __init__(self, templates: Templates) -> None: ...
    @classmethod
    def from_templates(
        cls, templates: Templates, *, ax: Axes | Sequence[Any] | None = ...
    ) -> TemplatesDisplay: ...
    def plot(self, ax: Axes | Sequence[Any] | None = ...) -> TemplatesDisplay: ...

class VariationsDisplay:
    result: Variations
    axes_: list[Axes]
    ax_: Axes
    figure_: Figure
    def __init__(self, result: Variations) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        variations: Any,
        y: Any = ...,
        *,
        ax: Axes | Sequence[Any] | None = ...,
        **options: Any,
    ) -> VariationsDisplay: ...
    @classmethod
    def from_result(
        cls, result: Variations, *, ax: Axes | Sequence[Any] | None = ...
    ) -> VariationsDisplay: ...
    def plot(self, ax: Axes | Sequence[Any] | None = ...) -> VariationsDisplay: ...

class AUCByParameterDisplay:
    ax_: Axes
    figure_: Figure
    curves_: dict[str, Any]
    def __init__(self, tables: Any, *, parameter_name: Any = ...) -> None: ...
    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: ArrayLike, *, name: str | None = ..., **options: Any
    ) -> Any: ...
    @classmethod
    def from_estimators(
        cls,
        estimators: Any,
        X: Any,
        y: ArrayLike,
        *,
        parameter: Any = ...,
        hypotheses: ArrayLike | None = ...,
        signal: Any = ...,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        parameter_name: str | None = ...,
        ax: Axes | None = ...,
        **line: Any,
    ) -> AUCByParameterDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike | dict[str, ArrayLike],
        parameter: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        hypotheses: ArrayLike | None = ...,
        signal: Any = ...,
        parameter_name: str | None = ...,
        ax: Axes | None = ...,
        **line: Any,
    ) -> AUCByParameterDisplay: ...
    @classmethod
    def from_tables(
        cls,
        tables: dict[str, pd.DataFrame] | pd.DataFrame,
        *,
        parameter_name: str | None = ...,
        ax: Axes | None = ...,
        **line: Any,
    ) -> AUCByParameterDisplay: ...
    def plot(self, ax: Axes | None = ..., **line: Any) -> AUCByParameterDisplay: ...

class RocPairsDisplay:
    curves: dict[Any, dict[Any, RocDisplay]]
    class_names: dict[Any, str]
    axes_: dict[Any, Axes]
    ax_: Axes
    figure_: Figure
    def __init__(
        self, curves: dict[Any, dict[Any, RocDisplay]], *, class_names: dict[Any, str] | None = ...
    ) -> None: ...
    def auc(self) -> pd.DataFrame: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> Self: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        classes: ArrayLike | None = ...,
        signals: Any = ...,
        score: Literal["ratio", "probability"] = ...,
        class_names: dict[Any, str] | None = ...,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> RocPairsDisplay: ...
    def plot(
        self,
        ax: Axes | Sequence[Axes] | None = ...,
        *,
        kind: Literal["rejection", "efficiency", "1-efficiency"] = ...,
        band: bool = ...,
    ) -> RocPairsDisplay: ...

class ScorePanelsDisplay:
    displays: dict[Any, ScoreDisplay]
    class_names: dict[Any, str]
    axes_: dict[Any, Axes]
    ax_: Axes
    figure_: Figure
    def __init__(
        self, displays: dict[Any, ScoreDisplay], *, class_names: dict[Any, str] | None = ...
    ) -> None: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        weight_column: str | int | None = ...,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> Self: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        sample_weight: ArrayLike | float | None = ...,
        classes: ArrayLike | None = ...,
        nodes: Any = ...,
        bins: Any = ...,
        class_names: dict[Any, str] | None = ...,
        ax: Axes | Sequence[Axes] | None = ...,
        **options: Any,
    ) -> ScorePanelsDisplay: ...
    def plot(
        self, ax: Axes | Sequence[Axes] | None = ..., *, log: bool = ...
    ) -> ScorePanelsDisplay: ...

class SignificanceByParameterDisplay:
    settings: Any
    ax_: Axes
    figure_: Figure
    curves_: dict[str, Any]
    def __init__(self, tables: Any, *, parameter_name: Any = ..., settings: Any = ...) -> None: ...
    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: ArrayLike, *, name: str | None = ..., **options: Any
    ) -> Any: ...
    @classmethod
    def from_estimators(
        cls,
        estimators: Any,
        X: Any,
        y: Any,
        *,
        parameter: Any = ...,
        hypotheses: Any = ...,
        signal: Any = ...,
        sample_weight: Any = ...,
        weight_column: str | int | None = ...,
        quantity: Literal["figure_of_merit", "significance_ratio"] = ...,
        parameter_name: str | None = ...,
        ax: Axes | None = ...,
        **scan_options: Any,
    ) -> SignificanceByParameterDisplay: ...
    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: Any,
        parameter: Any,
        *,
        sample_weight: Any = ...,
        hypotheses: Any = ...,
        signal: Any = ...,
        quantity: Literal["figure_of_merit", "significance_ratio"] = ...,
        parameter_name: str | None = ...,
        ax: Axes | None = ...,
        **scan_options: Any,
    ) -> SignificanceByParameterDisplay: ...
    @classmethod
    def from_tables(
        cls,
        tables: dict[str, pd.DataFrame] | pd.DataFrame,
        *,
        quantity: Literal["figure_of_merit", "significance_ratio"] = ...,
        settings: Any = ...,
        parameter_name: str | None = ...,
        ax: Axes | None = ...,
    ) -> SignificanceByParameterDisplay: ...
    def plot(
        self,
        ax: Axes | None = ...,
        *,
        quantity: Literal["figure_of_merit", "significance_ratio"] = ...,
        **line: Any,
    ) -> SignificanceByParameterDisplay: ...
