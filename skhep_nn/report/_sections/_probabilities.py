"""Probabilities: are they what they say, and which class do they choose?"""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics import brier_score, expected_calibration_error, log_loss
from skhep_nn.plotting import CalibrationDisplay, ConfusionMatrixDisplay
from skhep_nn.report._contents import Measured, Missing, Numbers, Picture, Text
from skhep_nn.report._sections import _sums


def calibration(context):
    """Fraction of signal in bins of the prediction."""
    part, without = _sums.first_with_sums(context, "test", "validation")
    yield from map(Text, without)
    probability = np.clip(part.scores, 0, 1)
    part.probabilities  # noqa: B018 - raises where there are none
    events = (part.is_signal, probability, part.weights)
    error = expected_calibration_error(*events, signal=True)
    yield Numbers(
        {
            "Expected calibration error": Measured(error.value, error.error),
            "of which chance alone would make": Measured(error.by_chance),
            "Brier score": Measured(*brier_score(*events, signal=True)),
            "Log loss": Measured(*log_loss(*events, signal=True)),
        }
    )
    display = CalibrationDisplay.from_predictions(
        part.is_signal, probability, sample_weight=part.weights, signal=True
    )
    yield Picture(
        display.figure_,
        f"Fraction of signal against the predicted probability, {part.word} events",
        "Fraction of signal in bins of the predicted probability; the diagonal is calibrated",
    )
    yield Text(
        "Of a training with balanced classes the output is no probability at physical yields: the "
        "fraction of signal is then far from it, which CalibratedClassifier with a prior corrects."
    )


def confusion(context):
    """Predicted against true classes."""
    part = context.any_part("test", "validation")
    part.probabilities  # noqa: B018 - raises where there are none
    predicted = np.asarray(context.model.classes_)[part.probabilities.argmax(axis=1)]
    names = {label: context.name_of(label) for label in context.classes}
    display = ConfusionMatrixDisplay.from_predictions(
        part.y, predicted, sample_weight=part.weights, class_names=names
    )
    if len(display.classes) < 2:
        msg = "It needs two classes in the test events."
        raise Missing(msg)
    yield from map(Text, _sums.classes_without_sum(context, part).values())
    yield Picture(
        display.figure_,
        f"Part of each true class that is predicted as each class, {part.word} events",
        f"Confusion matrix of {len(display.classes)} classes",
    )
