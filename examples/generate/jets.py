"""Jets of b, c and light quarks and of gluons, with their tracks: the sample of ``load_jets``.

Pythia 8 generates proton collisions at 13 TeV, fastjet clusters the jets, a few lines of smearing
stand in for the detector. Pythia is GPL: it makes the file, it is no dependency of the package.

    python -m venv genvenv
    genvenv/bin/pip install pythia8mc==8.317.2 fastjet awkward numpy pandas pyarrow tqdm
    genvenv/bin/python examples/generate/jets.py

writes ``skhep_nn/datasets/data/jets.parquet`` and ``jets.md`` beside it.
``--scale 0.02 --jets 20 --output small.parquet`` tries it out in seconds.
"""

from __future__ import annotations

import argparse
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import awkward as ak
import fastjet
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pythia8mc
from tqdm import tqdm

NOTES = """\
One row is a jet (anti-kT, 0.4) in proton collisions at 13 TeV, with up to 15 of its tracks. There
are equal numbers of four flavours: `b`, `c`, `uds` and `g`.

## Columns

Momenta and masses in GeV, lengths in mm.

| column | unit | meaning |
|---|---|---|
| `pt`, `eta`, `mass` | GeV, 1, GeV | transverse momentum, pseudorapidity and mass of the jet |
| `width` | 1 | mean distance (in eta and phi) of its particles to the axis, weighted by pT |
| `pt_dispersion` | 1 | square root of the sum of pT^2 over the sum of pT of its particles |
| `n_tracks` | 1 | number of all its tracks |
| `track_fraction` | 1 | sum of the pT of all its tracks over `pt` |
| `flavour` | name | one of the four names above |
| `weight` | 1 | see below |
| `process` | name | `tt`, `bb`, `cc` or `multijet` |
| `event_number` | number | jets of one collision share it; split by it (`GroupShuffleSplit`) |

Lists, one entry per track, the one with the largest absolute `track_d0_significance` in front:

| column | unit | meaning |
|---|---|---|
| `track_pt` | GeV | transverse momentum |
| `track_pt_fraction` | 1 | the same over `pt` |
| `track_deta`, `track_dphi` | 1, rad | direction relative to the jet's axis |
| `track_d0`, `track_z0` | mm | impact parameters across and along the beam |
| `track_d0_significance`, `track_z0_significance` | 1 | these over their uncertainties, see below |
| `track_charge` | e | -1 or +1 |

The sign of `track_d0` says on which side the track passes; that of a significance is the lifetime
sign, positive if the track crosses the jet's axis in front of the collision.

## Flavour

A jet is `b` if a hadron with a b quark (pT > 5) is within 0.3 of its axis, else `c` if one with a
c quark is. Else it is `g` or `uds` by the parton of highest pT (above 5) within 0.4. Jets without
such a parton, or where it is a heavy quark, are left out.

## Weight

Weights give every flavour the same spectrum of pT and |eta|, so that a classifier cannot learn
these: in bins of both, the number of b jets over that of jets of the flavour. They are 1 for b
jets, and sum to the same for each flavour. They are not cross-sections.

## What is simplified

- Leading order and the parton shower; no pile-up. Top quarks decay to hadrons only, so that no jet
  is a lepton. Multijet events are generated with a spectrum of pT that falls less steeply.
- No detector simulation. Jet momenta and masses are smeared by 80 %/sqrt(pT) (+) 5 %. A track is a
  stable charged particle with pT > 0.5 and |eta| < 2.5; all are found, none is fake.
- Impact parameters follow from the point of production, with a straight line, and a Gaussian of
  10 um (+) 90 um GeV / (pT sqrt(sin theta)). No vertex is fitted: the collision is at 0.
- Particles with a mean decay length above 1 cm (neutral kaons, Lambdas) do not decay; without
  their displaced tracks light jets are easier to reject than in a detector.
- Numbers are rounded to 10 significant bits (3 digits).
"""

SETTINGS = [
    "Print:quiet=on",
    "Beams:eCM=13000.",
    "ParticleDecays:limitTau0=on",
    "ParticleDecays:tau0Max=10.",
    "Random:setSeed=on",
]
PT_HAT = "PhaseSpace:pTHatMin=25."


class Process(NamedTuple):
    """Pythia's settings for a process, events to generate."""

    settings: list[str]
    events: int


PROCESSES = {
    "tt": Process(
        [
            "Top:gg2ttbar=on",
            "Top:qqbar2ttbar=on",
            "24:onMode=off",
            "24:onIfAny=1 2 3 4 5",
        ],
        1_200,
    ),
    "bb": Process(["HardQCD:hardbbbar=on", PT_HAT], 1_200),
    "cc": Process(["HardQCD:hardccbar=on", PT_HAT], 1_700),
    "multijet": Process(
        [
            "HardQCD:all=on",
            PT_HAT,
            "PhaseSpace:bias2Selection=on",
            "PhaseSpace:bias2SelectionPow=3.",
            "PhaseSpace:bias2SelectionRef=50.",
        ],
        2_200,
    ),
}

FLAVOURS = np.array(["b", "c", "uds", "g"])
B, C, UDS, GLUON, UNKNOWN = range(5)
JET = ["pt", "eta", "mass", "width", "pt_dispersion", "n_tracks", "track_fraction"]
TRACK = ["pt", "deta", "dphi", "d0", "z0", "d0_significance", "z0_significance", "charge"]
SMALL = {"n_tracks": np.int16, "charge": np.int8}
NEUTRINOS = (12, 14, 16)
PT_JET, ETA_JET, PT_CLUSTERED = 30.0, 2.4, 15.0
PT_TRACK, ETA_TRACK, ETA_CALORIMETER = 0.5, 2.5, 4.0
PT_HADRON, DR_HADRON, DR_PARTON = 5.0, 0.3, 0.4
# mm
RESOLUTION_D0, RESOLUTION_SCATTERING = 0.010, 0.090
MAX_TRACKS = 15
BINS_PT = [0.0, 35.0, 42.0, 50.0, 60.0, 75.0, 100.0, 140.0, np.inf]
BINS_ETA = [0.0, 0.6, 1.2, 1.8, np.inf]
ANTI_KT = fastjet.JetDefinition(fastjet.antikt_algorithm, 0.4)
BITS = 10


def delta_phi(a, b):
    """Difference of azimuths, between -pi and pi."""
    return (a - b + np.pi) % (2 * np.pi) - np.pi


def delta_r(jets, others):
    """Distance in eta and phi of each jet (second axis) to each of the others (third)."""
    jets, others = jets[:, :, np.newaxis], others[:, np.newaxis, :]
    return np.hypot(jets.eta - others.eta, delta_phi(jets.phi, others.phi))


def kinematics(px, py, pz, E):
    """Fields of a four-momentum, Cartesian and cylindrical."""
    pt = np.hypot(px, py)
    eta, phi = np.arcsinh(pz / np.maximum(pt, 1e-9)), np.arctan2(py, px)
    return {"px": px, "py": py, "pz": pz, "E": E, "pt": pt, "eta": eta, "phi": phi}


def particles(record):
    """Momentum, PDG code and point of production [mm] of the particles of Pythia's record."""
    p, vertex = record.p, record.vProd
    where = {
        axis: ak.fill_none(vertex[field], 0.0, axis=-1)
        for axis, field in (("x", "px"), ("y", "py"), ("z", "pz"))
    }
    return ak.zip(kinematics(p.px, p.py, p.pz, p.e) | where | {"id": record.id})


def visible_particles(record, charges):
    """Stable particles in reach of the detector, with their charge."""
    stable = particles(record[record.status > 0])
    neutrino = sum(abs(stable.id) == code for code in NEUTRINOS) > 0
    visible = stable[~neutrino & (abs(stable.eta) < ETA_CALORIMETER)]
    visible["charge"] = of_flat(charges, visible.id)
    return visible


def of_flat(function, jagged):
    """`function` of the flat values, in the jagged shape."""
    return ak.unflatten(function(ak.to_numpy(ak.flatten(jagged))), ak.num(jagged))


def charge_table(generator):
    """Function from an array of PDG codes to charges."""

    def charges(pdg):
        codes, inverse = np.unique(pdg, return_inverse=True)
        known = [round(generator.particleData.charge(int(code))) for code in codes]
        return np.array(known)[inverse]

    return charges


def cluster(visible, rng):
    """Jets with pT above threshold, field ``particles``: what they are made of; smeared."""
    momenta = ak.zip({name: visible[name] for name in ("px", "py", "pz", "E")})
    sequence = fastjet.ClusterSequence(momenta, ANTI_KT)
    found = sequence.inclusive_jets(min_pt=PT_CLUSTERED)
    index = sequence.constituent_index(min_pt=PT_CLUSTERED)
    inside = visible[ak.flatten(index, axis=2)]
    inside = ak.unflatten(inside, ak.flatten(ak.num(index, axis=2)), axis=1)
    mass2 = found.E**2 - found.px**2 - found.py**2 - found.pz**2
    fields = kinematics(found.px, found.py, found.pz, found.E)
    jets = ak.zip(fields | {"mass": np.sqrt(np.maximum(mass2, 0.0))})
    smearing = np.hypot(0.8 / np.sqrt(jets.pt), 0.05) * of_flat(
        lambda x: rng.normal(size=len(x)), jets.pt
    )
    for name in ("pt", "mass"):
        jets[name] = jets[name] * np.maximum(1 + smearing, 0.0)
    jets = ak.with_field(jets, inside, "particles")
    return jets[(jets.pt > PT_JET) & (abs(jets.eta) < ETA_JET)]


def has_quark(pdg, quark):
    """Whether `quark` is the heaviest in a hadron."""
    code = abs(pdg) % 10_000
    meson = (code < 1000) & (code // 100 == quark)
    return (abs(pdg) > 100) & (meson | (code // 1000 == quark))


def flavours(jets, record):
    """Flavour of each jet, by hadrons and partons near it."""
    record = record[np.hypot(record.p.px, record.p.py) > PT_HADRON]
    quark_or_gluon = ((abs(record.id) <= 5) & (record.id != 0)) | (record.id == 21)
    out = of_partons(jets, particles(record[quark_or_gluon]))
    for flavour, quark in ((C, 4), (B, 5)):
        hadrons = particles(record[has_quark(record.id, quark)])
        out = ak.where(ak.any(delta_r(jets, hadrons) < DR_HADRON, axis=-1), flavour, out)
    return out


def of_partons(jets, partons):
    """Flavour by the hardest parton near each jet."""
    near = delta_r(jets, partons) < DR_PARTON
    pt, code = ak.broadcast_arrays(
        partons.pt[:, np.newaxis, :], abs(partons.id)[:, np.newaxis, :], near
    )[:2]
    best = ak.argmax(ak.where(near, pt, 0.0), axis=-1, keepdims=True)
    code = ak.fill_none(ak.firsts(code[best], axis=-1), 0)
    light = ak.where(code == 21, GLUON, ak.where((code > 0) & (code <= 3), UDS, UNKNOWN))
    return ak.where(ak.any(near, axis=-1), light, UNKNOWN)


def tracks(jets, rng):
    """Tracks of the jets (a flat list of them), the most displaced in front."""
    inside = jets.particles
    track = inside[(inside.charge != 0) & (inside.pt > PT_TRACK) & (abs(inside.eta) < ETA_TRACK)]
    sin_theta = 1 / np.cosh(track.eta)
    d0 = track.y * np.cos(track.phi) - track.x * np.sin(track.phi)
    along = track.x * np.cos(track.phi) + track.y * np.sin(track.phi)
    z0 = track.z - along * np.sinh(track.eta)
    sigma = np.hypot(RESOLUTION_D0, RESOLUTION_SCATTERING / (track.pt * np.sqrt(sin_theta)))
    noise = [of_flat(lambda x: rng.normal(size=len(x)), track.pt) for _ in range(2)]
    d0, z0 = d0 + sigma * noise[0], z0 + sigma / sin_theta * noise[1]
    dphi, deta = delta_phi(track.phi, jets.phi), track.eta - jets.eta
    sign_d0, sign_z0 = np.sign(-np.sin(dphi) * d0), np.sign(-deta * z0)
    columns = {
        "pt": track.pt,
        "deta": deta,
        "dphi": dphi,
        "d0": d0,
        "z0": z0,
        "d0_significance": sign_d0 * abs(d0) / sigma,
        "z0_significance": sign_z0 * abs(z0) * sin_theta / sigma,
        "charge": track.charge,
    }
    out = ak.zip(columns)
    return out[ak.argsort(abs(out.d0_significance), axis=1, ascending=False)]


def jet_columns(jets, track):
    """Columns of the jets, a flat list of them."""
    inside = jets.particles
    total = ak.sum(inside.pt, axis=1)
    distance = np.hypot(inside.eta - jets.eta, delta_phi(inside.phi, jets.phi))
    return {
        "pt": jets.pt,
        "eta": jets.eta,
        "mass": jets.mass,
        "width": ak.sum(distance * inside.pt, axis=1) / total,
        "pt_dispersion": np.sqrt(ak.sum(inside.pt**2, axis=1)) / total,
        "n_tracks": ak.num(track),
        "track_fraction": ak.sum(track.pt, axis=1) / jets.pt,
    }


def select(record, charges, rng):
    """Jets of a batch of collisions, as awkward records with their tracks."""
    jets = cluster(visible_particles(record, charges), rng)
    label = flavours(jets, record)
    event = ak.broadcast_arrays(np.arange(len(jets)), jets.pt)[0]
    jets, label, event = (ak.flatten(part, axis=1) for part in (jets, label, event))
    track = tracks(jets, rng)
    columns = jet_columns(jets, track) | {"label": label, "event": event}
    columns |= {f"track_{name}": track[name][:, :MAX_TRACKS] for name in TRACK}
    return ak.zip(columns, depth_limit=1)[label != UNKNOWN]


def pythia(settings, seed):
    """Pythia, ready to generate."""
    generator = pythia8mc.Pythia("", False)
    for setting in [*SETTINGS, f"Random:seed={seed}", *settings]:
        if not generator.readString(setting):
            raise ValueError(setting)
    if not generator.init():
        message = f"Pythia does not start with {settings}"
        raise RuntimeError(message)
    return generator


def generate(name, events, seed, batch=200):
    """The jets of a process."""
    generator, rng = pythia(PROCESSES[name].settings, seed), np.random.default_rng(seed)
    charges, parts, done = charge_table(generator), [], 0
    with tqdm(total=events, desc=name, unit="event") as progress:
        while done < events:
            record = generator.nextBatch(min(batch, events - done)).prt
            jets = select(record, charges, rng)
            jets["event"] = jets.event + done
            parts.append(jets)
            done += len(record)
            progress.update(len(record))
    jets = ak.concatenate(parts)
    return ak.with_field(jets, list(PROCESSES).index(name), "process")


def balanced(jets, n_jets, rng):
    """As many jets of each flavour, `n_jets` at most, in random order."""
    label = ak.to_numpy(jets.label)
    n_jets = min(n_jets, *np.bincount(label, minlength=len(FLAVOURS)))
    places = [np.flatnonzero(label == flavour) for flavour in range(len(FLAVOURS))]
    chosen = [rng.choice(here, n_jets, replace=False) for here in places]
    return jets[rng.permutation(np.concatenate(chosen))]


def weights(jets):
    """Number of b jets over that of jets of the same flavour, in bins of pT and |eta|."""
    label, pt, eta = (ak.to_numpy(jets[name]) for name in ("label", "pt", "eta"))
    places = np.digitize(pt, BINS_PT) * len(BINS_ETA) + np.digitize(abs(eta), BINS_ETA)
    counts = np.zeros((len(FLAVOURS), places.max() + 1))
    np.add.at(counts, (label, places), 1.0)
    if not (counts[:, counts[B] > 0] > 0).all():
        message = "a bin of pT and |eta| has b jets and no jets of another flavour"
        raise ValueError(message)
    return counts[B, places] / counts[label, places]


def event_numbers(jets):
    """Numbers that are the same for jets of one collision only."""
    key = ak.to_numpy(jets.process) * 10_000_000 + ak.to_numpy(jets.event)
    return np.unique(key, return_inverse=True)[1].astype(np.int32)


def round_bits(values, bits=BITS):
    """Single precision, rounded to a number of significant bits, which compresses well."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits).astype(np.float32)


def compact(name, values):
    """Small types and rounded numbers."""
    return values.astype(SMALL[name]) if name in SMALL else round_bits(values)


def arrow_table(jets):
    """The jets as the file has them."""
    columns = {name: compact(name, ak.to_numpy(jets[name])) for name in JET}
    offsets = np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(jets.track_pt)))]).astype(np.int32)
    for name in TRACK:
        values = compact(name, ak.to_numpy(ak.flatten(jets[f"track_{name}"])))
        columns[f"track_{name}"] = pa.ListArray.from_arrays(offsets, values)
    columns["flavour"] = FLAVOURS[ak.to_numpy(jets.label)]
    columns["weight"] = weights(jets).astype(np.float32)
    columns["process"] = np.array(list(PROCESSES))[ak.to_numpy(jets.process)]
    columns["event_number"] = event_numbers(jets)
    return pa.table(columns)


def write(table, path):
    """Write the table as Parquet."""
    lists = [f"track_{name}.list.element" for name in TRACK if name not in SMALL]
    numbers = [name for name in JET if name not in SMALL] + lists
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=["flavour", "process", "weight", "n_tracks", "track_charge.list.element"],
        column_encoding=dict.fromkeys(numbers, "BYTE_STREAM_SPLIT"),
    )


def markdown(frame):
    """A table in Markdown, numbers to four digits."""
    rows = [list(frame.columns), ["---"] * frame.shape[1], *frame.to_numpy(dtype=object).tolist()]
    cells = [[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in r] for r in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def summary(table):
    """Jets of each flavour by process, mean pT and range of weights."""
    frame = table.select(["flavour", "process", "pt", "n_tracks", "weight"]).to_pandas()
    counts = pd.crosstab(frame["flavour"], frame["process"])[list(PROCESSES)].astype(object)
    groups = frame.groupby("flavour")
    counts["mean pt"] = groups["pt"].mean().astype(float)
    counts["mean n_tracks"] = groups["n_tracks"].mean().astype(float)
    counts["largest weight"] = groups["weight"].max().astype(float)
    return counts.loc[FLAVOURS].reset_index()


def describe(table, arguments, seconds):
    """How the file was made, in Markdown."""
    packages = ("pythia8mc", "fastjet", "awkward", "numpy", "pandas", "pyarrow")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    generated = ", ".join(
        f"{round(arguments.scale * process.events):,} of `{name}`"
        for name, process in PROCESSES.items()
    )
    return (
        f"# Jets with tracks: jets.parquet\n\n{NOTES}\n## How it was made\n\n"
        f"`python examples/generate/jets.py --seed {arguments.seed} --scale {arguments.scale:g} "
        f"--jets {arguments.jets}`: {generated} in {seconds / 60:.0f} minutes on one core; "
        f"{versions}.\n\n{markdown(summary(table))}\n"
    )


def parse(arguments=None):
    """Arguments of the command line."""
    data = Path(__file__).parents[2] / "skhep_nn" / "datasets" / "data"
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=data / "jets.parquet")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the numbers of events")
    parser.add_argument("--jets", type=int, default=2_150, help="of each flavour, at most")
    return parser.parse_args(arguments)


def main():
    """Generate all processes, write the table and its description."""
    arguments, start = parse(), time.monotonic()
    parts = []
    for number, (name, process) in enumerate(PROCESSES.items()):
        events = max(1, round(arguments.scale * process.events))
        parts.append(generate(name, events, arguments.seed + number))
    jets = balanced(ak.concatenate(parts), arguments.jets, np.random.default_rng(arguments.seed))
    table = arrow_table(jets)
    write(table, arguments.output)
    text = describe(table, arguments, time.monotonic() - start)
    arguments.output.with_suffix(".md").write_text(text, encoding="utf-8")
    print(summary(table).to_string(index=False))


if __name__ == "__main__":
    main()
