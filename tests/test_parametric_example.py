from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from skhep_nn import DenseClassifier, IndividualMassClassifier, ParametricClassifier
from skhep_nn.datasets import load_resonance
from skhep_nn.metrics import roc_auc_error

EXAMPLE = Path(__file__).parent.parent / "examples" / "parametric.py"
MASSES = [500, 750, 1000, 1250, 1500]


def load_example():
    spec = importlib.util.spec_from_file_location("parametric", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(module, name):
    """Let a function of the module note its arguments and what it returned."""
    calls, function = [], getattr(module, name)

    def record(*args, **options):
        result = function(*args, **options)
        calls.append((args, result))
        return result

    setattr(module, name, record)
    return calls


@pytest.fixture(scope="module")
def module():
    return load_example()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A short run: what it returns, the calls of its functions and the folder it wrote to."""
    module = load_example()
    calls = {name: recorded(module, name) for name in ("samples", "fit", "scores_of_seed")}
    folder = tmp_path_factory.mktemp("parametric")
    sizes = ["--reduce", "50", "--seeds", "1", "--epochs", "2"]
    aucs, differences = module.main([*sizes, "--output", str(folder)])
    return aucs, differences, calls, folder


def fits_of(done, kind):
    """The events on which networks of a kind were trained."""
    return [args[1] for args, _ in done[2]["fit"] if type(args[0]) is kind]


def test_one_network_each_never_saw_the_signal_of_an_inner_mass(done):
    train, _ = done[2]["samples"][0][1]
    full, default, *without = sorted(fits_of(done, ParametricClassifier), key=len, reverse=True)
    assert len(full) == len(default) == len(train)
    missing = [set(MASSES) - set(events["mass"].dropna()) for events in without]
    assert sorted(missing, key=min) == [{750}, {1000}, {1250}]
    for events, (mass,) in zip(without, missing, strict=True):
        pd.testing.assert_frame_equal(events, train[train["mass"] != mass])
        assert events["mass"].isna().sum() == train["mass"].isna().sum()


@pytest.mark.parametrize("kind", [IndividualMassClassifier, DenseClassifier])
def test_the_other_networks_train_on_the_same_events(done, kind):
    train, _ = done[2]["samples"][0][1]
    (events,) = fits_of(done, kind)
    pd.testing.assert_frame_equal(events, train)


def test_scores_of_a_left_out_mass_are_of_the_network_that_never_saw_it(module, done):
    _, test = done[2]["samples"][0][1]
    score = done[2]["scores_of_seed"][0][1]["without this mass"]
    assert np.isnan(score).all(axis=0).tolist() == [True, False, False, False, True]
    for (classifier, events), model in done[2]["fit"]:
        missing = set(MASSES) - set(events["mass"].dropna())
        if type(classifier) is ParametricClassifier and missing:
            (mass,) = missing
            p = model.predict_proba(test.assign(mass=float(mass)))[:, 1]
            np.testing.assert_allclose(score[:, MASSES.index(mass)], p, rtol=0, atol=1e-6)


def test_the_blind_network_has_one_score_for_all_masses(done):
    score = done[2]["scores_of_seed"][0][1]["blind"]
    assert (score == score[:, :1]).all()
    (model,) = (model for (kind, _), model in done[2]["fit"] if type(kind) is DenseClassifier)
    # 27 features without six azimuths
    assert model[-1].model_.input_shape == (None, 21)


def test_no_test_event_is_one_of_training(done):
    train, test = done[2]["samples"][0][1]
    names = ["lep_pt", "jet1_eta", "m_WWbb"]
    assert train[names].merge(test[names]).empty


def test_every_mass_has_as_many_test_events_and_one_has_few_in_training(module, done):
    train, test = done[2]["samples"][0][1]
    assert test["mass"].value_counts().tolist() == [400] * 5
    assert test["mass"].isna().sum() == 1000
    assert train["mass"].value_counts().to_dict() == {
        mass: n // 50 for mass, n in module.SIGNAL.items()
    }
    assert min(module.SIGNAL, key=module.SIGNAL.get) in module.INNER


def test_without_options_there_are_20000_test_events_per_mass_and_three_seeds(module, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "make_resonance", lambda *args, **options: asked.append(args))
    options = module.parse([])
    module.samples(options)
    assert asked[1][:2] == (20_000, 50_000)
    assert options.seeds == 3


def test_the_tables_have_every_network_and_mass(done):
    aucs, differences, calls, _ = done
    _, test = calls["samples"][0][1]
    score = calls["scores_of_seed"][0][1]
    for name, table in aucs.items():
        inner = name == "without this mass"
        assert table.index.tolist() == (MASSES[1:-1] if inner else MASSES)
        for mass in table.index:
            used = (test["mass"] == mass) | test["mass"].isna()
            y, p = test["is_signal"][used], score[name][used, MASSES.index(mass)]
            assert table.loc[mass, "auc"] == pytest.approx(roc_auc_score(y, p))
            others = differences["difference"]
            if name != "parametric":
                expected = aucs["parametric"].loc[mass, "auc"] - table.loc[mass, "auc"]
                assert others[mass, name] == pytest.approx(expected)
    assert len(differences) == 3 + 5 + 5 + 5
    assert (differences["test"] > 0).all()
    # of one seed the spread is unknown
    assert differences["training"].isna().all()


def test_the_table_is_written_as_it_is_printed_and_so_are_the_pictures(done):
    aucs, differences, _, folder = done
    names = {"parametric.txt", *(f"parametric_{n}.png" for n in ("auc", "differences", "scores"))}
    assert {path.name for path in folder.iterdir()} == names
    text = (folder / "parametric.txt").read_text()
    assert f"{aucs['blind'].loc[1500, 'auc']:.4f}" in text
    assert f"{differences.loc[(750, 'one per mass'), 'difference']:+.4f} ± " in text


@pytest.fixture(scope="module")
def events():
    """Masses and labels of test events, and scores of two seeds that separate them somewhat."""
    mass = np.repeat([*MASSES, np.nan], [300] * 5 + [700])
    test = pd.DataFrame({"mass": mass, "is_signal": (~np.isnan(mass)).astype(int)})
    rng = np.random.default_rng(0)
    shape = (2, len(test), len(MASSES))
    # rounded, so that there are ties
    return test, np.round(rng.normal(size=shape) + test["is_signal"].to_numpy()[:, None], 1)


def test_networks_are_paired_on_the_same_resampled_events(module, events):
    test, (score, _) = events
    differences = module.compare(test, [{"parametric": score, "other": score.copy()}])
    assert (differences[["difference", "test"]] == 0).all(axis=None)


def test_errors_of_resampling_are_those_of_delong(module, events):
    test, (score, _) = events
    # the area of a constant score has no error, so that of the difference is the other's
    differences = module.compare(test, [{"parametric": score, "other": np.zeros_like(score)}])
    for at, mass in enumerate(MASSES):
        used = (test["mass"] == mass) | test["mass"].isna()
        error = roc_auc_error(test["is_signal"][used], score[used, at])
        # a standard deviation of 200 is known to 5 %
        assert differences.loc[(mass, "other"), "test"] == pytest.approx(error, rel=0.2)


def test_the_error_of_training_is_that_of_the_mean_over_seeds(module, events):
    test, scores = events
    constant = np.zeros_like(scores[0])
    seeds = [{"parametric": score, "other": constant} for score in scores]
    row = module.compare(test, seeds).loc[(1000, "other")]
    used = (test["mass"] == 1000) | test["mass"].isna()
    a, b = (roc_auc_score(test["is_signal"][used], score[used, 2]) for score in scores)
    assert row["difference"] == pytest.approx((a + b) / 2 - 0.5)
    # the standard deviation of two is |a - b| / sqrt(2), divided by sqrt(2) again
    assert row["training"] == pytest.approx(abs(a - b) / 2)


def test_areas_of_resampled_events_are_those_of_weighted_events(module, events):
    test, (score, _) = events
    is_signal = test["is_signal"].to_numpy() == 1
    weights = np.random.default_rng(1).poisson(1, (3, len(test)))
    found = module.resampled_aucs(score[:, 0], is_signal, weights)
    expected = [roc_auc_score(is_signal, score[:, 0], sample_weight=w) for w in weights]
    np.testing.assert_allclose(found, expected)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Some of the events that ship, in the layout of the other generator's files."""
    folder, events = tmp_path_factory.mktemp("pythia"), load_resonance()
    for mass in (500, 1000, 1500, None):
        rows = events["mass"].isna() if mass is None else events["mass"] == mass
        part = events[rows][:400]
        np.savez(
            folder / f"massres_{mass or 'bkg'}.npz",
            X=part.iloc[:, :27].to_numpy(np.float32),
            mass=np.full(len(part), mass or 0, np.float32),
            y=part["is_signal"].to_numpy(),
        )
    return folder


@pytest.fixture(scope="module")
def between(folder):
    """The table, and the calls of what fits and of what gives the area."""
    module = load_example()
    calls = [recorded(module, name) for name in ("fit", "roc_auc")]
    # threads of boosted trees wait busily for one another
    with threadpool_limits(1):
        return module.between_two_masses(folder, n_seeds=2, epochs=2), *calls


def test_between_two_masses_the_table_has_every_classifier_and_the_mean(between):
    table, _, _ = between
    assert table.columns.tolist() == [
        "parametric",
        "MLP",
        "MLP, alpha=3",
        "boosted trees",
    ]
    assert table.index.tolist() == [0, 1, "mean"]
    np.testing.assert_allclose(table.loc["mean"], table.loc[[0, 1]].mean().astype(float))


def test_between_two_masses_all_train_and_test_on_the_same_events(between):
    _, fits, areas = between
    assert len(fits) == len(areas) == 8
    for seed in (0, 1):
        of_seed = slice(4 * seed, 4 * seed + 4)
        trains = [args[1].drop(columns="mass") for args, _ in fits[of_seed]]
        for train, (args, _) in zip(trains, areas[of_seed], strict=True):
            pd.testing.assert_frame_equal(train, trains[0])
            assert args[0].tolist() == [1] * 400 + [0] * 200
            assert train["is_signal"].tolist() == [1] * 800 + [0] * 200
    halves = [fits[at][0][1].query("is_signal == 0")["m_WWbb"].tolist() for at in (0, 4)]
    assert halves[0] != halves[1]


def test_between_two_masses_only_scikit_learn_gets_masses_for_background(between):
    for number, ((_, train), _) in enumerate(between[1]):
        masses = train.groupby("is_signal")["mass"].unique()
        assert set(masses[1]) == {500.0, 1500.0}
        if number % 4:
            assert set(masses[0]) == {500.0, 1500.0}
        else:
            assert np.isnan(masses[0]).all()


def test_masses_for_background_are_drawn_as_often_as_those_of_signal(module):
    mass = np.repeat([500.0, 1500.0, np.nan], [1000, 3000, 4000])
    drawn = module.with_drawn_masses(pd.DataFrame({"mass": mass}), seed=0)
    np.testing.assert_array_equal(drawn[:4000], mass[:4000])
    # 3000 of 4000 expected, with a standard deviation of 27
    assert (drawn[4000:] == 1500).sum() == pytest.approx(3000, abs=110)
    assert np.isin(drawn, [500, 1500]).all()


def test_between_two_masses_the_parametric_network_is_the_best(module, data_file):
    folder = data_file("massres_1000.npz").parent
    with threadpool_limits(1):
        row = module.between_two_masses(folder, n_seeds=1, epochs=60).loc[0]
    assert row["parametric"] == row.max()
    assert row["parametric"] > 0.92


def test_the_example_has_under_200_lines_of_code():
    lines = EXAMPLE.read_text().splitlines()
    others = set()
    for node in ast.walk(ast.parse(EXAMPLE.read_text())):
        is_string = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_string or isinstance(node, (ast.Import, ast.ImportFrom)):
            others.update(range(node.lineno, node.end_lineno + 1))
    code = [line for n, line in enumerate(lines, 1) if line.strip() and n not in others]
    assert 20 < sum(not line.strip().startswith("#") for line in code) < 200
