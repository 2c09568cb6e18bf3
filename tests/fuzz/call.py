"""A call of a public function with valid arguments, and what its answer has to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

N = 12
RANDOM = np.random.default_rng(0)
Y = np.array([0, 1] * (N // 2))
SCORE = np.round(RANDOM.random(N), 2)
WEIGHT = np.round(RANDOM.uniform(0.5, 2.0, N), 3)
MASS = np.where(Y == 1, np.repeat([500.0, 750.0], N // 2), np.nan)
TABLE = pd.DataFrame(
    {"pt": RANDOM.normal(50, 10, N), "eta": RANDOM.normal(0, 1, N), "weight": WEIGHT}
)


@dataclass(frozen=True)
class Call:
    """A public function with valid arguments.

    Parameters
    ----------
    name : str
    function : callable
    valid : dict
        Arguments by name with which it works.
    check : callable, default=None
        Gets the answer and the arguments; an exception says that the answer is wrong.
    words : tuple of str
        What an error may name, beside the arguments that are odd.
    labels, masked : tuple of str
        Arguments that are labels, and those that no mask may be in.
    fixed : tuple of str
        Arguments that stay valid.
    draws : bool
        Whether it draws a picture.
    odd : dict of str to strategy
        What to draw for an argument, where odd forms of a valid one are not the point.
    together : bool
        Whether all of its arguments are odd at once.
    cost : int
        How many times slower than a metric: so many times fewer examples.
    """

    name: str
    function: Callable
    valid: dict
    check: Callable | None = None
    words: tuple = ()
    labels: tuple = ()
    masked: tuple = ()
    cost: int = 1
    fixed: tuple = ()
    draws: bool = False
    odd: dict = field(default_factory=dict)
    together: bool = False

    def __repr__(self):
        return self.name
