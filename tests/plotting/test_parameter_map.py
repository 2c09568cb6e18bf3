from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.metrics import auc_by_parameter_from_scores, significance_by_parameter_from_scores
from skhep_nn.plotting import ParameterMapDisplay

MASSES = np.array([[500, 100], [600, 100], [600, 200]])
RNG = np.random.default_rng(0)
SIGNAL = MASSES[RNG.integers(0, 3, 300)]
PARAMETER = np.concatenate([np.zeros((300, 2)), SIGNAL])
Y = np.repeat([0, 1], 300)
SCORE = np.r_[RNG.normal(size=300), RNG.normal(1, size=300)]
TABLE = auc_by_parameter_from_scores(Y, SCORE, PARAMETER)


def test_each_point_has_its_place_and_its_value():
    display = ParameterMapDisplay.from_predictions(Y, SCORE, PARAMETER)
    table = auc_by_parameter_from_scores(Y, SCORE, PARAMETER)
    grid = np.ma.filled(display.points_.get_array().reshape(2, 2), np.nan)
    assert grid[0, 0] == table.loc[(500, 100), "auc"]
    assert grid[0, 1] == table.loc[(600, 100), "auc"]
    assert grid[1, 1] == table.loc[(600, 200), "auc"]
    # there are no events of this point
    assert np.isnan(grid[1, 0])
    assert [text.get_text() for text in display.ax_.get_xticklabels()] == ["500", "600"]
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["100", "200"]
    assert len(display.ax_.texts) == 3


def test_axes_have_names_with_units_and_numbers_may_be_left_out():
    names = ["$m_X$ [GeV]", "$m_Y$ [GeV]"]
    display = ParameterMapDisplay.from_predictions(
        Y, SCORE, PARAMETER, parameter_names=names, values=False
    )
    assert [display.ax_.get_xlabel(), display.ax_.get_ylabel()] == names
    assert not display.ax_.texts


def test_a_significance_may_be_drawn():
    display = ParameterMapDisplay.from_predictions(
        Y, SCORE, PARAMETER, quantity="significance_ratio"
    )
    assert "significance_ratio" in display.table


def test_a_significance_takes_the_options_of_its_table_and_of_the_drawing():
    options = {"systematic": 0.1, "luminosity": 100.0}
    display = ParameterMapDisplay.from_predictions(
        Y, SCORE, PARAMETER, quantity="figure_of_merit", values=False, **options
    )
    expected = significance_by_parameter_from_scores(Y, SCORE, PARAMETER, **options)
    pd.testing.assert_frame_equal(display.table, expected)
    assert not display.ax_.texts
    with pytest.raises(TypeError, match="unexpected keyword argument 'systematic'"):
        ParameterMapDisplay.from_predictions(Y, SCORE, PARAMETER, systematic=0.1)
    plain = significance_by_parameter_from_scores(Y, SCORE, PARAMETER)
    assert not np.allclose(plain["figure_of_merit"], expected["figure_of_merit"])


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (pd.DataFrame({"auc": [0.5]}), {}, "of two parameters, got DataFrame"),
        ("auc", {}, "of two parameters, got str"),
        (TABLE["auc"], {}, "of two parameters, got Series"),
        (TABLE.assign(auc="odd"), {}, r"table\['auc'\] must be numbers"),
        (pd.concat([TABLE, TABLE[["auc"]]], axis=1), {}, "table has several columns 'auc'"),
        (TABLE, {"quantity": "z"}, "quantity='z'"),
        (TABLE, {"quantity": ["auc"]}, r"quantity=\['auc'\]"),
        (TABLE, {"parameter_names": ["m"]}, "must be two names"),
        (TABLE, {"parameter_names": {"m", "n"}}, "must be two names"),
        (TABLE, {"cmap": ["viridis"]}, r"cmap=\['viridis'\] is no colormap"),
    ],
)
def test_what_is_no_table_of_two_parameters_is_an_error(table, options, message):
    with pytest.raises(ValueError, match=message):
        ParameterMapDisplay.from_table(table, **options)


def test_a_quantity_that_is_no_name_is_an_error_of_predictions_too():
    with pytest.raises(ValueError, match=r"quantity=\{'auc'\} is no column"):
        ParameterMapDisplay.from_predictions(Y, SCORE, PARAMETER, quantity={"auc"})
