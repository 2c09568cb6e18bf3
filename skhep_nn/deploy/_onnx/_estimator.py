"""What scikit-learn asks of a classifier, answered without importing it before it asks.

scikit-learn brings SciPy, joblib, pandas and pyarrow: most of the time and memory of a process that
loads a file and scores with it.
"""

from __future__ import annotations


class EstimatorOnDemand:
    """Base of a fitted classifier that names its constructor's arguments in ``PARAMETERS``."""

    PARAMETERS = ()

    def get_params(self, deep=True):
        """The constructor's arguments.

        Parameters
        ----------
        deep : bool, default=True
            Changes nothing: none of them is an estimator.

        Returns
        -------
        dict
        """
        del deep
        return {name: getattr(self, name) for name in self.PARAMETERS}

    def set_params(self, **params):
        """Set arguments of the constructor.

        Parameters
        ----------
        **params
            By name.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such argument.
        """
        for name in params:
            if name not in self.PARAMETERS:
                msg = (
                    f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: "
                    f"{list(self.PARAMETERS)!r}."
                )
                raise ValueError(msg)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def score(self, X, y, sample_weight=None):
        """Accuracy of the predicted classes.

        Parameters
        ----------
        X
            As in :meth:`predict_proba`.
        y : array-like of shape (n_events,)
            True classes.
        sample_weight : array-like of shape (n_events,), default=None

        Returns
        -------
        float
        """
        from sklearn.metrics import accuracy_score

        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)

    def set_score_request(self, *, sample_weight):
        """Whether scikit-learn's metadata routing passes weights on to :meth:`score`.

        Parameters
        ----------
        sample_weight : bool, str or None
            As in scikit-learn's classifiers.

        Returns
        -------
        self
        """
        _twin().set_score_request(sample_weight=sample_weight)
        self._weight_in_score = sample_weight
        return self

    def get_metadata_routing(self):
        """What was asked of scikit-learn's metadata routing.

        Returns
        -------
        MetadataRequest
        """
        twin = _twin()
        if "_weight_in_score" in vars(self):
            twin.set_score_request(sample_weight=self._weight_in_score)
        return twin.get_metadata_routing()

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_clone__(self):
        return self

    def __sklearn_tags__(self):
        return _twin().__sklearn_tags__()


def _twin():
    """A classifier of scikit-learn's own bases, which knows its version's answers."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class OnnxClassifier(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            return self

    return OnnxClassifier()
