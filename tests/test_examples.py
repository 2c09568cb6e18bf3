from __future__ import annotations

import ast
import importlib.util
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from skhep_nn.datasets import load_lepton_jets
from skhep_nn.datasets._higgs_ml import COLUMNS, FEATURES

EXAMPLES = Path(__file__).parent.parent / "examples"
SHORT = ("calibration", "cms_binary", "cms_multiclass", "cross_fit", "higgs_ml", "negative_weights")


def example(name):
    """The module of an example, without running it."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_lines(path):
    """Lines of code: neither imports, docstrings, comments nor blank lines."""
    text = path.read_text()
    others = set()
    for node in ast.walk(ast.parse(text)):
        is_string = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_string or isinstance(node, (ast.Import, ast.ImportFrom)):
            others.update(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return [
        line for n, line in lines if n not in others and line.strip() and line.strip()[0] != "#"
    ]


@pytest.fixture
def few_events(monkeypatch):
    """A loader of every eighth event of the sample, with the yield of each process."""
    events = load_lepton_jets().iloc[::8].reset_index(drop=True)
    events["weight"] *= 8
    return lambda module: monkeypatch.setattr(module, "load_lepton_jets", lambda: events)


@pytest.fixture
def official_file(tmp_path):
    """A file in the layout of the ATLAS challenge; the signal has more momentum and mass."""
    rng = np.random.default_rng(0)
    n_events = 600
    is_signal = rng.random(n_events) < 0.5
    table = pd.DataFrame(rng.normal(size=(n_events, len(FEATURES))), columns=FEATURES)
    scale = np.where(is_signal, 60.0, 40.0)
    for name in table.filter(regex="mass|pt|met$"):
        table[name] = scale * rng.exponential(size=n_events)
    table.loc[rng.random(n_events) < 0.3, ["DER_mass_MMC", "PRI_jet_leading_pt"]] = -999.0
    table["EventId"] = np.arange(n_events)
    table["Weight"] = np.where(is_signal, 0.002, 1.0) * rng.uniform(0.5, 1.5, n_events)
    table["Label"] = np.where(is_signal, "s", "b")
    table["KaggleSet"], table["KaggleWeight"] = "t", table["Weight"]
    path = tmp_path / "atlas-higgs-challenge-2014-v2.csv.gz"
    table[COLUMNS].to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", SHORT)
def test_an_example_has_under_60_lines_of_code(name):
    assert 20 < len(code_lines(EXAMPLES / f"{name}.py")) < 60


def test_lines_of_code_are_counted_without_imports_docstrings_comments_and_blank_lines(tmp_path):
    path = tmp_path / "example.py"
    path.write_text('"""Two\nlines."""\n\nimport sys\n\n# why\nx = [\n    1,\n]\nprint(x)\n')
    assert code_lines(path) == ["x = [", "    1,", "]", "print(x)"]


def test_the_binary_example_trains_the_network_of_the_script_and_quotes_test_events(
    few_events, tmp_path, capsys
):
    module = example("cms_binary")
    few_events(module)
    module.COUNTING["min_effective_background"] = 10
    model, best, at_cut = module.main(epochs=30, output=tmp_path)
    # (12 + 1) 50 + (50 + 1) 50 + 50 + 1
    assert model[-1].model_.count_params() == 3251
    assert at_cut.threshold == best.threshold
    assert at_cut.figure_of_merit != best.figure_of_merit
    printed = capsys.readouterr().out
    assert f"{at_cut.figure_of_merit:.3f}" in printed
    assert (tmp_path / "cms_binary.txt").read_text() == printed
    pictures = {f"cms_binary_{name}.png" for name in ("losses", "roc", "scores", "significance")}
    assert {path.name for path in tmp_path.glob("*.png")} == pictures


def test_the_network_of_the_binary_example_is_the_best_of_the_validation_events_given(few_events):
    module = example("cms_binary")
    few_events(module)
    events = module.load_lepton_jets()
    X, y = events[[*module.FEATURES, "weight"]], events["is_signal"]
    one, other = (np.arange(len(X)) % 2 == at for at in (0, 1))
    model = module.fit((X[one], y[one]), (X[other], y[other]), {**module.CMS_BINARY, "epochs": 5})
    # each class has the same share of the loss, in physical weights signal has less than 1e-3
    p = model.predict_proba(X[other])
    w, target = X["weight"][other].to_numpy(), y[other].to_numpy()
    losses = [np.average(-np.log(p[target == c, c]), weights=w[target == c]) for c in (0, 1)]
    assert min(model[-1].history_["val_loss"]) == pytest.approx(np.mean(losses), rel=1e-4)


def test_the_calibration_example_turns_balanced_scores_into_yields(few_events, tmp_path, capsys):
    module = example("calibration")
    few_events(module)
    table, models = module.main(epochs=10, output=tmp_path)
    expected, signal = table["expected signal"], table["signal"].iloc[0]
    # balanced scores count a good part of the background as signal
    assert expected["balanced scores"] > 20 * signal
    calibrated = expected.drop("balanced scores")
    assert calibrated.index.tolist() == list(module.METHODS)
    # of so few events isotonic regression has pools that are too high
    assert (calibrated.drop("isotonic") / signal).between(0.5, 2).all()
    losses = table["log loss"]
    assert losses.drop(["balanced scores", "isotonic"]).max() < losses["balanced scores"] / 5
    assert models["beta"].model_prior_ == pytest.approx([0.5, 0.5])
    assert (tmp_path / "calibration.txt").read_text() == capsys.readouterr().out
    names = {path.name for path in tmp_path.glob("*.png")}
    assert names == {"calibration_curve.png", "calibration_reweighted.png"}


@pytest.fixture(scope="module")
def multiclass(tmp_path_factory):
    """The multi-class example: its table, and the folder that it wrote to."""
    module = example("cms_multiclass")
    # after so few epochs hardly an event has its highest output on the signal node
    scan = module.significance_scan
    module.significance_scan = lambda *args, **options: scan(
        *args, **{**options, "score_range": (0.0, 1.0), "min_effective_background": 1}
    )
    folder = tmp_path_factory.mktemp("multiclass")
    return module.main(epochs=15, decays=(1e-2, 1e-4), seeds=(0, 1), output=folder), folder


def test_the_scan_of_the_multi_class_example_has_a_row_for_each_decay_rate_and_seed(multiclass):
    results, folder = multiclass
    written = pd.read_csv(folder / "cms_multiclass_scan.csv")
    pd.testing.assert_frame_equal(written, results, check_dtype=False)
    assert written.columns.tolist() == [
        "decay rate",
        "seed",
        "validation significance",
        "cut",
        "test significance at the cut",
        "best test significance",
    ]
    rows = sorted(zip(written["decay rate"], written["seed"], strict=True))
    assert rows == [(1e-4, 0), (1e-4, 1), (1e-2, 0), (1e-2, 1)]


def test_every_decay_rate_and_seed_of_the_scan_trains_another_network(multiclass):
    assert multiclass[0]["validation significance"].nunique() == 4


def test_the_best_cut_of_test_events_is_at_least_as_good_as_the_one_quoted(multiclass):
    results, _ = multiclass
    best, quoted = results["best test significance"], results["test significance at the cut"]
    assert (best >= quoted).all()


def test_the_outputs_of_the_multi_class_example_have_weights_and_processes(multiclass):
    _, folder = multiclass
    outputs = pd.read_csv(folder / "cms_multiclass_outputs.csv")
    processes = ["Wjets", "Zjets", "other", "signal", "tt"]
    assert outputs.columns.tolist() == [*processes, "predicted", "weight", "process"]
    np.testing.assert_allclose(outputs[processes].sum(axis=1), 1, rtol=1e-5)
    assert (outputs[processes].idxmax(axis=1) == outputs["predicted"]).all()
    # a part of the events with the full yield of every process
    full = load_lepton_jets().groupby("process")["weight"].sum()
    yields = outputs.groupby("process")["weight"].sum()
    np.testing.assert_allclose(yields[processes], full[processes], rtol=1e-6)


@pytest.fixture
def higgs():
    """The module of the Higgs example, with a third of the trees."""
    module = example("higgs_ml")
    module.HistGradientBoostingClassifier = partial(HistGradientBoostingClassifier, max_iter=33)
    return module


def test_the_higgs_example_compares_networks_and_trees_on_the_same_folds(
    higgs, official_file, capsys
):
    arguments = [str(official_file), "--epochs", "3", "--folds", "2", "--seeds", "2"]
    table = higgs.main(arguments)
    assert table.index.tolist() == [
        "boosted trees",
        "network, seed 0",
        "network, seed 1",
        "average of 2",
    ]
    differences = table["weighted AUC"] - table.loc["boosted trees", "weighted AUC"]
    np.testing.assert_allclose(table["difference"], differences, atol=1e-12)
    assert (table["weighted AUC"] > 0.6).all()
    mean = table["difference"].iloc[1:3].mean()
    printed = capsys.readouterr().out
    assert f"mean paired difference of 2 seeds: {mean:+.4f}" in printed
    assert printed.count("AMS") == 2


def test_the_higgs_example_never_scores_an_event_with_a_model_that_saw_it(official_file):
    module = example("higgs_ml")
    X, y, w = module.fetch_higgs_ml(official_file, return_X_y=True)
    seen = []

    class Recorder:
        def predict_proba(self, X):
            return np.column_stack([X.index, X.index])

    def fit(X, y, w):
        seen.append(set(X.index))
        return Recorder()

    folds = [(np.arange(200, 600), np.arange(200)), (np.arange(200), np.arange(200, 600))]
    np.testing.assert_array_equal(module.scores(fit, X, y, w, folds), X.index)
    assert [seen[i].isdisjoint(test) for i, (_, test) in enumerate(folds)] == [True, True]


def test_the_significance_of_the_higgs_example_is_that_of_official_yields():
    # a perfect score up to the background that any cut must keep: of each half (500 events) the
    # best cut leaves ten of 250 background events, and the other half's scores are the same
    half = np.r_[np.linspace(0, 0.5, 250), np.linspace(0.6, 1, 250)]
    score, y = np.r_[half, half], np.tile(np.repeat([0, 1], 250), 2)
    w = np.where(y == 1, 0.2, 2.0)
    folds = [(np.arange(500, 1000), np.arange(500)), (np.arange(500), np.arange(500, 1000))]
    text = example("higgs_ml").significance(y, score, w, folds)
    # s = 500 x 0.2, b = 20 x 2, its error sqrt(20 x 2^2)
    ams = np.sqrt(2 * ((100 + 40 + 10) * np.log(1 + 100 / 50) - 100))
    asimov = np.sqrt(2 * ((100 + 40) * np.log(1 + 100 / 40) - 100))
    assert text == f"AMS {ams:.2f}, Asimov {asimov:.2f} (s = 100, b = 40 +- 9)"


def test_a_few_epochs_on_atlas_events_come_near_to_boosted_trees(higgs, data_file, capsys):
    file = data_file("higgsml_atlas2014_9998.csv.gz")
    table = higgs.main([str(file), "--epochs", "4", "--folds", "2"])
    assert table.loc["boosted trees", "weighted AUC"] == pytest.approx(0.915, abs=0.01)
    assert table.loc["average of 1", "difference"] > -0.02
    assert "AMS" in capsys.readouterr().out


@pytest.fixture
def systematics(monkeypatch, tmp_path):
    """The example of systematic uncertainties, which writes into a folder of the test."""
    module = example("systematics")
    monkeypatch.setattr(module, "OUTPUT", tmp_path / "output")
    return module


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.TemplateNoiseWarning")
def test_the_example_of_systematics_goes_from_the_official_file_to_files_of_a_fit(
    systematics, official_file, capsys
):
    module = systematics
    templates = module.main([str(official_file)], epochs=2)
    assert templates.processes == ("background", "signal")
    assert [*templates.variations] == ["scale"]
    printed = capsys.readouterr().out
    assert f"expected significance {templates.significance():.3f}" in printed
    assert f"expected limit at 95 % {templates.limit().median:.2f}" in printed
    names = {path.name for path in module.OUTPUT.iterdir()}
    assert names == {"systematics.png", "systematics.json", "systematics.root"}


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.TemplateNoiseWarning")
def test_without_the_official_file_the_jets_of_the_sample_that_ships_are_scaled(
    systematics, few_events, tmp_path, monkeypatch
):
    few_events(systematics)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    templates = systematics.main([], epochs=3)
    assert set(templates.processes) == {"signal", "Wjets", "tt", "Zjets", "other"}
    # the yields of all processes are those of the luminosity
    events = systematics.load_lepton_jets()
    signal = systematics.LUMINOSITY * events.loc[events["is_signal"] == 1, "weight"].sum()
    assert templates.signal.sum() == pytest.approx(signal)


def test_a_larger_tau_moves_what_follows_from_it():
    module = example("systematics")
    events = pd.DataFrame(1.0, index=[0], columns=FEATURES)
    # tau along x, lepton opposite, missing momentum along y, one jet opposite to that
    for name, pt, phi in (("tau", 40.0, 0.0), ("lep", 30.0, np.pi), ("met", 20.0, np.pi / 2)):
        events["PRI_met" if name == "met" else f"PRI_{name}_pt"] = pt
        events[f"PRI_{name}_phi"] = phi
        events[f"PRI_{name}_eta"] = 0.0
    events["PRI_jet_leading_pt"], events["PRI_jet_leading_phi"] = 20.0, -np.pi / 2
    events[["PRI_jet_subleading_pt", "PRI_jet_subleading_phi"]] = np.nan
    for name, formula in module.DERIVED.items():
        events[name] = formula(events)
    scaled = module.scale_tau(events, 1.1).loc[0]
    assert scaled["PRI_tau_pt"] == pytest.approx(44)
    assert scaled["PRI_met"] == pytest.approx(np.hypot(-4, 20))
    assert scaled["PRI_met_sumet"] == pytest.approx(events["PRI_met_sumet"][0] + 4)
    # back to back: m^2 = 4 pt pt
    assert scaled["DER_mass_vis"] == pytest.approx(2 * np.sqrt(44 * 30))
    assert scaled["DER_mass_MMC"] == pytest.approx(np.sqrt(1.1))
    # tau and missing momentum balance: the sum of all stays
    assert scaled["DER_pt_h"] == pytest.approx(np.hypot(10, 20))
    assert scaled["DER_pt_tot"] == pytest.approx(10)
    assert scaled["DER_pt_ratio_lep_tau"] == pytest.approx(30 / 44)
    assert scaled["DER_sum_pt"] == pytest.approx(events["DER_sum_pt"][0] + 4)
    transverse = (np.hypot(4, 20) + 30) ** 2 - (34**2 + 20**2)
    assert scaled["DER_mass_transverse_met_lep"] == pytest.approx(np.sqrt(transverse))
    same = module.scale_tau(events, 1.0).loc[0, [*events.columns]]
    pd.testing.assert_series_equal(same, events.loc[0])


def test_the_formulas_of_the_example_are_those_of_the_official_file(data_file):
    module = example("systematics")
    events = module.fetch_higgs_ml(data_file("higgsml_atlas2014_9998.csv.gz"))
    for name, formula in module.DERIVED.items():
        difference = np.abs(formula(events) - events[name])
        assert np.quantile(difference, 0.99) < 0.1, name


LHE = """<LesHouchesEvents version="3.0">
<init>
2212 2212 6500. 6500. 0 0 0 0 -4 1
1. 0. 1. 1
</init>
<event>
5 1 {weight} 90. 0.0075 0.118
21 -1 0 0 501 502 0. 0. 50. 50. 0. 0. 9.
2 -1 0 0 502 0 0. 0. -60. 60. 0. 0. 9.
-11 1 1 2 0 0 3. 4. 1. 5.1 0. 0. 9.
11 1 1 2 0 0 -6. 8. 2. 10.2 0. 0. 9.
2 1 1 2 501 0 3. -12. -3. 12.7 0. 0. 9.
</event>
</LesHouchesEvents>
"""


def test_les_houches_events_become_lepton_momenta_jets_and_signed_weights(tmp_path):
    pytest.importorskip("pylhe")
    path = tmp_path / "one.lhe"
    path.write_text(LHE.format(weight=-2.5))
    table, several, weight = example("negative_weights").read(path)
    # (3, 4) and (-6, 8) have the transverse momenta 5 and 10, their sum (-3, 12)
    assert table[["pt_plus", "pt_minus"]].to_numpy().tolist() == [[5.0, 10.0]]
    assert table["pt_z"].tolist() == pytest.approx([153**0.5])
    assert (several.tolist(), weight.tolist()) == ([False], [-2.5])


def test_only_keeping_the_signs_predicts_the_signed_fraction():
    pytest.importorskip("pylhe")
    module = example("negative_weights")
    module.NETWORK |= {"units": (8,), "epochs": 20, "batch_size": 256, "learning_rate": 0.02}
    rng = np.random.default_rng(0)
    several = rng.random(3000) < 0.5
    X = pd.DataFrame(rng.normal(size=(3000, 2)) + 0.3 * several[:, None], columns=["a", "b"])
    # signed, half of the events with several jets are left, a third of all; dropped, 3 of 7
    weight = np.where(several & (rng.random(3000) < 0.25), -1.0, 1.0)
    parts = (X[:2000], several[:2000], weight[:2000]), (X[2000:], several[2000:], weight[2000:])
    found = {p: module.evaluate(p, 0, *parts)["predicted / true"] for p in module.POLICIES}
    expected = {"keep": 1.0, "drop": 9 / 7, "abs": 3 / 2}
    assert found == pytest.approx(expected, abs=0.12)


def test_only_keeping_the_signs_predicts_the_signed_fraction_of_a_generator(data_file):
    file = data_file("zjets_fxfx_negative_weights.lhe.gz")
    pytest.importorskip("pylhe")
    module = example("negative_weights")
    X, y, weight = module.read(file)
    parts = module.train_test_split(X, y, weight, test_size=0.4, random_state=1, stratify=y)
    found = {p: module.evaluate(p, 0, parts[::2], parts[1::2]) for p in ("keep", "abs")}
    assert abs(found["keep"]["predicted / true"] - 1) < 0.5
    assert found["abs"]["predicted / true"] > 2


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")
def test_the_cross_fit_example_scores_data_by_the_event_number(few_events, tmp_path, capsys):
    module = example("cross_fit")
    few_events(module)
    found = module.main(epochs=3, output=tmp_path)
    assert set(found) == {
        "cross-fit, all events",
        "one network, its training events",
        "one network, the other half",
    }
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    assert scores["event_number"].tolist() == module.load_lepton_jets()["event_number"].tolist()
    assert f"AUC {found['cross-fit, all events']:.4f}" in capsys.readouterr().out
