"""
Signal against background
=========================

From events with weights to a cut and its expected significance.
"""

# %%
# A resonance that decays to top pairs, against four backgrounds. Weights are cross-sections per
# event:
# signal is a thousandth of the whole.

from sklearn.pipeline import Pipeline

from skhep_nn import (
    DenseClassifier,
    EventWeightBalancer,
    MinMaxScaler,
    train_validation_test_split,
)
from skhep_nn.datasets import load_lepton_jets
from skhep_nn.metrics import roc_auc
from skhep_nn.plotting import (
    HistoryDisplay,
    InputVariablesDisplay,
    RocDisplay,
    ScoreDisplay,
    SignificanceDisplay,
)

NAMES = {0: "background", 1: "signal"}
events = load_lepton_jets()
features = ["LepPt", "Met", "mt", "Njet", "Jet1Pt", "HT", "JetHBpt", "JetHBCSV", "DrJetHBLep"]
parts = train_validation_test_split(
    events, (0.5, 0.25, 0.25), process_column="process", random_state=0
)
train, validation, test = ((part[[*features, "weight"]], part["is_signal"]) for part in parts)
events.groupby("process")["weight"].agg(["size", "sum"])

# %%
# The variables, each class normalised to one.

_ = InputVariablesDisplay.from_data(
    events[["Met", "mt", "HT", "JetHBCSV"]],
    events["is_signal"],
    sample_weight=events["weight"],
    class_names=NAMES,
)

# %%
# Classes are balanced in the training loss alone; the weights stay what they are in every figure.

network = DenseClassifier((64, 64), weight_column="weight", class_names=NAMES, random_state=0)
model = Pipeline(
    [
        ("balance", EventWeightBalancer("equal", weight_column="weight")),
        ("scale", MinMaxScaler(exclude=["weight"])),
        ("network", network),
    ]
)
model.fit(*train)
_ = HistoryDisplay.from_estimator(model)

# %%
# How good is it? On test events, which took part in nothing.

X, y = test
print(f"weighted AUC {roc_auc(y, model.predict_proba(X)[:, 1], X['weight']):.3f}")
_ = RocDisplay.from_estimator(model, X, y, kind="rejection", name="network")

# %%
# The scores of training and test events agree if the network is not overtrained.

_ = ScoreDisplay.from_estimator(model, X, y, X_train=train[0], y_train=train[1])

# %%
# Choose the cut on validation events, quote it on test events.

counting = {"systematic": 0.2, "luminosity": 35_866.0, "min_effective_background": 50}
chosen = SignificanceDisplay.from_estimator(model, *validation, **counting)
_ = SignificanceDisplay.from_estimator(model, X, y, cut=chosen.cut_.threshold, **counting)
