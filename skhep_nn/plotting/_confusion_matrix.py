"""Confusion matrix in event weights: efficiencies, purities or yields, with their errors."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _class_names, _composition, _extras, _floats, _labels
from skhep_nn._shown import shown
from skhep_nn.metrics import _cut_errors
from skhep_nn.plotting import _events, _style, _words

# axis over which the cells are summed for the total that they are divided by
_TOTALS = {"true": 1, "pred": 0, None: None}
_BARS = {
    "true": "Efficiency (share of the true class)",
    "pred": "Purity (share of the predicted class)",
    None: "Sum of weights",
}


@_words.shared
class ConfusionMatrixDisplay:
    """Confusion matrix in event weights.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    matrix : ndarray of shape (n_classes, n_classes)
        Sums of weights; rows are true, columns are predicted classes.
    squares : ndarray of shape (n_classes, n_classes)
        Sums of squared weights.
    classes : list
    class_names : dict of label to str, default=None
        What a class is called in the picture.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    text_ : ndarray of shape (n_classes, n_classes) of matplotlib.text.Text
    """

    def __init__(self, matrix, squares, classes, *, class_names=None):
        self.matrix = matrix
        self.squares = squares
        self.classes = classes
        self.class_names = class_names

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        sample_weight=None,
        labels=None,
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw predicted against true classes.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_events,)
            Classes; for scores and a working point see :meth:`from_estimator`.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights, negative ones included.
        labels : list, default=None
            The classes in their order; default all that occur.
        class_names : dict of label to str, default=None
        ax : Axes, default=None
        {options}

        Returns
        -------
        ConfusionMatrixDisplay

        Raises
        ------
        ValueError
            If lengths differ, or an event has a class that is not in `labels`.
        WeightError
            If the weights are not finite numbers, one per event.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skhep_nn.plotting import ConfusionMatrixDisplay
        >>> display = ConfusionMatrixDisplay.from_predictions(
        ...     [0, 0, 1, 1], [0, 1, 1, 1], sample_weight=[3.0, 1.0, 2.0, 2.0]
        ... )
        >>> display.matrix.tolist()
        [[3.0, 1.0], [0.0, 4.0]]
        >>> plt.close(display.figure_)
        """
        y_true, weights = _events.labels_and_weights(y_true, sample_weight)
        y_pred, _ = _events.labels_and_weights(y_pred, None, name="y_pred")
        if len(y_pred) != len(y_true):
            msg = f"y_true has {len(y_true)} events, y_pred has {len(y_pred)}"
            raise ValueError(msg)
        _labels.check_type(y_pred, y_true, "y_pred")
        if labels is None:
            labels = sorted({*_events.classes_of(y_true), *_events.classes_of(y_pred)})
        classes = _labels.check(labels, "labels").tolist()
        cells = _codes(y_true, classes, "y_true"), _codes(y_pred, classes, "y_pred")
        matrix, squares = (_sums(cells, values, len(classes)) for values in (weights, weights**2))
        return cls(matrix, squares, classes, class_names=class_names).plot(ax=ax, **options)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        threshold=None,
        signal=1,
        sample_weight=None,
        weight_column=None,
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw what a fitted classifier predicts.

        Parameters
        ----------
        {estimator}
        X : DataFrame, array or blocks
        y : array-like of shape (n_events,)
        threshold : float, default=None
            Working point of a binary classifier: an event is signal if its score for `signal` is
            at least this. Default: the classifier's own ``predict``, the arg max.
        signal : label, default=1
            The class that the threshold concerns.
        sample_weight : array-like of shape (n_events,) or number, default=None
        weight_column : str or int, default=None
        class_names : dict of label to str or list of str, default=None
            A list is in the order of ``classes_``; None is what the classifier was given.
        ax : Axes, default=None
        {options}

        Returns
        -------
        ConfusionMatrixDisplay

        Raises
        ------
        ValueError
            If a threshold is given for more than two classes, or `signal` is not a class.
        """
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        classes = np.asarray(_composition.check_classifier(estimator).classes_).tolist()
        y_pred = (
            estimator.predict(X)
            if threshold is None
            else _at_threshold(estimator, X, classes, signal, threshold)
        )
        return cls.from_predictions(
            y,
            y_pred,
            sample_weight=weights,
            labels=classes,
            class_names=_class_names.for_picture(estimator, class_names),
            ax=ax,
            **options,
        )

    def normalized(self, normalize="true"):
        """Cells and their errors.

        Parameters
        ----------
        normalize : {"true", "pred", None}, default="true"
            Divide by the sum of the true class (efficiencies), of the predicted class (purities),
            or not at all (yields).

        Returns
        -------
        values, errors : ndarray of shape (n_classes, n_classes)
            NaN where a class has no positive sum of weights. Errors are the square root of the sum
            of squared weights, for a share that of a weighted binomial.

        Raises
        ------
        ValueError
            If `normalize` is none of these.
        """
        _choices.one_of(normalize, _TOTALS, "normalize")
        if normalize is None:
            return self.matrix.copy(), np.sqrt(self.squares)
        axis = _TOTALS[normalize]
        total = self.matrix.sum(axis=axis, keepdims=True)
        total = np.where(total > 0, total, np.nan)
        values = self.matrix / total
        total_squares = self.squares.sum(axis=axis, keepdims=True)
        return values, _cut_errors.efficiency_error(values, self.squares, total, total_squares)

    def plot(self, ax=None, *, normalize="true", cmap="Blues", colorbar=True):
        """Draw the matrix.

        Parameters
        ----------
        ax : Axes, default=None
            Default a new figure.
        normalize : {"true", "pred", None}, default="true"
            As in :meth:`normalized`.
        cmap : str or matplotlib colormap, default="Blues"
        colorbar : bool, default=True
            For yields the colours are logarithmic if they span more than a factor of 100.

        Returns
        -------
        ConfusionMatrixDisplay
        """
        values, errors = self.normalized(normalize)
        colorbar, cmap = _choices.switch(colorbar, "colorbar"), _style.colormap(cmap)
        with _style.styled() as plt:
            side = max(5.0, 1.15 * len(self.classes))
            size = (side + 1.6, side)
            self.ax_ = _style.single(plt, ax, figsize=size, layout="compressed")
            self.figure_ = self.ax_.figure
            image = self.ax_.imshow(values, cmap=cmap, norm=_norm(values, normalize))
            self.text_ = _write(self.ax_, image, values, errors)
            self._label()
            if colorbar:
                bar = self.figure_.colorbar(image, ax=self.ax_, shrink=0.85)
                bar.set_label(_BARS[normalize], loc="center")
        return self

    def _label(self):
        names = [_events.title_of(label, self.class_names) for label in self.classes]
        at = range(len(names))
        tilted = max(map(len, names)) * len(names) > 40
        self.ax_.set_xticks(
            at, names, rotation=30 if tilted else 0, ha="right" if tilted else "center"
        )
        self.ax_.set_yticks(at, names)
        self.ax_.tick_params(which="both", length=0, right=False, top=False)
        self.ax_.minorticks_off()
        self.ax_.set_xlabel("Predicted class", loc="center")
        self.ax_.set_ylabel("True class", loc="center")


def _at_threshold(estimator, X, classes, signal, threshold):
    if len(classes) != 2:
        msg = f"threshold={shown(threshold)} needs two classes, the classifier has {classes}"
        raise ValueError(msg)
    passed = _composition.signal_score(estimator, X, signal) >= _floats.one(threshold, "threshold")
    at = classes.index(signal)
    return np.asarray(estimator.classes_)[np.where(passed, at, 1 - at)]


def _codes(y, classes, name):
    unknown = [label for label in _events.classes_of(y) if label not in classes]
    if unknown:
        known = _labels.named(classes)
        msg = f"{name} has events of class {unknown[0]!r}, which is not one of {known}"
        raise ValueError(msg)
    present, inverse = np.unique(y, return_inverse=True)
    # not by hash: among numbers of several types equal ones may have different hashes
    return np.array([classes.index(label) for label in present.tolist()])[inverse]


def _sums(cells, values, n_classes):
    flat = np.bincount(cells[0] * n_classes + cells[1], weights=values, minlength=n_classes**2)
    return flat.reshape(n_classes, n_classes)


def _norm(values, normalize):
    colors = _extras.require("matplotlib.colors", "plot")
    if normalize is not None:
        return colors.Normalize(0.0, 1.0, clip=True)
    positive = values[values > 0]
    if len(positive) and positive.max() > 100 * positive.min():
        return colors.LogNorm(max(positive.min(), 1e-6 * positive.max()), positive.max(), clip=True)
    return colors.Normalize(min(0.0, values.min()), max(values.max(), 1e-300))


def _write(ax, image, values, errors):
    size = 12 if len(values) <= 3 else 11
    texts = np.empty(values.shape, dtype=object)
    for at in np.ndindex(values.shape):
        texts[at] = ax.text(
            at[1],
            at[0],
            measurement(values[at], errors[at]),
            ha="center",
            va="center",
            fontsize=size,
            color=_ink(image.to_rgba(values[at])),
        )
    return texts


def _ink(rgba):
    """Black or white, by the luminance of what is below it; a cell without value has no colour."""
    light = rgba[3] == 0 or np.dot(rgba[:3], [0.299, 0.587, 0.114]) > 0.5
    return "black" if light else "white"


def measurement(value, error):
    """`value` and `error` on two lines, rounded to two significant digits of the error.

    Examples
    --------
    >>> measurement(410999.8, 643.2).replace("\\n", " ")
    '411,000 ± 640'
    >>> measurement(0.81234, 0.00456).replace("\\n", " ")
    '0.8123 ± 0.0046'
    """
    if not np.isfinite(value):
        return "–"
    if not error > 0:
        return f"{value:.3g}"
    digits = 1 - int(f"{error:.1e}".partition("e")[2])
    if digits > 5 or abs(value) >= 1e7:
        return f"{value:.3g}\n± {error:.1g}"
    decimals = max(digits, 0)
    return f"{round(value, digits):,.{decimals}f}\n± {round(error, digits):,.{decimals}f}"
