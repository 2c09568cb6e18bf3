from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skhep_nn.metrics import bias_study, closure_tests
from skhep_nn.plotting import BiasDisplay, ClosurePanelsDisplay

N = 400
EVENTS = pd.DataFrame({"mass": np.tile([1.0, 2.0], N // 2), "n": np.arange(N) % 5})
KEPT = np.arange(N) % 4 > 0


def test_points_are_the_kept_fractions_with_their_errors():
    study = bias_study(KEPT, EVENTS)
    display = BiasDisplay.from_study(study)
    for name, panel in display.axes_.items():
        points = panel.containers[0].lines[0]
        np.testing.assert_allclose(points.get_ydata(), study.variables[name].fraction)
        assert panel.lines[0].get_ydata()[0] == study.fraction
    assert display.axes_["n"].get_title(loc="left").startswith("χ² = ")


def test_labels_have_units():
    display = BiasDisplay.from_events(KEPT, EVENTS, {"mass": "D mass [GeV]"})
    assert display.ax_.get_xlabel() == "D mass [GeV]"
    assert display.ax_.get_ylabel() == "Kept fraction"


def test_the_panels_take_given_axes():
    _, axes = plt.subplots(1, 2)
    assert [*BiasDisplay.from_events(KEPT, EVENTS, ax=axes).axes_.values()] == list(axes)
    with pytest.raises(TypeError, match="study must be what bias_study gives"):
        BiasDisplay.from_study(3)


def closure():
    rng = np.random.default_rng(0)
    by, within = rng.random(2000), rng.uniform(2, 5, 2000)
    p = 0.2 + 0.5 * by
    return (rng.random(2000) < p).astype(int), p, by, within


def test_each_slice_has_a_panel_of_its_own_test():
    data = closure()
    display = ClosurePanelsDisplay.from_predictions(
        *data, bins=5, within_bins=[2, 3, 5], variable="p", within_name="η"
    )
    tests = closure_tests(*data, bins=5, within_bins=[2, 3, 5])
    for one, test in zip(display.displays_, tests.tests, strict=True):
        np.testing.assert_array_equal(one.axes_[1].lines[0].get_ydata(), test.pulls)
    titles = [one.ax_.get_title(loc="left") for one in display.displays_]
    assert titles[0].startswith("2 ≤ η < 3: χ² = ")
    assert display.axes_[1].get_xlabel() == "p"


def test_columns_name_the_slices_of_an_estimator(scored):
    X, y, model = scored
    X = X.assign(pt=[1.0, 2.0, 3.0, 4.0], eta=[2.0, 4.0, 2.0, 4.0])
    model.weight_column = None
    display = ClosurePanelsDisplay.from_estimator(
        model, X, y, "pt", "eta", bins=[0, 5], within_bins=[2, 3, 5]
    )
    assert (display.variable, display.within) == ("pt", "eta")
    assert display.tests.tests[0].n_events.tolist() == [2]
