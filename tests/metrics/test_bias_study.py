from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.metrics import bias_study


def table():
    return pd.DataFrame({"n_tracks": np.repeat([4, 6], 100), "mass": np.tile([1.0, 2.0], 100)})


KEPT = np.r_[np.arange(100) < 90, np.arange(100) < 70]


def test_fractions_and_errors_are_binomial():
    study = bias_study(KEPT, table(), bins={"n_tracks": [3, 5, 7], "mass": 2})
    found = study.variables["n_tracks"]
    np.testing.assert_allclose(found.fraction, [0.9, 0.7])
    np.testing.assert_allclose(found.error, np.sqrt([0.9 * 0.1 / 100, 0.7 * 0.3 / 100]))
    assert (study.fraction, study.n_events) == (0.8, 200)
    assert study.error == pytest.approx(np.sqrt(0.8 * 0.2 / 200))
    # (90 - 80)^2 / (100 * 0.8 * 0.2), twice
    assert (found.chi2, found.n_free) == (pytest.approx(12.5), 1)
    even = study.variables["mass"]
    assert even.fraction.tolist() == [0.8, 0.8]
    assert (even.chi2, even.p_value) == (0.0, 1.0)


def test_weights_count_with_their_squares():
    events = pd.DataFrame({"x": [0.0, 0.0, 1.0, 1.0, 1.0]})
    weights = np.array([3.0, 1.0, 2.0, 2.0, -1.0])
    kept = [True, False, True, False, True]
    one = bias_study(kept, events, bins=[-0.5, 0.5, 1.5], sample_weight=weights).variables["x"]
    np.testing.assert_allclose(one.fraction, [3 / 4, 1 / 3])
    variance = [(1 - 1.5) * 9 + (9 / 16) * 10, (1 - 2 / 3) * 5 + (1 / 9) * 9]
    np.testing.assert_allclose(one.error, np.sqrt(variance) / [4, 3])
    same = bias_study(kept, events.assign(w=weights), bins=[-0.5, 0.5, 1.5], weight_column="w")
    np.testing.assert_allclose(same.variables["x"].error, one.error)
    assert list(same.variables) == ["x"]
    scaled = bias_study(kept, events, bins=[-0.5, 0.5, 1.5], sample_weight=1e-6 * weights)
    np.testing.assert_allclose(scaled.variables["x"].fraction, one.fraction)
    np.testing.assert_allclose(scaled.variables["x"].error, one.error)
    assert scaled.variables["x"].chi2 == pytest.approx(one.chi2)


def test_bins_of_which_none_or_all_are_kept_have_an_error():
    events = pd.DataFrame({"x": np.repeat([0.0, 1.0], 8)})
    one = bias_study(np.repeat([True, False], 8), events, bins=[-1, 0.5, 2]).variables["x"]
    assert one.fraction.tolist() == [1.0, 0.0]
    np.testing.assert_allclose(one.error, np.sqrt(0.9 * 0.1 / 11))


def test_the_chi_square_of_an_unbiased_choice_is_that_of_its_degrees_of_freedom():
    rng = np.random.default_rng(1)
    events = pd.DataFrame({f"x{k}": rng.normal(size=4000) for k in range(60)})
    weights = rng.exponential(size=4000)
    summary = bias_study(rng.random(4000) < 0.3, events, sample_weight=weights).summary()
    assert (summary["n_free"] == 9).all()
    # the mean of 60 chi-squares of 9 degrees of freedom, six errors
    assert summary["chi2"].mean() == pytest.approx(9, abs=6 * np.sqrt(18 / 60))


def test_events_without_a_value_are_left_out_and_counted():
    events = pd.DataFrame({"D_mass": [1.8, np.nan, 1.9, np.nan]})
    study = bias_study([True, True, False, False], events, bins=[1, 3])
    assert study.variables["D_mass"].n_missing == 2
    assert study.variables["D_mass"].n_events.tolist() == [2]
    assert study.summary()["n_missing"].tolist() == [2]


def test_variables_may_have_labels_with_units_and_come_as_blocks():
    study = bias_study(KEPT, table(), {"mass": "D mass [GeV]"})
    assert study.labels == {"mass": "D mass [GeV]"}
    blocks = EventBlocks({"mass": table()["mass"].to_numpy(), "track": np.zeros((200, 2, 1))})
    again = bias_study(KEPT, blocks)
    assert list(again.variables) == ["mass"]
    assert again.variables["mass"].fraction.tolist() == [0.8, 0.8]
    array = bias_study(KEPT, table().to_numpy(), [1])
    assert array.variables[1].fraction.tolist() == [0.8, 0.8]


def test_the_table_has_a_row_per_variable_and_bin():
    study = bias_study(KEPT, table())
    frame = study.to_frame()
    assert frame["variable"].tolist() == ["n_tracks", "n_tracks", "mass", "mass"]
    assert frame["kept"].tolist() == [90, 70, 80, 80]
    assert repr(study).startswith("BiasStudy(80 ± 2.8 % of 200 events kept, 2 variables")


def test_columns_of_text_are_passed_over_unless_they_are_asked_for():
    events = table().assign(process="mixed")
    assert list(bias_study(KEPT, events).variables) == ["n_tracks", "mass"]
    with pytest.raises(ColumnError, match="variable 'process'"):
        bias_study(KEPT, events, ["process"])


@pytest.mark.parametrize(
    ("kept", "options", "error", "message"),
    [
        (KEPT[:5], {}, ValueError, "kept has 5 entries, but there are 200 events"),
        (np.full(200, 0.5), {}, ValueError, "kept must be True or False"),
        (KEPT, {"variables": []}, ValueError, "there is no variable"),
        (KEPT, {"variables": "pt"}, ColumnError, "variables='pt'"),
        (KEPT, {"variables": [["mass"]]}, ColumnError, r"a list of these, got \[\['mass'\]\]"),
        (KEPT, {"bins": {"mass": 3}}, ValueError, r"bins names \['mass'\], and not .*'n_tracks'"),
        (KEPT, {"bins": 0}, ValueError, "bins=0"),
        (KEPT, {"sample_weight": -np.ones(200)}, WeightError, "sums to -200; a fraction needs"),
    ],
)
def test_what_cannot_be_studied_is_an_error(kept, options, error, message):
    with pytest.raises(error, match=message):
        bias_study(kept, table(), **options)


def test_an_infinite_value_is_an_error():
    with pytest.raises(ColumnError, match="'mass' of 1 of 200 events is infinite"):
        bias_study(KEPT, table().assign(mass=np.r_[np.inf, np.ones(199)]))


def test_zeros_and_ones_are_as_good_as_booleans():
    assert bias_study(KEPT.astype(int), table()).fraction == 0.8


@pytest.mark.parametrize("variables", [None, ["n_tracks"], {"n_tracks": "tracks"}])
def test_bins_of_what_is_no_variable_are_an_error(variables):
    with pytest.raises(ColumnError, match=r"bins has 'n_track', which is none of the variables"):
        bias_study(KEPT, table(), variables, bins={"n_track": [3, 5, 7]})
