from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier

import skhep_nn
from skhep_nn.cli import COMMANDS, main

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture
def folder(events, tmp_path, monkeypatch):
    """The working folder: a model and two files of events."""
    monkeypatch.chdir(tmp_path)
    make = GradientBoostingClassifier(n_estimators=5, random_state=0)
    joblib.dump(make.fit(events[FEATURES], events["is_signal"]), "model.joblib")
    joblib.dump(make.fit(events[FEATURES], events["process"]), "many.joblib")
    events[:400].to_csv("a.csv", index=False)
    events[400:].to_csv("b.csv", index=False)
    return tmp_path


def scores(events, name="model.joblib"):
    return joblib.load(name).predict_proba(events[FEATURES])[:, 1]


def test_apply_scores_files_and_prints_one_line(folder, events, capsys):
    command = "apply model.joblib a.csv b.csv --output s.parquet --columns event_number,process"
    assert main(command.split()) == 0
    got = pd.read_parquet("s.parquet")
    assert got.columns.tolist() == ["event_number", "process", "score"]
    assert got["score"].tolist() == scores(events).tolist()
    out, err = capsys.readouterr()
    assert out.startswith("600 events read, 600 kept, ")
    assert out.endswith("written to s.parquet\n")
    assert err == ""


def test_the_threshold_keeps_scores_of_at_least_its_value(folder, events, capsys):
    # the largest score itself, as a threshold, keeps the events that have it
    highest = float(scores(events).max())
    command = ["apply", "model.joblib", "*.csv", "-o", "s.csv", "--threshold", repr(highest)]
    assert main(command) == 0
    n_kept = int((scores(events) == highest).sum())
    assert n_kept > 0
    assert pd.read_csv("s.csv")["score"].tolist() == [highest] * n_kept
    assert f"600 events read, {n_kept} kept" in capsys.readouterr().out


def test_all_options_reach_apply(folder, events, capsys):
    events[[*FEATURES, "process"]].to_csv("bare.csv", index=False, header=False)
    command = [
        "apply",
        "many.joblib",
        "bare.csv",
        "-o",
        "s.csv",
        "--names",
        "pt,eta,mt,process",
        "--signal",
        "signal",
        "--threshold",
        "0.3",
        "--chunk-size",
        "50",
        "--quiet",
    ]
    assert main([*command, "--cut", "pt > 50"]) == 0
    passing = events[events["pt"] > 50]
    expected = scores(passing, "many.joblib")
    got = pd.read_csv("s.csv")["score_signal"]
    assert got.tolist() == expected[expected >= 0.3].tolist()
    assert capsys.readouterr() == ("", "")


def test_the_separator_and_the_comment_reach_the_reader(folder, events, capsys):
    text = events[FEATURES].to_csv(index=False, sep=";")
    (folder / "semi.csv").write_text(f"# by hand\n{text}")
    options = ["semi.csv", "--quiet", "--separator", ";", "--comment", "#"]
    assert main(["apply", "model.joblib", "-o", "s.csv", *options]) == 0
    assert pd.read_csv("s.csv")["score"].tolist() == scores(events).tolist()
    assert main(["cache", "-o", "made", *options]) == 0
    assert main(["apply", "model.joblib", "semi.csv", "-o", "s.csv", "--quiet"]) == 1
    assert "comment='#' skips such lines" in capsys.readouterr().err


def test_a_tree_is_chosen_by_name(folder, events, capsys):
    uproot = pytest.importorskip("uproot")
    with uproot.recreate("e.root") as file:
        for name, part in (("Events", events), ("Other", events[:7])):
            file.mktree(name, dict.fromkeys(FEATURES, "f8"))
            file[name].extend({key: part[key].to_numpy() for key in FEATURES})
    assert main(["apply", "model.joblib", "e.root", "-o", "s.csv", "--tree", "Other"]) == 0
    assert "7 events read" in capsys.readouterr().out
    assert main(["apply", "model.joblib", "e.root", "-o", "s.csv", "--quiet"]) == 1
    assert "has 2 trees; choose one with --tree: Events, Other" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("apply model.joblib no.csv -o s.csv", "there is no file 'no.csv'"),
        ("apply no.joblib a.csv -o s.csv", "there is no model file 'no.joblib'"),
        ("apply a.csv a.csv -o s.csv", "a.csv cannot be read"),
        ("apply model.joblib a.csv -o s.txt", "unknown file ending"),
        ("apply model.joblib a.csv -o s.csv --threshold 2", "must lie between 0 and 1, as"),
        ("apply model.joblib a.csv -o s.csv --columns pz", "a.csv has no column 'pz'"),
        (
            "apply many.joblib a.csv -o s.csv --threshold 0.5",
            "=0.5 needs --signal, one of",
        ),
    ],
)
def test_an_error_is_one_line_and_a_code(folder, capsys, command, message):
    assert main([*command.split(), "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skhep-nn: error: ")
    assert message in err
    assert err.count("\n") == 1
    assert not (folder / "s.csv").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("apply model.joblib a.csv", "required: --output"),
        ("apply model.joblib a.csv -o s.csv --threshold high", "invalid float value: 'high'"),
        ("score model.joblib", "invalid choice: 'score'"),
        ("", "usage: skhep-nn"),
    ],
)
def test_wrong_usage_is_code_2_with_the_usage(folder, capsys, command, message):
    assert main(command.split()) == 2
    assert message in capsys.readouterr().err


def test_files_without_events_can_be_skipped(folder, events, capsys):
    events[:0].to_csv("c.csv", index=False)
    assert main(["apply", "model.joblib", "a.csv", "c.csv", "-o", "s.csv", "-q"]) == 1
    assert "c.csv is empty: it has no events" in capsys.readouterr().err
    assert (
        main(["apply", "model.joblib", "a.csv", "c.csv", "-o", "s.csv", "-q", "--skip-empty"]) == 0
    )
    assert len(pd.read_csv("s.csv")) == 400


def test_an_interrupt_is_code_130_and_leaves_nothing(folder, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(GradientBoostingClassifier, "predict_proba", interrupt)
    assert main(["apply", "model.joblib", "a.csv", "-o", "s.csv", "-q"]) == 130
    assert "interrupted; nothing was written" in capsys.readouterr().err
    assert not (folder / "s.csv").exists()


def test_an_interrupt_of_what_goes_on_from_there_says_so(folder, capsys, monkeypatch):
    scored = GradientBoostingClassifier.predict_proba
    options = ["a.csv", "b.csv", "-o", "s", "-q"]

    def interrupt(model, X):
        if next((Path().glob(".s.parts-*/part-00000.json")), None):
            raise KeyboardInterrupt
        return scored(model, X)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(GradientBoostingClassifier, "predict_proba", interrupt)
        assert main(["apply", "model.joblib", *options]) == 130
    expected = "interrupted; what is scored is kept, and the same call goes on from there"
    assert expected in capsys.readouterr().err
    assert not (folder / "s").exists()
    assert main(["apply", "model.joblib", *options]) == 0
    assert [path.name for path in [*folder.glob("s*"), *folder.glob(".s*")]] == ["s"]


def test_every_command_has_help(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert name in text
        assert command.summary in text
        assert main([name, "--help"]) == 0


def test_the_command_works_in_a_process_of_its_own(folder, events):
    code = "import sys; from skhep_nn.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "apply", "model.joblib", "a.csv", "-o", "s.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert (done.returncode, done.stdout[:15]) == (0, "400 events read")
    got = pd.read_csv(folder / "s.csv")["score"].to_numpy()
    np.testing.assert_array_equal(got, scores(events[:400]))


PROBE = """
import sys
from skhep_nn.cli import main
code = main(sys.argv[1:])
print(code, "tensorflow" in sys.modules)
"""


def in_a_process(command, folder):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *command.split()],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return done.stdout.splitlines()[-1], done.stderr


@pytest.fixture
def with_network(folder, events):
    """The folder, with a file that imports TensorFlow when it is loaded, and one of two trees."""
    uproot = pytest.importorskip("uproot")
    # a pickle of the class, by hand: this process need not import TensorFlow either
    (folder / "network.joblib").write_bytes(b"cskhep_nn.estimators\nDenseClassifier\n.")
    with uproot.recreate(folder / "two.root") as file:
        for name in ("one", "two"):
            file[name] = {"pt": events["pt"].to_numpy()}
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("two.root -o s.csv", "has 2 trees; choose one with --tree: one, two"),
        ("two.root --tree three -o s.csv", "two.root has no tree 'three'"),
        ("two.root --tree one --columns pz -o s.csv", "has no branch 'pz'"),
        ("a.csv --tree one -o s.csv", "--tree='one': "),
        ("no.csv -o s.csv", "there is no file 'no.csv'"),
        ("model.joblib -o s.csv", "model.joblib: unknown file ending"),
        ("a.csv -o s.txt", "s.txt: unknown file ending"),
        ("a.csv -o no/s.csv", "there is no folder"),
        ("a.csv -o a.csv", "a.csv is one of the files to read"),
        ("a.csv -o s.csv --threshold 2", "threshold must lie between 0 and 1"),
        ("a.csv -o s.csv --chunk-size 0", "chunk_size must be a whole number"),
        ("a.csv -o s.csv --cut pt>", "cut"),
    ],
)
def test_a_wrong_command_is_said_before_tensorflow_is_imported(with_network, arguments, message):
    last, err = in_a_process(f"apply network.joblib {arguments}", with_network)
    assert message in err
    assert last == "1 False"


def test_the_model_is_loaded_when_all_else_is_right(with_network):
    last, err = in_a_process("apply network.joblib a.csv -o s.csv", with_network)
    assert "network.joblib is no classifier with predict_proba" in err
    assert last == "1 True"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("two.root -o cache", "has 2 trees; choose one with --tree: one, two"),
        ("a.csv -o model.joblib", "model.joblib is there and is no cache"),
    ],
)
def test_the_cache_command_needs_no_tensorflow(with_network, arguments, message):
    last, err = in_a_process(f"cache {arguments} --columns pt -q", with_network)
    assert message in err
    assert last == "1 False"


@pytest.mark.parametrize("module", ["__main__", "cli"])
def test_the_package_and_its_module_of_commands_run_as_programs(module, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["skhep-nn", "--version"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(Path(skhep_nn.__file__).with_name(f"{module}.py")), run_name="__main__")
    assert stop.value.code == 0
    assert capsys.readouterr().out.strip() == skhep_nn.__version__
