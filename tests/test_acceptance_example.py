from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest

from skhep_nn.datasets import make_acceptance
from skhep_nn.metrics import closure_test, roc_auc

EXAMPLE = Path(__file__).parent.parent / "examples" / "acceptance.py"


@pytest.fixture(scope="module")
def module():
    """The example, with a smaller network, smaller batches and fewer panels."""
    spec = importlib.util.spec_from_file_location("acceptance", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.WHOLE = dict(module.NETWORK)
    module.MOMENTUM = [0.5, 5, 100]
    module.NETWORK |= {"n_blocks": 2, "units": 64, "batch_size": 250}
    return module


@pytest.fixture(scope="module")
def done(module, tmp_path_factory):
    """What a short run returns, and the folder with what it wrote."""
    folder = tmp_path_factory.mktemp("acceptance")
    table, test = module.main(["--particles", "40000", "--epochs", "3", "--output", str(folder)])
    return table, test, folder


def test_forty_percent_of_the_particles_are_tested(done):
    _, test, _ = done
    particles = make_acceptance(40_000, random_state=0)
    assert test.index.tolist() == list(range(20_000, 36_000))
    assert test["probability"].tolist() == particles["probability"][20_000:36_000].tolist()


def test_the_network_separates_nearly_as_well_as_the_truth(done):
    _, test, _ = done
    found, best = (roc_auc(test["acc"], test[name]) for name in ("prediction", "probability"))
    assert best - 0.03 < found < best


def test_the_sum_of_the_weights_is_the_number_of_accepted_particles(done):
    _, test, _ = done
    assert test["prediction"].sum() / test["acc"].sum() == pytest.approx(1, abs=0.05)


def test_the_table_has_every_species_and_momentum(done):
    table, test, _ = done
    assert table.index.get_level_values(0).unique().tolist() == ["h", "mu", "e"]
    assert len(table) == 3 * 2
    momentum = 10 ** (test["mc_log10_p"] - 3)
    muons = test[(test["mc_is_mu"] == 1) & (momentum >= 5) & (momentum < 100)]
    row = table.loc["mu", "5 to 100 GeV"]
    assert (row["particles"], row["accepted"]) == (len(muons), muons["acc"].sum())


def closures(module, test, by, column):
    """The closure test of every row of the table."""
    for species in ("h", "mu", "e"):
        for _, part in module.in_bins(test, species):
            events = part["acc"], part[column], part[f"mc_{by}"]
            yield closure_test(*events, bins=module.BINS[by])


@pytest.mark.parametrize("by", ["eta", "phi"])
def test_the_table_has_the_closure_of_the_network_and_of_the_truth(module, done, by):
    table, test, _ = done
    network, truth = ([*closures(module, test, by, name)] for name in ("prediction", "probability"))
    assert table[f"{by} bins"].tolist() == [c.n_bins for c in network]
    for name, expected in (("network", network), ("truth", truth)):
        values = [c.chi2_per_bin for c in expected]
        np.testing.assert_array_equal(table[f"{by} {name}"], values)


@pytest.mark.parametrize("by", ["eta", "phi"])
def test_the_truth_has_a_chi_square_of_one_per_bin(module, done, by):
    found = [*closures(module, done[1], by, "probability")]
    n_bins = sum(c.n_bins for c in found)
    assert n_bins > 40
    assert sum(c.chi2 for c in found) / n_bins == pytest.approx(1, abs=3 * np.sqrt(2 / n_bins))


def test_the_network_is_worse_than_the_truth_but_not_by_far(module, done):
    chi2 = {
        name: sum(c.chi2 for c in closures(module, done[1], "eta", name))
        / sum(c.n_bins for c in closures(module, done[1], "eta", name))
        for name in ("prediction", "probability")
    }
    assert chi2["probability"] < chi2["prediction"] < 8


def test_pictures_table_and_models_are_written(done):
    table, _, folder = done
    names = {f"{species}_{by}.png" for species in ("h", "mu", "e") for by in ("eta", "phi")}
    names |= {"calibration.png", "losses.png", "truth.png"}
    names = {f"acceptance_{name}" for name in names}
    names |= {"acceptance.txt", "acceptance.joblib", "acceptance.keras"}
    assert {path.name for path in folder.iterdir()} == names
    text = (folder / "acceptance.txt").read_text()
    assert f"{table['eta network'].iloc[0]:.2f}" in text


def test_the_files_predict_what_the_example_saw(module, done):
    _, test, folder = done
    X = test[module.FEATURES]
    read = joblib.load(folder / "acceptance.joblib")
    p = read.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(p, test["prediction"])
    network = keras.models.load_model(folder / "acceptance.keras")
    scaled = read[:-1].transform(X).astype("float32")
    np.testing.assert_allclose(network.predict(scaled, verbose=0)[:, 0], p, atol=1e-5)


def test_the_default_network_is_beside_it(done):
    _, test, folder = done
    found, best = (roc_auc(test["acc"], test[name]) for name in ("default", "probability"))
    assert best - 0.03 < found < best
    assert f"{found:.4f}" in (folder / "acceptance.txt").read_text()


def test_flags_pass_the_preprocessing_as_they_are_and_the_rest_is_normal(module, done):
    _, test, folder = done
    X = test[module.FEATURES]
    scaled = joblib.load(folder / "acceptance.joblib")[:-1].transform(X)
    np.testing.assert_array_equal(scaled[:, 8:], test[module.FEATURES[8:]])
    np.testing.assert_allclose(scaled[:, :8].std(axis=0), 1, atol=0.05)
    np.testing.assert_allclose(scaled[:, :8].mean(axis=0), 0, atol=0.05)


def test_training_had_two_phases(done):
    read = joblib.load(done[2] / "acceptance.joblib")
    assert len(read[-1].history_["loss"]) == 6


@pytest.mark.parametrize("reference", [True, False])
def test_the_network_has_the_size_of_the_reference(module, reference):
    settings = module.LHCB_ACCEPTANCE if reference else module.WHOLE
    particles = make_acceptance(4000, random_state=0)
    model = module.fit(particles[:2000], particles[2000:], {**settings, "epochs": 1})
    assert model[-1].model_.count_params() == 166_913
    assert len(model[-1].history_["loss"]) == 2


def test_the_example_has_under_120_lines_of_code():
    lines = EXAMPLE.read_text().splitlines()
    others = set()
    for node in ast.walk(ast.parse(EXAMPLE.read_text())):
        is_string = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_string or isinstance(node, (ast.Import, ast.ImportFrom)):
            others.update(range(node.lineno, node.end_lineno + 1))
    code = [line for n, line in enumerate(lines, 1) if line.strip() and n not in others]
    assert 20 < sum(not line.strip().startswith("#") for line in code) < 120
