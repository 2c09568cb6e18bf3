from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import (
    auc_by_parameter,
    auc_by_parameter_from_scores,
    significance_by_parameter_from_scores,
)
from skhep_nn.plotting import AUCByParameterDisplay, SignificanceByParameterDisplay


class Scanner(ClassifierMixin, BaseEstimator):
    """Scores by one of two features, ``m500`` and ``m750``."""

    def __init__(self, parameter="mass", weight_column=None):
        self.parameter = parameter
        self.weight_column = weight_column

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        return self

    def predict_proba_scan(self, X, masses):
        p = np.stack([X[f"m{mass:g}"].to_numpy() for mass in masses], axis=1)
        return np.stack([1 - p, p], axis=2)


class Blind(Scanner):
    """Scores by ``m500`` and knows no parameter."""

    def __init__(self):
        pass

    predict_proba_scan = property()

    def predict_proba(self, X):
        assert "mass" not in X.columns
        return np.column_stack([1 - X["m500"], X["m500"]])


@pytest.fixture
def events():
    """(X, y): two scores of each event, the mass of signal, and weights."""
    rng = np.random.default_rng(0)
    mass = rng.choice([np.nan, 500, 750], 900)
    X = pd.DataFrame({"mass": mass, "weight": rng.exponential(size=900)})
    for at in (500, 750):
        X[f"m{at}"] = 1 / (1 + np.exp(-rng.normal(size=900) - 2 * (mass == at)))
    return X, (mass > 0).astype(int)


@pytest.fixture
def models(events):
    X, y = events
    return {
        "blind": Blind().fit(X[["m500", "m750"]], y),
        "parametric": Scanner(weight_column="weight").fit(X, y),
    }


def points(curve):
    """x, y and half lengths of the error bars of a curve."""
    line, _, (bars,) = curve.lines
    ends = np.array(bars.get_segments())
    return *line.get_data(), (ends[:, 1, 1] - ends[:, 0, 1]) / 2


def test_the_points_are_the_areas_at_each_mass_with_their_errors(events, models):
    X, y = events
    display = AUCByParameterDisplay.from_estimators(models, X, y)
    assert list(display.curves_) == ["blind", "parametric"]
    for name, model in models.items():
        table = auc_by_parameter(model, X, y, parameter="mass", weight_column="weight")
        pd.testing.assert_frame_equal(display.tables[name], table)
        x, values, errors = points(display.curves_[name])
        assert x.tolist() == [500, 750]
        assert values.tolist() == table["auc"].tolist()
        assert errors == pytest.approx(table["standard_error"].to_numpy())
    assert display.ax_.get_xlabel() == "mass"
    assert display.ax_.get_ylabel() == "AUC"
    low, high = display.ax_.get_ylim()
    assert low < min(display.tables["blind"]["auc"])
    assert high > max(display.tables["parametric"]["auc"])


def test_every_network_is_weighted_alike(events, models):
    X, y = events
    # the blind one has no weight column of its own
    by_default = AUCByParameterDisplay.from_estimators(models, X, y).tables["blind"]
    assert by_default["signal"].tolist() == pytest.approx(
        [X["weight"][X["mass"] == mass].sum() for mass in (500, 750)]
    )
    once = AUCByParameterDisplay.from_estimators(models, X, y, sample_weight=1.0)
    for table in once.tables.values():
        assert table["signal"].tolist() == table["n_signal"].tolist()
    with pytest.raises(WeightError, match="AUCByParameterDisplay got weight_column='weight' and"):
        AUCByParameterDisplay.from_estimators(
            models, X, y, sample_weight=1.0, weight_column="weight"
        )


def test_networks_without_any_weight_column_count_each_event_once(events, models):
    X, y = events
    blind = models["blind"]
    display = AUCByParameterDisplay.from_estimators(blind, X, y, parameter="mass")
    assert display.tables[""]["signal"].tolist() == display.tables[""]["n_signal"].tolist()


def test_curves_differ_in_look_and_stand_beside_each_other(events, models):
    X, y = events
    display = AUCByParameterDisplay.from_estimators(models, X, y)
    one, other = (curve.lines[0] for curve in display.curves_.values())
    assert one.get_color() != other.get_color()
    assert one.get_marker() != other.get_marker()
    assert one.get_linestyle() != other.get_linestyle()
    at = [line.get_transform().transform((500.0, 0.5))[0] for line in (one, other)]
    assert at[0] != at[1]
    for curve in display.curves_.values():
        line, _, (bars,) = curve.lines
        assert bars.get_transform() == line.get_transform()
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["blind", "parametric"]


def test_more_curves_join_the_axes(events, models):
    X, y = events
    first = AUCByParameterDisplay.from_estimators({"parametric": models["parametric"]}, X, y)
    table = first.tables["parametric"].iloc[[1]]
    second = AUCByParameterDisplay.from_tables({"interpolated": table}, ax=first.ax_)
    assert second.ax_ is first.ax_
    assert len(first.ax_.get_legend().get_texts()) == 2
    one, other = first.curves_["parametric"].lines[0], second.curves_["interpolated"].lines[0]
    assert one.get_color() != other.get_color()
    assert other.get_xdata().tolist() == [750]


def test_a_single_network_needs_no_name_and_has_no_legend(events, models):
    X, y = events
    display = AUCByParameterDisplay.from_estimators(
        make_pipeline(FunctionTransformer(), models["parametric"]), X, y, parameter_name="m [GeV]"
    )
    assert display.ax_.get_legend() is None
    assert display.ax_.get_xlabel() == "m [GeV]"
    assert display.tables[""].index.tolist() == [500, 750]


@pytest.mark.parametrize("kind", [AUCByParameterDisplay, SignificanceByParameterDisplay])
def test_one_network_with_a_name(events, models, kind):
    X, y = events
    display = kind.from_estimator(models["parametric"], X, y, name="pNN", hypotheses=[750])
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["pNN"]
    expected = kind.from_estimators(models["parametric"], X, y, hypotheses=[750])
    pd.testing.assert_frame_equal(display.tables["pNN"], expected.tables[""])


def test_scores_of_several_networks(events):
    X, y = events
    scores = {"right": X[["m500", "m750"]].to_numpy(), "one": X["m500"].to_numpy()}
    display = AUCByParameterDisplay.from_predictions(
        y, scores, X["mass"], sample_weight=X["weight"], hypotheses=[500, 750], linestyle="none"
    )
    for name, score in scores.items():
        expected = auc_by_parameter_from_scores(y, score, X["mass"], sample_weight=X["weight"])
        pd.testing.assert_frame_equal(display.tables[name], expected)
    assert display.curves_["right"].lines[0].get_linestyle() == "None"


def test_masses_are_drawn_in_order():
    table = pd.DataFrame(
        {"auc": [0.9, 0.7], "standard_error": [0.01, 0.02]}, index=pd.Index([750, 500], name="m")
    )
    x, values, errors = points(AUCByParameterDisplay.from_tables(table).curves_[""])
    assert (x.tolist(), values.tolist()) == ([500, 750], [0.7, 0.9])
    assert errors == pytest.approx([0.02, 0.01])


def test_points_of_several_parameters_are_named_on_the_axis(events):
    X, y = events
    masses = pd.DataFrame({"m_stop": X["mass"], "m_lsp": np.where(y, 100.0, np.nan)})
    masses.loc[(masses["m_stop"] == 750) & (X["m500"] > 0.5), "m_lsp"] = 200
    display = AUCByParameterDisplay.from_predictions(y, X["m500"], masses)
    assert display.ax_.get_xlabel() == "m_stop, m_lsp"
    labels = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert labels == ["500, 100", "750, 100", "750, 200"]
    line = display.curves_[""].lines[0]
    assert line.get_xdata().tolist() == [0, 1, 2]
    assert line.get_linestyle() == "None"


@pytest.mark.parametrize(
    ("quantity", "error", "label"),
    [
        ("figure_of_merit", "standard_error", "Best S / √B"),
        ("significance_ratio", "ratio_error", "Best S / √(S + B), relative to its maximum"),
    ],
)
def test_the_best_significance_and_its_ratio(events, models, quantity, error, label):
    X, y = events
    display = SignificanceByParameterDisplay.from_estimators(
        models, X, y, quantity=quantity, kind="s/sqrt(b)", min_effective_background=20
    )
    scores = {"blind": X["m500"], "parametric": X[["m500", "m750"]]}
    for name, score in scores.items():
        table = significance_by_parameter_from_scores(
            y,
            score,
            X["mass"],
            sample_weight=X["weight"],
            kind="s/sqrt(b)",
            min_effective_background=20,
        )
        pd.testing.assert_frame_equal(display.tables[name], table)
        x, values, errors = points(display.curves_[name])
        assert x.tolist() == [500, 750]
        assert values.tolist() == table[quantity].tolist()
        assert errors == pytest.approx(table[error].to_numpy())
    assert display.ax_.get_ylabel() == label
    assert display.ax_.get_ylim()[0] == 0


def test_the_axis_tells_the_figure_of_merit_and_its_systematic(events):
    X, y = events
    display = SignificanceByParameterDisplay.from_predictions(
        y, {"a": X["m500"]}, X["mass"], systematic=0.2
    )
    assert display.ax_.get_ylabel() == "Best Asimov significance, 20 % systematic"
    again = SignificanceByParameterDisplay.from_tables(
        display.tables, settings={"kind": "ams", "systematic": 0.0}
    )
    assert again.ax_.get_ylabel() == "Best AMS"
    assert (
        SignificanceByParameterDisplay.from_tables(display.tables).ax_.get_ylabel()
        == "Best figure of merit"
    )


def test_an_unknown_quantity_is_an_error(events):
    X, y = events
    with pytest.raises(ValueError, match=r"quantity='auc'; it must be one of \['figure_of_merit'"):
        SignificanceByParameterDisplay.from_predictions(y, X["m500"], X["mass"], quantity="auc")


def test_a_scan_option_that_is_not_one_is_an_error(events):
    X, y = events
    with pytest.raises(TypeError, match="unexpected keyword argument 'systematics'"):
        SignificanceByParameterDisplay.from_predictions(y, X["m500"], X["mass"], systematics=0.1)


def test_no_network_at_all_is_an_error(events):
    with pytest.raises(ValueError, match="there is no network to draw: the dict of names is empty"):
        AUCByParameterDisplay.from_estimators({}, *events)


def test_networks_of_which_none_knows_the_parameter_are_an_error(events, models):
    with pytest.raises(ValueError, match="Blind has no parameter of its own; name the column of X"):
        AUCByParameterDisplay.from_estimators({"blind": models["blind"]}, *events)


@pytest.mark.parametrize("name", [pd.NA, np.zeros(2), ["mass"], object()])
def test_a_name_of_the_parameter_that_is_no_text_is_an_error(name):
    y, score, mass = [0, 1, 0, 1], [0.1, 0.8, 0.3, 0.6], [1.0, 1.0, 2.0, 2.0]
    with pytest.raises(TypeError, match=r"parameter_name=.*; it must be a text"):
        AUCByParameterDisplay.from_predictions(y, score, mass, parameter_name=name)
