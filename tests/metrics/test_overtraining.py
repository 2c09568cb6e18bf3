from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import overtraining_test, roc_auc, roc_auc_error
from skhep_nn.metrics._shapes import Counts, chi_square, edges_of


def sample(seed, n_events=1500, negative=0.15, width=1.0):
    """Labels, scores and weights, some negative."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    weights = rng.exponential(size=n_events) * np.where(rng.random(n_events) < negative, -1, 1)
    return y, rng.normal(y, width), weights


def compared(train, test, **options):
    (y, score, weights), (y_test, score_test, weights_test) = train, test
    both = {"sample_weight_train": weights, "sample_weight_test": weights_test}
    return overtraining_test(y, score, y_test, score_test, **both, **options)


def test_the_chi_square_is_pearsons_for_unit_weights_up_to_the_variances_that_are_seen():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, 4000), rng.integers(0, 6, 3000)
    edges = np.arange(7) - 0.5
    found = chi_square(*(Counts.of(x, np.ones(len(x)), edges) for x in (a, b)))
    table = [np.bincount(x, minlength=6) for x in (a, b)]
    expected = chi2_contingency(table)
    assert found[1] == expected.dof == 5
    assert found[0] == pytest.approx(expected.statistic, rel=0.02)


def test_the_chi_square_of_two_bins_is_that_of_their_one_fraction():
    a, b = Counts(np.array([30.0, 70.0]), np.array([30.0, 70.0])), None
    b = Counts(np.array([80.0, 120.0]), np.array([160.0, 240.0]))
    # 0.3 and 0.4, with variances p (1 - p) / n of 100 and of 200 / 2 effective events
    expected = 0.1**2 / (0.3 * 0.7 / 100 + 0.4 * 0.6 / 100)
    assert chi_square(a, b) == pytest.approx((expected, 1))


def test_empty_bins_do_not_count():
    a = Counts(np.array([5.0, 0.0, 5.0]), np.array([5.0, 0.0, 5.0]))
    assert chi_square(a, a) == (pytest.approx(0.0), 1)


def test_bins_of_equal_content_are_fewer_where_the_events_are_few():
    rng = np.random.default_rng(0)
    many, few = (rng.random(n) for n in (10_000, 95))
    assert len(edges_of(20, (many, np.ones(10_000)), (few, np.ones(95)))) == 10
    edges = edges_of(20, (many, np.ones(10_000)))
    contents = np.histogram(many, edges)[0]
    assert contents == pytest.approx(np.full(20, 500), abs=1)


def test_bins_keep_whole_numbers_apart():
    values = np.repeat([-1.0, 1.0], [500, 500])
    assert edges_of(20, (values, np.ones(1000))).tolist() == [-1.0, 0.0, 1.0]


@pytest.mark.parametrize("bins", [0, -1, [1, 0], [0, np.inf], True, [0]])
def test_what_are_no_bins_is_an_error(bins):
    with pytest.raises(ValueError, match="bins="):
        compared(sample(0), sample(1), bins=bins)


def test_unit_weights_give_scipys_distance():
    (y, a, _), (y_test, b, _) = sample(0), sample(1)
    found = overtraining_test(y, a, y_test, b)
    expected = ks_2samp(a[y == 1], b[y_test == 1])
    assert found["KS", "signal"].difference == pytest.approx(expected.statistic)


def test_the_difference_of_areas_has_the_errors_of_both_in_quadrature():
    train, test = sample(0), sample(1)
    row = compared(train, test, n_bootstrap=500)["AUC", "both"]
    areas = [roc_auc(*one) for one in (train, test)]
    assert [row.train, row.test_value] == areas
    assert row.difference == areas[0] - areas[1]
    errors = [roc_auc_error(*one) for one in (train, test)]
    # 500 trials know a spread to 3 %
    assert row.error == pytest.approx(np.hypot(*errors), rel=0.12)


def test_efficiencies_are_weighted_parts_at_the_cut():
    y = np.repeat([0, 1], 4)
    score = np.tile([0.1, 0.2, 0.3, 0.4], 2)
    weights = np.array([1.0, 1, 1, 1, 1, 2, 3, -1])
    found = overtraining_test(
        y, score, y, score, sample_weight_train=weights, sample_weight_test=1, threshold=0.25
    )
    assert found.threshold == 0.25
    assert found["efficiency", "signal"].train == pytest.approx(2 / 5)
    assert found["efficiency", "signal"].test_value == pytest.approx(2 / 4)
    # binomial: (1 - 2e) sum of squares kept + e^2 sum of squares, over the square of the sum
    variances = (0.2 * 10 + 0.16 * 15) / 25, 0.25 / 4
    assert found["efficiency", "signal"].error == pytest.approx(np.sqrt(sum(variances)))


def test_without_a_threshold_the_cut_keeps_the_efficiency_in_the_test():
    found = compared(sample(0, negative=0), sample(1, negative=0), efficiency=0.3)
    assert found["efficiency", "signal"].test_value == pytest.approx(0.3, abs=0.005)


def test_equal_samples_show_nothing():
    found = compared(sample(0), sample(0))
    assert found.verdict == "no sign of overtraining"
    assert found.p_value == 1.0


def test_scores_that_are_better_in_training_are_overtrained():
    found = compared(sample(0, width=0.5), sample(1))
    assert found.verdict.startswith("overtrained: training and test differ, and the AUC is larger")
    assert found.p_value < 1e-6
    assert "overtrained" in repr(found)


def test_scores_that_are_worse_in_training_are_no_overtraining():
    found = compared(sample(0), sample(1, width=0.5))
    assert found.verdict.startswith("training and test differ, but not as by overtraining")


def test_a_difference_that_chance_could_make_is_called_perhaps():
    found = [compared(sample(seed, width=0.7), sample(seed + 100)) for seed in range(12)]
    words = {one.p_value < 0.0455: one.verdict for one in found if one.p_value >= 0.0027}
    assert words[True].startswith("perhaps overtrained: training and test differ by two standard")
    assert words[False] == "no sign of overtraining"


def test_the_table_has_a_row_for_each_test_and_class():
    table = compared(sample(0), sample(1)).to_frame()
    assert table.index.tolist() == [
        ("KS", "signal"), ("chi2", "signal"), ("KS", "background"), ("chi2", "background"),
        ("AUC", "both"), ("efficiency", "signal"), ("efficiency", "background"),
    ]  # fmt: skip
    assert table.columns.tolist() == ["train", "test", "difference", "error", "n_bins", "p_value"]
    with pytest.raises(KeyError):
        compared(sample(0), sample(1))["KS", "both"]


def test_the_trials_depend_on_the_seed_alone():
    rows = [compared(sample(0), sample(1), random_state=s)["AUC", "both"].error for s in (1, 1, 2)]
    assert rows[0] == rows[1] != rows[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"efficiency": 1.0}, "efficiency=1.0; it must be between 0 and 1"),
        ({"n_bootstrap": 1}, "n_bootstrap=1; it must be a number of trials, at least 2"),
        ({"threshold": "best"}, "threshold must be numbers"),
    ],
)
def test_what_makes_no_sense_is_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        compared(sample(0), sample(1), **options)


def test_an_error_says_of_which_sample_it_is():
    y, score, _ = sample(0)
    with pytest.raises(ValueError, match="test: y_true has no background"):
        overtraining_test(y, score, np.ones(3), [0.1, 0.2, 0.3])
    with pytest.raises(WeightError, match="train: sample_weight of the signal sums to"):
        overtraining_test(
            y,
            score,
            y,
            score,
            sample_weight_train=np.where(y == 1, -1.0, 1.0),
            sample_weight_test=1,
        )


@pytest.mark.slow
def test_p_values_are_probabilities_with_weights_of_either_sign():
    n_toys = 500
    found = [compared(sample(s), sample(s + 10_000, 1000), n_bootstrap=60) for s in range(n_toys)]
    values = np.array([[row.p_value for row in one.rows] for one in found])
    # 31.7 % below 0.317, within three binomial errors; the KS of weighted events is approximate
    below = (values < 0.317).mean(axis=0)
    three_errors = 3 * np.sqrt(0.317 * 0.683 / n_toys)
    exact = [row.test != "KS" for row in found[0].rows]
    assert np.abs(below[exact] - 0.317).max() < three_errors
    assert below.max() < 0.317 + three_errors
    # the verdict errs on the safe side
    assert np.mean([one.p_value < 0.0455 for one in found]) < 0.0455 + 3 * 0.0093


@pytest.mark.parametrize("side", ["train", "test"])
def test_weights_of_one_side_alone_are_refused(side):
    y, score = np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.4, 0.6])
    with pytest.raises(WeightError, match=f"sample_weight_{side} is given and sample_weight_"):
        overtraining_test(y, score, y, score, **{f"sample_weight_{side}": np.ones(4)})


@pytest.mark.parametrize("share", [0.05, 0.4, 0.5, 0.6, 0.95])
@pytest.mark.parametrize("weight", [1.0, 0.1, 1 / 3])
def test_few_values_have_a_bin_each_however_many_events_they_have(share, weight):
    n = int(1000 * share)
    two = np.repeat([0.0, 1.0], [n, 1000 - n])
    weights = np.full(1000, weight)
    assert edges_of(20, (two, weights)).tolist() == [0, 0.5, 1]
    three = np.tile([0.0, 1.0, 5.0], 333)
    assert edges_of(3, (three, weights[:999])).tolist() == [0, 0.5, 3, 5]
    assert edges_of(1, (three, weights[:999])).tolist() == [0, 5]


@pytest.mark.parametrize("value", [0.0, 3.0, -1e15, 2.0**53, 2.0**64, -1e300, 1e308])
def test_a_single_value_has_one_bin_however_large_it_is(value):
    low, high = edges_of(20, (np.full(100, value), np.ones(100)))
    assert low < value < high
    assert value - low == pytest.approx(high - value, rel=1)
