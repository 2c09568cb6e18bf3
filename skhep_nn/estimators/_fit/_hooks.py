"""What a classifier may say of its own fit: three questions, which :mod:`._run` asks it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from skhep_nn.estimators._fit import _sample
from skhep_nn.estimators._fit._inputs import Reader


class Hooks(ABC):
    """Base of every classifier: how events are read and prepared, what network is trained.

    A stage takes the settings and what was learnt before, and returns what it made; it writes
    nothing into the classifier.
    """

    # parameters that name columns which are no features
    _column_parameters = ("weight_column", "exclude")
    # whether the network may read arrays of more than two axes
    _allow_nd = True
    # the class of what the classifier keeps of its network
    _network_class = None

    def _read(self, settings, X, y, learnt, **how):
        """The events of `X` as the network reads them; columns and classes are learnt if new.

        Parameters
        ----------
        settings : Settings
        X, y
            As the user gave them.
        learnt : Learnt
            Without columns in a fit from the start.
        **how
            See :func:`._sample.read`.

        Returns
        -------
        tuple of (Learnt, Events)
            The events weigh the same as yet.
        """
        return _sample.read(self._reader(settings), X, y, learnt, **how)

    def _reader(self, settings):
        columns = {name: getattr(settings, name) for name in self._column_parameters}
        return Reader(settings.owner, self._allow_nd, columns)

    def _prepared(self, settings, learnt, train, held_out, seed):
        """Training and validation events (or None) as they are trained on.

        They come with the weights that the losses see.

        Returns
        -------
        tuple of (Learnt, Events, Events or None)
        """
        del settings, seed
        return learnt, train, held_out

    def _network_arguments(self):
        """Names that the function which makes the network takes; None if it takes any."""
        return set()

    @abstractmethod
    def _recipe(self, settings, learnt, x):
        """How the network for features like `x` is made and trained on, with these settings.

        Returns
        -------
        Recipe or UserRecipe
        """
