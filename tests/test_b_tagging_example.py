from __future__ import annotations

import importlib.util
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from skhep_nn.datasets import load_jets
from skhep_nn.events import EventBlocks

EXAMPLES = Path(__file__).parent.parent / "examples"
MODELS = ["dense, jet alone", "default dense", "CNN1x1", "default CNN", "LSTM"]
OF_TRACKS = MODELS[2:]


@pytest.fixture(autouse=True)
def one_thread_and_no_figures_left():
    # the threads of boosted trees wait for each other without sleep, for minutes on busy cores
    with threadpool_limits(1, user_api="openmp"):
        yield
    plt.close("all")


def load_example():
    """The module, without running it."""
    spec = importlib.util.spec_from_file_location("b_tagging", EXAMPLES / "b_tagging.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Scores:
    """A classifier whose probabilities are a block of X."""

    classes_ = np.array(["b", "c", "light"])

    def predict_proba(self, X):
        return np.asarray(X["p"])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The default run after three epochs: its table and the folder that it wrote to."""
    folder = tmp_path_factory.mktemp("b_tagging")
    return load_example().main(["--epochs", "3", "--output", str(folder)]), folder


@pytest.fixture
def small_file(tmp_path):
    """A file in the layout of the Set2Graph jets; tracks of b jets are more displaced."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n_jets in {"train": 300, "valid": 90, "test": 90}.items():
        flavour = np.resize([0, 4, 5], n_jets).astype(np.int8)
        eta, phi = rng.uniform(-0.5, 0.5, n_jets), rng.uniform(-np.pi, np.pi, n_jets)
        pt, mass = rng.uniform(10, 60, n_jets), rng.uniform(1, 8, n_jets)
        n_tracks = rng.integers(2, 16, n_jets)
        track = np.zeros((n_jets, 15, 7))
        track[..., 0] = rng.exponential(3, (n_jets, 15)) + 0.15
        track[..., 1] = eta[:, None] + rng.normal(0, 0.1, (n_jets, 15))
        track[..., 2] = phi[:, None] + rng.normal(0, 0.1, (n_jets, 15))
        track[..., 3] = np.sinh(track[..., 1])
        track[..., 4] = rng.choice([-1, 1], (n_jets, 15))
        track[..., 5:] = rng.normal(0, 0.02 + 0.2 * (flavour == 5)[:, None, None], (n_jets, 15, 2))
        track[np.arange(15) >= n_tracks[:, None]] = 0
        jet = np.column_stack([pt, eta, phi, mass])
        arrays |= {f"{part}_jet": jet.astype("f4"), f"{part}_trk": track.astype("f4")}
        arrays |= {f"{part}_ntrk": n_tracks.astype("i1"), f"{part}_flav": flavour}
    path = tmp_path / "jets.npz"
    np.savez(path, **arrays)
    return path


def test_networks_that_see_tracks_beat_the_one_that_sees_the_jet_alone(run):
    table = run[0].set_index("model")
    assert table.index.tolist() == MODELS
    for background in ("all", "c", "light"):
        area, error = table[f"AUC b/{background}"], table[f"error b/{background}"]
        gain = area[OF_TRACKS] - area["dense, jet alone"]
        assert (gain > 10 * error["dense, jet alone"]).all()
    assert (table.loc[OF_TRACKS, "AUC b/light"] > 0.9).all()


def test_the_part_of_test_jets_at_the_working_point_is_about_that_of_validation_jets(run):
    table = run[0].set_index("model")
    # errors of either part are below 0.02
    np.testing.assert_allclose(table["b efficiency"], 0.8, atol=0.08)
    assert (table["light efficiency"][2:] < 0.05).all()
    np.testing.assert_allclose(table["c rejection"], 1 / table["c efficiency"])


def test_the_confusion_matrices_have_the_efficiencies_of_the_working_point(run):
    table, folder = run
    text = (folder / "b_tagging.txt").read_text()
    for name, efficiency in zip(table["model"], table["b efficiency"], strict=True):
        rows = [line for line in text.splitlines() if line.startswith(name)]
        # the first column of the matrix is jets called b, its first row true ones
        assert rows[-1].removeprefix(name).split()[:2] == ["b", f"{efficiency:.4f}"]


def test_tables_and_pictures_are_written(run):
    table, folder = run
    pd.testing.assert_frame_equal(pd.read_csv(folder / "b_tagging.csv"), table)
    pictures = {path.name for path in folder.glob("*.png")}
    assert pictures == {"b_tagging_roc.png", "b_tagging_confusion.png"}
    assert all((folder / name).stat().st_size > 10_000 for name in pictures)


def test_jets_of_one_collision_are_in_one_part_and_every_jet_in_one():
    jets = load_jets()
    keys = jets.iloc[:, :7].to_numpy(np.float32).tolist()
    event_of = dict(zip(map(tuple, keys), jets["event_number"], strict=True))
    assert len(event_of) == len(jets)
    parts = [np.asarray(X["jet"]).tolist() for X, _ in load_example().load_jets_in_parts()]
    one, two, three = ({event_of[tuple(jet)] for jet in part} for part in parts)
    assert one.isdisjoint(two)
    assert three.isdisjoint(one | two)
    assert sorted(parts[0] + parts[1] + parts[2]) == sorted(keys)


def test_the_working_point_is_the_highest_cut_that_keeps_80_percent_of_the_weight_of_b_jets():
    module = load_example()
    p_b = np.array([0.9, 0.8, 0.7, 0.6, 0.99])
    p = np.column_stack([p_b, 1 - p_b, 0 * p_b])
    y = np.array(["b", "b", "b", "b", "light"])
    # kept at 0.7: 6 of 8, at 0.8: 5 of 8
    X = EventBlocks({"p": p, "weight": np.array([4.0, 1.0, 1.0, 2.0, 7.0])})
    assert module.working_point(Scores(), X, y) == 0.6
    X = X.assign(weight=np.array([4.0, 1.0, 3.0, 2.0, 7.0]))
    assert module.working_point(Scores(), X, y) == 0.7


def test_a_jet_below_the_cut_is_called_the_most_probable_of_the_other_flavours():
    p = np.array([[0.6, 0.3, 0.1], [0.5, 0.1, 0.4], [0.2, 0.5, 0.3], [0.5, 0.5, 0.0]])
    X = EventBlocks({"p": p})
    called = load_example().classify(Scores(), 0.6, X)
    assert called.tolist() == ["b", "light", "c", "c"]


def one_track(dphi, cot, d0, z0):
    """Jet along phi = 0 with sinh(eta) = 0.3, and one track."""
    jet = np.array([[20.0, np.arcsinh(0.3), 0.0, 5.0]])
    return jet, np.array([[[3.0, np.arcsinh(cot), dphi, cot, 1.0, d0, z0]]]), np.array([1])


@pytest.mark.parametrize(("dphi", "cot"), [(0.3, 0.7), (-0.3, -0.1)])
def test_a_straight_track_from_a_vertex_on_the_jet_axis_points_to_its_distance(dphi, cot):
    length = 2.0
    # perigee of the line through (L, 0, 0.3 L): its signed distance from the beam and its z there
    d0, z0 = -length * np.sin(dphi), length * (0.3 - cot * np.cos(dphi))
    variables = load_example().set2graph_variables(*one_track(dphi, cot, d0, z0))["track"][0, 0]
    assert np.sinh(variables[-2:]) == pytest.approx([length, length], rel=0.1)
    # both impact parameters count as those of a decay
    assert (variables[6:10] > 0).all()


def test_rotation_about_the_beam_and_reflections_change_no_variable_of_a_jet():
    module = load_example()
    jet, track, n = one_track(0.2, 0.5, -0.3, 0.4)
    expected = module.set2graph_variables(jet, track, n)
    for jet_signs, track_signs, turn in (
        ([1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1], 3.1),
        ([1, 1, -1, 1], [1, 1, -1, 1, -1, -1, 1], 0.0),
        ([1, -1, 1, 1], [1, -1, 1, -1, 1, 1, -1], 0.0),
    ):
        moved = jet * jet_signs + [0, 0, turn, 0]
        tracks = track * track_signs
        tracks[..., 2] = (tracks[..., 2] + turn + np.pi) % (2 * np.pi) - np.pi
        found = module.set2graph_variables(moved, tracks, n)
        for name in ("jet", "track"):
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-6)


def test_tracks_are_ordered_by_momentum_and_padding_is_zero(small_file):
    X, y = load_example().read_set2graph(small_file)[0]
    mask, log_pt = X.mask("track"), np.asarray(X["track"])[..., 0]
    assert (mask.sum(axis=1) == np.asarray(X["jet"])[:, -1]).all()
    assert (np.asarray(X["track"])[~mask] == 0).all()
    both = mask[:, 1:]
    assert (log_pt[:, :-1][both] >= log_pt[:, 1:][both]).all()
    assert y[:3].tolist() == ["light", "c", "b"]


def test_boosted_trees_see_the_inputs_of_the_networks_as_columns(small_file):
    module = load_example()
    X, _ = module.read_set2graph(small_file)[0]
    flat = module.columns(X)
    n_variables = X["track"].shape[2]
    assert flat.shape == (300, 6 + 15 * n_variables)
    np.testing.assert_array_equal(flat[:, :6], X["jet"])
    tracks = flat[:, 6:].reshape(300, 15, n_variables)
    np.testing.assert_array_equal(np.isnan(tracks).any(axis=2), ~X.mask("track"))
    np.testing.assert_array_equal(np.nan_to_num(tracks), X["track"])


def test_a_run_with_seeds_on_jets_of_set2graph_gives_mean_and_spread_beside_boosted_trees(
    small_file, tmp_path, capsys
):
    module = load_example()
    module.NETWORKS = {"CNN1x1": module.NETWORKS["CNN1x1"]}
    arguments = [str(small_file), "--seeds", "2", "--epochs", "2", "--output", str(tmp_path)]
    table = module.main(arguments)
    runs = list(zip(table["model"], table["seed"], strict=True))
    assert runs == [(name, seed) for seed in (0, 1) for name in ("CNN1x1", "boosted trees")]
    assert table["accuracy"].between(0.2, 1).all()
    by_hand = table.loc[table["model"] == "CNN1x1", "macro AUC"]
    last = [line for line in capsys.readouterr().out.splitlines() if line.startswith("CNN1x1")][-1]
    assert last.split()[-2:] == [f"{by_hand.mean():.4f}", f"{by_hand.std():.4f}"]


def test_a_few_epochs_on_jets_of_set2graph_beat_boosted_trees_on_the_same_inputs(
    data_file, tmp_path
):
    file = data_file("bjet_set2graph_19979.npz")
    module = load_example()
    module.NETWORKS = {"LSTM": module.NETWORKS["LSTM"]}
    arguments = [str(file), "--epochs", "10", "--output", str(tmp_path)]
    table = module.main(arguments).set_index("model")
    assert table.loc["boosted trees", "macro AUC"] > 0.681
    assert table.loc["LSTM", "macro AUC"] > table.loc["boosted trees", "macro AUC"]
