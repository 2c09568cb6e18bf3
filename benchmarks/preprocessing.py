"""Padding, tokens and decay strings at the size of a training sample."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.timing import in_turns, seconds_of
from skhep_nn.preprocessing import (
    DecayStringTokenizer,
    PDGTokenizer,
    SequencePadder,
    decay_strings,
)
from skhep_nn.preprocessing._pdg_vocabulary import all_codes


def run(name):
    """Rows of the table; ratios are to the first side."""
    sides, goals = CASES[name]()
    seconds = in_turns({side: lambda f=function: seconds_of(f) for side, function in sides.items()})
    first = next(iter(seconds.values()))
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / first,
            "goal": goals.get(side),
        }
        for side, value in seconds.items()
    ]


def padding(n_events=1_000_000):
    """One field, about ten particles per event; every second length truncates some events."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(10, n_events)
    values = rng.normal(size=counts.sum()).astype("float32")
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype("int32"))
    lists = pa.ListArray.from_arrays(offsets, pa.array(values))
    objects = np.empty(n_events, dtype=object)
    objects[:] = np.split(values, np.cumsum(counts)[:-1])
    data = {
        "awkward": ak.unflatten(values, counts),
        "Arrow lists": pd.DataFrame({"pt": pd.Series(lists, dtype=pd.ArrowDtype(lists.type))}),
        "lists of objects": pd.DataFrame({"pt": objects}),
    }
    sides = {}
    for container, X in data.items():
        for length in (30, 12):
            padder = SequencePadder(length).fit(X)
            sides[f"{container}, to {length}"] = lambda p=padder, X=X: p.transform(X)
    by_value = SequencePadder(12, sort_by=0).fit(data["awkward"])
    sides["awkward, to 12, sorted"] = lambda: by_value.transform(data["awkward"])
    return sides, {side: "< 1 s" for side in sides if "sorted" not in side}


def tokens(n_codes=50_000_000):
    """The codes of the generator's usual particles, and of every particle there is."""
    rng = np.random.default_rng(0)
    every = np.array(all_codes())
    usual = every[np.abs(every) < 1_000_000]
    sides, goals = {}, {}
    for what, codes in {"usual particles": usual, "all, mostly nuclei": every}.items():
        data = rng.choice(codes, n_codes)
        data = data.astype("int32") if abs(codes).max() < 2**31 else data
        ordered = np.sort(codes).astype(data.dtype)
        tokenizer = PDGTokenizer(codes.tolist()).fit(codes)
        sides[f"numpy.searchsorted, {what}"] = lambda o=ordered, d=data: np.searchsorted(o, d)
        sides[f"PDGTokenizer, {what}"] = lambda t=tokenizer, d=data: t.transform(d)
        goals[f"PDGTokenizer, {what}"] = "<= 2 x numpy.searchsorted"
    return sides, goals


def decays(n_events=20_000, n_particles=33):
    """Random trees: the mother of each particle is one of the few before it."""
    rng = np.random.default_rng(0)
    place = np.arange(n_particles)
    mother = np.maximum(place - 1 - rng.integers(0, 6, (n_events, n_particles)), -1)
    codes = rng.choice([211, -211, 321, -321, 22, 511, 413, 421], (n_events, n_particles))
    strings = decay_strings(codes, mother)
    particles = np.stack([codes, mother], axis=-1)
    tokenizer = DecayStringTokenizer(150).fit(strings)
    sides = {
        "strings from codes and mothers": lambda: decay_strings(codes, mother),
        "tokens from codes and mothers": lambda: tokenizer.transform(particles),
        "tokens from strings": lambda: tokenizer.transform(strings),
    }
    return sides, dict.fromkeys(sides, "a few seconds")


CASES = {
    "pad 10M particles": padding,
    "tokens of 50M PDG codes": tokens,
    "decay strings of 20,000 events": decays,
}
