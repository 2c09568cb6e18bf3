"""A resonance that decays to top pairs, at five masses: the sample of ``load_resonance``.

Pythia 8 generates the collisions, fastjet clusters the jets, the package's own smearing stands in
for the detector. Pythia is GPL: it makes the file, it is no dependency of the package.

    python -m venv genvenv
    genvenv/bin/pip install pythia8mc==8.317.2 fastjet awkward numpy pandas pyarrow tqdm
    PYTHONPATH=. genvenv/bin/python examples/generate/resonance.py

writes ``skhep_nn/datasets/data/resonance.parquet`` and ``resonance.md`` beside it.
``--scale 0.01 --output small.parquet`` tries it out in seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path

import awkward as ak
import fastjet
import numpy as np
import pandas as pd
import pythia8mc
from tqdm import tqdm

from skhep_nn.datasets._reconstruction import FEATURES
from skhep_nn.datasets._smearing import BOTTOM, CHARM, LIGHT, measure

NOTES = """\
A heavy resonance X that decays to a pair of top quarks, against top pairs of the standard model, in
proton collisions at 8 TeV. One top quark decays to a lepton, the other to jets. The features are
those of the HEPMASS data (P. Baldi et al., "Parameterized neural networks for high-energy physics",
Eur. Phys. J. C 76 (2016) 235), in physical units instead of standardised.

## Columns

Momenta and masses in GeV.

| column | unit | meaning |
|---|---|---|
| `lep_pt`, `lep_eta`, `lep_phi` | GeV, 1, rad | transverse momentum, pseudorapidity, azimuth of the lepton |
| `met`, `met_phi` | GeV, rad | missing transverse momentum and its azimuth |
| `n_jets` | 1 | number of jets |
| `jet1_pt`, `jet1_eta`, `jet1_phi`, `jet1_btag` | GeV, 1, rad, 0 or 1 | the hardest jet; b tag 1 or 0; so on to `jet4_` |
| `m_jj` | GeV | mass of the two of the four jets that are taken for the W |
| `m_jjj` | GeV | mass of these and the jet that makes the better top |
| `m_lv` | GeV | transverse mass of the lepton and the missing momentum |
| `m_jlv` | GeV | mass of lepton, neutrino and the fourth jet |
| `m_WWbb` | GeV | mass of lepton, neutrino and the four jets |
| `mass` | GeV | mass of X: 500, 750, 1000, 1250 or 1500; NaN for background |
| `is_signal` | 0 or 1 | 1 for X, 0 for background |
| `weight` | pb | pb per event: cross-section over number of generated events |

The pz of the neutrino follows from the mass of the W, smaller solution. The pair of `m_jj` is the
one nearest to 80.4, where each b tag in it counts as 30 of distance; the third jet of `m_jjj` is
the one nearest to 173.

## Selection

- One electron or muon with pT > 20, |eta| < 2.5.
- At least four jets (anti-kT, 0.4) with pT > 20, |eta| < 2.5; the lepton is not in a jet.
- Missing transverse momentum above 20.

## Weights

The cross-section is Pythia's `sigmaGen()`, of leading order, including the branching ratio of the
decays. Only leptons of positive charge are generated; the weight counts both charges. For the
signal it is that of a Z' with the couplings of the Z, which says little about other models: scale
the weights of each mass as needed. The sum of the weights of a sample is its cross-section times
acceptance.

## What is simplified

- Leading order and the parton shower alone; no pile-up, no multiple parton interactions
  (`PartonLevel:MPI=off`). No background but top pairs.
- X is Pythia's Z', without interference, with a width of 5 GeV at every mass and no events below
  80 % of the mass.
- The lepton is the hardest one of the event, which may be one of a b hadron; it is always found,
  and need not be isolated. There is no veto on a second one.
- No detector simulation. Lepton pT is smeared by 2 %, jet pT by 80 %/sqrt(pT) (+) 5 %. The missing
  momentum balances the lepton and all jets above 12 GeV, |eta| < 4.5, with a Gaussian of 8 GeV for
  each component. Jets have no mass.
- A jet is tagged with a probability of 75 % if it has a b hadron (pT > 5, within 0.3), else 15 %
  with a c hadron, else 1.5 %. It does not depend on pT or eta.
- Numbers are rounded to 12 significant bits (about 3.6 digits).
"""

BEAM = ["Print:quiet=on", "Beams:eCM=8000.", "PartonLevel:MPI=off", "Random:setSeed=on"]
DECAYS = ["24:onMode=off", "24:onPosIfAny=11 13", "24:onNegIfAny=1 2 3 4"]
BACKGROUND = ["Top:gg2ttbar=on", "Top:qqbar2ttbar=on"]
RESONANCE = [
    "NewGaugeBoson:ffbar2gmZZprime=on",
    "Zprime:gmZmode=3",
    "32:mWidth=5.",
    "32:doForceWidth=on",
    "32:onMode=off",
    "32:onIfAny=6",
]
# events to generate, by mass of X; None is the background
EVENTS = {500: 8_000, 750: 6_400, 1000: 5_800, 1250: 5_400, 1500: 5_600, None: 32_000}
BOTH_CHARGES = 2

ELECTRON, MUON = 11, 13
NEUTRINOS = (12, 14, 16)
ETA_CALORIMETER, PT_CLUSTERED, PT_HADRON, TAG_CONE = 4.5, 12.0, 5.0, 0.3
ANTI_KT = fastjet.JetDefinition(fastjet.antikt_algorithm, 0.4)
COUNTS = ["n_jets", *(f"jet{number}_btag" for number in (1, 2, 3, 4)), "is_signal"]
SIGNIFICANT_BITS = 12


def polar(p):
    """Transverse momentum, pseudorapidity and azimuth of particles."""
    pt = np.hypot(p.px, p.py)
    return pt, np.arcsinh(p.pz / np.maximum(pt, 1e-9)), np.arctan2(p.py, p.px)


def is_any(codes, wanted):
    """Which of the codes are among the wanted ones."""
    found = codes == wanted[0]
    for one in wanted[1:]:
        found = found | (codes == one)
    return found


def hardest_lepton(record):
    """The place of the hardest electron or muon in each event, of shape (n_events, 1)."""
    lepton = (record.status > 0) & is_any(abs(record.id), (ELECTRON, MUON))
    pt = np.hypot(record.p.px, record.p.py)
    return ak.argmax(ak.where(lepton, pt, -1.0), axis=1, keepdims=True)


def cluster(record, lepton):
    """Jets of all visible particles but the lepton."""
    eta = polar(record.p)[1]
    visible = (record.status > 0) & ~is_any(abs(record.id), NEUTRINOS)
    visible = visible & (abs(eta) < ETA_CALORIMETER)
    visible = visible & (ak.local_index(record.id, axis=1) != lepton)
    p = record.p[visible]
    momenta = ak.zip({"px": p.px, "py": p.py, "pz": p.pz, "E": p.e})
    return fastjet.ClusterSequence(momenta, ANTI_KT).inclusive_jets(min_pt=PT_CLUSTERED)


def has_quark(codes, quark):
    """Whether `quark` is the heaviest in a hadron."""
    codes = abs(codes)
    return (codes > 100) & (((codes // 100) % 10 == quark) | ((codes // 1000) % 10 == quark))


def has_hadron(record, quark, eta, phi):
    """Whether a hadron with the quark is near the jets."""
    hadrons = record[has_quark(record.id, quark)].p
    pt, hadron_eta, hadron_phi = (part[:, np.newaxis, :] for part in polar(hadrons))
    dphi = (hadron_phi - phi[:, :, np.newaxis] + np.pi) % (2 * np.pi) - np.pi
    dr = np.hypot(hadron_eta - eta[:, :, np.newaxis], dphi)
    return ak.any((dr < TAG_CONE) & (pt > PT_HADRON), axis=-1)


def pad(jagged, size):
    """A jagged array as a rectangular one, zeros at the end."""
    return ak.to_numpy(ak.fill_none(ak.pad_none(jagged, size, clip=True), 0))


def select(record, rng):
    """The features of the events of a batch that pass."""
    at = hardest_lepton(record)
    lepton = np.column_stack([ak.to_numpy(part[at][:, 0]) for part in polar(record.p)])
    jets = cluster(record, at)
    pt, eta, phi = polar(jets)
    flavour = ak.where(has_hadron(record, 4, eta, phi), CHARM, LIGHT)
    flavour = ak.where(has_hadron(record, 5, eta, phi), BOTTOM, flavour)
    size = int(ak.max(ak.num(pt)))
    padded = np.stack([pad(part, size) for part in (pt, eta, phi)], axis=-1)
    return measure(lepton, padded, pad(flavour, size).astype(int), rng)[0]


def pythia(settings, seed):
    """Pythia, ready to generate."""
    generator = pythia8mc.Pythia("", False)
    for setting in [*BEAM, *DECAYS, f"Random:seed={seed}", *settings]:
        if not generator.readString(setting):
            raise ValueError(setting)
    if not generator.init():
        message = f"Pythia does not start with {settings}"
        raise RuntimeError(message)
    return generator


def process(mass):
    """Pythia's settings for X of a mass, or for the background."""
    if mass is None:
        return BACKGROUND
    return [*RESONANCE, f"32:m0={mass}", f"32:mMin={0.8 * mass}"]


def generate(mass, events, seed, batch=500):
    """The selected events of one sample and its row of the summary."""
    name = "background" if mass is None else f"{mass} GeV"
    generator, rng = pythia(process(mass), seed), np.random.default_rng(seed)
    parts, done = [], 0
    with tqdm(total=events, desc=name, unit="event") as progress:
        while done < events:
            record = generator.nextBatch(min(batch, events - done)).prt
            parts.append(select(record, rng))
            done += len(record)
            progress.update(len(record))
    sigma = BOTH_CHARGES * generator.infoPython().sigmaGen() * 1e9
    table = pd.DataFrame(np.concatenate(parts), columns=FEATURES)
    table = table.assign(
        mass=np.nan if mass is None else mass, is_signal=int(mass is not None), weight=sigma / done
    )
    counts = {"generated": done, "selected": len(table)}
    row = {"sample": name, "cross-section [pb]": sigma} | counts
    return table, row | {"weight [pb]": sigma / done}


def round_bits(values, bits=SIGNIFICANT_BITS):
    """Single precision, rounded to a number of significant bits, which compresses well."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits).astype(np.float32)


def compact(table, seed):
    """Small types and rounded numbers; rows in random order."""
    rounded = {name: round_bits(table[name].to_numpy()) for name in FEATURES}
    table = table.assign(**rounded).astype(dict.fromkeys(COUNTS, np.int8))
    return table.sample(frac=1, random_state=seed, ignore_index=True)


def write(table, path):
    """Write the table as Parquet."""
    continuous = [name for name in FEATURES if name not in COUNTS]
    table.to_parquet(
        path,
        engine="pyarrow",
        index=False,
        compression="zstd",
        compression_level=19,
        use_dictionary=["mass", "weight", *COUNTS],
        column_encoding=dict.fromkeys(continuous, "BYTE_STREAM_SPLIT"),
    )


def markdown(frame):
    """A table in Markdown, numbers to five digits."""
    rows = [list(frame.columns), ["---"] * frame.shape[1], *frame.to_numpy(dtype=object).tolist()]
    cells = [[f"{cell:.5g}" if isinstance(cell, float) else str(cell) for cell in r] for r in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def describe(table, summary, arguments, seconds):
    """How the file was made, in Markdown."""
    packages = ("pythia8mc", "fastjet", "awkward", "numpy", "pandas", "pyarrow")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    command = f"`python examples/generate/resonance.py --seed {arguments.seed}"
    return (
        f"# A resonance at five masses, 8 TeV: resonance.parquet\n\n{NOTES}\n## How it was made\n\n"
        f"{command} --scale {arguments.scale:g}`: {summary['generated'].sum():,} events in "
        f"{seconds / 60:.0f} minutes on one core, {len(table):,} selected.\n"
        f"Python {sys.version.split()[0]}, {versions}.\n\n{markdown(summary)}\n"
    )


def parse(arguments=None):
    """Arguments of the command line."""
    data = Path(__file__).parents[2] / "skhep_nn" / "datasets" / "data"
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=data / "resonance.parquet")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the numbers of events")
    return parser.parse_args(arguments)


def main():
    """Generate all samples, write the table and its description."""
    arguments, start = parse(), time.monotonic()
    tables, rows = [], []
    for number, (mass, full) in enumerate(EVENTS.items()):
        table, row = generate(mass, max(1, round(arguments.scale * full)), arguments.seed + number)
        tables.append(table)
        rows.append(row)
    table, summary = compact(pd.concat(tables), arguments.seed), pd.DataFrame(rows)
    write(table, arguments.output)
    text = describe(table, summary, arguments, time.monotonic() - start)
    arguments.output.with_suffix(".md").write_text(text, encoding="utf-8")
    print(summary.to_string(index=False))


if __name__ == "__main__":
    main()
