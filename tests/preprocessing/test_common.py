"""scikit-learn's own checks of estimators."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhep_nn import EventWeightBalancer, MinMaxScaler, RobustClipScaler
from skhep_nn.exceptions import FeatureWarning

SCALERS = [
    MinMaxScaler(),
    MinMaxScaler((0, 1), clip=True),
    MinMaxScaler(add_indicator=True, missing_value=-999),
    MinMaxScaler(data_range={0: (-10.0, 10.0)}),
    RobustClipScaler(),
    RobustClipScaler(add_indicator=True, missing_value=-999),
]
BALANCERS = [
    EventWeightBalancer(),
    EventWeightBalancer("none"),
    EventWeightBalancer("equal", negative_weights="drop"),
]
WITH_WEIGHTS = [EventWeightBalancer("equal", weight_column=0, negative_weights="abs")]

RESCALES = "fit_transform rescales the weight column by design, transform does not"
WITH_WEIGHT_COLUMN = {
    "check_transformer_general": RESCALES,
    "check_transformer_data_not_an_array": RESCALES,
    "check_estimators_pickle": "it puts NaN into the weight column, which is an error by design",
}


def expected_failures(estimator):
    return {} if getattr(estimator, "weight_column", None) is None else WITH_WEIGHT_COLUMN


@parametrize_with_checks(
    [*SCALERS, *BALANCERS, *WITH_WEIGHTS], expected_failed_checks=expected_failures
)
@pytest.mark.filterwarnings("ignore:EventWeightBalancer without weight_column:UserWarning")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("scaler", [MinMaxScaler, RobustClipScaler])
@pytest.mark.parametrize("name", ["weight", "event_weight", "Weights"])
def test_scaling_a_column_that_is_called_a_weight_is_told_of(scaler, name):
    X = pd.DataFrame({"pt": [20.0, 30.0, 50.0], name: [0.5, 1.0, 4.0]})
    with pytest.warns(FeatureWarning, match=rf"column '{name}' is scaled .*exclude=\['{name}'\]"):
        scaler().fit(X)
    # warnings are errors
    scaler(exclude=[name]).fit(X)
    scaler().fit(X.rename(columns={name: "weight_of_jet"}))


def test_a_column_whose_range_is_given_is_meant_to_be_scaled():
    X = pd.DataFrame({"pt": [20.0, 30.0, 50.0], "btag_weight": [0.5, 1.0, 4.0]})
    MinMaxScaler(data_range={"btag_weight": (0, 5)}).fit(X)


def test_the_weight_column_of_a_scaler_is_not_scaled_and_not_told_of():
    X = pd.DataFrame({"pt": [20.0, 30.0, 50.0], "weight": [0.5, 1.0, 4.0]})
    scaled = RobustClipScaler(weight_column="weight").fit_transform(X)
    assert scaled["weight"].tolist() == [0.5, 1.0, 4.0]
