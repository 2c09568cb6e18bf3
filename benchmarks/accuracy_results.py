"""Results of single fits, kept line by line, and what follows from them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import numpy as np

# Bootstrap samples of the test events, the same for all classifiers, so that they pair.
N_REPLICAS = 100


@dataclass(frozen=True)
class Result:
    """One fit.

    Parameters
    ----------
    sample, side : str
    fold, seed : int
    described : str
        What the side is by default, so that a changed default is a new measurement.
    events : int
        For training.
    figure : float
        Of the test events.
    replicas : list of float
        Of the bootstrap samples of the test events.
    more : dict of str to float
        Further figures.
    seconds : float
    """

    sample: str
    side: str
    fold: int
    seed: int
    described: str
    events: int
    figure: float
    replicas: list
    seconds: float
    more: dict = field(default_factory=dict)

    @property
    def key(self):
        """What is measured once."""
        return self.sample, self.side, self.fold, self.seed

    def line(self):
        """For the terminal."""
        return (
            f"{self.sample}, {self.side}, fold {self.fold}, seed {self.seed}: {self.figure:.4f} "
            f"in {self.seconds:.1f} s"
        )


class Store:
    """All results in a file of JSON lines, to which several processes may add.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path):
        self.path = path

    @property
    def results(self):
        """In the order in which they were first measured; of one fit the last result."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [*{r.key: r for r in (Result(**json.loads(line)) for line in lines)}.values()]

    def has(self, sample, side, fold, seed, described):
        """Whether that was measured, as it is today."""
        key = sample, side, fold, seed
        return any(r.key == key and r.described == described for r in self.results)

    def add(self, result):
        """Keep a result."""
        with self.path.open("a") as file:
            file.write(_line(result))

    def forget(self, samples, sides):
        """Drop the results of these samples and sides."""
        kept = [r for r in self.results if r.sample not in samples or r.side not in sides]
        self.path.write_text("".join(map(_line, kept)))


def _line(result):
    return json.dumps(asdict(result)) + "\n"


def replicas(figure, y, scores, weights, fold):
    """The figure on bootstrap samples that depend on the fold and the number of events alone."""
    rng = np.random.default_rng(fold)
    drawn = (rng.integers(len(y), size=len(y)) for _ in range(N_REPLICAS))
    return [
        round(float(figure(y[at], scores[at], None if weights is None else weights[at])), 6)
        for at in drawn
    ]


def mean(results):
    """Mean figure, and the spread of it between seeds (0 for one).

    Parameters
    ----------
    results : list of Result
        Of one sample and side.
    """
    seeds = {r.seed for r in results}
    folds = set.intersection(*({r.fold for r in results if r.seed == s} for s in seeds))
    by_seed = [
        np.mean([r.figure for r in results if r.seed == s and r.fold in folds]) for s in seeds
    ]
    spread = float(np.std(by_seed, ddof=1)) if len(seeds) > 1 else 0.0
    return float(np.mean([r.figure for r in results])), spread


def difference(results, reference):
    """Difference of the mean figures over common folds, and its error.

    Parameters
    ----------
    results, reference : list of Result
        Of two sides of one sample.

    Returns
    -------
    tuple of float, or None
        None where they have no fold in common.
    """
    folds = {r.fold for r in results} & {r.fold for r in reference}
    if not folds:
        return None
    value = _over(folds, results, "figure") - _over(folds, reference, "figure")
    drawn = _over(folds, results, "replicas") - _over(folds, reference, "replicas")
    return float(value), float(np.std(drawn))


def _over(folds, results, name):
    """Mean over seeds, then over folds."""
    return np.mean(
        [
            np.mean([getattr(r, name) for r in results if r.fold == fold], axis=0)
            for fold in sorted(folds)
        ],
        axis=0,
    )
