"""Options of samples that are odd: an error that names them, before anything is read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn import datasets

LOADERS = [name for name in dir(datasets) if name.startswith(("fetch_", "load_", "make_"))]


@pytest.mark.parametrize("value", ["yes", 2, None, [True], np.ones(2), pd.NA])
@pytest.mark.parametrize("name", LOADERS)
def test_return_x_y_is_a_switch(name, value):
    with pytest.raises(ValueError, match=r"return_X_y=(.|\n)*; it must be True or False"):
        getattr(datasets, name)(return_X_y=value)


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, None, 10**400, np.timedelta64(3, "s")])
def test_a_number_of_tracks_is_named_as_the_user_named_it(value):
    with pytest.raises(ValueError, match=r"max_tracks=(.|\n)*; it must be a whole number"):
        datasets.load_jets(max_tracks=value, return_X_y=True)


@pytest.mark.parametrize("path", [5, b"a", [], {"a": 1}, np.ones(2)], ids=repr)
@pytest.mark.parametrize("fetch", [datasets.fetch_hepmass, datasets.fetch_higgs_ml])
def test_a_path_of_a_sample_is_a_path(fetch, path):
    with pytest.raises(TypeError, match="path must be a path"):
        fetch(path)


@pytest.mark.parametrize("value", [np.array(["all", "1000"]), ["all"], 1, pd.NA], ids=repr)
@pytest.mark.parametrize("option", ["sample", "subset", "background_mass"])
def test_what_is_none_of_the_choices_is_an_error_that_lists_them(option, value):
    with pytest.raises(ValueError, match=rf"{option}=(.|\n)*; it must be one of"):
        datasets.fetch_hepmass(**{option: value})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kaggle_set": ["t"]}, "kaggle_set=.*; it must be a text"),
        ({"missing": "gone"}, "missing must be numbers"),
        ({"missing": [0.0]}, "missing=.*; it must be one number"),
        ({"official_yields": 3}, "official_yields=3; it must be True or False"),
    ],
)
def test_odd_options_of_the_challenge_are_named(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        datasets.fetch_higgs_ml(**options)
