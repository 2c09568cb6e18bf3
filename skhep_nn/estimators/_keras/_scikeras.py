"""What is used of scikeras: the only module that imports it.

Its ``BaseWrapper`` checks and calls the user's function that makes a network.
"""

from __future__ import annotations

from scikeras.wrappers import BaseWrapper

from skhep_nn.estimators import _saving

__all__ = ["BaseWrapper"]

if "__sklearn_tags__" not in vars(BaseWrapper):
    # scikeras predates scikit-learn's tags; without the method every subclass fails its check
    BaseWrapper.__sklearn_tags__ = lambda self: super(BaseWrapper, self).__sklearn_tags__()
# scikeras has Keras' objects copied and saved in a way of its own
_saving.install()
