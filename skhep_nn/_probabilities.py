"""What follows from class probabilities: their logarithms, and the most probable class."""

from __future__ import annotations

from skhep_nn import _floats


class FromProbabilities:
    """Base of classifiers that define ``predict_proba`` and ``classes_``."""

    def predict_log_proba(self, X):
        """Logarithms of the class probabilities, minus infinity for 0.

        Parameters
        ----------
        X
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
        """
        return _floats.logarithms(self.predict_proba(X))

    def predict(self, X):
        """The most probable class of each event.

        Parameters
        ----------
        X
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_events,)
        """
        # first, since it says so if there are no classes yet
        probability = self.predict_proba(X)
        return self.classes_[probability.argmax(axis=1)]
