from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.plotting import InputVariablesDisplay


@pytest.fixture
def jets():
    X = pd.DataFrame(
        {
            "n_jets": [2, 3, 3, 2, 4],
            "pt": [10.0, 20.0, -999.0, 30.0, np.nan],
            "weight": [1.0, 2.0, 1.0, 3.0, -1.0],
        }
    )
    return X, np.array(["tt", "tt", "tt", "W", "W"])


def drawn_steps(ax):
    """Heights of the histograms on `ax`, without the bands."""
    return [patch.get_data() for patch in ax.patches if not patch.get_fill()]


def test_contents_and_bands_are_sums_of_weights_and_of_their_squares(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(X, y, weight_column="weight", columns=["n_jets"])
    assert display.classes == ["W", "tt"]
    # tt: 1 at 2, 2 + 1 at 3; W: 3 at 2, -1 at 4
    steps = drawn_steps(display.ax_)
    assert steps[0].values == pytest.approx([1.5, 0, -0.5])
    assert steps[1].values == pytest.approx([0.25, 0.75, 0])
    assert steps[0].edges.tolist() == [1.5, 2.5, 3.5, 4.5]
    bands = [patch.get_data() for patch in display.ax_.patches if patch.get_fill()]
    assert (bands[1].values - bands[1].baseline) / 2 == pytest.approx([1 / 4, np.sqrt(5) / 4, 0])


def test_without_weights_every_event_counts_once(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(X[["n_jets"]], y)
    assert drawn_steps(display.ax_)[1].values == pytest.approx([1 / 3, 2 / 3, 0])


def test_the_weight_column_is_not_drawn(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(X, y, weight_column="weight", missing_value=-999)
    assert list(display.histograms) == ["n_jets", "pt"]
    assert len(display.axes_) == 2


def test_missing_values_are_left_out_and_their_share_of_the_weights_is_written(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(X, y, weight_column="weight", missing_value=-999)
    assert display.missing["pt"] == pytest.approx({"tt": 1 / 4, "W": 1 / 4})
    assert display.axes_[1].get_title(loc="right") == "missing 25 %"
    assert display.axes_[0].get_title(loc="right") == ""
    assert sum(display.histograms["pt"]["tt"].values()) == 3.0


def test_shares_of_missing_values_that_differ_are_written_per_class():
    X = pd.DataFrame({"pt": [1.0, np.nan, 1.0, 2.0]})
    display = InputVariablesDisplay.from_data(X, [0, 0, 1, 1])
    assert display.ax_.get_title(loc="right") == "missing 50 %, 0 %"


def test_a_class_without_any_value_is_left_out_of_the_panel():
    X = pd.DataFrame({"pt": [1.0, 2.0, np.nan], "eta": [0.5, 0.25, 0.5]})
    display = InputVariablesDisplay.from_data(X, [0, 0, 1])
    assert [len(drawn_steps(ax)) for ax in display.axes_] == [1, 2]
    texts = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert texts == ["0", "1"]


def test_a_rare_signal_has_its_place_on_the_axis():
    X = pd.DataFrame({"mass": np.r_[np.linspace(50, 100, 1000), np.full(10, 500.0)]})
    y = np.repeat([0, 1], [1000, 10])
    weight = np.where(y == 1, 1e-6, 100.0)
    display = InputVariablesDisplay.from_data(X, y, sample_weight=weight)
    assert display.ax_.get_xlim()[1] == 500.0
    assert not display.folded["mass"]


def test_events_beyond_the_axis_are_in_the_end_bins_and_the_figure_says_so():
    values = np.append(np.linspace(0, 1, 999), 1e6)
    display = InputVariablesDisplay.from_data(values[:, None], np.arange(1000) % 2)
    assert display.folded == {"x0": True}
    assert sum(h.values().sum() for h in display.histograms["x0"].values()) == 1000
    assert "First and last bins include" in display.figure_.get_supxlabel()
    inside = InputVariablesDisplay.from_data(values[:-1, None], np.arange(999) % 2)
    assert "First and last bins" not in inside.figure_.get_supxlabel()


def test_bins_can_differ_per_column(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(
        X, y, exclude=["weight"], bins={"pt": [0.0, 15.0, 40.0], "n_jets": 1}, missing_value=-999
    )
    assert display.histograms["pt"]["tt"].values().tolist() == [1.0, 1.0]
    assert len(display.histograms["n_jets"]["tt"].values()) == 1


def test_labels_and_class_names_are_written(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(
        X, y, columns=["pt"], missing_value=-999, labels={"pt": "pT [GeV]"}, class_names={"W": "V"}
    )
    assert display.ax_.get_xlabel() == "pT [GeV]"
    assert [text.get_text() for text in display.figure_.legends[0].get_texts()] == ["V", "tt"]


def test_a_large_power_of_ten_goes_into_the_label():
    display = InputVariablesDisplay.from_data(np.linspace(0.5, 4e6, 50)[:, None], np.arange(50) % 2)
    assert display.ax_.get_xlabel() == "x0 / $10^{6}$"
    assert display.ax_.xaxis.get_major_formatter()(2e6, 0) == "2"


def test_logarithmic_contents(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(X[["n_jets"]], y, log=True)
    assert display.ax_.get_yscale() == "log"


def test_seventeen_variables_of_five_classes_fit_on_one_page(jets):
    rng = np.random.default_rng(0)
    display = InputVariablesDisplay.from_data(
        rng.normal(size=(500, 17)), rng.choice(list("abcde"), 500), exclude=[]
    )
    assert len(display.axes_) == 17
    width, height = display.figure_.get_size_inches()
    # on a page of 6.7 inches the smallest label, 10 points, keeps 5.5 points or more
    assert 10 * 6.7 / width >= 5.5
    assert height / width < 1.4


def test_from_estimator_takes_the_weight_column_of_the_estimator(scored):
    X, y, model = scored
    display = InputVariablesDisplay.from_estimator(model, X, y, bins=[0.0, 0.5, 1.0])
    assert list(display.histograms) == ["score"]
    assert drawn_steps(display.ax_)[1].values == pytest.approx([2 / 8, 6 / 8])


def test_from_estimator_can_draw_what_the_last_step_receives(scored):
    X, y, model = scored
    double = FunctionTransformer(lambda X: X.assign(score=10 * X["score"]))
    pipeline = Pipeline([("double", double), ("network", model)]).fit(X, y)
    display = InputVariablesDisplay.from_estimator(
        pipeline, X, y, transformed=True, bins=[0.0, 5.0, 10.0]
    )
    assert list(display.histograms) == ["score"]
    assert display.histograms["score"][1].values().tolist() == [2.0, 6.0]


def test_transformed_inputs_need_a_pipeline(scored):
    X, y, model = scored
    with pytest.raises(ValueError, match="needs a Pipeline with transformers, got KnownScore"):
        InputVariablesDisplay.from_estimator(model, X, y, transformed=True)


def test_a_column_of_text_is_an_error_that_names_it(jets):
    X, y = jets
    with pytest.raises(ColumnError, match="column 'process' does not hold numbers"):
        InputVariablesDisplay.from_data(X.assign(process="tt"), y)


def test_an_unknown_column_is_an_error(jets):
    X, y = jets
    with pytest.raises(ColumnError, match="columns='n_jet' is not a column of X; did you mean"):
        InputVariablesDisplay.from_data(X, y, columns=["n_jet"])


def test_no_column_left_is_an_error(jets):
    X, y = jets
    with pytest.raises(ColumnError, match="no column of X is left to draw"):
        InputVariablesDisplay.from_data(X, y, columns=["pt"], exclude="pt")


def test_a_list_of_particles_is_an_error():
    with pytest.raises(ValueError, match=r"must be a table .* got \(4, 3, 2\)"):
        InputVariablesDisplay.from_data(np.ones((4, 3, 2)), [0, 1, 0, 1])


def test_lengths_that_differ_are_an_error(jets):
    X, y = jets
    with pytest.raises(WeightError, match=r"expected \(4,\)"):
        InputVariablesDisplay.from_data(X, y[:4])


def test_a_class_of_negative_sum_is_an_error(jets):
    X, y = jets
    with pytest.raises(WeightError, match="class 'W' in y sums to -1"):
        InputVariablesDisplay.from_data(X, y, sample_weight=[1, 1, 1, 1, -2.0])


def test_a_display_can_be_drawn_again_elsewhere(jets):
    X, y = jets
    display = InputVariablesDisplay.from_data(X, y, weight_column="weight", missing_value=-999)
    _, axes = plt.subplots(1, 2)
    assert display.plot(ax=axes) is display
    assert display.axes_ == list(axes)
    assert axes[0].get_legend() is not None


def test_a_sparse_matrix_is_an_error_that_says_what_to_pass():
    with pytest.raises(TypeError, match=r"sparse matrix.*X.toarray\(\)"):
        InputVariablesDisplay.from_data(csr_matrix(np.eye(4)), [0, 0, 1, 1])
