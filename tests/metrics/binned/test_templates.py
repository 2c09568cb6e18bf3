"""Templates: from estimators, impacts, limits, noise, tables and exports."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin

from skhep_nn.exceptions import StorageError, TemplateNoiseWarning
from skhep_nn.metrics import Templates, binned_significance, figure_of_merit
from skhep_nn.metrics._binned import _fit
from skhep_nn.metrics._binned._impacts import BINS

# pyhf's use of jsonschema
pytestmark = pytest.mark.filterwarnings("ignore:.*RefResolver:DeprecationWarning")
EDGES = [0.0, 0.3, 0.6, 0.8, 1.0]
CODE0 = {"modifier_settings": {"histosys": {"interpcode": "code0"}}}


class KnownScore(ClassifierMixin, BaseEstimator):
    """Its probability of signal is the column ``score``."""

    def __init__(self, weight_column=None):
        self.weight_column = weight_column

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X["score"], X["score"]])


def shifted(score, by):
    return np.clip(score * (1 + by), 0, 1)


@pytest.fixture(scope="module")
def events(new_scored):
    """(y, score, weight, variations, processes); enough events that no variation is noise."""
    y, score, weight = new_scored(30_000)
    variations = {
        "tes": (shifted(score, 0.05), shifted(score, -0.04)),
        "pdf": ({"sample_weight": weight * (1 + 0.1 * score)}, None),
        "rate": (1.05, 0.95),
    }
    processes = np.where(y == 1, "ttH", np.where(np.arange(len(y)) % 3 == 0, "Zjets", "ttbar"))
    return y, score, weight, variations, processes


@pytest.fixture(scope="module")
def templates(events):
    y, score, weight, variations, processes = events
    return Templates.from_predictions(
        y, score, weight, bins=EDGES, variations=variations, processes=processes, systematic=0.05
    )


def test_each_process_has_its_histogram(events, templates):
    y, score, weight, _, processes = events
    assert templates.processes == ("Zjets", "ttH", "ttbar")
    assert templates.is_signal.tolist() == [False, True, False]
    for at, name in enumerate(templates.processes):
        of = processes == name
        expected = np.histogram(score[of], EDGES, weights=weight[of])[0]
        np.testing.assert_allclose(templates.nominal[at], expected)
        squares = np.histogram(score[of], EDGES, weights=weight[of] ** 2)[0]
        np.testing.assert_allclose(templates.squares[at], squares)
    np.testing.assert_allclose(templates.signal, templates.nominal[1])
    assert templates.background.sum() == pytest.approx(weight[y == 0].sum())


def test_processes_do_not_change_the_significance(events, templates):
    y, score, weight, variations, _ = events
    found = binned_significance(
        y, score, weight, bins=EDGES, variations=variations, systematic=0.05, n_bootstrap=0
    )
    assert templates.significance() == pytest.approx(found.significance, rel=1e-6)


def test_an_estimator_scores_nominal_and_varied_tables(events, templates):
    y, score, weight, _, processes = events
    X = pd.DataFrame({"score": score, "weight": weight})
    tables = {
        "nominal": X,
        ("tes", "up"): X.assign(score=shifted(score, 0.05)),
        ("tes", "down"): X.assign(score=shifted(score, -0.04)),
        "pdf_up": X.assign(weight=weight * (1 + 0.1 * score)),
        ("rate", "up"): X.assign(weight=1.05 * weight),
        ("rate", "down"): X.assign(weight=0.95 * weight),
    }
    model = KnownScore("weight").fit(X, y)
    found = Templates.from_estimator(
        model, tables, y, bins=EDGES, processes=processes, systematic=0.05
    )
    assert list(found.variations) == ["tes", "pdf", "rate"]
    np.testing.assert_allclose(found.nominal, templates.nominal)
    for name, pair in templates.variations.items():
        np.testing.assert_allclose(found.variations[name], pair)
    assert found.significance() == pytest.approx(templates.significance())


def test_a_warning_of_noise_is_that_of_the_line_of_the_user(events):
    y, score, weight, _, _ = events
    X = pd.DataFrame({"score": score, "weight": weight})
    noise = np.random.default_rng(5).normal(0, 0.01, len(y))
    tables = {"nominal": X, "jer_up": X.assign(score=np.clip(score + noise, 0, 1))}
    model = KnownScore("weight").fit(X, y)
    with pytest.warns(TemplateNoiseWarning) as first:
        Templates.from_estimator(model, tables, y, bins=EDGES)
    variations = {"jer": (tables["jer_up"]["score"], None)}
    with pytest.warns(TemplateNoiseWarning) as second:
        Templates.from_predictions(y, score, weight, bins=EDGES, variations=variations)
    with pytest.warns(TemplateNoiseWarning) as third:
        binned_significance(y, score, weight, bins=EDGES, variations=variations)
    assert [one[0].filename for one in (first, second, third)] == [__file__] * 3


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({("tes", "up"): None}, "must be a dict of 'nominal'"),
        (pd.DataFrame(), "tables has DataFrame"),
        ({"nominal": 0, "tes": 0}, "tables has the key 'tes'"),
        ({"nominal": 0, ("tes", "left"): 0}, r"tables has the key \('tes', 'left'\)"),
        ({"nominal": 0, 5: 0}, "tables has the key 5"),
    ],
)
def test_tables_that_name_no_variation_are_refused(tables, message):
    with pytest.raises(ValueError, match=message):
        Templates.from_estimator(KnownScore(), tables, [0, 1], bins=EDGES)


def test_a_varied_table_in_another_order_is_refused(events):
    y, score, weight, _, _ = events
    X = pd.DataFrame({"score": score, "weight": weight})
    model = KnownScore("weight").fit(X, y)
    tables = {"nominal": X, ("tes", "up"): X.assign(score=shifted(score, 0.05))[::-1]}
    with pytest.raises(ValueError, match=r"row 0 of variation \('tes', 'up'\) has the index 29999"):
        Templates.from_estimator(model, tables, y, bins=EDGES)
    tables["tes", "up"] = tables["tes", "up"].loc[X.index]
    assert list(Templates.from_estimator(model, tables, y, bins=EDGES).variations) == ["tes"]


def test_a_process_of_signal_and_background_is_refused(events):
    y, score, weight, _, processes = events
    mixed = np.where(processes == "Zjets", "ttH", processes)
    with pytest.raises(ValueError, match="process 'ttH' has events of signal and of background"):
        Templates.from_predictions(y, score, weight, bins=EDGES, processes=mixed)
    with pytest.raises(ValueError, match="processes has 3 events, but y_true has 30000"):
        Templates.from_predictions(y, score, weight, bins=EDGES, processes=["a", "b", "c"])


@pytest.mark.parametrize("independent", [False, True])
def test_a_variation_within_the_noise_of_its_templates_warns(independent, events):
    y, score, weight, _, _ = events
    rng = np.random.default_rng(5)
    if independent:
        # the same distribution, from other events
        at = rng.permutation(len(y))[: len(y) // 2]
        up = {"y_true": y[at], "y_score": score[at], "sample_weight": 2 * weight[at]}
    else:
        up = np.clip(score + rng.normal(0, 0.01, len(y)), 0, 1)
    with pytest.warns(TemplateNoiseWarning, match=r"variation 'jer' .*\(probability up 0\.\d+\)"):
        found = Templates.from_predictions(
            y, score, weight, bins=EDGES, variations={"jer": (up, 1.0)}
        )
    assert 0.05 < found.impacts().loc["jer", "noise_up"] <= 1
    with pytest.warns(TemplateNoiseWarning, match="'jer'"):
        binned_significance(y, score, weight, bins=EDGES, variations={"jer": (up, 1.0)})


def test_the_noise_of_the_same_events_is_that_of_those_that_moved(events, templates):
    _, score, weight, variations, processes = events
    bins = np.digitize(score, EDGES[1:-1])
    moved = np.digitize(variations["tes"][0], EDGES[1:-1])
    of = processes == "ttbar"
    expected = [
        (((of & (bins == b)).astype(float) - (of & (moved == b))) ** 2 * weight**2).sum()
        for b in range(4)
    ]
    np.testing.assert_allclose(templates.noise["tes"][0][2], expected)
    reweighted = ((of & (bins == 1)) * (0.1 * score * weight) ** 2).sum()
    assert templates.noise["pdf"][0][2][1] == pytest.approx(reweighted)
    assert templates.noise["pdf"][1] is None
    assert templates.noise["rate"] == (None, None)


def test_noise_is_seldom_taken_for_a_shift(new_scored):
    """Under pure noise the probability is uniform: some five percent are below 0.05."""
    values = []
    for seed in range(200):
        y, score, weight = new_scored(2000, seed=seed)
        other = new_scored(2000, seed=1000 + seed)
        up = dict(zip(("y_true", "y_score", "sample_weight"), other, strict=True))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("skhep_nn.metrics._binned._templates.warn_of_noise", lambda *a, **k: None)
            found = Templates.from_predictions(
                y, score, weight, bins=EDGES, variations={"x": (up, None)}
            )
        values.append(found.impacts().loc["x", "noise_up"])
    assert np.mean(np.array(values) < 0.05) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 / 200))
    assert np.mean(values) == pytest.approx(0.5, abs=0.1)


def test_the_impact_of_a_rate_is_its_part_of_the_background():
    """One bin: a background of 1000 +- 5 % moves a signal of 100 by 0.5, known no better."""
    y = np.repeat([0, 0, 1], [1100, 100, 100])
    weight = np.where(np.arange(1300) // 100 == 11, -1.0, 1.0)
    found = Templates.from_predictions(
        y, np.full(1300, 0.5), weight, bins=1, simulation_error=False,
        variations={"rate": ({"sample_weight": weight * np.where(y == 0, 1.05, 1)}, None)},
    )  # fmt: skip
    table = found.impacts()
    assert table.loc["rate", "constraint"] == pytest.approx(1)
    assert table.loc["rate", "impact_up"] == pytest.approx(-0.5, rel=1e-4)
    assert table.loc["rate", "impact_down"] == pytest.approx(0.5, rel=1e-4)
    closed = figure_of_merit(100, 1000)
    assert table.loc["rate", "significance_without"] == pytest.approx(closed)
    assert table.loc[BINS, "significance_without"] == pytest.approx(found.significance())


def test_a_constraint_is_that_of_the_curvature(templates):
    likelihood = templates.likelihood
    data = likelihood.signal + likelihood.background
    table = templates.impacts()
    for k, name in enumerate(templates.variations):
        width = table.loc[name, "constraint"]
        assert 0 < width <= 1
        sides = [_fit.fit(likelihood, data, fixed={k: s * width}).deviance for s in (1, -1)]
        # one standard deviation away the deviance has risen by one
        assert np.mean(sides) == pytest.approx(1, abs=0.15)
    assert (table["significance_without"] >= templates.significance() - 1e-6).all()


def test_the_limit_of_a_counting_experiment_is_that_of_the_formula():
    y, s, b = np.repeat([0, 0, 1], [450, 50, 50]), 50.0, 400.0
    weight = np.repeat([1.0, -1.0, 1.0], [450, 50, 50])
    found = Templates.from_predictions(
        y, np.full(550, 0.5), weight, bins=1, simulation_error=False
    ).limit()

    def excess(mu, n):
        nu = b + mu * s
        q = 2 * (nu - b + b * np.log(b / nu))
        cls = norm.sf(np.sqrt(q) - n) / norm.cdf(n)
        return cls - 0.05

    expected = [brentq(excess, 1e-3, 10, args=(n,)) for n in (-2, -1, 0, 1, 2)]
    got = [found.band_95[0], found.band_68[0], found.median, found.band_68[1], found.band_95[1]]
    assert got == pytest.approx(expected, rel=1e-5)
    assert found.confidence_level == 0.95


@pytest.mark.parametrize("level", [0, 1, -0.5, 2, "0.9x", 1e-310, 1e-4])
def test_a_confidence_level_that_excludes_something_is_asked_for(level, templates):
    with pytest.raises(ValueError, match="confidence_level"):
        templates.limit(level)


def test_a_higher_confidence_has_a_higher_limit(templates):
    limits = [templates.limit(level).median for level in (0.68, 0.9, 0.95, 0.99)]
    assert limits == sorted(limits)


@pytest.fixture(scope="module")
def pyhf():
    pyhf = pytest.importorskip("pyhf")
    before = pyhf.get_backend()
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-9))
    yield pyhf
    pyhf.set_backend(*before)


def test_the_workspace_gives_pyhf_the_same_significance(pyhf, templates):
    workspace = pyhf.Workspace(templates.to_pyhf())
    model = workspace.model(**CODE0)
    settings = [getattr(model.config, f"suggested_{n}")() for n in ("init", "bounds", "fixed")]
    q0 = pyhf.infer.test_statistics.q0(0.0, workspace.data(model), model, *settings)
    assert templates.significance() == pytest.approx(np.sqrt(float(q0)), abs=1e-3)


@pytest.mark.slow
def test_the_limit_is_that_of_pyhf(pyhf, templates):
    found = templates.limit()
    workspace = pyhf.Workspace(templates.to_pyhf(observed=templates.background))
    model = workspace.model(**CODE0)
    data = workspace.data(model)
    bands = pyhf.infer.intervals.upper_limits.toms748_scan(
        data, model, 1e-3, 5 * found.median, level=0.05, rtol=1e-6
    )[1]
    got = [found.band_95[0], found.band_68[0], found.median, found.band_68[1], found.band_95[1]]
    assert got == pytest.approx([float(one) for one in bands], abs=1e-3, rel=1e-3)


@pytest.mark.parametrize("path", ["", ".", "/"])
@pytest.mark.parametrize("write", ["to_pyhf", "to_root"])
def test_a_folder_in_place_of_the_file_is_an_error_that_names_it(templates, path, write):
    with pytest.raises(StorageError, match=r"the path '[./]' is a folder; give that of"):
        getattr(templates, write)(path)


def test_the_workspace_is_written_as_json(templates, tmp_path):
    path = tmp_path / "workspace.json"
    found = templates.to_pyhf(path, channel="SR", observed=[1, 2, 3, 4])
    assert json.loads(path.read_text()) == found
    assert found["observations"] == [{"name": "SR", "data": [1, 2, 3, 4]}]
    assert [sample["name"] for sample in found["channels"][0]["samples"]] == [*templates.processes]
    with pytest.raises(StorageError, match="workspace"):
        templates.to_pyhf(tmp_path / "none" / "workspace.json")


def test_the_uncertainties_of_the_bins_are_shared_among_processes(templates):
    samples = {s["name"]: s for s in templates.to_pyhf()["channels"][0]["samples"]}
    kinds = {n: [m["type"] for m in s["modifiers"]] for n, s in samples.items()}
    assert kinds["ttH"] == ["normfactor", *["histosys"] * 3]
    assert kinds["ttbar"] == kinds["Zjets"] == ["staterror", *["histosys"] * 3]
    squares = [np.square(samples[n]["modifiers"][0]["data"]) for n in ("ttbar", "Zjets")]
    variance = (0.05 * templates.background) ** 2
    variance += templates.squares[~templates.is_signal].sum(axis=0)
    np.testing.assert_allclose(np.sum(squares, axis=0), variance)


def test_without_uncertainties_of_bins_there_are_none_in_the_workspace(events):
    y, score, weight, _, _ = events
    plain = Templates.from_predictions(y, score, weight, bins=EDGES, simulation_error=False)
    samples = plain.to_pyhf()["channels"][0]["samples"]
    assert [[m["type"] for m in s["modifiers"]] for s in samples] == [["normfactor"], []]


def test_empty_bins_are_left_out_of_the_workspace(events):
    y, score, weight, _, _ = events
    found = Templates.from_predictions(y, score, weight, bins=[-2, -1, *EDGES, 3]).to_pyhf()
    assert len(found["observations"][0]["data"]) == 4
    assert all(len(s["data"]) == 4 for s in found["channels"][0]["samples"])


def test_names_that_would_meet_another_parameter_are_refused(events):
    y, score, weight, _, _ = events
    for name in ("mu", "staterror_score"):
        found = Templates.from_predictions(
            y, score, weight, bins=EDGES, variations={name: (1.1, 0.9)}
        )
        with pytest.raises(ValueError, match=f"variation '{name}' has the name of a parameter"):
            found.to_pyhf()


@pytest.mark.parametrize("observed", [[1, 2], [1, 2, 3, -4], [1, 2, 3, np.nan], "many"])
def test_observed_events_that_are_none_are_refused(observed, templates, tmp_path):
    for export in (templates.to_pyhf, templates.to_root):
        with pytest.raises(ValueError, match="observed"):
            export(tmp_path / "file", observed=observed)
    assert not list(tmp_path.iterdir())


def test_root_histograms_are_read_back(templates, tmp_path):
    uproot = pytest.importorskip("uproot")
    path = tmp_path / "templates.root"
    templates.to_root(path)
    with uproot.open(path) as file:
        names = set(file.keys(cycle=False))
        assert {"data_obs", "ttH", "ttH_tesUp", "ttbar_pdfDown", "Zjets_rateUp"} <= names
        assert "ttbar_systematic_bin3Down" in names
        assert "ttH_systematic_bin3Down" not in names
        for at, process in enumerate(templates.processes):
            values, edges = file[process].to_numpy()
            np.testing.assert_allclose(values, templates.nominal[at])
            np.testing.assert_allclose(edges, EDGES)
            np.testing.assert_allclose(file[process].variances(), templates.squares[at])
            for name, (up, down) in templates.variations.items():
                np.testing.assert_allclose(file[f"{process}_{name}Up"].values(), up[at])
                np.testing.assert_allclose(file[f"{process}_{name}Down"].values(), down[at])
        total = templates.signal + templates.background
        np.testing.assert_allclose(file["data_obs"].values(), total)
        up = file["ttbar_systematic_bin3Up"].values() / templates.nominal[2]
        np.testing.assert_allclose(up, [1, 1, 1, 1.05])
    assert [one.name for one in tmp_path.iterdir()] == ["templates.root"]
    with pytest.raises(StorageError, match="histograms"):
        templates.to_root(tmp_path / "none" / "templates.root")


def test_the_table_of_yields_has_every_bin_and_their_sums(events, templates):
    y, score, weight, _, processes = events
    table = templates.yields()
    of = (processes == "ttbar") & (score >= 0.3) & (score < 0.6)
    row = table.loc[("ttbar", "0.3 to 0.6")]
    assert row["yield"] == pytest.approx(weight[of].sum())
    assert row["error"] == pytest.approx(np.sqrt((weight[of] ** 2).sum()))
    assert row["rate up"] == pytest.approx(1.05 * weight[of].sum())
    whole = table.loc[("all background", "sum")]
    assert whole["yield"] == pytest.approx(weight[y == 0].sum())
    assert whole["error"] == pytest.approx(np.sqrt((weight[y == 0] ** 2).sum()))
    assert len(table) == 4 * 5
    two = Templates.from_predictions(y, score, weight, bins=EDGES).yields()
    assert two.index.get_level_values("process").unique().tolist() == ["signal", "background"]


def test_templates_are_pickled_whole(templates):
    again = pickle.loads(pickle.dumps(templates))
    assert repr(again) == repr(templates)
    assert "processes ['Zjets', 'ttH', 'ttbar'], variations ['tes', 'pdf', 'rate']" in repr(again)
    assert again.significance() == templates.significance()


@pytest.mark.parametrize(
    ("processes", "message"),
    [
        (("data_obs", "top"), "two histograms would be named 'data_obs'"),
        (("top", "top_tesUp"), "two histograms would be named 'top_tesUp'"),
        (("Z/jets", "top"), "would be named 'Z/jets'"),
        (("top;1", "Z"), "would be named 'top;1'"),
    ],
)
def test_names_that_a_root_file_cannot_hold_are_refused(processes, message, events, tmp_path):
    pytest.importorskip("uproot")
    y, score, weight, variations, _ = events
    other = np.where(np.arange(len(y)) % 3 == 0, *processes)
    found = Templates.from_predictions(
        y,
        score,
        weight,
        bins=EDGES,
        variations={"tes": variations["tes"]},
        processes=np.where(y == 1, "ttH", other),
    )
    with pytest.raises(ValueError, match=message):
        found.to_root(tmp_path / "templates.root")
    assert list(tmp_path.iterdir()) == []
