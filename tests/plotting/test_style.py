from __future__ import annotations

import io
import logging
import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB

from skhep_nn import metrics, plotting
from skhep_nn.exceptions import MissingExtraError
from skhep_nn.plotting import _style
from skhep_nn.robustness import FeatureImportance

IMPORTANCE = FeatureImportance(["pt", "a name that is long"], np.ones(2), np.ones(2), [], "Loss")


def draw_all(y, score, weight):
    """One of each display."""
    half = len(y) // 2
    X = np.column_stack([score, np.rint(10 * score)])
    train = {"y_train": y[:half], "score_train": score[:half], "sample_weight_train": weight[:half]}
    test = {"y_true": y[half:], "y_score": score[half:], "sample_weight": weight[half:]}
    by_mass = (y, score, np.where(np.arange(len(y)) % 2, 500, 750))
    return [
        plotting.AUCByParameterDisplay.from_predictions(*by_mass, sample_weight=weight),
        plotting.ScoreByParameterDisplay.from_predictions(*by_mass, sample_weight=weight),
        plotting.SignificanceByParameterDisplay.from_predictions(*by_mass, sample_weight=weight),
        plotting.InputVariablesDisplay.from_data(X, y, sample_weight=weight),
        plotting.HistoryDisplay.from_history({"loss": [2.0, 1.0], "val_loss": [2.0, 1.5]}, 2),
        plotting.RocDisplay.from_predictions(y, score, sample_weight=weight, kind="rejection"),
        plotting.OvertrainingDisplay.from_predictions(y, score, y, 0.9 * score),
        plotting.SculptingDisplay.from_predictions(y, score, np.sqrt(score), sample_weight=weight),
        plotting.ImportanceDisplay.from_result(IMPORTANCE),
        plotting.ScoreDisplay.from_predictions(**test, **train),
        plotting.SignificanceDisplay.from_predictions(y, score, sample_weight=weight),
        plotting.SignificanceDisplay.from_predictions(y, score, sample_weight=weight, bins=1),
        plotting.TemplatesDisplay.from_templates(
            metrics.Templates.from_predictions(y, score, weight, bins=1)
        ),
        plotting.ConfusionMatrixDisplay.from_predictions(y, score > 0.5, sample_weight=weight),
    ]


def test_the_displays_are_all_public(sample):
    drawn = {type(display).__name__ for display in draw_all(*sample)}
    assert drawn <= set(plotting.__all__)
    assert all(name.endswith("Display") for name in plotting.__all__)
    assert {type(getattr(plotting, name)) for name in plotting.__all__} == {type}


def test_no_display_changes_the_users_rcparams(sample):
    before = dict(mpl.rcParams)
    for display in draw_all(*sample):
        display.figure_.canvas.draw()
    assert dict(mpl.rcParams) == before


def test_no_display_logs_a_missing_font(sample, caplog):
    with caplog.at_level(logging.WARNING, logger="matplotlib"):
        for display in draw_all(*sample):
            for kind in ("png", "pdf"):
                display.figure_.savefig(io.BytesIO(), format=kind)
    assert [record.message for record in caplog.records] == []


def test_without_the_font_of_mplhep_the_users_is_taken(monkeypatch):
    monkeypatch.setattr("matplotlib.font_manager.get_font_names", lambda: ["DejaVu Sans"])
    assert _style.sheet()["font.family"] == ["sans-serif"]


def test_no_text_is_cut_off_by_the_edge_of_a_figure(negative_sample):
    for display in draw_all(*negative_sample):
        display.figure_.canvas.draw()
        inked = np.asarray(display.figure_.canvas.buffer_rgba())[..., :3].min(axis=2) < 250
        edges = [inked[0], inked[-1], inked[:, 0], inked[:, -1]]
        assert not any(edge.any() for edge in edges), type(display).__name__


def test_ticks_that_are_made_later_have_the_style_too(sample):
    display = plotting.RocDisplay.from_predictions(*sample[:2])
    display.ax_.set_xticks(np.linspace(0, 1, 50))
    tick = display.ax_.xaxis.get_major_ticks()[-1]
    assert tick.label1.get_size() == 11
    # ticks that point outwards, matplotlib's own, would keep the labels away
    assert tick.get_tick_padding() == 0


@pytest.mark.parametrize("n", [1, 2, 6, 10])
def test_looks_differ_in_colour_and_marker_and_up_to_six_in_line_and_hatch(n):
    found = _style.looks(n)
    assert len({look.color for look in found}) == n
    assert len({look.marker for look in found}) == n
    assert len({str(look.linestyle) for look in found}) == min(n, 6)
    assert len({look.hatch for look in found}) == min(n, 6)


def test_two_classes_differ_in_lightness_as_well():
    rgb = np.array([mpl.colors.to_rgb(look.color) for look in _style.looks(2)])
    grey = rgb @ [0.299, 0.587, 0.114]
    assert abs(grey[0] - grey[1]) > 0.15


def test_panels_take_the_place_of_one_axes():
    figure, axes = plt.subplots(1, 2)
    history = {"loss": [1.0], "auc": [0.5]}
    display = plotting.HistoryDisplay.from_history(history, ax=axes[1])
    assert display.figure_ is figure
    assert not axes[1].axison
    assert min(ax.get_position().x0 for ax in display.axes_.values()) > 0.5


def test_panels_are_drawn_on_given_axes():
    _, axes = plt.subplots(2)
    display = plotting.HistoryDisplay.from_history({"loss": [1.0], "auc": [0.5]}, ax=axes)
    assert list(display.axes_.values()) == list(axes)


def test_too_few_axes_are_an_error():
    _, axes = plt.subplots(3)
    with pytest.raises(ValueError, match="ax has 3 axes, the picture has 2 panels"):
        plotting.HistoryDisplay.from_history({"loss": [1.0], "auc": [0.5]}, ax=axes)


@pytest.mark.parametrize("module", ["matplotlib.pyplot", "mplhep"])
def test_a_missing_extra_says_how_to_install_it(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'skhep_nn\[plot\]'"):
        plotting.HistoryDisplay.from_history({"loss": [1.0]})


def test_naming_the_displays_imports_no_plotting_package():
    code = (
        "import sys; from skhep_nn.plotting import RocDisplay, InputVariablesDisplay, ScoreDisplay;"
        "print(sorted({'matplotlib', 'mplhep', 'hist', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


Y, SCORE = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.3, 0.9])
HISTORY = {"loss": [1.0, 0.5]}
FEW = {"min_effective_background": 1}
WRONG = {
    "ax": [
        lambda ax: plotting.RocDisplay.from_predictions(Y, SCORE, ax=ax),
        lambda ax: plotting.ScoreDisplay.from_predictions(Y, SCORE, ax=ax),
        lambda ax: plotting.ConfusionMatrixDisplay.from_predictions(Y, Y, ax=ax),
        lambda ax: plotting.SignificanceDisplay.from_predictions(Y, SCORE, ax=ax, **FEW),
        lambda ax: plotting.HistoryDisplay.from_history(HISTORY, ax=ax),
        lambda ax: plotting.InputVariablesDisplay.from_data(SCORE[:, None], Y, ax=ax),
        lambda ax: plotting.ClosureDisplay.from_predictions(Y, SCORE, SCORE, bins=1, ax=ax),
    ],
    "class_names": [
        lambda names: plotting.ScoreDisplay.from_predictions(Y, SCORE, class_names=names),
        lambda names: plotting.ConfusionMatrixDisplay.from_predictions(Y, Y, class_names=names),
        lambda names: plotting.InputVariablesDisplay.from_data(
            SCORE[:, None], Y, class_names=names
        ),
    ],
    "bins": [
        lambda bins: plotting.ScoreDisplay.from_predictions(Y, SCORE, bins=bins),
        lambda bins: plotting.InputVariablesDisplay.from_data(SCORE[:, None], Y, bins=bins),
    ],
    "log": [
        lambda log: plotting.ScoreDisplay.from_predictions(Y, SCORE, log=log),
        lambda log: plotting.HistoryDisplay.from_history(HISTORY, log=log),
        lambda log: plotting.InputVariablesDisplay.from_data(SCORE[:, None], Y, log=log),
        lambda log: plotting.ClosureDisplay.from_predictions(Y, SCORE, SCORE, bins=1, log=log),
    ],
    "kind": [lambda kind: plotting.RocDisplay.from_predictions(Y, SCORE, kind=kind)],
    "band": [lambda band: plotting.RocDisplay.from_predictions(Y, SCORE, band=band)],
    "name": [lambda name: plotting.RocDisplay.from_predictions(Y, SCORE, name=name)],
    "labels": [
        lambda labels: plotting.ConfusionMatrixDisplay.from_predictions(Y, Y, labels=labels)
    ],
    "normalize": [
        lambda way: plotting.ConfusionMatrixDisplay.from_predictions(Y, Y, normalize=way)
    ],
    "history": [plotting.HistoryDisplay.from_history],
    "best_epoch": [lambda best: plotting.HistoryDisplay.from_history(HISTORY, best)],
    "scan": [plotting.SignificanceDisplay.from_scan],
    "test": [plotting.ClosureDisplay.from_test],
    "tables": [
        plotting.AUCByParameterDisplay.from_tables,
        plotting.SignificanceByParameterDisplay.from_tables,
    ],
}


@pytest.mark.parametrize(
    "value", [slice(2), np.array([[1j, 2]]), object()], ids=["slice", "array", "object"]
)
@pytest.mark.parametrize(
    ("name", "draw"), [(name, draw) for name, calls in WRONG.items() for draw in calls]
)
def test_what_a_picture_makes_nothing_of_is_an_error_that_names_the_parameter(name, draw, value):
    with pytest.raises((TypeError, ValueError), match=name):
        draw(value)


OF_ESTIMATORS = {
    "RocDisplay": {},
    "ScoreDisplay": {},
    "ConfusionMatrixDisplay": {},
    "SignificanceDisplay": {},
    "ClosureDisplay": {"by": SCORE},
    "AUCByParameterDisplay": {"parameter": SCORE},
}


@pytest.mark.parametrize("estimator", [None, 0, "tree", GaussianNB])
@pytest.mark.parametrize("display", OF_ESTIMATORS)
def test_what_is_no_classifier_is_an_error(display, estimator):
    draw = getattr(plotting, display).from_estimator
    with pytest.raises(TypeError, match="estimator must be a fitted classifier, got"):
        draw(estimator, SCORE[:, None], Y, **OF_ESTIMATORS[display])


@pytest.mark.parametrize("display", OF_ESTIMATORS)
def test_a_classifier_that_is_not_fitted_is_an_error_that_says_so(display):
    draw = getattr(plotting, display).from_estimator
    with pytest.raises(NotFittedError, match="GaussianNB without classes_; fit it first"):
        draw(GaussianNB(), SCORE[:, None], Y, **OF_ESTIMATORS[display])
