"""Particle lists of B mesons at the Upsilon(4S): the sample of ``load_particle_lists``.

Pythia 8 decays pairs of B mesons; cuts on angle and momentum, a coin and a few Gaussians stand in
for detector and reconstruction. Pythia is GPL: it makes the file, it is no dependency.

    python -m venv genvenv
    genvenv/bin/pip install pythia8mc==8.317.2 numpy pandas pyarrow tqdm
    genvenv/bin/python examples/generate/particle_lists.py

writes ``skhep_nn/datasets/data/particle_lists.parquet`` and ``particle_lists.md`` beside it. To
have the same as an experiment has it, files of particle lists and a list of what passed the skim:

    genvenv/bin/python examples/generate/particle_lists.py --folder events --files 20 --events 5000
"""

from __future__ import annotations

import argparse
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pythia8mc
from tqdm import tqdm

NOTES = """\
One event is the decay of an Upsilon(4S) to a pair of B mesons, at an electron-positron collider
with beams of 7 and 4 GeV. A row has the whole decay tree, as a generator knows it before any
detector simulation, and what became of the event after simulation, reconstruction and a skim.
The question is whether the first predicts the second: then events that will be thrown away need
not be simulated.

## Columns

Momenta and energies in GeV, lengths in cm, times in ns, in the laboratory; the z axis is the boost.

| column | unit | meaning |
|---|---|---|
| `file`, `event_number` | name, number | where the event comes from; numbers start from 0 in each file |
| `process` | name | `mixed`: two neutral B mesons, `charged`: B+ and B- |
| `passes_skim` | 0 or 1 | 1 if the event passes the skim (below), else 0 |

Lists, one entry per particle of the decay tree; the first is the Upsilon(4S):

| column | unit | meaning |
|---|---|---|
| `pdg`, `charge` | code, e | PDG code and charge |
| `mother_pdg`, `mother_index` | code, index | PDG code and position in the list of its mother; 0 and -1 if none |
| `energy`, `px`, `py`, `pz` | GeV | four-momentum |
| `production_time` | ns | time of production |
| `x`, `y`, `z` | cm | point of production |
| `decay_string` | text | the tree in words: ` 521 (--> -421 211 <--)` |

Known only after simulation and reconstruction, for the study of biases; no input of a network:

| column | unit | meaning |
|---|---|---|
| `n_tracks`, `visible_energy` | 1, GeV | number of tracks, energy of tracks and photons |
| `R2` | 1 | second over zeroth Fox-Wolfram moment of tracks and photons, in the frame of the Upsilon |
| `missing_mass_squared` | GeV^2 | squared mass of Upsilon minus tracks and photons, GeV^2 |
| `D_mass`, `D_momentum` | GeV | mass, and momentum in the frame of the Upsilon, of the D candidate |
| `M_bc`, `Delta_E` | GeV | beam-constrained mass and energy minus beam energy of D candidate + pion |
| `simulation_time` | s | seconds that the simulation of the detector takes, by the model below |

`D_mass` to `Delta_E` are those of the D candidate and the track, taken for a pion, whose energy is
closest to that of the beam; NaN where there is no candidate (or no track beside it).

## Detector and skim

- A track is a stable e, mu, pi, K or p with 17 < theta < 150 degrees and pT > 0.1; it is found with
  a probability of 92 %. Its momentum is smeared by 0.5 %, and its species is known.
- A photon needs the same angles and an energy above 0.05; it is found with a probability of 85 %.
  Its energy is smeared by 2 %.
- A D candidate is a D0 to K pi, K pi pi0 or K 3pi, or a D+ to K pi pi (or conjugates), directly and
  not by a resonance, all of whose tracks and photons are found.
- The skim keeps events with a D candidate, 4 to 12 tracks and a visible energy above 4.

Whether an event passes is partly chance: no network can be perfect.

## What is simplified

- Pythia's own tables decay the B and D mesons, so branching fractions, form factors and angular
  distributions are approximate. Quarks and strings between a B meson and its hadrons are left out:
  the mother of these hadrons is the B meson.
- Particles with a mean decay length above 10 cm (also neutral kaons that live long, and all pions
  and kaons with charge) do not decay. There is no material: no conversions, no secondaries.
- No continuum, no beam background, no crossing angle, no spread of the beam energy.
- There are no fake tracks, and no wrong combinations for the D candidate: it is a true one.
- The time of the simulation is a model, not a measurement: 0.2 s, and for the particles with
  17 < theta < 150 degrees 0.05 s for each charged one, 0.12 s per GeV of photons and electrons,
  0.08 s per GeV of other charged particles and neutral hadrons. Only ratios of sums of it mean
  anything.
- Numbers are rounded to 11 significant bits (about 3.3 digits), times and points to 8 (2.4).
"""

MESONS = {"mixed": 511, "charged": 521}
UPSILON, UPSILON_MASS = 300553, 10.5794
# 7 GeV on 4 GeV
BOOST_PZ = 3.0
UPSILON_MOMENTUM = np.array([np.hypot(UPSILON_MASS, BOOST_PZ), 0.0, 0.0, BOOST_PZ])
MM_PER_NS, CM_PER_MM = 299.792458, 0.1

SETTINGS = [
    "Print:quiet=on",
    "ProcessLevel:all=off",
    "Check:event=off",
    "ParticleDecays:limitTau0=on",
    "ParticleDecays:tau0Max=100.",
    "Random:setSeed=on",
]

PHOTON, ELECTRON = 22, 11
PION_MASS = 0.13957
TRACKS, NEUTRINOS = (11, 13, 211, 321, 2212), (12, 14, 16)
D_DECAYS = {
    421: ([211, 321], [111, 211, 321], [211, 211, 211, 321]),
    411: ([211, 211, 321],),
}
THETA = (17.0, 150.0)
PT_TRACK, E_PHOTON = 0.1, 0.05
EFFICIENCY_TRACK, EFFICIENCY_PHOTON = 0.92, 0.85
RESOLUTION_TRACK, RESOLUTION_PHOTON = 0.005, 0.02
SKIM_TRACKS, SKIM_ENERGY = (4, 12), 4.0
SECONDS, SECONDS_TRACK, SECONDS_SHOWER, SECONDS_HADRON = 0.2, 0.05, 0.12, 0.08

MOMENTUM = ["energy", "px", "py", "pz"]
VERTEX = ["production_time", "x", "y", "z"]
INTEGERS = {"pdg": np.int32, "mother_pdg": np.int32, "mother_index": np.int16, "charge": np.int8}
LISTS = [*INTEGERS, *MOMENTUM, *VERTEX]
AFTERWARDS = [
    "n_tracks",
    "visible_energy",
    "R2",
    "missing_mass_squared",
    "D_mass",
    "D_momentum",
    "M_bc",
    "Delta_E",
]
NUMBERS = [*AFTERWARDS, "simulation_time"]
BITS, BITS_VERTEX = 11, 8


def pythia(seed):
    """Pythia without collisions: it decays what is put into its event."""
    generator = pythia8mc.Pythia("", False)
    for setting in [*SETTINGS, f"Random:seed={seed}"]:
        if not generator.readString(setting):
            raise ValueError(setting)
    if not generator.init():
        message = "Pythia does not start"
        raise RuntimeError(message)
    return generator


def boosted(momenta, pz):
    """Four-momenta (E, px, py, pz) of the rest frame of an Upsilon in a frame where it has `pz`."""
    gamma, gamma_beta = np.hypot(UPSILON_MASS, pz) / UPSILON_MASS, pz / UPSILON_MASS
    out = momenta.copy()
    out[..., 0] = gamma * momenta[..., 0] + gamma_beta * momenta[..., 3]
    out[..., 3] = gamma_beta * momenta[..., 0] + gamma * momenta[..., 3]
    return out


def direction(rng):
    """Unit vector with the distribution sin^2(theta) of B mesons about the beam."""
    cos_theta = next(c for c in iter(lambda: rng.uniform(-1, 1), None) if rng.random() < 1 - c * c)
    sin_theta, phi = np.sqrt(1 - cos_theta**2), rng.uniform(0, 2 * np.pi)
    return np.array([sin_theta * np.cos(phi), sin_theta * np.sin(phi), cos_theta])


def decay(generator, meson, rng):
    """Put an Upsilon and its two B mesons into Pythia's event, and let these decay."""
    event, mass = generator.event, generator.particleData.m0(meson)
    momentum = np.sqrt(UPSILON_MASS**2 / 4 - mass**2) * direction(rng)
    pair = np.array([[UPSILON_MASS / 2, *momentum], [UPSILON_MASS / 2, *-momentum]])
    event.reset()
    energy, *p = UPSILON_MOMENTUM.tolist()
    event.append(UPSILON, -22, 0, 0, 2, 3, 0, 0, *p, energy, UPSILON_MASS)
    for sign, (energy, *p) in zip((1, -1), boosted(pair, BOOST_PZ).tolist(), strict=True):
        event.append(sign * meson, 1, 1, 0, 0, 0, 0, 0, *p, energy, mass)
    return generator.next()


def is_parton(particle):
    """Whether it is a quark, gluon, diquark or string, not a particle of the list."""
    code = particle.idAbs()
    diquark = 1000 < code < 10_000 and code // 10 % 10 == 0
    return code <= 8 or code == 21 or 80 < code < 100 or diquark


def particles(event):
    """The decay tree as a dict of arrays; partons are skipped, their daughters go to the B."""
    kept = [k for k in range(1, event.size()) if not is_parton(event[k])]
    place = {k: at for at, k in enumerate(kept)}
    rows = [event[k] for k in kept]
    mothers = [mother_among(event, k, place) for k in kept]
    tree = {
        "pdg": np.array([p.id() for p in rows]),
        "mother_index": np.array(mothers),
        "charge": np.array([round(p.charge()) for p in rows]),
        "stable": np.array([p.status() > 0 for p in rows]),
        "momentum": np.array([(p.e(), p.px(), p.py(), p.pz()) for p in rows]),
        "vertex": np.array([(p.tProd(), p.xProd(), p.yProd(), p.zProd()) for p in rows]),
    }
    tree["vertex"] *= [1 / MM_PER_NS, CM_PER_MM, CM_PER_MM, CM_PER_MM]
    tree["mother_pdg"] = np.where(tree["mother_index"] < 0, 0, tree["pdg"][tree["mother_index"]])
    return tree


def mother_among(event, k, place):
    """Position of the nearest ancestor of particle `k` in the list, -1 for none."""
    mother = event[k].mother1()
    while mother > 0 and mother not in place:
        mother = event[mother].mother1()
    return place.get(mother, -1)


def accepted(tree):
    """Which stable particles cross the detector."""
    p = tree["momentum"]
    theta = np.degrees(np.arctan2(np.hypot(p[:, 1], p[:, 2]), p[:, 3]))
    return tree["stable"] & (theta > THETA[0]) & (theta < THETA[1])


def detect(tree, rng):
    """Which particles are found as a track or photon, and the measured momenta of all."""
    p, code = tree["momentum"], abs(tree["pdg"])
    coin, noise = rng.random(len(code)), rng.normal(size=len(code))
    track = np.isin(code, TRACKS) & accepted(tree) & (np.hypot(p[:, 1], p[:, 2]) > PT_TRACK)
    photon = (code == PHOTON) & accepted(tree) & (p[:, 0] > E_PHOTON)
    track, photon = track & (coin < EFFICIENCY_TRACK), photon & (coin < EFFICIENCY_PHOTON)
    factor = 1 + noise * np.where(photon, RESOLUTION_PHOTON, RESOLUTION_TRACK)
    measured = p * factor[:, None]
    mass2 = np.maximum(p[:, 0] ** 2 - (p[:, 1:] ** 2).sum(axis=1), 0.0)
    measured[:, 0] = np.sqrt((measured[:, 1:] ** 2).sum(axis=1) + mass2)
    return track, photon, measured


def final_state(tree, at):
    """Positions of the stable particles that particle `at` ends in."""
    daughters = np.flatnonzero(tree["mother_index"] == at)
    return [at] if len(daughters) == 0 else [k for d in daughters for k in final_state(tree, d)]


def d_candidates(tree, found):
    """Final states of the D mesons that are reconstructed."""
    out = []
    for at in np.flatnonzero(np.isin(abs(tree["pdg"]), list(D_DECAYS))):
        daughters = sorted(abs(tree["pdg"][tree["mother_index"] == at]).tolist())
        ends = final_state(tree, at)
        if daughters in D_DECAYS[abs(tree["pdg"][at])] and found[ends].all():
            out.append(ends)
    return out


def mass_squared(momentum):
    """Squared mass of a four-momentum."""
    return momentum[0] ** 2 - (momentum[1:] ** 2).sum()


def b_candidate(candidates, track, momenta):
    """Momentum of the D, energy and momentum of D and pion with the energy of a beam, or None."""
    best, beam = None, UPSILON_MASS / 2
    for ends in candidates:
        d_meson = momenta[ends].sum(axis=0)
        for at in set(np.flatnonzero(track).tolist()) - set(ends):
            p = momenta[at, 1:]
            energy = d_meson[0] + np.sqrt((p**2).sum() + PION_MASS**2)
            if best is None or abs(energy - beam) < abs(best[1] - beam):
                best = d_meson, energy, d_meson[1:] + p
    return best


def candidate_columns(candidates, track, momenta):
    """Columns of the D and B candidate, from momenta in the frame of the Upsilon."""
    best = b_candidate(candidates, track, momenta)
    if best is None:
        return dict.fromkeys(("D_mass", "D_momentum", "M_bc", "Delta_E"), np.nan)
    d_meson, energy, p = best
    return {
        "D_mass": np.sqrt(mass_squared(d_meson)),
        "D_momentum": np.sqrt((d_meson[1:] ** 2).sum()),
        "M_bc": np.sqrt(max(UPSILON_MASS**2 / 4 - (p**2).sum(), 0.0)),
        "Delta_E": energy - UPSILON_MASS / 2,
    }


def r2(momenta):
    """Second over zeroth Fox-Wolfram moment (Phys. Rev. Lett. 41 (1978) 1581)."""
    p = momenta[:, 1:]
    size = np.sqrt((p**2).sum(axis=1))
    products = np.outer(size, size)
    cosine = p @ p.T / np.maximum(products, 1e-12)
    return (products * (1.5 * cosine**2 - 0.5)).sum() / max(products.sum(), 1e-12)


def simulation_time(tree):
    """Seconds of detector simulation, by the model of the notes."""
    code, energy, inside = abs(tree["pdg"]), tree["momentum"][:, 0], accepted(tree)
    inside = inside & ~np.isin(code, NEUTRINOS)
    shower = np.isin(code, (PHOTON, ELECTRON))
    tracks = SECONDS_TRACK * (inside & (tree["charge"] != 0)).sum()
    deposits = np.where(shower, SECONDS_SHOWER, SECONDS_HADRON) * energy
    return SECONDS + tracks + deposits[inside].sum()


def reconstruct(tree, rng):
    """What is known of the event after simulation and reconstruction."""
    track, photon, measured = detect(tree, rng)
    found = track | photon
    candidates, n_tracks = d_candidates(tree, found), int(track.sum())
    visible = measured[found].sum(axis=0)
    good = SKIM_TRACKS[0] <= n_tracks <= SKIM_TRACKS[1] and visible[0] > SKIM_ENERGY
    at_rest = boosted(measured, -BOOST_PZ)
    return {
        "passes_skim": int(bool(candidates) and good),
        "n_tracks": n_tracks,
        "visible_energy": visible[0],
        "R2": r2(at_rest[found]),
        "missing_mass_squared": mass_squared(UPSILON_MOMENTUM - visible),
        **candidate_columns(candidates, track, at_rest),
        "simulation_time": simulation_time(tree),
    }


def list_columns(tree):
    """The decay tree as the file has it: one small array per column."""
    columns = {name: tree[name].astype(dtype) for name, dtype in INTEGERS.items()}
    columns |= dict(zip(MOMENTUM, round_bits(tree["momentum"]).T, strict=True))
    return columns | dict(zip(VERTEX, round_bits(tree["vertex"], BITS_VERTEX).T, strict=True))


def round_bits(values, bits=BITS):
    """Single precision, rounded to a number of significant bits, which compresses well."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits).astype(np.float32)


def generate(number, events, seed):
    """Events of the file with this number, as a table."""
    process = list(MESONS)[number % len(MESONS)]
    file = f"{process}_{number // len(MESONS):02d}"
    generator, rng, rows = pythia(seed + number), np.random.default_rng([seed, number]), []
    with tqdm(total=events, desc=file, unit="event") as progress:
        while len(rows) < events:
            if not decay(generator, MESONS[process], rng):
                continue
            tree = particles(generator.event)
            rows.append({"event_number": len(rows), **list_columns(tree), **reconstruct(tree, rng)})
            progress.update()
    table = pd.DataFrame(rows).assign(file=file, process=process)
    table[NUMBERS] = table[NUMBERS].apply(round_bits)
    types = {"event_number": np.int32, "passes_skim": np.int8, "n_tracks": np.int8}
    return table.astype(types)[["file", "event_number", "process", "passes_skim", *LISTS, *NUMBERS]]


def write(table, path):
    """Write a table with lists as Parquet."""
    lists = [f"{name}.list.element" for name in (*MOMENTUM, *VERTEX) if name in table]
    table.to_parquet(
        path,
        engine="pyarrow",
        index=False,
        compression="zstd",
        compression_level=19,
        use_dictionary=["file", "process", *[f"{name}.list.element" for name in INTEGERS]],
        column_encoding=dict.fromkeys(lists, "BYTE_STREAM_SPLIT"),
    )


def decay_string(pdg, mother_index, at=0):
    """Decay of particle `at` as ``' 521 (--> -421 211 <--)'``, daughters nested."""
    daughters = np.flatnonzero(mother_index == at).tolist()
    inner = "".join(decay_string(pdg, mother_index, daughter) for daughter in daughters)
    return f" {pdg[at]} (-->{inner} <--)" if daughters else f" {pdg[at]}"


def write_experiment(tables, folder):
    """Files of particle lists with decay strings, and ``skim.csv``: the events that passed."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        trees = zip(table["pdg"], table["mother_index"], strict=True)
        lists = table[["file", "event_number", *LISTS, "simulation_time"]]
        lists = lists.assign(decay_string=[decay_string(*tree) for tree in trees])
        write(lists, folder / f"{table['file'].iloc[0]}.parquet")
    passed = [table.loc[table["passes_skim"] == 1] for table in tables]
    columns = ["file", "event_number", *AFTERWARDS]
    pd.concat(passed)[columns].to_csv(folder / "skim.csv", index=False)


def markdown(frame):
    """A table in Markdown, numbers to four digits."""
    rows = [list(frame.columns), ["---"] * frame.shape[1], *frame.to_numpy(dtype=object).tolist()]
    cells = [[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in r] for r in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def summary(table):
    """Events, particles and fraction that passes the skim, by process."""
    counts = table.assign(particles=table["pdg"].map(len)).groupby("process", sort=False)
    columns = {
        "events": counts.size(),
        "particles per event": counts["particles"].mean(),
        "passes the skim": counts["passes_skim"].mean(),
        "mean simulation time [s]": counts["simulation_time"].mean().astype(float),
    }
    return pd.DataFrame(columns).reset_index()


def describe(table, arguments, seconds):
    """How the file was made, in Markdown."""
    packages = ("pythia8mc", "numpy", "pandas", "pyarrow")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    command = (
        f"python examples/generate/particle_lists.py --seed {arguments.seed} "
        f"--files {arguments.files} --events {arguments.events}"
    )
    return (
        f"# B mesons at the Upsilon(4S): particle_lists.parquet\n\n{NOTES}\n## How it was made\n\n"
        f"`{command}`: {len(table):,} events in {seconds:.0f} s on one core; {versions}.\n\n"
        f"{markdown(summary(table))}\n"
    )


def parse(arguments=None):
    """Arguments of the command line."""
    data = Path(__file__).parents[2] / "skhep_nn" / "datasets" / "data"
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=data / "particle_lists.parquet")
    parser.add_argument("--folder", type=Path, help="write an experiment's files there instead")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--events", type=int, default=490, help="events per file")
    return parser.parse_args(arguments)


def main():
    """Generate all files, write them, or one table and its description."""
    arguments, start = parse(), time.monotonic()
    tables = [generate(k, arguments.events, arguments.seed) for k in range(arguments.files)]
    table = pd.concat(tables, ignore_index=True)
    if arguments.folder:
        write_experiment(tables, arguments.folder)
    else:
        write(table.sample(frac=1, random_state=arguments.seed), arguments.output)
        text = describe(table, arguments, time.monotonic() - start)
        arguments.output.with_suffix(".md").write_text(text, encoding="utf-8")
    print(summary(table).to_string(index=False))


if __name__ == "__main__":
    main()
