"""
Is the score a probability
==========================

Balanced networks promise far too much signal. Calibration on events that did not train mends it.
"""

# %%
# Training is balanced: signal is a ten-thousandth of the weight, and half of the loss.

from skhep_nn import (
    CalibratedClassifier,
    DenseClassifier,
    train_validation_test_split,
)
from skhep_nn.datasets import load_lepton_jets
from skhep_nn.metrics import log_loss
from skhep_nn.plotting import CalibrationDisplay

events = load_lepton_jets()
columns = ["LepPt", "Met", "mt", "Njet", "Jet1Pt", "HT", "JetHBCSV", "weight"]
parts = train_validation_test_split(events, (0.5, 0.25, 0.25), random_state=0)
train, held_out, test = ((part[columns], part["is_signal"]) for part in parts)
network = DenseClassifier((64, 64), balance="equal", weight_column="weight", random_state=0)
network.fit(*train)

# %%
# A map of the scores, fitted on other events in their physical weights.

calibrated = CalibratedClassifier(network, method="beta", prior="physical").fit(*held_out)
X, y = test
for name, model in {"balanced": network, "calibrated": calibrated}.items():
    p = model.predict_proba(X)[:, 1]
    expected = (p * X["weight"]).sum()
    found = X["weight"][y == 1].sum()
    print(f"{name}: {expected:.3g} pb of signal expected, {found:.3g} there;", end=" ")
    print(f"log loss {log_loss(y, p, X['weight'])[0]:.3g}")

# %%
# Fraction of signal against the predicted probability.

_ = CalibrationDisplay.from_estimator(calibrated, X, y, log=True)
