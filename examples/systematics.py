"""Systematic uncertainties: an energy scale up and down 3 %, from the events to the likelihood.

    python examples/systematics.py atlas-higgs-challenge-2014-v2.csv.gz

With the file of the ATLAS Higgs challenge (CERN Open Data record 328, or a part of it; without a
path it is looked for in scikit-learn's data home) the momentum of the tau is scaled, and what
follows from it is computed anew: the missing momentum, masses, transverse momenta, the centrality.
The mass of the missing-mass calculator, which needs a fit, moves with the visible mass. Without
the file the momenta of the jets of the sample that ships are scaled.

A dense network learns on nominal events, validation events choose the bins of its score, and test
events make the templates: their yields, the expected significance with and without each
uncertainty, impacts, the expected limit, a picture, and files for pyhf and Combine, in
``examples_output/``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skhep_nn import DenseClassifier, Templates, optimise_binning
from skhep_nn.datasets import fetch_higgs_ml, load_lepton_jets
from skhep_nn.exceptions import MissingFileError
from skhep_nn.plotting import TemplatesDisplay

OUTPUT = Path("examples_output")
SCALE = 0.03
LUMINOSITY = 35_866.0  # 1/pb, for the sample that ships
JETS = ["Jet1Pt", "Jet2Pt", "JetHBpt", "JetB2pt", "HT"]


def main(arguments=None, **training):
    """Train, choose bins, and print what the templates say."""
    options = parse(arguments)
    X, y, w, scaled, processes = read(options.path)
    train, rest = train_test_split(np.arange(len(y)), test_size=0.6, random_state=0, stratify=y)
    choice, test = train_test_split(rest, test_size=0.5, random_state=0, stratify=y[rest])
    network = DenseClassifier(balance="equal", random_state=0, **{"epochs": 20, **training})
    model = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), network)
    model.fit(X.iloc[train], y[train], denseclassifier__sample_weight=w[train])
    yields = {label: w[y == label].sum() for label in (0, 1)}
    rules = {"systematic": options.systematic, "yields": yields}
    p = model.predict_proba(X.iloc[choice])[:, 1]
    edges = optimise_binning(y[choice], p, w[choice], min_effective_background=50, **rules)
    nominal = X.iloc[test]
    tables = {"nominal": nominal}
    for side, sign in (("up", 1), ("down", -1)):
        tables["scale", side] = scaled(nominal, 1 + sign * SCALE)
    templates = Templates.from_estimator(
        model,
        tables,
        y[test],
        bins=edges,
        sample_weight=w[test],
        processes=processes[test],
        **rules,
    )
    report(templates)
    return templates


def report(templates):
    """Print tables, and write the picture and the files of others' programs."""
    OUTPUT.mkdir(exist_ok=True)
    print(templates.yields().to_string(float_format="{:.2f}".format), "\n")
    print(templates.impacts().to_string(float_format="{:.3f}".format), "\n")
    limit = templates.limit()
    low, high = limit.band_68
    print(f"expected significance {templates.significance():.3f}")
    print(f"expected limit at 95 % {limit.median:.2f} times the signal ({low:.2f} to {high:.2f})")
    TemplatesDisplay.from_templates(templates).figure_.savefig(OUTPUT / "systematics.png", dpi=150)
    templates.to_pyhf(OUTPUT / "systematics.json")
    templates.to_root(OUTPUT / "systematics.root")


def read(path):
    """(X, y, w, how to scale X, processes) of the ATLAS events, or of those that ship."""
    try:
        X, y, w = fetch_higgs_ml(path, official_yields=True, return_X_y=True)
    except MissingFileError as error:
        if path is not None:
            raise
        print(f"{error}: jets of the sample that ships instead", file=sys.stderr)
        events = load_lepton_jets()
        X = events.drop(columns=["weight", "process", "is_signal", "event_number"])
        y, w = events["is_signal"].to_numpy(), LUMINOSITY * events["weight"].to_numpy()
        return X, y, w, scale_jets, events["process"].astype(str).to_numpy()
    return X, y, w, scale_tau, np.where(y == 1, "signal", "background")


def scale_jets(X, factor):
    """Momenta of the jets times `factor`."""
    return X.assign(**{name: factor * X[name] for name in JETS})


def scale_tau(X, factor):
    """Momentum of the tau times `factor`, and what follows from it.

    Derived quantities move by the difference of the formula, since the file is rounded.
    """
    shift = (factor - 1) * X["PRI_tau_pt"]
    px, py = (part - shift * f(X["PRI_tau_phi"]) for part, f in momentum(X, "met"))
    out = X.assign(
        PRI_tau_pt=factor * X["PRI_tau_pt"],
        PRI_met=np.hypot(px, py),
        PRI_met_phi=np.arctan2(py, px),
        PRI_met_sumet=X["PRI_met_sumet"] + shift,
    )
    for name, formula in DERIVED.items():
        out[name] = X[name] + formula(out) - formula(X)
    ratio = out["DER_mass_vis"] / X["DER_mass_vis"]
    return out.assign(DER_mass_MMC=ratio * X["DER_mass_MMC"])


def momentum(e, name):
    """Components of a transverse momentum, 0 where there is no such jet, with cosine and sine."""
    pt, phi = e["PRI_met" if name == "met" else f"PRI_{name}_pt"], e[f"PRI_{name}_phi"]
    return [((pt * f(phi)).fillna(0.0), f) for f in (np.cos, np.sin)]


def sum_of(e, *names):
    """Size of a sum of transverse momenta."""
    return np.hypot(*(sum(momentum(e, name)[axis][0] for name in names) for axis in (0, 1)))


def mass_of_two(e, met, lep):
    """Transverse mass of two massless momenta."""
    scalar = e["PRI_met"] + e["PRI_lep_pt"]
    return np.sqrt(np.maximum(scalar**2 - sum_of(e, met, lep) ** 2, 0.0))


def visible_mass(e):
    """Invariant mass of tau and lepton, both massless."""
    eta, phi = (e[f"PRI_tau_{axis}"] - e[f"PRI_lep_{axis}"] for axis in ("eta", "phi"))
    return np.sqrt(2 * e["PRI_tau_pt"] * e["PRI_lep_pt"] * (np.cosh(eta) - np.cos(phi)))


def centrality(e):
    """Where the missing momentum points between lepton and tau."""
    a = np.sin(e["PRI_met_phi"] - e["PRI_lep_phi"])
    b = np.sin(e["PRI_tau_phi"] - e["PRI_met_phi"])
    return np.sign(np.sin(e["PRI_tau_phi"] - e["PRI_lep_phi"])) * (a + b) / np.hypot(a, b)


# what the challenge computes from the momenta, and what a larger tau does to it
DERIVED = {
    "DER_mass_transverse_met_lep": lambda e: mass_of_two(e, "met", "lep"),
    "DER_mass_vis": visible_mass,
    "DER_pt_h": lambda e: sum_of(e, "tau", "lep", "met"),
    "DER_pt_tot": lambda e: sum_of(e, "tau", "lep", "met", "jet_leading", "jet_subleading"),
    "DER_sum_pt": lambda e: e["PRI_tau_pt"] + e["PRI_lep_pt"] + e["PRI_jet_all_pt"],
    "DER_pt_ratio_lep_tau": lambda e: e["PRI_lep_pt"] / e["PRI_tau_pt"],
    "DER_met_phi_centrality": centrality,
}


def parse(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", help="file in the layout of CERN Open Data record 328")
    parser.add_argument("--systematic", type=float, default=0.05, help="of each bin's background")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
