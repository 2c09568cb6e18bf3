"""Exported models read frames of any library."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skhep_nn import KerasClassifier
from skhep_nn.exceptions import ColumnError


def network():
    layers = [keras.layers.Input((2,)), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential(layers)


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_columns_are_those_of_the_fit_in_its_order(exported, convert):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(50, 2)), columns=["pt", "eta"])
    model = KerasClassifier(network, random_state=0, verbose=0)
    loaded = exported(model.fit(X, np.arange(50) % 2), check=X)
    np.testing.assert_array_equal(loaded.predict_proba(convert(X)), loaded.predict_proba(X))
    with pytest.raises(ColumnError, match="same order"):
        loaded.predict_proba(convert(X).select(["eta", "pt"]))
