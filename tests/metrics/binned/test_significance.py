"""binned_significance: from events to the likelihood."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import binned_significance, figure_of_merit
from skhep_nn.metrics._binned import _bins

EDGES = [0.0, 0.3, 0.6, 0.8, 1.0]
STATISTICS = {"simulation_error": False, "n_bootstrap": 0}


def by_masks(y, score, weight, edges):
    """(signal, background, their squares) of every bin by selecting events."""
    inside = [(score >= low) & (score < high) for low, high in pairwise(edges)]
    inside[-1] |= score == edges[-1]
    return np.array(
        [
            [weight[m & (y == label)].sum() for m in inside]
            for weight in (weight, weight**2)
            for label in (1, 0)
        ]
    )


def test_bins_hold_the_events_between_their_edges(scored):
    found = binned_significance(*scored, bins=EDGES)
    signal, background, signal2, background2 = by_masks(*scored, EDGES)
    np.testing.assert_allclose(found.signal, signal)
    np.testing.assert_allclose(found.background, background)
    np.testing.assert_allclose(found.signal_error, np.sqrt(signal2))
    np.testing.assert_allclose(found.background_error, np.sqrt(background2))
    assert found.to_frame()["signal"].tolist() == found.signal.tolist()
    assert found.edges.tolist() == EDGES


def test_without_uncertainties_bins_add_in_quadrature(scored):
    found = binned_significance(*scored, bins=EDGES, **STATISTICS)
    in_bins = figure_of_merit(found.signal, found.background)
    assert found.significance == pytest.approx(np.sqrt(np.sum(in_bins**2)))
    np.testing.assert_allclose(found.bin_significance, in_bins)


def test_one_bin_is_the_figure_of_merit(scored):
    y, score, weight = scored
    found = binned_significance(y, score, weight, bins=1, **STATISTICS)
    s, b = weight[y == 1].sum(), weight[y == 0].sum()
    assert found.significance == pytest.approx(figure_of_merit(s, b))
    with_systematic = binned_significance(y, score, weight, bins=1, systematic=0.1, **STATISTICS)
    closed = figure_of_merit(s, b, systematic=0.1)
    assert with_systematic.significance == pytest.approx(closed, rel=0.02)


def test_the_statistical_error_of_the_simulation_is_an_uncertainty_of_each_bin(scored):
    found = binned_significance(*scored, bins=EDGES, systematic=0.05, n_bootstrap=0)
    _, background, _, squares = by_masks(*scored, EDGES)
    total = np.hypot(0.05, np.sqrt(squares) / background)
    given = binned_significance(*scored, bins=EDGES, systematic=total, **STATISTICS)
    assert found.significance == pytest.approx(given.significance)
    without = binned_significance(*scored, bins=EDGES, systematic=0.05, **STATISTICS)
    assert found.significance < without.significance


def test_scores_beyond_the_edges_are_in_the_outer_bins():
    y, score = [0, 0, 0, 1, 0], [-5.0, 0.2, 0.7, 9.0, 1.0]
    found = binned_significance(y, score, bins=[0, 0.5, 1], n_bootstrap=0)
    assert found.background.tolist() == [2, 2]
    assert found.signal.tolist() == [0, 1]
    infinite = binned_significance(y, [-np.inf, 0.2, 0.7, np.inf, 1], bins=[0, 0.5, 1])
    assert infinite.signal.tolist() == [0, 1]


def test_empty_bins_do_not_count(scored):
    few = binned_significance(*scored, bins=EDGES)
    more = binned_significance(*scored, bins=[-2.0, -1.0, *EDGES])
    assert more.significance == pytest.approx(few.significance)
    assert more.bin_significance[0] == 0


def test_a_bin_without_background_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match=r"bin 1 \(0.5 to 1\) has 0 background .* 2 signal"):
        binned_significance([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], bins=[0, 0.5, 1])
    with pytest.raises(ValueError, match=r"bin 1 .* -1 background .*=optimise_binning"):
        binned_significance([0, 0, 1], [0.1, 0.8, 0.9], [3, -1, 1], bins=[0, 0.5, 1])


@pytest.mark.parametrize("bins", [[0.5], [1, 0], [0, 0, 1], [0, np.inf], 0, -3, True, "auto", None])
def test_edges_that_make_no_bins_are_refused(bins, scored):
    with pytest.raises(ValueError, match="bins"):
        binned_significance(*scored, bins=bins)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"systematic": -0.1}, "systematic=-0.1"),
        ({"systematic": [0.1, 0.2]}, "one for each of 4 bins"),
        ({"simulation_error": 1}, "simulation_error=1"),
        ({"n_bootstrap": -1}, "n_bootstrap=-1"),
        ({"n_bootstrap": 2.5}, "n_bootstrap=2.5"),
        ({"n_bootstrap": np.timedelta64(2, "s")}, "n_bootstrap="),
        ({"systematic": 1e300}, r"systematic=1e\+300"),
        ({"variations": {"jes": (1e300, None)}}, r"the factor 1e\+300 on all weights"),
        ({"signal": 7}, "signal=7 is not in y_true"),
        ({"luminosity": 0}, "luminosity=0"),
        ({"variations": ["jes"]}, "must be a dict of name"),
        ({"variations": {1: (None, 1.0)}}, "must be text, got 1"),
        ({"variations": {"jes": (None, None)}}, "variation 'jes' is .* mirrors the other"),
        ({"variations": {"jes": ([0.5], None)}}, "'jes' up: it has 1 scores for 4000"),
        (
            {"variations": {"jes": (-0.5, None)}},
            "variation 'jes' up: the factor -0.5 on all weights",
        ),
        (
            {"variations": {"jes": ({"scores": 1}, None)}},
            r"'jes' up: it has \['scores'\]",
        ),
        ({"variations": {"jes": (None, {"y_true": [1], "y_score": [1]})}}, "down: it has y_true"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message, scored):
    with pytest.raises(ValueError, match=message):
        binned_significance(*scored, bins=EDGES, **options)


def test_weights_that_cannot_be_a_yield_are_refused(scored):
    y, score, weight = scored
    with pytest.raises(WeightError, match="background sums to -"):
        binned_significance(y, score, np.where(y == 0, -1.0, 1.0), bins=EDGES)
    bad = {"sample_weight": np.where(np.arange(len(y)) == 3, np.nan, weight)}
    with pytest.raises(WeightError, match="variation 'pdf' down: sample_weight contains NaN"):
        binned_significance(y, score, weight, bins=EDGES, variations={"pdf": (1.0, bad)})


def test_yields_and_luminosity_scale_nominal_and_varied_weights(scored):
    y, score, weight = scored
    variations = {"pdf": ({"sample_weight": 1.1 * weight}, None), "tes": (score**1.1, score**0.9)}
    options = {"bins": EDGES, "n_bootstrap": 0}
    yields = {0: 3000.0, 1: 60.0}
    found = binned_significance(
        y, score, weight, yields=yields, luminosity=2.0, variations=variations, **options
    )
    assert found.background.sum() == pytest.approx(6000)
    factor = np.where(y == 1, 120 / weight[y == 1].sum(), 6000 / weight[y == 0].sum())
    variations["pdf"] = ({"sample_weight": 1.1 * weight * factor}, None)
    by_hand = binned_significance(y, score, weight * factor, variations=variations, **options)
    assert found.significance == pytest.approx(by_hand.significance)


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.TemplateNoiseWarning")
def test_forms_of_a_variation_mean_the_same(scored):
    y, score, weight = scored
    factor, options = (1.1, 0.9), {"bins": EDGES, "n_bootstrap": 0}
    by_factor = binned_significance(*scored, variations={"rate": factor}, **options)
    by_weights = {"rate": tuple({"sample_weight": f * weight} for f in factor)}
    mirrored, named = {"rate": (1.1, None)}, {"rate": {"down": 0.9, "up": 1.1}}
    others = {
        "rate": tuple(
            {"y_true": y[::-1], "y_score": score[::-1], "sample_weight": f * weight[::-1]}
            for f in factor
        )
    }
    for same in (by_weights, mirrored, named, others):
        found = binned_significance(*scored, variations=same, **options)
        assert found.significance == pytest.approx(by_factor.significance)
        assert found.pulls == pytest.approx(by_factor.pulls, abs=1e-5)
    assert by_factor.pulls["rate"] > 0
    plain = binned_significance(*scored, **options)
    assert by_factor.significance < plain.significance


def test_a_variation_of_the_scores_moves_events_between_bins(scored):
    y, score, weight = scored
    up = np.clip(score + 0.05, 0, 1)
    found = binned_significance(y, score, weight, bins=EDGES, variations={"jes": (up, None)})
    signal, background = by_masks(y, up, weight, EDGES)[:2]
    templates = found.templates.variations["jes"]
    np.testing.assert_allclose(templates[0], [signal, background])
    np.testing.assert_allclose(templates[1], 2 * found.templates.nominal - templates[0])


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.sampled_from([1.0, 1e-300, 1e300]))
def test_a_score_is_in_its_bin_however_the_bins_are_found(seed, n_bins, scale):
    rng = np.random.default_rng(seed)
    edges = np.unique(scale * rng.normal(size=n_bins + 1) ** 3)
    near = np.concatenate([edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
    random = scale * rng.normal(size=_bins._CHUNK + 100) ** 3
    scores = np.concatenate([near, [np.inf, -np.inf, 0.0], random])
    expected = np.searchsorted(edges[1:-1], scores, side="right")
    np.testing.assert_array_equal(_bins.bin_of(scores, edges), expected)


def test_the_result_says_what_it_is(scored):
    found = binned_significance(*scored, bins=EDGES, variations={"rate": (1.1, 0.9)})
    assert repr(found).startswith(f"BinnedSignificance({found.significance:.4g} +- ")
    assert "4 bins" in repr(found)
    assert "['rate']" in repr(found)


def test_replicas_depend_on_their_seed_alone(scored):
    one, same, other = (
        binned_significance(*scored, bins=EDGES, random_state=seed).standard_error
        for seed in (0, 0, 1)
    )
    assert one == same
    assert one == pytest.approx(other, rel=0.5)
    assert one != other
    assert np.isnan(binned_significance(*scored, bins=EDGES, n_bootstrap=0).standard_error)
