"""Cross-fitting: every simulated event is used, scored by a network that never saw it.

    python examples/cross_fit.py

Trains five networks on the sample that ships, each without one fold of the event numbers, compares
the scores of the folds, and quotes the area under the curve on all events. Beside it stand those of
one network: on the half of the events that trained it, and on the other half. Then data are scored
by the ONNX file, which picks the network by the event number. Takes about half a minute.
"""

from __future__ import annotations

from pathlib import Path

from sklearn.model_selection import train_test_split

from skhep_nn import CrossFitClassifier, DenseClassifier, apply, export_onnx
from skhep_nn.datasets import load_lepton_jets
from skhep_nn.metrics import roc_auc, roc_auc_error

OUTPUT = Path("examples_output")
FEATURES = ["LepPt", "LepEta", "Met", "mt", "Njet", "Jet1Pt", "Jet2Pt", "HT", "NbLoose"]
NETWORK = {"units": (50, 50), "batch_size": 1000, "weight_column": "weight", "balance": "equal"}


def main(epochs=20, output=OUTPUT):
    """Train, compare, and score a file; returns the area under the curve by name."""
    events = load_lepton_jets()
    X, y = events[[*FEATURES, "weight", "event_number"]], events["is_signal"]
    network = DenseClassifier(**NETWORK, epochs=epochs, random_state=1, verbose=0)
    model = CrossFitClassifier(network, n_folds=5).fit(X, y)
    print(f"scores of the folds\n{model.fold_spread_}\n")

    plain = X.drop(columns="event_number")
    train, test, y_train, y_test = train_test_split(plain, y, test_size=0.5, random_state=1)
    alone = network.fit(train, y_train)
    parts = {
        "cross-fit, all events": (model, X, y),
        "one network, its training events": (alone, train, y_train),
        "one network, the other half": (alone, test, y_test),
    }
    found = {}
    for name, (classifier, part, labels) in parts.items():
        arguments = labels, classifier.predict_proba(part)[:, 1], part["weight"]
        found[name] = roc_auc(*arguments)
        print(f"{name:34} AUC {found[name]:.4f} +- {roc_auc_error(*arguments):.4f}")

    output.mkdir(exist_ok=True)
    export_onnx(model, output / "cross_fit.onnx", check=X)
    # data by the same rule; a file without the column would get the mean of the networks
    events.drop(columns=["weight", "is_signal"]).to_parquet(output / "data.parquet")
    files = output / "cross_fit.onnx", output / "data.parquet", output / "scores.parquet"
    done = apply(*files, columns="event_number", progress=False)
    print(done)
    return found


if __name__ == "__main__":
    main()
