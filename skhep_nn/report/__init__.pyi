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

SECTIONS: Any

class Measured:
    value: float
    error: float
    def __init__(self, value: float, error: float = ...) -> None: ...
    def to_json(self) -> Any: ...

class Numbers:
    numbers: dict[str, Any]
    def __init__(self, numbers: dict[str, Any]) -> None: ...
    def to_json(self) -> Any: ...

class Picture:
    figure: Figure
    caption: str
    alt: str
    svg: Any
    is_large: bool
    def __init__(
        self, figure: Figure, caption: str, alt: str, svg: Any = ..., is_large: bool = ...
    ) -> None: ...
    def to_json(self) -> Any: ...

class Report:
    model: Any
    train: Any
    validation: Any
    test: Any
    variations: dict[str, Any]
    luminosity: float
    y: str
    weight_column: str | int
    process_column: str | int
    signal: Any
    class_names: dict[Any, str] | Sequence[str]
    systematic: float
    min_effective_background: float
    sculpting: str | Sequence[str]
    event_number: str | int | Sequence[Any]
    max_events: int
    title: str
    sections: Sequence[str] | Section
    random_state: int | np.random.RandomState
    def __init__(
        self,
        model: Any,
        *,
        train: Any = ...,
        validation: Any = ...,
        test: Any = ...,
        variations: dict[str, Any] | None = ...,
        luminosity: float | None = ...,
        y: str | None = ...,
        weight_column: str | int | None = ...,
        process_column: str | int | None = ...,
        signal: Any = ...,
        class_names: dict[Any, str] | Sequence[str] | None = ...,
        systematic: float = ...,
        min_effective_background: float = ...,
        sculpting: str | Sequence[str] = ...,
        event_number: str | int | Sequence[Any] | None = ...,
        max_events: int = ...,
        title: str | None = ...,
        sections: Sequence[str] | Section | None = ...,
        random_state: int | np.random.RandomState = ...,
    ) -> None: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def to_html(self) -> str: ...
    def to_json(self) -> str: ...

class Section:
    key: str
    title: str
    compute: Callable[..., Any]
    def __init__(self, key: str, title: str, compute: Callable[..., Any]) -> None: ...

class Table:
    frame: pd.DataFrame
    caption: str
    def __init__(self, frame: pd.DataFrame, caption: str) -> None: ...
    def to_json(self) -> Any: ...

class Text:
    text: str
    def __init__(self, text: str) -> None: ...
    def to_json(self) -> Any: ...

class Missing(Exception): ...
