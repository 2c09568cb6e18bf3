"""scikit-learn's own checks of estimators."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhep_nn import EventWeightBalancer, MinMaxScaler, RobustClipScaler

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
