"""Pictures of bins: of a significance, and of templates."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.metrics import Templates, binned_significance
from skhep_nn.plotting import SignificanceDisplay, TemplatesDisplay

EDGES = [0.0, 0.4, 0.6, 1.0]


@pytest.fixture
def events():
    """Overlapping scores, a tenth of the weights negative, and two backgrounds."""
    rng = np.random.default_rng(0)
    y = (np.arange(3000) % 4 == 0).astype(int)
    score = np.clip(rng.normal(0.4 + 0.25 * y, 0.15), 0, 1)
    weight = np.where(y == 1, 0.05, 1.0) * np.where(rng.random(3000) < 0.1, -1, 1)
    process = np.where(y == 1, "ttH", np.where(np.arange(3000) % 4 == 1, "W", "ttbar"))
    return y, score, weight, process


def stairs(ax):
    """Contents of the histograms on `ax` by their label."""
    return {patch.get_label(): patch.get_data().values for patch in ax.patches}


def test_bins_of_a_significance_are_drawn_with_their_yields_and_significance(events):
    y, score, weight, _ = events
    found = binned_significance(y, score, weight, bins=EDGES, systematic=0.1)
    display = SignificanceDisplay.from_predictions(
        y, score, sample_weight=weight, bins=EDGES, systematic=0.1
    )
    top, bottom = display.axes_
    drawn = stairs(top)
    np.testing.assert_allclose(drawn["signal"], found.signal)
    np.testing.assert_allclose(drawn["background"], found.background)
    error = np.hypot(0.1 * found.background, found.background_error)
    np.testing.assert_allclose(drawn["uncertainty"], found.background + error)
    np.testing.assert_allclose(bottom.patches[0].get_data().values, found.bin_significance)
    assert [text.get_text() for text in bottom.get_xticklabels()] == ["0", "0.4", "0.6", "1"]
    texts = [text.get_text() for text in top.get_legend().get_texts()]
    assert f"all bins: {found.significance:.4g} ± {found.standard_error:.2g}" in texts
    assert display.cut_ is None
    assert display.errors_ == found.standard_error
    assert display.scan.significance == found.significance


def test_the_bins_of_an_estimator_are_those_of_its_scores(scored):
    X, y, model = scored
    X = X.assign(score=[0.1, 0.6, 0.4, 0.9])
    display = SignificanceDisplay.from_estimator(model, X, y, bins=[0, 0.5, 1])
    assert display.scan.signal.tolist() == [2, 6]
    assert display.scan.background.tolist() == [3, 1]


def test_bins_have_no_cut(events):
    y, score, weight, _ = events
    with pytest.raises(ValueError, match=r"cut=0\.5, but bins have none"):
        SignificanceDisplay.from_predictions(y, score, sample_weight=weight, bins=EDGES, cut=0.5)
    found = binned_significance(y, score, weight, bins=EDGES)
    with pytest.raises(ValueError, match=r"cut=0\.5, but bins have none"):
        SignificanceDisplay(found).plot(cut=0.5)


def test_many_bins_keep_few_labels(events):
    y, score, weight, _ = events
    edges = np.r_[-40:0, 0, 0.5, 1]
    display = SignificanceDisplay.from_predictions(y, score, sample_weight=weight, bins=edges)
    assert 2 < len(display.axes_[1].get_xticks()) <= 12


def test_templates_are_stacked_with_their_uncertainty_and_variations_below(events):
    y, score, weight, process = events
    templates = Templates.from_predictions(
        y,
        score,
        weight,
        bins=EDGES,
        processes=process,
        systematic=0.05,
        variations={"tes": (np.clip(score + 0.05, 0, 1), np.clip(score - 0.05, 0, 1))},
    )
    display = TemplatesDisplay.from_templates(templates)
    drawn = stairs(display.ax_)
    of = dict(zip(templates.processes, templates.nominal, strict=True))
    # the smallest below
    np.testing.assert_allclose(drawn["W"], of["W"])
    np.testing.assert_allclose(drawn["ttbar"], of["W"] + of["ttbar"])
    np.testing.assert_allclose(drawn["ttH"], of["ttH"])
    background = templates.background
    up, down = (one[~templates.is_signal].sum(axis=0) for one in templates.variations["tes"])
    squares = templates.squares[~templates.is_signal].sum(axis=0)
    error = np.sqrt((0.05 * background) ** 2 + squares + ((up - down) / 2) ** 2)
    np.testing.assert_allclose(display.error_, error)
    np.testing.assert_allclose(drawn["uncertainty"], background + error)
    ratios = [patch.get_data().values for patch in display.axes_[1].patches]
    np.testing.assert_allclose(ratios[1:], [up / background, down / background])
    texts = [text.get_text() for text in display.axes_[1].get_legend().get_texts()]
    assert texts == ["tes", "up", "down"]


def test_templates_without_variations_have_no_legend_of_them(events):
    y, score, weight, _ = events
    display = TemplatesDisplay.from_templates(
        Templates.from_predictions(y, score, weight, bins=[-1, *EDGES])
    )
    assert display.axes_[1].get_legend() is None
    display.figure_.canvas.draw()


def test_both_go_where_they_are_told(events):
    import matplotlib.pyplot as plt

    y, score, weight, _ = events
    templates = Templates.from_predictions(y, score, weight, bins=EDGES)
    _, axes = plt.subplots(2)
    assert TemplatesDisplay.from_templates(templates, ax=axes).axes_ == [*axes]
    figure, ax = plt.subplots()
    found = binned_significance(y, score, weight, bins=EDGES)
    assert SignificanceDisplay.from_binned(found, ax=ax).figure_ is figure
