from __future__ import annotations

import sys
from importlib import util
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from skhep_nn.datasets import load_particle_lists
from skhep_nn.metrics import roc_auc

PATH = Path(__file__).parent.parent / "examples" / "selective_simulation.py"


@pytest.fixture(scope="module")
def example():
    """The module of the example, under the name by which a saved model finds its functions."""
    spec = util.spec_from_file_location("selective_simulation", PATH)
    module = util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    # smaller, and with more steps per epoch
    module.NETWORK["branches"]["decay"] |= {"filters": 4, "kernel_size": 5}
    module.NETWORK |= {"batch_size": 64, "verbose": 0}
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def run(example, tmp_path_factory):
    """Test events, scores and the folder of a short run on the sample that ships."""
    output = tmp_path_factory.mktemp("selective")
    return *example.main(["--epochs", "12", "--output", str(output)]), output


def test_files_and_list_of_passed_events_give_back_the_labels(example, run):
    _, _, output = run
    files = sorted((output / "particle_lists").glob("*.parquet"))
    events = load_particle_lists()
    assert {path.stem for path in files} == set(events["file"])
    skim = pd.read_csv(output / "particle_lists" / "skim.csv")
    assert len(skim) == events["passes_skim"].sum()
    labelled = example.labelled(files, skim).merge(events, on=["file", "event_number"])
    assert len(labelled) == len(events)
    assert (labelled["wanted"] == labelled["passes_skim"]).all()
    # no input of the network knows what came of the event
    assert not {"passes_skim", *example.VARIABLES} & set(pd.read_parquet(files[0]).columns)


def test_an_event_that_passed_twice_is_an_error(example, run):
    folder = run[2] / "particle_lists"
    skim = pd.read_csv(folder / "skim.csv")
    with pytest.raises(ValueError, match="occurs 2 times"):
        example.labelled(sorted(folder.glob("*.parquet")), pd.concat([skim, skim.head(1)]))


def test_the_network_separates_better_than_counts_of_particles(run):
    test, scores, _ = run
    aucs = {name: roc_auc(test["wanted"], score) for name, score in scores.items()}
    assert aucs["network"] > 0.85
    assert aucs["network"] > aucs["boosted trees"] + 0.05
    assert aucs["network, default training"] > 0.7


def test_the_threshold_keeps_most_wanted_events_and_few_others(run):
    test, _, _ = run
    assert test["kept"][test["wanted"]].mean() > 0.8
    assert test["kept"][~test["wanted"]].mean() < 0.6


def test_one_event_at_a_time_has_the_same_bits_as_a_batch(example, run):
    test, _, output = run
    model = joblib.load(output / "model.joblib")
    files = sorted((output / "particle_lists").glob("*.parquet"))[3::4]
    lists = example.read_events(files, columns=example.LISTS)
    events = lists[:30].to_dict("records")
    one = [model.predict_proba(pd.DataFrame([event]))[0, 1] for event in events]
    np.testing.assert_array_equal(one, test["score"][:30])
    # the threshold at the score of one of them: that one is kept, and those above
    threshold = float(sorted(one)[15])
    keep = example.keeper(output / "model.joblib", threshold)
    assert [keep(event) for event in events] == [score >= threshold for score in one]


def test_apply_keeps_the_same_events(run):
    test, _, output = run
    kept = pd.read_parquet(output / "kept.parquet")
    expected = test.loc[test["kept"], ["file", "event_number", "score"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, expected, check_dtype=False, check_exact=True)


def test_the_example_writes_its_table_and_pictures(run, example):
    output = run[2]
    assert {path.name for path in output.glob("*.png")} == {"bias.png", "saving.png"}
    text = (output / "selective_simulation.txt").read_text()
    assert all(name in text for name in example.VARIABLES)


def test_the_saving_counts_the_time_of_kept_events_and_of_decisions(example):
    test = pd.DataFrame({"wanted": [True, False, True], "simulation_time": [1.0, 2.0, 5.0]})
    kept, saved = example.savings(test, np.array([0.9, 0.8, 0.1]), seconds=0.1)
    assert kept.tolist() == [0.5, 0.5, 1.0]
    # 1, 1 + 2 and 1 + 2 + 5 seconds of 8, and three decisions of 0.1 s
    np.testing.assert_allclose(saved, [1 - 1.3 / 8, 1 - 3.3 / 8, 1 - 8.3 / 8])


def test_the_bias_is_that_of_the_events_kept(example):
    wanted = pd.DataFrame({"R2": [1.0, 2.0, 3.0, np.nan], "kept": [True, True, False, True]})
    table, _ = example.bias(wanted, ["R2"])
    # distributions of 1, 2, 3 and of 1, 2: apart by 1/3 between 2 and 3
    expected = {"mean, all": 2.0, "mean, kept": 1.5, "KS, all and kept": 1 / 3}
    assert table.loc["R2", list(expected)].to_dict() == pytest.approx(expected)


def test_padded_arrays_of_b_events_become_lists(example, tmp_path):
    x = np.arange(3 * 4 * 8, dtype="float32").reshape(3, 4, 8)
    pdg = np.array([[300553, 521, -211, 0], [300553, 511, 0, 0], [4, 421, 0, 0]])
    arrays = {
        "x": x,
        "pdg": pdg,
        "mother_pdg": np.array([[0, 300553, 521, 0], [0, 300553, 0, 0], [0, 4, 0, 0]]),
        "mother_index": np.array([[-1, 0, 1, -1], [-1, 0, -1, -1], [-1, 0, -1, -1]]),
        "n": np.array([3, 2, 2]),
        "process": np.array([1, 0, 2]),
        "skim": np.array([1, 0, 1]),
    }
    np.savez(tmp_path / "events.npz", **arrays)
    table = example.from_npz(tmp_path / "events.npz")
    assert table["pdg"].map(list).tolist() == [[300553, 521, -211], [300553, 511]]
    assert table["charge"].map(list).tolist() == [[0, 1, -1], [0, 0]]
    assert table["energy"].map(list).tolist() == [[3, 11, 19], [35, 43]]
    assert table["passes_skim"].tolist() == [1, 0]
    assert table["decay_string"][0] == " 300553 (--> 521 (--> -211 <--) <--)"
