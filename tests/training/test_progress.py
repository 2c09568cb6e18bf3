from __future__ import annotations

import pytest

from skhep_nn import _bar
from skhep_nn.training._progress import Progress


def run(verbose, epochs=3):
    progress = Progress(epochs, verbose, "Net")
    for epoch in range(epochs):
        progress.within(epoch, 0.5)
        progress.epoch_done(epoch, {"loss": 0.5 / (epoch + 1), "learning_rate": 0.1})
    progress.close()


@pytest.mark.parametrize("verbose", [0, "auto"])
def test_a_short_or_silent_fit_writes_nothing(verbose, capsys):
    run(verbose)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [1, True])
def test_one_is_a_bar_with_epoch_and_losses(verbose, capsys, monkeypatch):
    monkeypatch.setattr(_bar, "is_watched", lambda: True)
    run(verbose)
    out, err = capsys.readouterr()
    assert out == ""
    last = err.strip().splitlines()[-1].split("\r")[-1]
    assert "Net 100%" in last
    assert "epoch 3.0/3" in last
    assert "loss=0.1667" in last
    assert "learning_rate" not in last


def test_two_is_a_line_per_epoch(capsys):
    run(2)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "Net: epoch 1/3: loss 0.5",
        "Net: epoch 2/3: loss 0.25",
        "Net: epoch 3/3: loss 0.1667",
    ]


def test_auto_is_silent_where_nobody_looks(capsys):
    progress = Progress(3, "auto", "Net")
    progress.epoch_done(0, {"loss": 0.5})
    progress.close()
    assert capsys.readouterr().err == ""


def test_auto_shows_a_bar_after_two_seconds(capsys, monkeypatch):
    monkeypatch.setattr(_bar, "is_watched", lambda: True)
    progress = Progress(3, "auto", "Net")
    progress.bar.start_t -= 3
    progress.bar.last_print_t -= 3
    progress.epoch_done(0, {"loss": 0.5})
    progress.close()
    assert "epoch 1.0/3" in capsys.readouterr().err


def test_in_a_log_file_one_is_a_line_at_the_end(capsys):
    run(1)
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert err.startswith("Net: 3 of 3 in ")
    assert err.endswith(", loss 0.1667\n")


def test_a_continued_fit_starts_where_it_was(capsys, monkeypatch):
    monkeypatch.setattr(_bar, "is_watched", lambda: True)
    progress = Progress(4, 1, "Net", initial=2)
    progress.close()
    assert "50%" in capsys.readouterr().err
