"""The main job, on the sample that ships: train with event weights, search, score, save, apply.

A resonance that decays to top pairs is separated from W+jets, tt, Z+jets and other processes in
events with one lepton and jets. Run it with ``make demo``, or ``python examples/demo.py``; table
and pictures are written to ``demo_output/``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skhep_nn import (
    DenseClassifier,
    EventWeightBalancer,
    MinMaxScaler,
    Report,
    binned_significance,
    export_onnx,
    make_binned_scorer,
    optimise_binning,
    train_validation_test_split,
)
from skhep_nn.datasets import load_lepton_jets
from skhep_nn.metrics import roc_auc, significance_scan
from skhep_nn.plotting import (
    HistoryDisplay,
    InputVariablesDisplay,
    RocDisplay,
    ScoreDisplay,
    SignificanceDisplay,
)

OUTPUT = Path("demo_output")
LUMINOSITY = 35_866.0  # 1/pb, CMS 2016, as in the tutorial "NN in CMS"
# The background has a relative uncertainty of 20 %, and a cut must keep 100 effective simulated
# background events: with fewer, the best cut is where the background happens to fluctuate down.
FIGURE = {"systematic": 0.2, "min_effective_background": 100}
# Where importing these packages fails, as if they were not installed.
WITHOUT_TENSORFLOW = """
import sys
sys.modules.update(dict.fromkeys(["tensorflow", "keras", "scikeras"]))
from skhep_nn import apply
apply(sys.argv[1], sys.argv[2], sys.argv[3])
"""
CLASS_NAMES = ["background", "signal"]


def main():
    """Run every step; the numbers depend on the seeds below alone."""
    OUTPUT.mkdir(exist_ok=True)
    events = load_lepton_jets()
    features = [*events.columns.drop(["weight", "process", "is_signal", "event_number"])]
    say(f"{len(events):,} events, {len(features)} variables, five processes")
    parts = train_validation_test_split(
        events,
        (0.5, 0.25, 0.25),
        process_column="process",
        event_number="event_number",
        random_state=1,
    )
    train, validation, test = ((part[[*features, "weight"]], part["is_signal"]) for part in parts)
    model = search(*train)
    cut = report(model, parts, features)
    draw(model, train, validation, test, features, cut)
    write_report(model, parts)
    save_and_apply(model, test[0])
    export_and_apply(model, test[0])
    say(f"report, table, pictures, model and scores are in {OUTPUT}/")


def search(X, y):
    """The best of three architectures by the significance in bins, three folds each."""
    network = DenseClassifier(weight_column="weight", class_names=CLASS_NAMES, random_state=1)
    model = Pipeline(
        [
            ("balance", EventWeightBalancer(mode="equal", weight_column="weight")),
            ("scale", MinMaxScaler(exclude=["weight"])),
            ("network", network),
        ]
    )
    grid = {"network__units": [(128, 128, 128), (256, 256), (256, 256, 256)]}
    yields = X["weight"].groupby(y).sum().to_dict()
    scorer = make_binned_scorer(
        **FIGURE,
        luminosity=LUMINOSITY,
        yields=yields,
        weight_column="weight",
    )
    say(f"training {3 * len(grid['network__units']) + 1} networks")
    found = GridSearchCV(model, grid, scoring=scorer, cv=3, verbose=3).fit(X, y)
    table = pd.DataFrame(found.cv_results_)[
        ["param_network__units", "mean_test_score", "std_test_score"]
    ]
    table.columns = ["units", "significance", "spread over folds"]
    print(table.to_string(index=False, float_format="%.3f"))
    return found.best_estimator_


def report(model, parts, features):
    """Print the table, and write it; the cut is chosen on validation events."""
    _, validation, test = parts
    scans = {name: scan(model, part, features) for name, part in (("v", validation), ("t", test))}
    cut = scans["v"].best_threshold
    at_cut = scans["t"].at(cut)
    aucs = [roc_auc(p["is_signal"], score(model, p, features), p["weight"]) for p in parts]
    lines = [
        f"units                           {model[-1].units}",
        f"best epoch                      {model[-1].best_epoch_} of {model[-1].n_epochs_}",
        "weighted AUC                    "
        + ", ".join(
            f"{n} {a:.4f}" for n, a in zip(("train", "validation", "test"), aucs, strict=True)
        ),
        f"best cut (validation)           {cut:.4f}",
        f"figure of merit (validation)    {scans['v'].best_value:.3f}",
        f"figure of merit (test, at cut)  {at_cut.figure_of_merit:.3f}",
        f"significance in bins (test)     {in_bins(model, validation, test, features)}",
        "",
        f"Test events, weighted to {LUMINOSITY / 1000:.1f} /fb:",
        yields(model, test, features, cut).to_string(float_format="%.2f"),
    ]
    text = "\n".join(lines)
    (OUTPUT / "table.txt").write_text(text + "\n")
    print(f"\n{text}\n")
    return cut


def scan(model, part, features):
    """The scan of the cut on one part; each has the full yield of every process."""
    return significance_scan(
        part["is_signal"],
        score(model, part, features),
        part["weight"],
        **FIGURE,
        luminosity=LUMINOSITY,
    )


def in_bins(model, validation, test, features):
    """Expected significance of the score's histogram, whose bins validation events choose."""
    events = [
        (part["is_signal"], score(model, part, features), part["weight"])
        for part in (validation, test)
    ]
    edges = optimise_binning(*events[0], **FIGURE, luminosity=LUMINOSITY)
    found = binned_significance(
        *events[1], bins=edges, systematic=FIGURE["systematic"], luminosity=LUMINOSITY
    )
    value = f"{found.significance:.3f} +- {found.standard_error:.3f}"
    return f"{value}, {len(edges) - 1} bins, with the error of simulation"


def score(model, part, features):
    """Probability of signal; the model needs no weights here."""
    return model.predict_proba(part[features])[:, 1]


def yields(model, part, features, cut):
    """Yield of each process before and after the cut, with its statistical error."""
    kept = score(model, part, features) >= cut
    rows = {}
    for process, of_process in part.groupby(part["process"].astype(str)).indices.items():
        weights = LUMINOSITY * part["weight"].to_numpy()[of_process]
        after = weights[kept[of_process]]
        rows[process] = [weights.sum(), after.sum(), np.sqrt(np.sum(after**2)), len(after)]
    columns = ["all", "after cut", "+-", "simulated events"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).sort_values("all")


def in_events(X, y):
    """The same events with weights that sum to expected events, in place of cross-sections."""
    return X.assign(weight=LUMINOSITY * X["weight"]), y


def draw(model, train, validation, test, features, cut):
    """The five pictures."""
    weights = {"weight_column": "weight"}
    pictures = {
        "input_variables": lambda: InputVariablesDisplay.from_estimator(
            model, *train, **weights, columns=features
        ),
        "losses": lambda: HistoryDisplay.from_estimator(model),
        "roc": lambda: RocDisplay.from_estimator(model, *test, **weights, name="test"),
        "scores": lambda: ScoreDisplay.from_estimator(
            model, *in_events(*test), X_train=train[0], y_train=train[1], **weights
        ),
        "significance": lambda: SignificanceDisplay.from_estimator(
            model,
            *validation,
            X_test=test[0],
            y_test=test[1],
            **weights,
            **FIGURE,
            luminosity=LUMINOSITY,
        ),
    }
    for name, picture in pictures.items():
        picture().figure_.savefig(OUTPUT / f"{name}.png", dpi=150)
        plt.close("all")


def write_report(model, parts):
    """One page that says it all: open it in a browser."""
    train, validation, test = parts
    varied = {
        f"energy_{name}": test.assign(**{jet: test[jet] * factor for jet in ("HT", "Jet1Pt")})
        for name, factor in (("up", 1.03), ("down", 0.97))
    }
    report = Report(
        model,
        train=train,
        validation=validation,
        test=test,
        variations=varied,
        y="is_signal",
        process_column="process",
        luminosity=LUMINOSITY,
        sculpting="mt",
        title="Demo: a resonance to top pairs",
        **FIGURE,
    )
    report.save(OUTPUT / "report.html")
    say(f"the report is {OUTPUT}/report.html")


def save_and_apply(model, X):
    """Save the model; a new process applies it to a file without weights, to the same bits."""
    paths = {name: OUTPUT / name for name in ("model.joblib", "data.parquet", "scores.parquet")}
    joblib.dump(model, paths["model.joblib"])
    X.drop(columns="weight").to_parquet(paths["data.parquet"])
    command = [sys.executable, "-m", "skhep_nn", "apply", *list(paths.values())[:2]]
    subprocess.run([*command, "--output", paths["scores.parquet"]], check=True)
    here = model.predict_proba(X.drop(columns="weight"))[:, 1]
    there = pd.read_parquet(paths["scores.parquet"])["score"].to_numpy()
    same = np.array_equal(here, there)
    say(f"applied in a new process, without weights: predictions bit-equal: {same}")
    if not same:
        sys.exit("the loaded model predicts differently")


def export_and_apply(model, X):
    """The whole Pipeline as ONNX, applied in a process that cannot import TensorFlow."""
    X = X.drop(columns="weight")
    paths = [str(OUTPUT / name) for name in ("model.onnx", "data.parquet", "scores_onnx.parquet")]
    export_onnx(model, paths[0], check=X)
    subprocess.run([sys.executable, "-c", WITHOUT_TENSORFLOW, *paths], check=True)
    there = pd.read_parquet(paths[2])["score"].to_numpy()
    difference = np.abs(model.predict_proba(X)[:, 1] - there).max()
    say(f"applied as ONNX, without TensorFlow: scores agree to {difference:.1g}")
    if not difference < 1e-6:
        sys.exit("the ONNX file predicts differently")


def say(text, _started=time.perf_counter()):  # noqa: B008 - the start of the program
    """Print `text` with the seconds since the start."""
    print(f"[{time.perf_counter() - _started:5.1f} s] {text}", flush=True)


if __name__ == "__main__":
    main()
