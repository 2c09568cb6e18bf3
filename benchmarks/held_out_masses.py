"""What interpolates best between masses: ``python -m benchmarks held_out_masses``.

    python -m benchmarks held_out_masses "two masses" --conditioning affine film --seeds 3

Each inner mass of a sample is left out of training and read by the network that never saw it. The
figure is the area under the ROC curve of the signal of that mass against background that did not
train, mean over the masses and the seeds, which also divide the background.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from skhep_nn import ParametricClassifier
from skhep_nn.datasets import load_resonance, make_resonance
from skhep_nn.metrics import roc_auc

FOLDER = Path(__file__).parents[2] / "shared" / "data"
PLACEMENTS = ("start", "all", "end")
CONDITIONING = ("concatenate", "bias", "scale", "affine", "film")


def main(arguments):
    """Print a line for each network as soon as it is there, and the table."""
    options = parse(arguments)
    extra = json.loads(options.arguments)
    rows = []
    for name in options.samples or [*SAMPLES]:
        events = SAMPLES[name]()
        for conditioning in options.conditioning:
            for placement in options.placements:
                how = {"conditioning": conditioning, "placement": placement, **extra}
                found = [areas(events, how, seed) for seed in range(options.seeds)]
                row = {"sample": name, "conditioning": conditioning, "placement": placement}
                row |= {"area": np.mean(found), "spread": np.std(np.mean(found, axis=1))}
                row["masses"] = np.round(np.mean(found, axis=0), 4).tolist()
                print(json.dumps(row), flush=True)
                rows.append(row)
    cells = [f"{row['area']:.4f} +- {row['spread']:.4f}" for row in rows]
    index = pd.MultiIndex.from_tuples(
        [(row["sample"], row["conditioning"], row["placement"]) for row in rows]
    )
    print(pd.Series(cells, index).unstack()[options.placements].to_markdown())


def areas(events, how, seed):
    """Area at each inner mass, of a network that never saw it."""
    masses = np.unique(events["mass"].dropna())
    background = events[events["mass"].isna()].sample(frac=1, random_state=seed)
    found = []
    for mass in masses[1:-1]:
        others = events["mass"].notna() & (events["mass"] != mass)
        train = pd.concat([events[others], background[::2]])
        test = pd.concat([events[events["mass"] == mass], background[1::2]])
        drop = ["is_signal", "weight"]
        network = ParametricClassifier(balance="equal", random_state=seed, verbose=0, **how)
        network.fit(train.drop(columns=drop), train["is_signal"])
        p = network.at(float(mass)).predict_proba(test.drop(columns=[*drop, "mass"]))[:, 1]
        found.append(roc_auc(test["is_signal"], p))
    return found


def two_masses():
    """Pythia events of 500 and 1500 GeV, to be read at 1000 GeV; of a folder beside the project."""
    names = [*load_resonance().columns[:27]]
    parts = []
    for name in ("500", "1000", "1500", "bkg"):
        with np.load(FOLDER / f"massres_{name}.npz") as file:
            mass = np.where(file["y"] == 1, file["mass"], np.nan)
            part = pd.DataFrame(file["X"], columns=names)
            parts.append(part.assign(mass=mass, is_signal=file["y"], weight=1.0))
    return pd.concat(parts, ignore_index=True)


SAMPLES = {
    "two masses": two_masses,
    "load_resonance": load_resonance,
    "make_resonance": lambda: make_resonance(
        [5000, 1500, 3000, 2000, 1000], 20_000, random_state=0
    ),
}


def parse(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks held_out_masses")
    parser.add_argument("samples", nargs="*", help=f"of {', '.join(SAMPLES)}")
    parser.add_argument("--conditioning", nargs="*", default=CONDITIONING)
    parser.add_argument("--placements", nargs="*", default=[*PLACEMENTS])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arguments", default="{}", help="further ones of the classifier, as JSON")
    return parser.parse_args(arguments)
