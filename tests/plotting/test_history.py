from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from skhep_nn.plotting import HistoryDisplay

HISTORY = {"loss": [0.7, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.65]}


class Trained:
    """What a fitted classifier keeps of its training."""

    history_ = HISTORY
    best_epoch_ = 2


def test_losses_are_drawn_against_the_epoch_counted_from_one():
    display = HistoryDisplay.from_history(HISTORY)
    training, validation = display.ax_.lines
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert list(training.get_ydata()) == HISTORY["loss"]
    assert list(validation.get_ydata()) == HISTORY["val_loss"]
    assert [training.get_label(), validation.get_label()] == ["training", "validation"]


def test_the_best_epoch_is_marked_and_written():
    display = HistoryDisplay.from_history(HISTORY, best_epoch=2)
    mark = display.ax_.lines[-1]
    assert list(mark.get_xdata()) == [2, 2]
    assert mark.get_label() == "best epoch: 2"


def test_without_validation_an_epoch_is_kept_not_best():
    display = HistoryDisplay.from_history({"loss": [0.7, 0.5]}, best_epoch=2)
    assert display.ax_.lines[-1].get_label() == "kept epoch: 2"


def test_the_number_of_the_phase_is_not_drawn():
    display = HistoryDisplay.from_history(HISTORY | {"phase": [1, 1, 2]})
    assert list(display.axes_) == ["loss"]


def test_without_validation_data_no_epoch_is_marked():
    display = HistoryDisplay.from_history({"loss": [0.7, 0.5]}, best_epoch=None)
    assert [line.get_label() for line in display.ax_.lines] == ["training"]


def test_metrics_and_the_learning_rate_have_axes_of_their_own():
    history = {**HISTORY, "learning_rate": [1e-2, 1e-3, 1e-3], "auc": [0.5, 0.6, 0.7]}
    history["val_auc"] = [0.5, 0.55, 0.6]
    display = HistoryDisplay.from_history(history, best_epoch=3)
    assert list(display.axes_) == ["loss", "auc", "learning_rate"]
    assert list(display.axes_["auc"].lines[1].get_ydata()) == history["val_auc"]
    assert display.axes_["auc"].get_ylabel() == "AUC"
    assert display.axes_["learning_rate"].get_yscale() == "log"
    assert len(display.figure_.legends) == 1


def test_no_epoch_zero_is_on_the_axis():
    display = HistoryDisplay.from_history({"loss": np.linspace(1, 0.5, 2000)})
    assert 0 < display.ax_.get_xlim()[0] < 1


def test_a_logarithmic_loss_has_plain_numbers():
    display = HistoryDisplay.from_history(HISTORY, log=True)
    display.figure_.canvas.draw()
    texts = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert "0.5" in texts


@pytest.mark.parametrize("wrap", [lambda m: m, lambda m: Pipeline([("network", m)])])
def test_from_estimator_finds_the_classifier(wrap):
    display = HistoryDisplay.from_estimator(wrap(Trained()))
    assert display.history is HISTORY
    assert display.best_epoch == 2


def test_a_classifier_without_epochs_is_an_error():
    with pytest.raises(TypeError, match="LogisticRegression has no history_"):
        HistoryDisplay.from_estimator(LogisticRegression())


def test_a_history_without_loss_is_an_error():
    with pytest.raises(ValueError, match=r"history has no 'loss'; it has \['auc'\]"):
        HistoryDisplay.from_history({"auc": [1.0]})


@pytest.mark.parametrize("val_loss", [[1.0], []])
def test_lengths_that_differ_are_an_error(val_loss):
    with pytest.raises(ValueError, match="needs one number per epoch"):
        HistoryDisplay.from_history({"loss": [1.0, 0.5], "val_loss": val_loss})


@pytest.mark.parametrize("best", [0, 4])
def test_a_best_epoch_that_was_not_trained_is_an_error(best):
    with pytest.raises(ValueError, match="epochs are counted from 1 to 3"):
        HistoryDisplay.from_history(HISTORY, best)


def test_changes_of_phase_are_marked_between_two_epochs():
    history = {"loss": [3.0, 2.0, 1.5, 1.0, 0.9], "phase": [0, 0, 1, 1, 2]}
    display = HistoryDisplay.from_history(history)
    lines = [line for line in display.ax_.lines if line.get_gid() == "phase"]
    assert [line.get_xdata()[0] for line in lines] == [2.5, 4.5]
    assert list(display.axes_) == ["loss"]
    # named once in the legend
    assert [text.get_text() for text in display.figure_.legends[0].texts] == [
        "training",
        "next phase",
    ]


def test_a_training_of_one_phase_has_no_mark():
    display = HistoryDisplay.from_history({"loss": [3.0, 2.0], "phase": [0, 0]})
    assert not [line for line in display.ax_.lines if line.get_gid() == "phase"]
