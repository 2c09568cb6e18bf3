from __future__ import annotations

import json

import joblib
import pytest

from skhep_nn.cli import main


@pytest.fixture
def folder(parts, trees, tmp_path, monkeypatch):
    """The working folder: a model, and files of events."""
    monkeypatch.chdir(tmp_path)
    joblib.dump(trees, "model.joblib")
    for name, table in parts.items():
        table.to_parquet(f"{name}.parquet")
    return tmp_path


def test_the_command_writes_what_report_gives(folder, parts, full, capsys):
    for name, table in full.report.variations.items():
        table.to_csv(f"{name}.csv", index=False)
    command = (
        "report model.joblib --train train.parquet --validation validation.parquet"
        " --test test.parquet --output report.json --label is_signal --weight-column weight"
        " --process-column process --variation up up.csv --variation down down.csv"
        " --sculpting mt --luminosity 2 --systematic 0.1 --title Title --signal 1 --cut eta<9"
        " --min-effective-background 10"
    )
    assert main(command.split()) == 0
    found = json.loads((folder / "report.json").read_text())
    out = capsys.readouterr().out
    n_sections = len(found["sections"])
    assert out.startswith(f"{n_sections - 2} of {n_sections} sections (not: Training, Against the")
    assert out.endswith("written to report.json\n")
    assert found["title"] == "Title"
    # all events take part in the importance here, and a file has other columns
    for key in found["sections"].keys() - {"importance", "provenance"}:
        assert found["sections"][key] == full.json["sections"][key], key


def test_the_only_column_of_labels_is_found(folder, parts):
    words = "report model.joblib --test {}.parquet --output {}.json --cut eta<0"
    (folder / "named").mkdir()
    main([*words.format("test", "named/r").split(), "--label", "is_signal"])
    assert main(words.format("test", "r").split()) == 0
    found, named = (json.loads((folder / f"{n}.json").read_text()) for n in ("r", "named/r"))
    assert found["sections"]["roc"] == named["sections"]["roc"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(label=t["is_signal"]), "['is_signal', 'label'] hold the classes"),
        (lambda t: t.drop(columns="is_signal"), "no column that the model was not fitted with"),
    ],
)
def test_labels_are_not_guessed_at(folder, parts, capsys, change, message):
    change(parts["test"]).to_parquet("other.parquet")
    assert main(["report", "model.joblib", "--test", "other.parquet", "--output", "r.html"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "[0, 1]; name the column of labels by --label" in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--test test.parquet -o r.pdf --label is_signal", "a report is a .html file"),
        ("-o r.html --label is_signal", "there are no events: give files by --test"),
        ("--test no.parquet -o r.html --label is_signal", "there is no file 'no.parquet'"),
        ("--test test.parquet -o r.html --label truth", "'truth' is not a column of X"),
        (
            "--test test.parquet -o r.html --label is_signal --signal 5",
            "--signal='5' is not a class of the model; its classes are [0, 1]",
        ),
    ],
)
def test_an_error_is_one_line_and_nothing_is_written(folder, capsys, arguments, message):
    assert main(["report", "model.joblib", *arguments.split()]) == 1
    error = capsys.readouterr().err
    assert error.startswith("skhep-nn: error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not list(folder.glob("r.*"))
