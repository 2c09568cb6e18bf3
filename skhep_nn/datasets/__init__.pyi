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

@overload
def fetch_hepmass(
    path: str | PathLike[str] | None = ...,
    *,
    sample: Literal["all", "1000", "not1000", "imbalanced"] = ...,
    subset: Literal["train", "test"] | None = ...,
    background_mass: Literal["drop", "keep"] = ...,
    n_max: int | None = ...,
    return_X_y: Literal[False] = ...,
) -> pd.DataFrame: ...
@overload
def fetch_hepmass(
    path: str | PathLike[str] | None = ...,
    *,
    sample: Literal["all", "1000", "not1000", "imbalanced"] = ...,
    subset: Literal["train", "test"] | None = ...,
    background_mass: Literal["drop", "keep"] = ...,
    n_max: int | None = ...,
    return_X_y: Literal[True],
) -> tuple[Any, ...]: ...
@overload
def fetch_higgs_ml(
    path: str | PathLike[str] | None = ...,
    *,
    return_X_y: Literal[False] = ...,
    official_yields: bool = ...,
    kaggle_set: str | None = ...,
    missing: float = ...,
) -> pd.DataFrame: ...
@overload
def fetch_higgs_ml(
    path: str | PathLike[str] | None = ...,
    *,
    return_X_y: Literal[True],
    official_yields: bool = ...,
    kaggle_set: str | None = ...,
    missing: float = ...,
) -> tuple[Any, ...]: ...
@overload
def load_jets(*, return_X_y: Literal[False] = ..., max_tracks: int = ...) -> pd.DataFrame: ...
@overload
def load_jets(*, return_X_y: Literal[True], max_tracks: int = ...) -> tuple[Any, ...]: ...
@overload
def load_lepton_jets(
    *, return_X_y: Literal[False] = ..., target: Literal["is_signal", "process"] = ...
) -> pd.DataFrame: ...
@overload
def load_lepton_jets(
    *, return_X_y: Literal[True], target: Literal["is_signal", "process"] = ...
) -> tuple[Any, ...]: ...
@overload
def load_particle_lists(*, return_X_y: Literal[False] = ...) -> pd.DataFrame: ...
@overload
def load_particle_lists(*, return_X_y: Literal[True]) -> tuple[Any, ...]: ...
@overload
def load_resonance(*, return_X_y: Literal[False] = ...) -> pd.DataFrame: ...
@overload
def load_resonance(*, return_X_y: Literal[True]) -> tuple[Any, ...]: ...
@overload
def make_acceptance(
    n_particles: int = ...,
    *,
    return_X_y: Literal[False] = ...,
    random_state: int | np.random.RandomState | None = ...,
) -> pd.DataFrame: ...
@overload
def make_acceptance(
    n_particles: int = ...,
    *,
    return_X_y: Literal[True],
    random_state: int | np.random.RandomState | None = ...,
) -> tuple[Any, ...]: ...
@overload
def make_resonance(
    n_signal: int | Sequence[int] = ...,
    n_background: int = ...,
    masses: Sequence[float] = ...,
    *,
    random_state: int | np.random.RandomState | None = ...,
    return_X_y: Literal[False] = ...,
) -> pd.DataFrame: ...
@overload
def make_resonance(
    n_signal: int | Sequence[int] = ...,
    n_background: int = ...,
    masses: Sequence[float] = ...,
    *,
    random_state: int | np.random.RandomState | None = ...,
    return_X_y: Literal[True],
) -> tuple[Any, ...]: ...
