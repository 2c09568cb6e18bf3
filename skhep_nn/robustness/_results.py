"""What the functions of the package give: numbers with their errors, as tables too."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

CLASSES = ("signal", "background")


@dataclass(frozen=True)
class Variation:
    """One variation, beside the nominal sample.

    Attributes
    ----------
    auc, auc_error : float
    auc_difference, auc_difference_error : float
        To the nominal sample; the error knows that both hold the same events.
    efficiency, efficiency_error : dict of str to float
        Of ``"signal"`` and ``"background"`` at the working point.
    efficiency_difference, efficiency_difference_error : dict of str to float
    yield_ratio, yield_ratio_error : dict of str to float
        Sum of weights over that of the nominal sample.
    shape, shape_ratio, shape_ratio_error : dict of str to ndarray of shape (n_bins,)
        Fraction of events per bin of the score, and its ratio to the nominal one.
    """

    auc: float
    auc_error: float
    auc_difference: float
    auc_difference_error: float
    efficiency: dict
    efficiency_error: dict
    efficiency_difference: dict
    efficiency_difference_error: dict
    yield_ratio: dict
    yield_ratio_error: dict
    shape: dict
    shape_ratio: dict
    shape_ratio_error: dict

    def row(self):
        """All numbers that are no arrays, by name, those of classes as ``signal_efficiency``."""
        found = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, dict):
                found[field.name] = value
            elif not field.name.startswith("shape"):
                found |= {f"{name}_{field.name}": part for name, part in value.items()}
        return found


class Variations:
    """Result of :func:`evaluate_variations`: a :class:`Variation` by name.

    Parameters
    ----------
    variations : dict of str to Variation
        The nominal sample among them.
    nominal : str
        Its name.
    threshold : float
        The working point.
    edges : ndarray of shape (n_bins + 1,)
        Bins of the score; the first and the last hold what is beyond.
    """

    def __init__(self, variations, nominal, threshold, edges):
        self.variations = variations
        self.nominal = nominal
        self.threshold = threshold
        self.edges = edges

    def __getitem__(self, name):
        return self.variations[name]

    def __len__(self):
        return len(self.variations)

    def __repr__(self):
        each = ", ".join(
            f"{name} {one.auc_difference:+.2g} ± {one.auc_difference_error:.1g}"
            for name, one in self.variations.items()
            if name != self.nominal
        )
        return f"Variations(AUC {self[self.nominal].auc:.4f}; {each or 'nominal only'})"

    def to_frame(self):
        """One row per variation.

        Returns
        -------
        DataFrame
        """
        import pandas as pd

        rows = {name: one.row() for name, one in self.variations.items()}
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index.name = "variation"
        return table


@dataclass(frozen=True, repr=False)
class FeatureImportance:
    """Result of :func:`feature_importance` and :func:`gradient_importance`.

    Attributes
    ----------
    names : list of str
        Of features, blocks or groups.
    importance, error : ndarray of shape (n_names,)
        And the statistical error of each.
    columns : list of list
        What belongs to each name.
    quantity : str
        What the importance is, for an axis.
    auc : float
        Of the model as it is; NaN where it is not looked at.
    passed_over : list of str
        What has no importance of this kind, e.g. tokens, which have no gradient.
    """

    names: list
    importance: np.ndarray
    error: np.ndarray
    columns: list
    quantity: str
    auc: float = np.nan
    passed_over: tuple = ()

    def __repr__(self):
        best = ", ".join(
            f"{self.names[at]} {self.importance[at]:.2g} ± {self.error[at]:.1g}"
            for at in self.order[:3]
        )
        more = ", ..." if len(self.names) > 3 else ""
        return f"FeatureImportance({self.quantity}: {best}{more})"

    @property
    def order(self):
        """Positions of the names, the most important first."""
        return np.argsort(-self.importance, kind="stable")

    def to_frame(self):
        """One row per name, the most important first.

        Returns
        -------
        DataFrame
        """
        import pandas as pd

        table = {"importance": self.importance[self.order], "error": self.error[self.order]}
        return pd.DataFrame(table, index=pd.Index([self.names[at] for at in self.order]))
