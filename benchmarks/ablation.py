"""What each part of the training recipe does to each classifier: ``python -m benchmarks ablation``.

    python -m benchmarks ablation CNN LSTM --seeds 2
    python -m benchmarks ablation CNN --set batch_size=256

A classifier as it comes is trained on a sample, then with one part of the recipe taken back at a
time, then with all of them, which is how a Keras user would train it: Adam at a constant rate of
1e-3, He's initial weights, inputs of mean 0 and deviation 1, the epoch chosen on a fifth of the
events. Area under the ROC curve of test events, of several classes the mean of each against the
rest; its error is that of paired bootstrap samples, for the difference to the default.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

import numpy as np
import sklearn

from benchmarks import accuracy_samples, kinds_samples
from benchmarks.kinds import area, setting
from skhep_nn import (
    BlockClassifier,
    CNNClassifier,
    LSTMClassifier,
    ParametricClassifier,
    ResNetClassifier,
)
from skhep_nn.datasets import make_resonance

N_BOOTSTRAPS = 200
CONSTANT = {"optimizer": "adam", "learning_rate_schedule": "constant", "epochs": 100}
STANDARD = {"input_scaling": "standard", "feature_scale": False}
HE = {"kernel_initializer": "he_normal"}
FIRST = "as it comes"
TAKEN_BACK = {
    FIRST: {},
    "he_normal": HE,
    "constant rate": CONSTANT,
    "no weight decay": {"weight_decay": 0.0},
    "standard inputs": STANDARD,
    "none of it": {**HE, **CONSTANT, **STANDARD},
}


@dataclass(frozen=True)
class Case:
    """A classifier and its events.

    Parameters
    ----------
    classifier : estimator
    load : callable
        Without arguments, to (X, y, X_test, y_test).
    he : callable
        Parameters of a classifier, with He's initial weights where they are said elsewhere.
    """

    classifier: object
    load: object
    he: object = dict


def main(arguments):
    """Print a row as soon as it is there, and the table."""
    options = parse(arguments)
    rows = []
    for name in options.classifiers or [*CASES]:
        case = CASES[name]
        events = case.load()
        reference = None
        for part in [FIRST, *(options.parts or [*TAKEN_BACK][1:])]:
            changes = {**dict(map(setting, options.set)), **TAKEN_BACK[part]}
            found = [probabilities(case, changes, events, seed) for seed in range(options.seeds)]
            reference = found if reference is None else reference
            row = {"classifier": name, "part": part, **compare(events[3], found, reference)}
            print(json.dumps(row), flush=True)
            rows.append(row)
    print(table(rows))


def probabilities(case, changes, events, seed):
    """Of the test events, and the classes."""
    X, y, X_test, _ = events
    model = sklearn.clone(case.classifier).set_params(random_state=seed, verbose=0)
    model.set_params(**case.he(changes)).fit(X, y)
    return model.predict_proba(X_test), model.classes_


def compare(y, found, reference):
    """Mean area over the seeds, and the difference to the reference with its error."""
    classes = found[0][1]
    rng = np.random.default_rng(0)
    draws = [np.arange(len(y)), *(rng.integers(len(y), size=len(y)) for _ in range(N_BOOTSTRAPS))]

    def mean(scores, rows):
        return np.mean([area(y[rows], p[rows], classes) for p, _ in scores])

    differences = [mean(found, rows) - mean(reference, rows) for rows in draws]
    return {
        "area": mean(found, draws[0]),
        "difference": differences[0],
        "error": float(np.std(differences[1:])),
    }


def table(rows):
    """A row for each classifier, a column for each part."""
    names = [name for name in TAKEN_BACK if any(row["part"] == name for row in rows)]
    lines = [f"| classifier | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for classifier in dict.fromkeys(row["classifier"] for row in rows):
        of_one = {row["part"]: row for row in rows if row["classifier"] == classifier}
        first, *others = (of_one[name] for name in names)
        cells = [f"{row['difference']:+.4f} +- {row['error']:.4f}" for row in others]
        lines.append(f"| {classifier} | {first['area']:.4f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def jets():
    """The jets that ship, four flavours."""
    sample = kinds_samples.jets()
    names = ["jet", "track"]
    return sample.train.select(names), sample.y, sample.test.select(names), sample.y_test


def particles():
    """Particle lists: four-momenta, codes and codes of mothers."""
    sample = kinds_samples.particle_lists()
    names = ["particle", "pdg", "mother_pdg"]
    return sample.train.select(names), sample.y, sample.test.select(names), sample.y_test


def lepton_jets():
    """A table of features; half of the events train."""
    sample = accuracy_samples.lepton_jets()
    X = sample.X.fillna(0.0).to_numpy(np.float32)
    return X[::2], sample.y[::2], X[1::2], sample.y[1::2]


def resonance():
    """Signal of three masses, which train; the signal of 1000 GeV and background are tested."""
    masses = (500, 1000, 1500)
    parts = [make_resonance(2000, 8000, masses, random_state=seed) for seed in (0, 1)]
    parts[1] = parts[1].assign(mass=parts[1]["mass"].fillna(1000.0)).query("mass == 1000")
    (X, y), (X_test, y_test) = (
        (events.drop(columns=["is_signal", "weight"]), events["is_signal"].to_numpy())
        for events in parts
    )
    return X, y, X_test, y_test


def he_in_branch(changes):
    """Initial weights of a `BlockClassifier` are those of its branches."""
    changes = dict(changes)
    if changes.pop("kernel_initializer", None):
        changes["branches__particle__kernel_initializer"] = "he_normal"
    return changes


PARTICLES = {"kind": "cnn", "tokens": ("pdg", "mother_pdg"), "filters": (64, 64)}
UNDROPPED = {"dropout": 0.0, "dense_dropout": 0.0}
CASES = {
    "CNN": Case(CNNClassifier(kernel_size=1, pool="average", **UNDROPPED), jets),
    "LSTM": Case(LSTMClassifier(go_backwards=True), jets),
    "ResNet": Case(ResNetClassifier(), lepton_jets),
    "Block": Case(
        BlockClassifier({"particle": {**PARTICLES, "pool": "max"}}, head={"units": (64,)}),
        particles,
        he_in_branch,
    ),
    "Parametric": Case(ParametricClassifier(), resonance),
}


def parse(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ablation")
    parser.add_argument("classifiers", nargs="*", help=f"of {', '.join(CASES)}")
    parser.add_argument("--parts", nargs="*", choices=[*TAKEN_BACK][1:])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], help="parameters, as batch_size=256")
    return parser.parse_args(arguments)
