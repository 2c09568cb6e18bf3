"""From probabilities of classes to the score columns of the output, and the threshold on them."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _labels
from skhep_nn._floats import as_array
from skhep_nn._masks import unmasked
from skhep_nn._shown import shown


class Scores:
    """Columns for the probabilities of a model's classes.

    Parameters
    ----------
    model : fitted classifier
    signal : label of a class or None
        As for `apply`.
    threshold : float or None
        As for `apply`.
    """

    def __init__(self, model, signal, threshold):
        self.classes = np.asarray(model.classes_)
        self.threshold = check_threshold(threshold)
        self._at = self._position(signal)
        if threshold is not None and self._at is None:
            msg = f"threshold={shown(threshold)} needs signal=, one of {self.classes.tolist()}"
            raise ValueError(msg)

    @property
    def is_binary(self):
        """Whether there is one score."""
        return len(self.classes) == 2

    @property
    def names(self):
        """Names of the columns."""
        if self.is_binary:
            return ["score"]
        return [*(f"score_{label}" for label in self.classes), "prediction"]

    def keep(self, carried, probabilities):
        """`carried` with the scores, for the events that reach the threshold."""
        probabilities = self._checked(probabilities, len(carried))
        # a comparison with NaN is false, so the threshold would drop these events in silence
        n_bad = int(np.isnan(probabilities).any(axis=1).sum())
        if n_bad:
            msg = f"the model gives NaN as the score of {n_bad} of {len(carried)} events"
            raise ValueError(msg)
        table = self._add(carried, probabilities)
        if self.threshold is None:
            return table
        return table[probabilities[:, self._at] >= self.threshold]

    def none(self, carried):
        """The columns, without events."""
        return self._add(carried, np.empty((0, len(self.classes)), np.float32))

    def _add(self, carried, probabilities):
        if self.is_binary:
            return carried.assign(score=probabilities[:, self._at])
        scores = dict(zip(self.names, probabilities.T, strict=False))
        best = np.zeros(0, int) if not len(probabilities) else probabilities.argmax(axis=1)
        return carried.assign(**scores, prediction=self.classes[best])

    def _checked(self, probabilities, n_events):
        probabilities = as_array(unmasked(probabilities, "scores"), "scores")
        shape = (n_events, len(self.classes))
        if probabilities.shape != shape or probabilities.dtype.kind not in "biuf":
            msg = (
                f"predict_proba of the model must give real numbers of shape {shape}, got "
                f"{probabilities.dtype} of shape {probabilities.shape}"
            )
            raise ValueError(msg)
        return probabilities

    def _position(self, signal):
        if signal is None:
            return 1 if self.is_binary else None
        _labels.one(signal)
        # a label from the command line is text
        found = [at for at, label in enumerate(self.classes) if label == signal]
        found = found or [at for at, label in enumerate(self.classes) if str(label) == signal]
        if not found:
            classes = self.classes.tolist()
            msg = f"signal={shown(signal)} is not a class of the model; it has {classes}"
            raise ValueError(msg)
        return found[0]


def check_threshold(threshold):
    """`threshold`, which must be a number from 0 to 1, or None."""
    is_number = _choices.is_real(threshold)
    if threshold is None or (is_number and 0 <= threshold <= 1):
        return threshold
    msg = f"threshold must lie between 0 and 1, as the scores do, got {shown(threshold)}"
    raise ValueError(msg)
