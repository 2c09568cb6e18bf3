from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.metrics import significance_scan
from skhep_nn.metrics._cut_errors import merit_error
from skhep_nn.plotting import SignificanceDisplay


def test_the_curve_is_the_scan_and_the_best_cut_is_marked(sample):
    y, score, weight = sample
    options = {"kind": "asimov", "systematic": 0.1}
    scan = significance_scan(y, score, weight, **options)
    display = SignificanceDisplay.from_predictions(y, score, sample_weight=weight, **options)
    curve, mark, line = display.ax_.lines
    assert curve.get_xdata().tolist() == scan.thresholds.tolist()
    np.testing.assert_array_equal(curve.get_ydata(), scan.figure_of_merit)
    assert mark.get_xdata() == [scan.best_threshold]
    assert mark.get_ydata() == [scan.best_value]
    assert list(line.get_xdata()) == [scan.best_threshold] * 2
    assert display.ax_.get_ylabel() == "Asimov significance,\n10 % systematic"


def test_weights_matter(sample):
    y, score, weight = sample
    weighted = SignificanceDisplay.from_predictions(y, score, sample_weight=weight)
    plain = SignificanceDisplay.from_predictions(y, score)
    assert plain.cut_.figure_of_merit != weighted.cut_.figure_of_merit
    assert weighted.scan.total_signal == pytest.approx(weight[y == 1].sum())


def test_efficiencies_are_drawn_below(sample):
    display = SignificanceDisplay.from_predictions(*sample[:2], sample_weight=sample[2])
    signal, background = display.axes_[1].lines[:2]
    np.testing.assert_array_equal(signal.get_ydata(), display.scan.signal_efficiency)
    np.testing.assert_array_equal(background.get_ydata(), display.scan.background_efficiency)
    texts = [text.get_text() for text in display.axes_[1].get_legend().get_texts()]
    assert texts[0] == f"signal, {display.cut_.signal_efficiency:.3g} at the cut"


def test_the_error_of_s_over_sqrt_b_is_propagated_from_both():
    y = np.repeat([1, 0], [20, 50])
    scan = significance_scan(y, np.ones(70), np.where(y == 1, 0.5, 2.0), kind="s/sqrt(b)")
    # S = 10 +- sqrt(20)/2, B = 100 +- sqrt(200): relative errors add in squares, half for B
    expected = 10 / 10 * np.hypot(np.sqrt(5) / 10, np.sqrt(200) / 100 / 2)
    assert merit_error(scan) == pytest.approx([expected], rel=1e-5)


def test_the_error_is_written_beside_the_best_value(sample):
    display = SignificanceDisplay.from_predictions(*sample[:2], sample_weight=sample[2])
    index = display.scan.best_index
    text = display.ax_.get_legend().get_texts()[0].get_text()
    assert text.endswith(f"{display.scan.best_value:.4g} ± {display.errors_[index]:.2g}")


def test_a_cut_chosen_elsewhere_is_marked_instead(sample):
    y, score, weight = sample
    validation = significance_scan(y[:200], score[:200], weight[:200])
    test = significance_scan(y[200:], score[200:], weight[200:])
    display = SignificanceDisplay.from_scan(test, cut=validation.best_threshold)
    assert display.cut_ == test.at(validation.best_threshold)
    assert "best" not in display.ax_.get_legend().get_texts()[0].get_text()


def test_a_cut_above_every_score_is_on_the_picture(sample):
    y, score, weight = sample
    display = SignificanceDisplay.from_predictions(y, score / 2, sample_weight=weight, cut=0.9)
    assert display.ax_.get_xlim()[1] == 0.9
    assert display.cut_.signal == 0


def test_a_long_scan_is_thinned_but_keeps_its_best_cut():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 20_000)
    display = SignificanceDisplay.from_predictions(y, rng.normal(size=20_000) + y)
    cuts = display.ax_.lines[0].get_xdata()
    assert len(cuts) <= 4001
    assert display.scan.best_threshold in cuts


def test_from_estimator_takes_the_weight_column(scored):
    X, y, model = scored
    display = SignificanceDisplay.from_estimator(
        model, X, y, kind="s/sqrt(s+b)", min_effective_background=0
    )
    # at 0.4: S = 8, B = 1
    assert display.cut_.threshold == 0.4
    assert display.cut_.figure_of_merit == pytest.approx(8 / 3)


def test_only_events_whose_highest_node_is_the_signal(three):
    X, y, model = three
    display = SignificanceDisplay.from_estimator(
        model, X, y, signal="W", argmax_only=True, min_effective_background=0
    )
    # the first and the last event have their highest score in the node of W: a tt and a W
    assert display.scan.thresholds == pytest.approx([0.5, 0.7])
    assert (display.cut_.signal, display.cut_.background) == (1, 1)


def test_no_cut_with_enough_background_is_an_error(scored):
    X, y, model = scored
    with pytest.raises(ValueError, match="no cut keeps min_background=0 events"):
        SignificanceDisplay.from_estimator(model, X, y)


@pytest.mark.parametrize("kind", ["s/sqrt(b)", "s/sqrt(s+b)", "s/sqrt(s+b+sigma_b^2)", "ams"])
def test_every_figure_of_merit_has_a_name_on_the_axis(sample, kind):
    display = SignificanceDisplay.from_predictions(*sample[:2], kind=kind)
    assert display.ax_.get_ylabel()
    assert "sqrt" not in display.ax_.get_ylabel()


def test_infinite_scores_have_no_end_of_the_axis(sample):
    y, score, _ = sample
    score = score.copy()
    score[np.flatnonzero(y == 1)[0]] = np.inf
    display = SignificanceDisplay.from_predictions(y, score)
    low, high = display.ax_.get_xlim()
    assert (low, high) == (score.min(), score[np.isfinite(score)].max())


def narrow(seed=0, n=3000):
    """Probabilities close to 1 for signal: the optimum is in a corner of the axis."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], n)
    logit = np.r_[rng.normal(-6, 2, n), rng.normal(6, 2, n)]
    return y, 1 / (1 + np.exp(-logit)), np.where(y, 0.01, 1.0)


def test_by_default_the_region_of_a_narrow_optimum_is_seen():
    y, score, weight = narrow()
    options = {"kind": "s/sqrt(b)", "min_effective_background": 1}
    scan = significance_scan(y, score, weight, **options)
    display = SignificanceDisplay.from_scan(scan)
    low, high = display.ax_.get_xlim()
    assert display.scale_ in ("zoom", "logit")
    assert low < scan.best_threshold <= high
    if display.scale_ == "zoom":
        assert high - low < 0.4
    every = SignificanceDisplay.from_scan(scan, scale="linear").ax_.get_xlim()
    assert every == (scan.thresholds.min(), scan.thresholds.max())


def test_the_zoom_covers_what_is_half_as_good_as_the_best():
    scores = np.linspace(0, 1, 101)
    y, weights = np.repeat([0, 1], 101), np.ones(202)
    scan = significance_scan(y, np.r_[scores, scores], weights, min_effective_background=0)
    display = SignificanceDisplay.from_scan(scan, scale="zoom")
    good = scan.thresholds[scan.figure_of_merit >= 0.5 * scan.best_value]
    low, high = display.ax_.get_xlim()
    assert low <= good.min()
    assert high >= good.max()


def test_a_logit_axis_needs_probabilities():
    y, score, weight = narrow()
    display = SignificanceDisplay.from_predictions(y, score, sample_weight=weight, scale="logit")
    assert display.ax_.get_xscale() == "logit"
    with pytest.raises(ValueError, match=r"scale='logit' needs scores in \[0, 1\]"):
        SignificanceDisplay.from_predictions(y, 10 * score, sample_weight=weight, scale="logit")
    with pytest.raises(ValueError, match="scale='log'"):
        SignificanceDisplay.from_predictions(y, score, sample_weight=weight, scale="log")


def test_test_events_are_drawn_over_and_quoted_at_the_cut_of_the_validation():
    validation, test = (significance_scan(*narrow(seed)) for seed in (1, 2))
    display = SignificanceDisplay.from_scan(validation, other=test)
    point = test.at(validation.best_threshold)
    texts = [text.get_text() for text in display.ax_.get_legend().texts]
    assert texts[0].startswith("validation events, best cut")
    assert texts[1].startswith(f"test events, {point.figure_of_merit:.4g} ± ")
    assert texts[1].endswith(" at the cut")
    curves = [line for line in display.ax_.lines if len(line.get_xdata()) > 10]
    assert len(curves) == 2


def test_test_events_are_scored_and_drawn_over_those_that_choose_the_cut(scored):
    X, y, model = scored
    options = {"kind": "s/sqrt(s+b)", "min_effective_background": 0}
    display = SignificanceDisplay.from_estimator(model, X, y, X_test=X, y_test=y, **options)
    # the weight column of the test events counts too: S = 8, B = 1
    assert display.other.at(0.4).figure_of_merit == pytest.approx(8 / 3)
    texts = [text.get_text() for text in display.ax_.get_legend().texts]
    assert texts[1].startswith(f"test events, {8 / 3:.4g} ± ")
    twice = SignificanceDisplay.from_estimator(
        model, X, y, X_test=X, y_test=y, sample_weight=1.0, sample_weight_test=2.0, **options
    )
    assert twice.other.total_signal == pytest.approx(2 * twice.scan.total_signal)


def test_the_node_of_the_signal_is_that_of_the_test_events_too(three):
    X, y, model = three
    display = SignificanceDisplay.from_estimator(
        model, X, y, X_test=X, y_test=y, signal="W", argmax_only=True, min_effective_background=0
    )
    assert display.other.thresholds == pytest.approx([0.5, 0.7])


def test_test_events_come_whole_and_not_with_bins(scored):
    X, y, model = scored
    with pytest.raises(ValueError, match="X_test and y_test must be given both"):
        SignificanceDisplay.from_estimator(model, X, y, X_test=X)
    with pytest.raises(ValueError, match="y_test and score_test must be given both"):
        SignificanceDisplay.from_predictions(y, y, score_test=y)
    with pytest.raises(ValueError, match="bins and test events are given; leave out bins"):
        SignificanceDisplay.from_predictions(y, y, y_test=y, score_test=y, bins=2)


def test_large_yields_of_many_processes_stay_inside_the_figure():
    y, score, weight = narrow()
    scan = significance_scan(y, score, weight)
    yields = {f"process{n}": (16_330.4 * 10**n, 4_543.2 * 10**n) for n in range(-3, 2)}
    display = SignificanceDisplay.from_scan(scan, yields=yields)
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend()
    words = "\n".join(text.get_text() for text in legend.texts)
    assert "process-3 16.3 ± 4.5, process-2 163 ± 45\n" in words
    assert "process0 16330 ± 4543, process1 163304 ± 45432" not in words
    assert "process0 16330 ± 4543" in words
    frame = display.figure_.bbox
    box = legend.get_window_extent()
    assert frame.x0 <= box.x0
    assert box.x1 <= frame.x1


def test_yields_of_each_process_at_the_cut_are_named():
    y, score, weight = narrow()
    process = np.where(y == 1, "signal", np.where(np.arange(len(y)) % 2, "ttbar", "W"))
    display = SignificanceDisplay.from_predictions(
        y, score, sample_weight=weight, process=process, luminosity=2.0
    )
    cut = display.cut_.threshold
    for name, (value, error) in display.yields.items():
        kept = (process == name) & (score >= cut)
        assert value == pytest.approx(2 * weight[kept].sum())
        assert error == pytest.approx(2 * np.sqrt((weight[kept] ** 2).sum()))
    total = sum(value for name, (value, _) in display.yields.items() if name != "signal")
    assert total == pytest.approx(display.cut_.background)
    text = display.ax_.get_legend().texts[-2].get_text()
    assert text.startswith("at the cut:\nW ")
    with pytest.raises(ValueError, match="process has 3 events, but y_score has 6000; it is that"):
        SignificanceDisplay.from_predictions(y, score, process=process[:3])


def test_scores_that_are_all_infinite_have_an_axis():
    display = SignificanceDisplay.from_predictions([0, 1] * 12, [np.inf] * 24)
    assert np.isfinite(display.ax_.get_xlim()).all()
