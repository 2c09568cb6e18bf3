"""One lepton, jets and missing momentum at 13 TeV: the sample of ``load_lepton_jets``.

Pythia 8 generates the collisions, fastjet clusters the jets, a few lines of smearing stand in
for the detector. Pythia is GPL: it makes the file, it is no dependency of the package.

    python -m venv genvenv
    genvenv/bin/pip install pythia8mc==8.317.2 fastjet awkward numpy pandas pyarrow tqdm
    genvenv/bin/python examples/generate/lepton_jets.py

writes ``skhep_nn/datasets/data/lepton_jets.parquet`` and ``lepton_jets.md`` beside it.
``--scale 0.01 --output small.parquet`` tries it out in seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import awkward as ak
import fastjet
import numpy as np
import pandas as pd
import pythia8mc
from tqdm import tqdm

NOTES = """\
One event has exactly one lepton (electron or muon), at least two jets and missing momentum, in
proton collisions at 13 TeV. There are five processes:

- `signal`: a resonance Z' of 1 TeV that decays to a pair of top quarks;
- `Wjets`: a W boson and jets;
- `tt`: a pair of top quarks;
- `Zjets`: a Z boson (or virtual photon) and jets; one of its two leptons is lost;
- `other`: single top quarks (t and s channel), WW, WZ and ZZ, each with its own weight.

## Columns

Momenta in GeV, lengths in cm.

| column | unit | meaning |
|---|---|---|
| `LepChg` | e | charge of the lepton, -1 or +1 |
| `LepPt`, `LepEta` | GeV, 1 | its transverse momentum and pseudorapidity |
| `Dxy`, `Dz` | cm | its impact parameters across and along the beam, with a sign |
| `RelIso` | 1 | sum of the transverse momenta within 0.4 of it, over its own |
| `Met` | GeV | missing transverse momentum |
| `mt` | GeV | transverse mass of the lepton and the missing momentum |
| `Njet` | 1 | number of jets |
| `Jet1Pt`, `Jet2Pt` | GeV | transverse momenta of the two hardest jets |
| `HT` | GeV | sum of the transverse momenta of all jets |
| `NbLoose` | 1 | number of jets with a b-tag above 0.37, the loose working point |
| `JetHBpt`, `JetHBCSV` | GeV, 1 | transverse momentum and b-tag of the jet with the highest b-tag |
| `JetB2pt` | GeV | transverse momentum of the jet with the second highest b-tag |
| `DrJetHBLep` | 1 | distance (in eta and phi) of the lepton to the jet with the highest b-tag |
| `weight` | pb | pb per event: cross-section over number of generated events |
| `process` | name | one of the five names above |
| `is_signal` | 0 or 1 | 1 for `signal` |
| `event_number` | number | unique: 10,000,000 times the row of the sub-sample (below, from 0) + a count |

## Selection

- One lepton with pT > 26, |eta| < 2.4, RelIso < 1; no second one with pT > 10, RelIso < 0.3.
- At least two jets (anti-kT, 0.4) with pT > 30, |eta| < 2.4; the lepton is not in a jet.
- Missing transverse momentum above 30.

The cut on RelIso is loose on purpose: leptons from b and c hadrons are in the sample.

## Weights

The cross-section is Pythia's `sigmaGen()`. It is of leading order, with no K-factor, and for
the signal that of a Z' with the couplings of the Z, times its branching ratio to top pairs. Where
a decay is forced, `sigmaGen()` already contains the branching ratio (for the resonances of a hard
process Pythia reduces the cross-section: the channels of a W pair or top pair, each forced in turn,
add up to the cross-section with all channels open), so the weight needs no further factor.
The sum of the weights of a process is its cross-section times acceptance. For a luminosity of
L inverse pb multiply by L.

## What is simplified

- Leading order and the parton shower alone: jets beyond the first in `Wjets` and `Zjets` come
  from the shower. No pile-up and no multiple parton interactions (`PartonLevel:MPI=off`).
- `Wjets` and `Zjets` are generated with a transverse momentum of the boson in the hard process
  above 30 GeV, and decays to leptons only. Events below are missing, which biases both samples
  to harder jets. The bias on the yield is small: with 12 GeV in place of 30 the sum of the weights
  changed by -3 % +- 4 % (`Wjets`) and 0 % +- 5 % (`Zjets`).
- `Zjets` has a mass above 50 GeV.
- The associated production of a top quark and a W, and multijet events, are missing.
- No detector simulation. Lepton pT is smeared by 2 %, jet pT by 80 %/sqrt(pT) (+) 5 %; the change
  of the jets and a Gaussian of 15 GeV for each component go into the missing momentum.
- A lepton is found with a probability of 90 %. A muon that is not found, or has
  |eta| > 2.4, is missing momentum; such an electron is part of a jet. Photons radiated by a lepton
  are not added to it: they count in RelIso, as does an exponential of mean 1.5 GeV for pile-up,
  and a hard one can be a jet on top of the lepton (`DrJetHBLep` near 0).
- Impact parameters follow from the point of production, with a straight line, and a Gaussian of
  20 um (+) 90 um GeV / (pT sqrt(sin theta)).
- The b-tag is a random number from a beta distribution: Beta(2.2, 0.8) if the jet has a b hadron
  (pT > 5, within 0.3), else Beta(1.3, 2) with a c hadron, else Beta(1, 5). Above
  the loose working point of 0.37 are 92 %, 50 % and 10 %. It does not depend on pT or eta.
- Numbers are rounded to 12 significant bits (about 3.6 digits).
"""

BEAM = [
    "Print:quiet=on",
    "Beams:eCM=13000.",
    "PartonLevel:MPI=off",
    "ParticleDecays:limitTau0=on",
    "ParticleDecays:tau0Max=10.",
    "Random:setSeed=on",
]
BOSON_PT = "PhaseSpace:pTHatMin=30."


class SubSample(NamedTuple):
    """A process of the file, Pythia's settings for a part of it, events to generate."""

    process: str
    settings: list[str]
    events: int


SUBSAMPLES = {
    "Z' 1 TeV": SubSample(
        "signal",
        [
            "NewGaugeBoson:ffbar2gmZZprime=on",
            "Zprime:gmZmode=3",
            "32:m0=1000.",
            "32:mMin=500.",
            "32:onMode=off",
            "32:onIfAny=6",
        ],
        35_000,
    ),
    "W": SubSample(
        "Wjets",
        [
            "WeakBosonAndParton:qqbar2Wg=on",
            "WeakBosonAndParton:qg2Wq=on",
            "24:onMode=off",
            "24:onIfAny=11 13 15",
            BOSON_PT,
        ],
        380_000,
    ),
    "tt": SubSample("tt", ["Top:gg2ttbar=on", "Top:qqbar2ttbar=on"], 45_000),
    "Z": SubSample(
        "Zjets",
        [
            "WeakBosonAndParton:qqbar2gmZg=on",
            "WeakBosonAndParton:qg2gmZq=on",
            "23:mMin=50.",
            "23:onMode=off",
            "23:onIfAny=11 13 15",
            BOSON_PT,
        ],
        330_000,
    ),
    "t, t channel": SubSample("other", ["Top:qq2tq(t:W)=on"], 40_000),
    "t, s channel": SubSample("other", ["Top:ffbar2tqbar(s:W)=on"], 10_000),
    "WW": SubSample("other", ["WeakDoubleBoson:ffbar2WW=on"], 40_000),
    "WZ": SubSample("other", ["WeakDoubleBoson:ffbar2ZW=on"], 25_000),
    "ZZ": SubSample("other", ["WeakDoubleBoson:ffbar2gmZgmZ=on", "23:mMin=50."], 20_000),
}

LEPTON = ["LepChg", "LepPt", "LepEta", "Dxy", "Dz", "RelIso", "Met", "mt"]
JETS = ["Njet", "Jet1Pt", "Jet2Pt", "HT", "NbLoose", "JetHBpt", "JetHBCSV", "JetB2pt", "DrJetHBLep"]
FEATURES = [*LEPTON, *JETS]
COUNTS = ["LepChg", "Njet", "NbLoose"]

ELECTRON, MUON = 11, 13
NEUTRINOS = (12, 14, 16)
ETA_LEPTON, ETA_JET, ETA_CALORIMETER = 2.4, 2.4, 4.7
PT_LEPTON, PT_VETO, PT_JET, MET = 26.0, 10.0, 30.0, 30.0
ISO_LEPTON, ISO_VETO, ISO_CONE = 1.0, 0.3, 0.4
EFFICIENCY = 0.9
PILE_UP_PT, SOFT_MET = 1.5, 15.0
BTAG_A, BTAG_B, LOOSE = np.array([1.0, 1.3, 2.2]), np.array([5.0, 2.0, 0.8]), 0.37
ANTI_KT = fastjet.JetDefinition(fastjet.antikt_algorithm, 0.4)
EVENT_OFFSET = 10_000_000
SIGNIFICANT_BITS = 12


def draw(rng, distribution, like, *args):
    """Random numbers from ``rng.distribution(*args)``, in the jagged shape of `like`."""
    counts = ak.num(like)
    return ak.unflatten(getattr(rng, distribution)(*args, size=int(ak.sum(counts))), counts)


def delta_r(a, b):
    """Distance in eta and phi of each object of `a` (second axis) to each of `b` (third)."""
    a, b = a[:, :, np.newaxis], b[:, np.newaxis, :]
    dphi = (a.phi - b.phi + np.pi) % (2 * np.pi) - np.pi
    return np.hypot(a.eta - b.eta, dphi)


def kinematics(px, py, pz, E):
    """Fields of a four-momentum, Cartesian and cylindrical."""
    pt = np.hypot(px, py)
    eta, phi = np.arcsinh(pz / np.maximum(pt, 1e-9)), np.arctan2(py, px)
    return {"px": px, "py": py, "pz": pz, "E": E, "pt": pt, "eta": eta, "phi": phi}


def particles(record):
    """Momentum, PDG code and point of production [cm] of the particles of Pythia's record."""
    p, vertex = record.p, record.vProd
    where = {
        axis: 0.1 * ak.fill_none(vertex[field], 0.0, axis=-1)
        for axis, field in (("x", "px"), ("y", "py"), ("z", "pz"))
    }
    return ak.zip(kinematics(p.px, p.py, p.pz, p.e) | where | {"id": record.id})


def visible_particles(record, rng):
    """Stable particles that the detector sees; field ``lepton``: a lepton that it identifies."""
    stable = particles(record[record.status > 0])
    kind = abs(stable.id)
    lepton = ((kind == ELECTRON) | (kind == MUON)) & (abs(stable.eta) < ETA_LEPTON)
    lepton = lepton & (stable.pt > PT_VETO)
    found = lepton & (draw(rng, "random", kind) < EFFICIENCY)
    lost = (kind == MUON) & ((lepton & ~found) | (abs(stable.eta) > ETA_LEPTON))
    for neutrino in NEUTRINOS:
        lost = lost | (kind == neutrino)
    stable["lepton"] = found
    return stable[~lost & (abs(stable.eta) < ETA_CALORIMETER)]


def leptons(visible, rng):
    """Identified leptons, with ``reco_pt``, smeared, and ``iso``, their relative isolation."""
    chosen = visible[visible.lepton]
    dr = delta_r(chosen, visible)
    near = (dr > 0) & (dr < ISO_CONE)
    cone = ak.sum(ak.where(near, visible.pt[:, np.newaxis, :], 0.0), axis=-1)
    chosen["reco_pt"] = chosen.pt * (1 + 0.02 * draw(rng, "normal", chosen))
    chosen["iso"] = (cone + draw(rng, "exponential", chosen, PILE_UP_PT)) / chosen.reco_pt
    return chosen


def one_lepton(candidates):
    """Which events have exactly one lepton, and which of the candidates can be the one."""
    good = (candidates.reco_pt > PT_LEPTON) & (candidates.iso < ISO_LEPTON)
    loose = (candidates.reco_pt > PT_VETO) & (candidates.iso < ISO_VETO)
    return (ak.sum(good, axis=1) == 1) & (ak.sum(loose & ~good, axis=1) == 0), good


def impact_parameters(lepton, rng):
    """Dxy and Dz [cm] of a straight line through the point of production, smeared."""
    along = lepton.x * np.cos(lepton.phi) + lepton.y * np.sin(lepton.phi)
    dxy = lepton.y * np.cos(lepton.phi) - lepton.x * np.sin(lepton.phi)
    dz = lepton.z - along * np.sinh(lepton.eta)
    sin_theta = 1 / np.cosh(lepton.eta)
    sigma = np.hypot(0.0020, 0.0090 / (lepton.pt * np.sqrt(sin_theta)))
    noise = rng.normal(size=(2, len(sigma))) * sigma.to_numpy()
    return dxy + noise[0], dz + noise[1] / sin_theta


def has_quark(pdg, quark):
    """Whether `quark` is the heaviest in a hadron."""
    code = abs(pdg) % 10_000
    meson = (code < 1000) & (code // 100 == quark)
    return (abs(pdg) > 100) & (meson | (code // 1000 == quark))


def flavour(jets, record):
    """2 for a jet with a b hadron, 1 with a c hadron, 0 for light ones."""
    flavours = ak.zeros_like(jets.pt, dtype=np.int64)
    for value, quark in ((1, 4), (2, 5)):
        hadrons = record[has_quark(record.id, quark)]
        hadrons = particles(hadrons[np.hypot(hadrons.p.px, hadrons.p.py) > 5])
        flavours = ak.where(ak.any(delta_r(jets, hadrons) < 0.3, axis=-1), value, flavours)
    return flavours


def cluster(visible, lepton, rng):
    """Jets of all particles but the lepton, with ``reco_pt``, smeared."""
    rest = visible[~(visible.lepton & (visible.pt == lepton.pt))]
    momenta = ak.zip({name: rest[name] for name in ("px", "py", "pz", "E")})
    found = fastjet.ClusterSequence(momenta, ANTI_KT).inclusive_jets(min_pt=15.0)
    jets = ak.zip(kinematics(found.px, found.py, found.pz, found.E))
    resolution = np.hypot(0.8 / np.sqrt(jets.pt), 0.05)
    jets["reco_pt"] = jets.pt * np.maximum(1 + resolution * draw(rng, "normal", jets), 0.0)
    return jets


def missing_momentum(visible, lepton, jets, rng):
    """Size and azimuth of the missing momentum, after the smearing of lepton and jets."""
    soft = rng.normal(0.0, SOFT_MET, size=(2, len(lepton)))
    parts = []
    for noise, component in zip(soft, ("px", "py"), strict=True):
        shift = ak.sum((jets.reco_pt / jets.pt - 1) * jets[component], axis=1)
        shift = shift + (lepton.reco_pt / lepton.pt - 1) * lepton[component]
        parts.append(-ak.sum(visible[component], axis=1) - shift + noise)
    return np.hypot(*parts), np.arctan2(parts[1], parts[0])


def tag(jets, record, rng):
    """Jets of the selection, the hardest first, with ``btag``, a b-tag from 0 to 1."""
    jets = jets[(jets.reco_pt > PT_JET) & (abs(jets.eta) < ETA_JET)]
    jets = jets[ak.argsort(jets.reco_pt, axis=1, ascending=False)]
    flavours = flavour(jets, record)
    counts, flat = ak.num(jets), ak.to_numpy(ak.flatten(flavours))
    jets["btag"] = ak.unflatten(rng.beta(BTAG_A[flat], BTAG_B[flat]), counts)
    return jets


def lepton_columns(lepton, met, met_phi, rng):
    """Columns of the lepton and the missing momentum."""
    dxy, dz = impact_parameters(lepton, rng)
    return {
        "LepChg": -np.sign(lepton.id),
        "LepPt": lepton.reco_pt,
        "LepEta": lepton.eta,
        "Dxy": dxy,
        "Dz": dz,
        "RelIso": lepton.iso,
        "Met": met,
        "mt": np.sqrt(2 * lepton.reco_pt * met * (1 - np.cos(lepton.phi - met_phi))),
    }


def jet_columns(jets, lepton):
    """Columns of the jets, of which each event has two or more."""
    by_tag = jets[ak.argsort(jets.btag, axis=1, ascending=False)]
    return {
        "Njet": ak.num(jets),
        "Jet1Pt": jets.reco_pt[:, 0],
        "Jet2Pt": jets.reco_pt[:, 1],
        "HT": ak.sum(jets.reco_pt, axis=1),
        "NbLoose": ak.sum(jets.btag > LOOSE, axis=1),
        "JetHBpt": by_tag.reco_pt[:, 0],
        "JetHBCSV": by_tag.btag[:, 0],
        "JetB2pt": by_tag.reco_pt[:, 1],
        "DrJetHBLep": delta_r(by_tag[:, :1], lepton[:, np.newaxis])[:, 0, 0],
    }


def select(record, rng):
    """The selected events of a batch as a table, indexed by their place in the batch."""
    visible = visible_particles(record, rng)
    candidates = leptons(visible, rng)
    keep, good = one_lepton(candidates)
    number = np.flatnonzero(keep)
    visible, record, lepton = visible[keep], record[keep], candidates[good][keep][:, 0]
    jets = cluster(visible, lepton, rng)
    met, met_phi = missing_momentum(visible, lepton, jets, rng)
    jets = tag(jets, record, rng)
    passed = (ak.num(jets) >= 2) & (met > MET)
    lepton, jets = lepton[passed], jets[passed]
    columns = lepton_columns(lepton, met[passed], met_phi[passed], rng) | jet_columns(jets, lepton)
    columns = {name: ak.to_numpy(columns[name]) for name in FEATURES}
    return pd.DataFrame(columns, index=number[ak.to_numpy(passed)])


def pythia(settings, seed):
    """Pythia, ready to generate."""
    generator = pythia8mc.Pythia("", False)
    for setting in [*BEAM, f"Random:seed={seed}", *settings]:
        if not generator.readString(setting):
            raise ValueError(setting)
    if not generator.init():
        message = f"Pythia does not start with {settings}"
        raise RuntimeError(message)
    return generator


def generate(name, events, seed, batch=1000):
    """The selected events of a sub-sample and its row of the summary."""
    sample = SUBSAMPLES[name]
    generator, rng = pythia(sample.settings, seed), np.random.default_rng(seed)
    tables, done = [], 0
    with tqdm(total=events, desc=name, unit="event") as progress:
        while done < events:
            record = generator.nextBatch(min(batch, events - done)).prt
            tables.append(select(record, rng))
            tables[-1].index += done
            done += len(record)
            progress.update(len(record))
    return label(pd.concat(tables), name, done, generator.infoPython().sigmaGen() * 1e9)


def label(table, name, generated, sigma):
    """Add weight, process and event number; the row of the summary."""
    process = SUBSAMPLES[name].process
    offset = EVENT_OFFSET * list(SUBSAMPLES).index(name)
    table["weight"] = sigma / generated
    table["process"] = process
    table["event_number"] = table.index.to_numpy(np.int64) + offset
    row = {"sub-sample": name, "process": process, "cross-section [pb]": sigma}
    counts = {"generated": generated, "selected": len(table)}
    return table, row | counts | {"weight [pb]": sigma / generated}


def round_bits(values, bits=SIGNIFICANT_BITS):
    """Single precision, rounded to a number of significant bits, which compresses well."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits).astype(np.float32)


def compact(table, seed):
    """Small types and rounded numbers; rows in random order."""
    types = {name: np.int8 if name in COUNTS else np.float32 for name in FEATURES}
    rounded = {name: round_bits(table[name].to_numpy()) for name in FEATURES}
    table = table.assign(**rounded).astype(types)
    return table.sample(frac=1, random_state=seed, ignore_index=True)


def write(table, path):
    """Write the table as Parquet."""
    table.to_parquet(
        path,
        engine="pyarrow",
        index=False,
        compression="zstd",
        compression_level=19,
        use_dictionary=["weight", "process", *COUNTS],
        column_encoding={name: "BYTE_STREAM_SPLIT" for name in FEATURES if name not in COUNTS},
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
    weights = table.groupby("process")["weight"].agg(["size", "sum"]).reset_index()
    weights.columns = ["process", "events", "sum of weights [pb]"]
    command = f"`python examples/generate/lepton_jets.py --seed {arguments.seed}"
    return (
        f"# Lepton and jets at 13 TeV: lepton_jets.parquet\n\n{NOTES}\n## How it was made\n\n"
        f"{command} --scale {arguments.scale:g}`: {summary['generated'].sum():,} events in "
        f"{seconds / 60:.0f} minutes on one core, {len(table):,} selected.\n"
        f"Python {sys.version.split()[0]}, {versions}.\n\n"
        f"{markdown(summary)}\n\n{markdown(weights)}\n"
    )


def parse(arguments=None):
    """Arguments of the command line."""
    data = Path(__file__).parents[2] / "skhep_nn" / "datasets" / "data"
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=data / "lepton_jets.parquet")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the numbers of events")
    return parser.parse_args(arguments)


def main():
    """Generate all sub-samples, write the table and its description."""
    arguments, start = parse(), time.monotonic()
    tables, rows = [], []
    for number, (name, sample) in enumerate(SUBSAMPLES.items()):
        events = max(1, round(arguments.scale * sample.events))
        table, row = generate(name, events, arguments.seed + number)
        tables.append(table)
        rows.append(row)
    table, summary = compact(pd.concat(tables), arguments.seed), pd.DataFrame(rows)
    write(table, arguments.output)
    text = describe(table, summary, arguments, time.monotonic() - start)
    arguments.output.with_suffix(".md").write_text(text, encoding="utf-8")
    print(summary.to_string(index=False))


if __name__ == "__main__":
    main()
