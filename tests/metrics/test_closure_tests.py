from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.metrics import closure_test, closure_tests

RNG = np.random.default_rng(0)
N = 4000
P = RNG.uniform(0.1, 0.9, N)
Y = (RNG.random(N) < P).astype(int)
PT, ETA = RNG.exponential(10, N), RNG.uniform(2, 5, N)
WEIGHT = RNG.uniform(0.5, 1.5, N)


def test_each_slice_is_the_test_of_its_events():
    tests = closure_tests(
        Y, P, PT, ETA, bins=[0, 5, 20], within_bins=[2, 3, 5], sample_weight=WEIGHT
    )
    for (low, high), test in zip([(2, 3), (3, 5)], tests.tests, strict=True):
        here = (low <= ETA) & (high > ETA)
        alone = closure_test(
            Y[here], P[here], PT[here], bins=[0, 5, 20], sample_weight=WEIGHT[here]
        )
        for name in ("counts", "expected", "variance", "pulls", "tested"):
            np.testing.assert_allclose(getattr(test, name), getattr(alone, name))
    assert tests.chi2 == sum(test.chi2 for test in tests.tests)
    assert tests.n_bins == 4


def test_a_number_of_slices_has_about_equal_content_and_the_same_bins():
    tests = closure_tests(Y, P, PT, ETA, bins=7, within_bins=3)
    assert len(tests.tests) == 3
    numbers = tests.to_frame()["n_events"]
    assert numbers.sum() == N
    assert numbers.max() - numbers.min() < 5
    assert len({tuple(test.edges) for test in tests.tests}) == 1


def test_what_closes_on_the_whole_need_not_in_slices():
    # up by a fifth at small angles, down at large ones
    off = np.where(ETA < 3.5, 1.2, 0.8)
    p = np.clip(P * off, 0, 1)
    by = np.ones(N)
    whole = closure_test(Y, p, by, bins=[0, 2])
    tests = closure_tests(Y, p, by, ETA, bins=[0, 2], within_bins=[2, 3.5, 5])
    assert abs(whole.pulls[0]) < 5
    assert tests.p_value < 1e-6
    frame = tests.to_frame()
    np.testing.assert_allclose(frame["ratio"], frame["counts"] / frame["expected"])
    assert frame["ratio"][0] < 0.9
    assert frame["ratio"][1] > 1.1


def test_the_table_of_bins_has_one_row_per_slice_and_bin():
    tests = closure_tests(Y, P, PT, ETA, bins=[0, 5, 20], within_bins=[2, 3, 5])
    frame = tests.to_frame(bins=True)
    assert list(frame.columns[:4]) == ["slice_low", "slice_high", "low", "high"]
    assert frame["slice_low"].tolist() == [2, 2, 3, 3]
    assert frame["counts"].sum() == tests.to_frame()["counts"].sum()
    assert repr(tests).startswith("ClosureTests(2 slices, 4 bins tested")


def test_an_empty_slice_is_a_slice_without_a_test():
    tests = closure_tests(Y, P, PT, ETA, bins=[0, 5], within_bins=[0, 1, 5])
    assert tests.tests[0].n_bins == 0
    assert np.isnan(tests.to_frame()["ratio"][0])
    assert tests.n_bins == 1


def test_labels_may_be_words_and_a_slice_without_a_selected_event_counts():
    y = np.where(Y == 1, "in", "out")
    words = closure_tests(y, P, PT, ETA, bins=[0, 5], within_bins=[2, 3, 5], signal="in")
    numbers = closure_tests(Y, P, PT, ETA, bins=[0, 5], within_bins=[2, 3, 5])
    assert words.chi2 == numbers.chi2
    y = np.where(ETA < 3, "out", y)
    none = closure_tests(y, P, PT, ETA, bins=[0, 5], within_bins=[2, 3, 5], signal="in")
    assert none.tests[0].counts.tolist() == [0]
    assert none.tests[0].pulls[0] < -5


@pytest.mark.parametrize(
    ("within", "options", "message"),
    [
        (ETA[:3], {}, r"within must have the shape \(4000,\)"),
        (np.full(N, np.nan), {}, "within contains NaN: 4000"),
        (np.where(ETA > 4.9, np.inf, ETA), {}, "within_bins=4; a number of slices needs finite"),
        (ETA, {"within_bins": 0}, "within_bins=0; a number of bins"),
        (ETA, {"within_bins": [3, 2]}, "within_bins=.* must be a number of bins or increasing"),
        (ETA, {"within_bins": [[2, 3], [4]]}, "within_bins"),
        (ETA, {"bins": [3, 2]}, "bins="),
    ],
)
def test_what_are_no_slices_is_an_error(within, options, message):
    with pytest.raises(ValueError, match=message):
        closure_tests(Y, P, PT, within, **options)


def test_slices_that_no_event_reaches_are_an_error_that_says_where_events_are():
    eta = np.array([2.2, 3.1, 4.0])
    message = r"no event is in within_bins, 500 to 3000: within has values from 2\.2 to 4"
    with pytest.raises(ValueError, match=message):
        closure_tests([0, 1, 1], np.full(3, 0.5), np.ones(3), eta, bins=2, within_bins=[500, 3000])
