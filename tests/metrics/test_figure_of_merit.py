from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhep_nn.metrics import (
    binned_significance,
    figure_of_merit,
    make_binned_scorer,
    make_fom_scorer,
    optimise_binning,
    significance_scan,
)

KINDS = ["asimov", "s/sqrt(b)", "s/sqrt(s+b)", "s/sqrt(s+b+sigma_b^2)", "ams"]


def textbook_asimov(s, b, f):
    """The formula as it is printed, in 250-digit arithmetic."""
    with localcontext() as context:
        context.prec = 250
        s, b, f = Decimal(s), Decimal(b), Decimal(f)
        if f == 0:
            half = (s + b) * (1 + s / b).ln() - s
        else:
            variance = (f * b) ** 2
            ratio = (s + b) * (b + variance) / (b * b + (s + b) * variance)
            rest = (1 + variance * s / (b * (b + variance))).ln()
            half = (s + b) * ratio.ln() - b * b / variance * rest
        return float((2 * half).sqrt())


def literal_asimov(s, b, f):
    """The formula of the tutorial's scripts, in floating point."""
    v = (f * b) ** 2
    first = (s + b) * math.log((s + b) * (b + v) / (b**2 + (s + b) * v))
    second = math.log(1 + v * s / (b * (b + v))) / f**2
    return math.sqrt(2 * (first - second)) if first > second else 0.0


def points(n_points, systematic):
    rng = np.random.default_rng(7)
    s, b = 10 ** rng.uniform(-6, 4, n_points), 10 ** rng.uniform(-3, 8, n_points)
    f = 10 ** rng.uniform(-8, 0, n_points) if systematic else np.zeros(n_points)
    return s, b, f


@pytest.mark.parametrize("systematic", [False, True])
def test_asimov_agrees_with_250_digits_to_1e_9(systematic):
    s, b, f = points(150, systematic)
    expected = [textbook_asimov(*point) for point in zip(s, b, f, strict=True)]
    np.testing.assert_allclose(figure_of_merit(s, b, systematic=f), expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize("s", [1e-6, 1e-2, 1.0, 1e4])
@pytest.mark.parametrize("b", [1e-3, 1.0, 1e8])
@pytest.mark.parametrize("f", [0.0, 1e-8, 1e-4, 1.0])
def test_asimov_agrees_at_the_corners_of_its_range(s, b, f):
    assert figure_of_merit(s, b, systematic=f) == pytest.approx(
        textbook_asimov(s, b, f), rel=1e-9, abs=0
    )


def test_asimov_agrees_on_both_sides_of_every_change_of_formula():
    # u = s / b = 1 at f = 0; the series ends at u = 0.3
    for ratio in (1.0, 0.3):
        s = ratio * 5 * np.array([1 - 1e-9, 1, 1 + 1e-9])
        expected = [textbook_asimov(value, 5.0, 0.0) for value in s]
        np.testing.assert_allclose(figure_of_merit(s, 5.0), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("s", "b", "with_f", "without"),
    [(10, 100, 0.434463, 0.983992), (5, 20, 0.788115, 1.075722), (50, 25, 5.114920, 8.049338)],
)
def test_asimov_gives_the_published_table(s, b, with_f, without):
    assert figure_of_merit(s, b, systematic=0.2) == pytest.approx(with_f, abs=6e-7)
    assert figure_of_merit(s, b) == pytest.approx(without, abs=6e-7)
    assert figure_of_merit(s, b, systematic=1e-8) == pytest.approx(without, abs=6e-7)


@pytest.mark.parametrize(("s", "b"), [(10, 100), (5, 20), (50, 25), (1e-6, 100)])
def test_the_literal_formula_fails_at_small_uncertainty_and_ours_does_not(s, b):
    exact = textbook_asimov(s, b, 1e-8)
    assert literal_asimov(s, b, 1e-8) != pytest.approx(exact, rel=0.01)
    assert figure_of_merit(s, b, systematic=1e-8) == pytest.approx(exact, rel=1e-12)


def test_the_literal_formula_is_four_times_too_large_for_a_tiny_signal():
    assert literal_asimov(1e-6, 100, 0.2) > 4 * 4.472e-8
    assert figure_of_merit(1e-6, 100, systematic=0.2) == pytest.approx(4.4721e-8, rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("s/sqrt(b)", 10 / 10),
        ("s/sqrt(s+b)", 10 / math.sqrt(110)),
        ("s/sqrt(s+b+sigma_b^2)", 10 / math.sqrt(110 + 20**2)),
        # without regularisation it would be the Asimov value 0.983992
        ("ams", math.sqrt(2 * (120 * math.log(1 + 10 / 110) - 10))),
    ],
)
def test_every_kind_has_its_closed_form(kind, expected):
    assert figure_of_merit(10, 100, kind=kind, systematic=0.2) == pytest.approx(expected, rel=1e-12)


def test_ams_without_regularisation_is_asimov_without_uncertainty():
    assert figure_of_merit(3, 7, kind="ams", b_reg=0) == figure_of_merit(3, 7)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_0_without_signal_and_nan_without_background(kind):
    s, b = [0, -1, 5, 5, 0, -1], [10, 10, 0, -2, 0, -3]
    values = figure_of_merit(s, b, kind=kind, systematic=0.1)
    np.testing.assert_array_equal(values, [0, 0, np.nan, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("kind", KINDS)
def test_nan_in_gives_nan(kind):
    assert np.isnan(figure_of_merit([np.nan, 1], [1, np.nan], kind=kind)).all()


def test_yields_and_uncertainties_broadcast():
    values = figure_of_merit([[1.0], [2.0]], [10.0, 20.0, 30.0], systematic=0.1)
    assert values.shape == (2, 3)
    assert values[1, 2] == figure_of_merit(2, 30, systematic=0.1)


def test_many_cuts_give_the_same_as_one_by_one():
    s, b, f = points(20_000, systematic=True)
    values = figure_of_merit(s, b, systematic=f)
    for at in (0, 8191, 8192, 19_999):
        assert values[at] == figure_of_merit(s[at], b[at], systematic=f[at])


def test_scalars_give_a_scalar():
    assert isinstance(figure_of_merit(1, 2), float)


def test_sigma_b_is_the_absolute_uncertainty():
    assert figure_of_merit(10, [50, 100], sigma_b=[5, 20]).tolist() == pytest.approx(
        figure_of_merit(10, [50, 100], systematic=[0.1, 0.2]).tolist(), rel=1e-14
    )


@settings(deadline=None)
@given(st.floats(1e-6, 1e4), st.floats(1e-3, 1e8), st.floats(0, 0.1), st.floats(1.001, 10))
def test_asimov_grows_with_signal_and_falls_with_uncertainty(s, b, f, more):
    value = figure_of_merit(s, b, systematic=f)
    assert figure_of_merit(s * more, b, systematic=f) > value
    assert figure_of_merit(s, b, systematic=f * more) <= value * (1 + 1e-12)


def test_an_unknown_kind_is_an_error_that_names_those_there_are():
    with pytest.raises(ValueError, match=r"kind='asimow'; it must be one of \['asimov'"):
        figure_of_merit(1, 2, kind="asimow")


@pytest.mark.parametrize("name", ["systematic", "b_reg", "sigma_b"])
def test_a_negative_uncertainty_is_an_error(name):
    with pytest.raises(ValueError, match=f"{name}=-0.1; it must be a finite number >= 0"):
        figure_of_merit(1, 2, **{name: -0.1})


def test_two_uncertainties_are_an_error():
    with pytest.raises(ValueError, match="give one uncertainty of b only"):
        figure_of_merit(1, 2, systematic=0.1, sigma_b=3)


def test_yields_that_are_too_far_apart_are_told_as_sums_of_weights():
    with pytest.raises(ValueError, match=r"s=2, b=4.9\d*e-324; the yields, sums of sample_weight"):
        figure_of_merit(2.0, 5e-324)


def test_one_number_is_a_number_of_python():
    for s, b in ((5, 20), (np.float32(5), np.float64(20)), (np.array(5.0), 20.0)):
        assert type(figure_of_merit(s, b, systematic=0.1)) is float


PERCENT = r"systematic=20 is an uncertainty of 2000 % of the background; one of 20 % is .*=0\.2"
Y, SCORE = np.array([0, 1, 0, 1, 0]), np.array([0.2, 0.9, 0.4, 0.6, 0.7])


@pytest.mark.parametrize(
    "call",
    [
        lambda: figure_of_merit(10, 100, systematic=20),
        lambda: figure_of_merit([10, 10], [100, 50], systematic=[0.1, 20]),
        lambda: significance_scan(Y, SCORE, systematic=20, min_effective_background=0),
        lambda: make_fom_scorer("asimov", systematic=20),
        lambda: make_binned_scorer(systematic=20),
        lambda: binned_significance(Y, SCORE, bins=[0, 0.5, 1], systematic=[0.2, 20]),
        lambda: optimise_binning(Y, SCORE, systematic=20, min_effective_background=0),
    ],
)
def test_a_percentage_in_the_place_of_a_fraction_is_told_of_at_the_line_of_the_user(call):
    with pytest.warns(UserWarning, match=PERCENT) as caught:
        call()
    assert caught[0].filename == __file__


def test_an_uncertainty_as_large_as_the_background_is_nothing_to_tell_of():
    assert figure_of_merit(10, 100, systematic=1) > 0
    assert figure_of_merit(10, 100, sigma_b=20) > 0
