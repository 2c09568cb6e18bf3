"""
Every mass with one network
===========================

A parametric network takes the mass of the signal as an input, and reads masses that it never saw.
"""

# %%
# A resonance of five masses. Background has no mass: NaN stands in its column.

from sklearn.model_selection import train_test_split

from skhep_nn import DenseClassifier, ParametricClassifier
from skhep_nn.datasets import load_resonance
from skhep_nn.plotting import AUCByParameterDisplay, ScoreByParameterDisplay

events = load_resonance()
X, y = events.drop(columns="is_signal"), events["is_signal"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
X["mass"].value_counts(dropna=False).sort_index().to_frame("events")

# %%
# One network takes the mass, another never saw 1000 GeV, and a third does not know the mass.

settings = {
    "units": (64, 64),
    "epochs": 10,
    "random_state": 0,
    "weight_column": "weight",
    "class_names": {0: "background", 1: "signal"},
}
without = X_train["mass"] != 1000
networks = {
    "parametric": ParametricClassifier(**settings).fit(X_train, y_train),
    "without 1000 GeV": ParametricClassifier(**settings).fit(X_train[without], y_train[without]),
    "blind": DenseClassifier(**settings).fit(X_train.drop(columns="mass"), y_train),
}

# %%
# At each mass, its signal against all background scored at that mass.

_ = AUCByParameterDisplay.from_estimators(networks, X_test, y_test, parameter_name="Mass [GeV]")

# %%
# The scores, mass by mass.

_ = ScoreByParameterDisplay.from_estimator(networks["parametric"], X_test, y_test)
