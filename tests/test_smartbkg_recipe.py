"""The recipe for smartBKG in docs/blocks.md, run as it is written on files that are made here."""

from __future__ import annotations

import re
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from skhep_nn.estimators import SMARTBKG_RESNET
from skhep_nn.preprocessing import decay_strings

# of pandas, when it pickles text
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning")

PAGE = Path(__file__).parent.parent / "docs" / "blocks.md"
MIXED, CHARGED = (511, -511), (521, -521)
DAUGHTERS = [211, -211, 321, -321, 22, 13, -13, 11]
CHARGES = {211: 1, -211: -1, 321: 1, -321: -1, 22: 0, 13: -1, -13: 1, 11: -1}


def code_of_recipe():
    """The code block below the heading, all of it."""
    section = PAGE.read_text().partition("### smartBKG, from generator files")[2]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL).group(1)


def write_file(path, first, pair, rng):
    """Events in the two keys that smartBKG's data producer writes."""
    rows, strings = [], []
    for event in range(first, first + 12):
        label = event % 2
        codes, mothers = [300553, *pair], [-1, 0, 0]
        for code in rng.choice(DAUGHTERS, rng.integers(2, 9)):
            codes.append(int(code))
            mothers.append(int(rng.integers(1, 3)))
        for at, (code, mother) in enumerate(zip(codes, mothers, strict=True)):
            row = {"label": label, "evtNum": event, "arrayIndex": at, "PDG": code}
            row |= {"charge": float(CHARGES.get(code, np.sign(code) * (abs(code) == 521)))}
            row |= {"motherPDG": 0 if mother < 0 else codes[mother], "motherIndex": mother}
            row |= {"energy": rng.uniform(0, 5), "prodTime": rng.exponential(1)}
            row |= {axis: rng.normal() for axis in ("x", "y", "z", "px", "py", "pz")}
            rows.append(row)
        strings.append((event, label, decay_strings([codes], [mothers])[0]))
    index = ["label", "evtNum", "arrayIndex"]
    pd.DataFrame(rows).set_index(index).to_hdf(path, key="train_events", format="table")
    strings = pd.DataFrame(strings, columns=["evtNum", "label", "decay_str"])
    strings.set_index("evtNum").to_hdf(path, key="decay_strings")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """Names that the recipe defines, run on two files with different B mesons."""
    folder, rng = tmp_path_factory.mktemp("smartbkg"), np.random.default_rng(0)
    for at, pair in enumerate((MIXED, CHARGED)):
        write_file(folder / f"mc_{at}.h5", 12 * at, pair, rng)
    names = {"folder": folder, "__name__": "recipe"}
    with mock.patch.dict(SMARTBKG_RESNET, epochs=1):
        exec(compile(code_of_recipe(), str(PAGE), "exec"), names)
    return names


def test_the_recipe_from_generator_files_has_the_parameters_of_smartbkg(recipe):
    assert recipe["network"].model_.count_params() == 193_274
    shapes = {name: recipe["X"][name].shape for name in ("particle", "pdg", "mother_pdg", "decay")}
    assert shapes == {
        "particle": (24, 100, 13),
        "pdg": (24, 100),
        "mother_pdg": (24, 100),
        "decay": (24, 150),
    }
    assert recipe["y"].tolist() == [0, 1] * 12


def test_particles_and_mothers_of_the_recipe_have_one_vocabulary(recipe):
    kinds = recipe["X"].kinds
    assert kinds["pdg"].vocabulary == kinds["mother_pdg"].vocabulary
    # final-state particles are no mothers, and both files count
    assert set(kinds["pdg"].vocabulary) == {
        *("padding", "other", 300553),
        *(*MIXED, *CHARGED, *DAUGHTERS),
    }
    assert [kinds[n].vocabulary_size for n in ("pdg", "mother_pdg", "decay")] == [542] * 3


def test_numbers_of_the_recipe_are_those_of_the_files(recipe):
    event = recipe["read_events"](recipe["files"]).iloc[13]
    n, X = len(event["PDG"]), recipe["X"]
    assert X.mask("particle")[13].sum() == n
    energy = np.asarray(event["energy"]) / 11
    np.testing.assert_allclose(X["particle"][13, :n, 0], energy, rtol=1e-6)
    pz = (np.asarray(event["pz"]) + 2) / 6
    np.testing.assert_allclose(X["particle"][13, :n, 7], pz, rtol=1e-5, atol=1e-6)
    charges = X["particle"][13, :n, 8:] @ np.arange(-2, 3)
    assert charges.tolist() == list(event["charge"])
    words = X.kinds["pdg"].vocabulary
    assert [words[k] for k in X["pdg"][13, :n]] == list(event["PDG"])
    mothers = [words[k] if k else 0 for k in X["mother_pdg"][13, :n]]
    assert mothers == list(event["motherPDG"])
    # what is padded is 0, also where 0 would be x = -700
    assert not X["particle"][13, n:].any()
