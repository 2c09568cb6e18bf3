"""History of a training: losses and metrics of each epoch, with the best one marked."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition, _extras, _floats
from skhep_nn.plotting import _style, _words

_RATES = ("learning_rate", "lr")
_NO_QUANTITY = ("phase",)
_SIDES = {"": "training", "val_": "validation"}
_PANEL = {1: (6.4, 5.0), 2: (5.0, 4.2), 3: (4.2, 3.6)}
_FEW_EPOCHS = 30
_PHASE = {"color": "0.6", "linestyle": (0, (6, 2)), "linewidth": 1.2, "zorder": 1}
_TITLES = {"auc": "AUC", "lr": "Learning rate"}


@_words.shared
class HistoryDisplay:
    """Loss and metrics in training and validation against the epoch.

    Make it with :meth:`from_estimator` or :meth:`from_history`.

    Parameters
    ----------
    history : dict of str to list of float
        ``"loss"``, ``"val_loss"``, metrics, ``"val_<metric>"``, ``"learning_rate"``: one number
        per epoch; ``"phase"``, the number of the phase of training, is marked where it changes.
    best_epoch : int, default=None
        Number of the epoch whose network was kept, counted from 1; None without validation data.

    Attributes
    ----------
    axes_ : dict of str to matplotlib.axes.Axes
        One per quantity: ``"loss"`` first, then the metrics, then the learning rate.
    ax_ : matplotlib.axes.Axes
        That of the loss.
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, history, best_epoch=None):
        self.history = history
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, **options):
        """Draw the training of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier of the package, a Pipeline that ends in one, or a fitted search.
        ax : Axes or sequence of Axes, default=None
        {options}

        Returns
        -------
        HistoryDisplay

        Raises
        ------
        TypeError
            If the classifier has no ``history_``.
        """
        network = _composition.last_step(estimator)
        if not hasattr(network, "history_"):
            msg = (
                f"{type(network).__name__} has no history_; it is not a fitted classifier that "
                "is trained in epochs"
            )
            raise TypeError(msg)
        best = getattr(network, "best_epoch_", None)
        return cls.from_history(network.history_, best, ax=ax, **options)

    @classmethod
    def from_history(cls, history, best_epoch=None, *, ax=None, **options):
        """Draw a history.

        Parameters
        ----------
        history : dict of str to list of float
        best_epoch : int, default=None
            Counted from 1.
        ax : Axes or sequence of Axes, default=None
            One per quantity, or one whose place they take.
        {options}

        Returns
        -------
        HistoryDisplay

        Raises
        ------
        ValueError
            If there is no loss, or the lengths differ, or the best epoch is not one of them.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skhep_nn.plotting import HistoryDisplay
        >>> history = {"loss": [0.7, 0.5, 0.4], "val_loss": [0.7, 0.6, 0.65]}
        >>> display = HistoryDisplay.from_history(history, best_epoch=2)
        >>> list(display.axes_)
        ['loss']
        >>> plt.close(display.figure_)
        """
        _check(history, best_epoch)
        return cls(history, best_epoch).plot(ax=ax, **options)

    def plot(self, ax=None, *, log=False):
        """Draw the history.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            One per quantity, or one whose place they take; default a new figure.
        log : bool, default=False
            Logarithmic loss.

        Returns
        -------
        HistoryDisplay
        """
        quantities = _quantities(self.history)
        n_columns = min(len(quantities), 2 if len(quantities) == 4 else 3)
        log = _choices.switch(log, "log")
        with _style.styled() as plt:
            axes = _style.grid(plt, ax, len(quantities), n_columns, _PANEL[n_columns])
            self.axes_ = dict(zip(quantities, axes, strict=True))
            self.ax_ = axes[0]
            self.figure_ = self.ax_.figure
            for name, panel in self.axes_.items():
                self._draw(panel, name)
            if log:
                _logarithmic(self.axes_["loss"])
            self._legend(own_figure=ax is None)
        return self

    def _draw(self, ax, name):
        look = dict(zip(_SIDES, _style.looks(2), strict=True))
        for prefix, side in _SIDES.items():
            values = self.history.get(prefix + name)
            if values is not None:
                _draw_curve(ax, values, look[prefix], side)
        if self.best_epoch is not None:
            # without validation events none is better than others: the last one is kept
            word = "best" if "val_loss" in self.history else "kept"
            text = f"{word} epoch: {self.best_epoch}"
            ax.axvline(self.best_epoch, color="0.35", linestyle=":", linewidth=1.4, label=text)
        _draw_phases(ax, self.history)
        ticker = _extras.require("matplotlib.ticker", "plot")
        ax.xaxis.set_major_locator(ticker.MaxNLocator(6, integer=True, min_n_ticks=1))
        ax.xaxis.set_minor_locator(ticker.NullLocator())
        n_epochs = len(self.history["loss"])
        # less than one, so that no epoch 0 is written
        margin = min(0.9, 0.3 + 0.02 * n_epochs)
        ax.set_xlim(1 - margin, n_epochs + margin)
        ax.set_xlabel("Epoch")
        ax.set_ylabel(_title(name))
        if name in _RATES:
            _logarithmic(ax)

    def _legend(self, *, own_figure):
        handles, texts = self.ax_.get_legend_handles_labels()
        if own_figure:
            self.figure_.legend(handles, texts, loc="outside upper center", ncols=len(texts))
        else:
            self.ax_.legend(handles, texts)


def _title(name):
    return _TITLES.get(name, name[:1].upper() + name[1:].replace("_", " "))


def _logarithmic(ax):
    """A logarithmic axis with plain numbers: a loss or a learning rate spans few decades."""
    ticker = _extras.require("matplotlib.ticker", "plot")
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    digits = range(1, 10) if high < 5 * low else (1, 2, 5)
    ax.yaxis.set_major_locator(ticker.LogLocator(subs=digits))
    ax.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(ticker.NullFormatter())


def _draw_curve(ax, values, look, side):
    marker = look.marker if len(values) <= _FEW_EPOCHS else None
    epochs = np.arange(1, len(values) + 1)
    ax.plot(
        epochs,
        values,
        label=side,
        color=look.color,
        linestyle=look.linestyle,
        marker=marker,
        markersize=4,
    )


def _draw_phases(ax, history):
    """A line between the last epoch of a phase and the first of the next."""
    phases = np.asarray(history.get("phase", ()))
    if phases.ndim != 1:
        return
    label = "next phase"
    for epoch in np.flatnonzero(phases[1:] != phases[:-1]) + 1:
        ax.axvline(epoch + 0.5, label=label, gid="phase", **_PHASE)
        label = None


def _quantities(history):
    """The loss, the metrics in their order, the learning rate last."""
    names = [name.removeprefix("val_") for name in history if name not in _NO_QUANTITY]
    names = list(dict.fromkeys(names))
    rates = [name for name in names if name in _RATES]
    return ["loss", *(name for name in names if name not in ("loss", *_RATES)), *rates]


def _check(history, best_epoch):
    if not isinstance(history, dict):
        msg = (
            f"history must be a dict of lists, as the history_ of a classifier, got {history!r:.60}"
        )
        raise TypeError(msg)
    if "loss" not in history:
        msg = f"history has no 'loss'; it has {list(history)}"
        raise ValueError(msg)
    lengths = {
        name: np.size(_floats.real(values, f"history[{name!r}]"))
        for name, values in history.items()
    }
    n_epochs = lengths["loss"]
    if n_epochs == 0 or set(lengths.values()) != {n_epochs}:
        msg = f"every quantity of history needs one number per epoch, at least one; got {lengths}"
        raise ValueError(msg)
    is_number = _choices.is_whole(best_epoch)
    if best_epoch is not None and not (is_number and 1 <= best_epoch <= n_epochs):
        msg = f"best_epoch={best_epoch!r}; epochs are counted from 1 to {n_epochs}"
        raise ValueError(msg)
