"""The profile likelihood of a histogram against closed forms, slow minima and pyhf."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from skhep_nn.metrics import binned_significance, figure_of_merit
from skhep_nn.metrics._binned import _fit
from skhep_nn.metrics._binned._discovery import discovery
from skhep_nn.metrics._binned._likelihood import (
    BinnedLikelihood,
    discovery_deviance,
    poisson_deviance,
    profiled,
)

# pyhf's use of jsonschema
pytestmark = pytest.mark.filterwarnings("ignore:.*RefResolver:DeprecationWarning")
POSITIVE = st.floats(1e-3, 1e4)


def counting(signal, background, relative_error=0.0):
    """A model of bins without variations."""
    none = np.zeros((2, 0, len(signal)))
    error = np.broadcast_to(relative_error, np.shape(signal)).astype(float)
    return BinnedLikelihood(np.array(signal), np.array(background), error, none, none)


@given(POSITIVE, POSITIVE)
def test_without_uncertainty_a_bin_has_the_asimov_significance(signal, background):
    found, _ = discovery(counting([signal], [background]))
    assert found == pytest.approx(figure_of_merit(signal, background), rel=1e-9)


def test_a_tiny_signal_loses_no_digits():
    found, _ = discovery(counting([1e-7], [100.0]))
    assert found == pytest.approx(1e-8, rel=1e-6)


@pytest.mark.parametrize(("data", "nu"), [(3.0, 5.0), (5.0, 3.0), (0.0, 2.0), (7.0, 7.0)])
def test_the_poisson_deviance_is_that_of_the_formula(data, nu):
    log = data * np.log(data / nu) if data else 0.0
    assert poisson_deviance(np.array(data), np.array(nu)) == pytest.approx(2 * (nu - data + log))


@given(POSITIVE, POSITIVE, st.floats(1e-3, 1.0), st.floats(0, 3.0))
def test_the_nuisance_of_a_bin_is_at_its_best(data, background, error, mu_s):
    value, _, gamma = profiled(data, mu_s * background, background, error)

    def deviance(gamma):
        nu = mu_s * background + gamma * background
        return float(poisson_deviance(np.array(data), np.array(nu)) + ((gamma - 1) / error) ** 2)

    least = 1e-9
    assert gamma >= -least
    if gamma > least:
        assert value == pytest.approx(deviance(gamma), rel=1e-6, abs=1e-9)
    bounds = (least, max(10.0, 3 * data / background))
    best = minimize_scalar(deviance, bounds=bounds, method="bounded")
    assert value <= best.fun + 1e-6 * max(1.0, best.fun)


def test_one_systematic_differs_from_the_closed_formula_by_the_form_of_its_constraint():
    """The formula has a Poisson control measurement, the likelihood a Gaussian one."""
    for signal, background, f in [(10.0, 100.0, 0.1), (5.0, 50.0, 0.2), (30.0, 1000.0, 0.05)]:
        found, _ = discovery(counting([signal], [background], f))
        closed = float(figure_of_merit(signal, background, systematic=f))
        assert found == pytest.approx(closed, rel=0.02)
        assert found != pytest.approx(closed, rel=1e-6)
    # many events: both are s / sqrt(b + f^2 b^2)
    found, _ = discovery(counting([1e3], [1e6], 0.01))
    assert found == pytest.approx(1e3 / np.sqrt(1e6 + 1e8), rel=1e-3)


def test_one_variation_of_one_bin_is_a_relative_uncertainty():
    slope = np.array([[[15.0]], [[15.0]]])
    as_variation = BinnedLikelihood(
        np.array([20.0]), np.array([100.0]), np.zeros(1), np.zeros((2, 1, 1)), slope
    )
    expected, _ = discovery(counting([20.0], [100.0], 0.15))
    assert discovery(as_variation)[0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_the_slopes_are_those_of_the_deviance(seed, new_likelihood):
    likelihood = new_likelihood(seed)
    rng = np.random.default_rng(seed)
    data = rng.poisson(likelihood.background).astype(float)
    theta, mu = rng.normal(size=likelihood.n_variations), 0.7
    slopes = likelihood.slopes(theta > 0)
    _, slope_mu, slope_theta = likelihood.deviance(data, mu, theta, slopes)

    def difference(step_mu, step_theta):
        up = likelihood.deviance(data, mu + step_mu, theta + step_theta, slopes)[0]
        return (up - likelihood.deviance(data, mu - step_mu, theta - step_theta, slopes)[0]) / 2e-5

    assert slope_mu == pytest.approx(difference(1e-5, 0.0), rel=1e-5, abs=1e-5)
    steps = 1e-5 * np.eye(likelihood.n_variations)
    assert slope_theta == pytest.approx([difference(0.0, s) for s in steps], rel=1e-5, abs=1e-5)


def test_a_minimum_at_the_kink_is_found(new_likelihood):
    # both sides of the variation raise the background where the data are low
    up = np.array([30.0, 0.0])
    likelihood = BinnedLikelihood(
        np.array([1.0, 1.0]),
        np.array([100.0, 100.0]),
        np.zeros(2),
        np.zeros((2, 1, 2)),
        np.array([[-up], [up]]),
    )
    found = _fit.fit(likelihood, np.array([90.0, 100.0]), mu=0.0)
    assert found.theta == pytest.approx([0.0], abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_no_start_leads_to_a_lower_minimum(seed, new_likelihood):
    likelihood = new_likelihood(seed, n_variations=3)
    data = likelihood.signal + likelihood.background
    best = _fit.fit(likelihood, data, mu=0.0).deviance
    rng = np.random.default_rng(seed)
    for start in rng.normal(size=(10, 3)):
        assert _fit.fit(likelihood, data, mu=0.0, start=start).deviance >= best - 1e-6


@pytest.mark.parametrize("seed", [6, 8, 10, 37, 42, 57])
def test_a_deeper_minimum_on_the_other_side_of_a_kink_is_found(seed):
    """Many asymmetric variations have minima on several sides; these seeds have deep ones."""
    rng = np.random.default_rng(seed)
    n_bins, n = rng.integers(3, 25), rng.integers(1, 12)
    background = 10 ** rng.uniform(1, 7, n_bins)
    signal = np.sqrt(background) * rng.uniform(0.1, 3, n_bins)
    up = rng.normal(0, 0.1, (n, n_bins)) * 10 ** rng.uniform(-2, 0, (n, 1))
    down = -up + rng.normal(0, 0.02, up.shape) * 10 ** rng.uniform(-2, 0, (n, 1))
    slopes = np.array([-down, up])
    error = rng.uniform(0, 0.1, n_bins) * (rng.random() < 0.7)
    likelihood = BinnedLikelihood(
        signal, background, error, slopes * signal * 0.5, slopes * background
    )
    for mu, data in ((0.0, signal + background), (3.0, background)):
        found = _fit.fit(likelihood, data, mu=mu).deviance
        starts = rng.normal(size=(6, n))
        others = [_fit.fit(likelihood, data, mu=mu, start=one, sweeps=0) for one in starts]
        assert found <= min(one.deviance for one in others) + 1e-5


@pytest.mark.parametrize("seed", range(5))
def test_free_signal_strength_and_fixed_nuisances(seed, new_likelihood):
    likelihood = new_likelihood(seed, n_variations=2)
    data = 1.3 * likelihood.signal + likelihood.background
    free = _fit.fit(likelihood, data)
    assert free.mu == pytest.approx(1.3, abs=1e-4)
    assert free.deviance == pytest.approx(0, abs=1e-7)
    held = _fit.fit(likelihood, data, fixed={1: 0.5})
    assert held.theta[1] == 0.5
    assert held.deviance > 0


def pyhf_model(pyhf, likelihood):
    def histosys(which):
        for k in range(likelihood.n_variations):
            nominal, slopes = getattr(likelihood, which), getattr(likelihood, f"{which}_slopes")
            data = {"hi_data": nominal + slopes[1, k], "lo_data": nominal - slopes[0, k]}
            data = {name: values.tolist() for name, values in data.items()}
            yield {"name": f"v{k}", "type": "histosys", "data": data}

    errors = (likelihood.relative_error * likelihood.background).tolist()
    staterror = {"name": "staterror_score", "type": "staterror", "data": errors}
    normfactor = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {
            "name": "signal",
            "data": likelihood.signal.tolist(),
            "modifiers": [normfactor, *histosys("signal")],
        },
        {
            "name": "background",
            "data": likelihood.background.tolist(),
            "modifiers": [staterror, *histosys("background")],
        },
    ]
    spec = {"channels": [{"name": "score", "samples": samples}]}
    return pyhf.Model(spec, poi_name="mu", modifier_settings={"histosys": {"interpcode": "code0"}})


@pytest.fixture(scope="module")
def pyhf():
    pyhf = pytest.importorskip("pyhf")
    before = pyhf.get_backend()
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-9))
    yield pyhf
    pyhf.set_backend(*before)


@pytest.mark.parametrize("seed", range(20))
def test_the_significance_is_that_of_pyhf(seed, pyhf, new_likelihood):
    likelihood = new_likelihood(seed)
    model = pyhf_model(pyhf, likelihood)
    data = [*(likelihood.signal + likelihood.background), *model.config.auxdata]
    bounds = model.config.suggested_bounds()
    q0 = pyhf.infer.test_statistics.q0(
        0.0, data, model, model.config.suggested_init(), bounds, model.config.suggested_fixed()
    )
    assert discovery(likelihood)[0] == pytest.approx(np.sqrt(float(q0)), abs=1e-3)


def test_bins_by_themselves_are_the_model_without_variations(new_likelihood):
    likelihood = new_likelihood(0, n_variations=0)
    q0 = discovery_deviance(likelihood.signal, likelihood.background, likelihood.relative_error)
    assert discovery(likelihood)[0] == pytest.approx(np.sqrt(q0.sum()), rel=1e-10)


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=2, max_size=6), st.data())
def test_joining_bins_never_raises_the_significance_of_the_statistics(bins, data):
    signal, background = np.transpose(bins)
    at = data.draw(st.integers(1, len(bins) - 1))
    joined = [
        np.add.reduceat(values, np.delete(np.arange(len(bins)), at))
        for values in (signal, background)
    ]
    apart, _ = discovery(counting(signal, background))
    together, _ = discovery(counting(*joined))
    assert together <= apart * (1 + 1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(1, 1e6))
def test_events_in_any_order_and_a_score_on_any_scale_are_the_same(seed, scale):
    rng = np.random.default_rng(seed)
    y, score = (np.arange(300) % 3 == 0).astype(int), rng.random(300)
    weight = np.where(rng.random(300) < 0.1, -1.0, 1.0)
    order, edges = rng.permutation(300), np.array([0.0, 0.3, 0.6, 1.0])
    options = {"n_bootstrap": 0, "systematic": 0.1}
    first = binned_significance(y, score, weight, bins=edges, **options)
    second = binned_significance(
        y[order], scale * score[order], weight[order], bins=scale * edges, **options
    )
    assert second.significance == pytest.approx(first.significance)


@given(POSITIVE, POSITIVE, st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_larger_uncertainty_never_raises_the_significance(signal, background, one, other):
    small, large = sorted([one, other])
    assert (
        discovery(counting([signal], [background], large))[0]
        <= discovery(counting([signal], [background], small))[0] * (1 + 1e-9) + 1e-9
    )
