from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.model_selection import train_validation_test_split as split


def yields(events):
    return events.groupby("process")["weight"].sum()


def test_no_event_is_in_two_parts_and_none_is_lost(events):
    parts = split(events, random_state=0)
    numbers = np.concatenate([part["event_number"] for part in parts])
    assert sorted(numbers) == list(range(len(events)))


def test_regression_leak_no_validation_event_is_in_training(events):
    training, validation, test = (set(part.index) for part in split(events, random_state=0))
    assert not training & validation
    assert not (training | validation) & test


def test_regression_wrong_split_factor_every_process_keeps_its_yield_in_every_part(events):
    # the five-class script scaled one process by 2 where its part held a quarter of the events
    parts = split(events, (0.25, 0.25, 0.5), random_state=0)
    for part in parts:
        pd.testing.assert_series_equal(yields(part), yields(events))


def test_the_factor_is_about_one_over_the_fraction(events):
    for part, factor in zip(split(events, (0.25, 0.25, 0.5)), (4, 4, 2), strict=True):
        ratio = part["weight"] / events["weight"][part.index]
        by_process = ratio.groupby(part["process"])
        assert np.allclose(by_process.min(), by_process.max())
        assert np.allclose(by_process.mean(), factor, rtol=0.35)


def test_equal_weights_are_scaled_by_exactly_4_and_2():
    events = pd.DataFrame({"process": ["a", "b"] * 40, "weight": [0.5, 3.0] * 40})
    training, validation, test = split(events, (0.25, 0.25, 0.5), random_state=0)
    for part, factor in ((training, 4), (validation, 4), (test, 2)):
        expected = np.where(part["process"] == "a", 0.5, 3.0) * factor
        np.testing.assert_allclose(part["weight"], expected)


def test_yields_are_kept_with_negative_weights(events):
    events["weight"] *= np.where(np.arange(len(events)) % 10 == 0, -1, 1)
    for part in split(events, random_state=1):
        pd.testing.assert_series_equal(yields(part), yields(events))
        assert (part["weight"] < 0).any()


@settings(deadline=None)
@given(
    st.lists(st.integers(30, 90), min_size=1, max_size=4),
    st.integers(10, 80),
    st.integers(10, 80),
    st.integers(0, 100),
)
def test_every_process_is_split_by_the_fractions(sizes, first, second, seed):
    fractions = np.array([first, second, 40]) / (first + second + 40)
    process = np.repeat(np.arange(len(sizes)), sizes)
    events = pd.DataFrame({"process": process, "weight": 1.0})
    parts = split(events, tuple(fractions), random_state=seed)
    for code, size in enumerate(sizes):
        counts = [(part["process"] == code).sum() for part in parts]
        # a border between two parts is off by half an event at most
        np.testing.assert_allclose(counts, fractions * size, atol=1 + 1e-9)


def test_events_are_not_changed_and_keep_their_order(events):
    before = events.copy()
    for part in split(events, random_state=0):
        assert part.index.is_monotonic_increasing
        assert list(part.columns) == list(events.columns)
    pd.testing.assert_frame_equal(events, before)


def test_the_split_is_random_and_repeatable(events):
    first, again, other = (split(events, random_state=seed)[0] for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert set(first.index) != set(other.index)
    # the events of a part are spread over the table
    assert first.index[0] < 10
    assert first.index[-1] > 590


def several_rows_per_event(n_events=400, seed=0):
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(n_events), rng.integers(1, 5, n_events))
    process = np.where(number % 3 == 0, "tt", "Wjets")
    order = rng.permutation(len(number))
    return pd.DataFrame(
        {"process": process, "weight": rng.uniform(0.5, 1.5, len(number)), "number": number}
    ).iloc[order]


def test_rows_of_one_event_number_stay_together():
    events = several_rows_per_event()
    parts = split(events, event_number="number", random_state=0)
    numbers = [set(part["number"]) for part in parts]
    assert sum(map(len, numbers)) == len(set.union(*numbers)) == 400
    for part, fraction in zip(parts, (0.5, 0.25, 0.25), strict=True):
        pd.testing.assert_series_equal(yields(part), yields(events))
        rows = part["process"].value_counts() / events["process"].value_counts()
        np.testing.assert_allclose(rows, fraction, atol=0.02)


def test_without_event_number_rows_of_one_event_are_torn_apart():
    numbers = [set(part["number"]) for part in split(several_rows_per_event(), random_state=0)]
    assert numbers[0] & numbers[1]


def test_an_event_may_be_named_by_several_columns():
    events = several_rows_per_event().assign(run=lambda table: table["number"] % 2)
    events["number"] //= 2
    parts = split(events, event_number=["run", "number"], random_state=0)
    seen = [set(zip(part["run"], part["number"], strict=True)) for part in parts]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 400


def test_event_numbers_that_processes_share_keep_the_fractions():
    # each simulated sample counts its events from 0
    events = pd.DataFrame(
        {
            "process": np.repeat(["tt", "Wjets"], [100, 300]),
            "weight": 1.0,
            "number": np.r_[np.arange(100), np.arange(300)],
        }
    )
    parts = split(events, event_number="number", random_state=0)
    counts = [part["process"].value_counts().to_dict() for part in parts]
    assert counts == [{"Wjets": 150, "tt": 50}] + 2 * [{"Wjets": 75, "tt": 25}]
    assert not set(parts[0]["number"]) & set(parts[1]["number"])


def test_processes_may_be_given_beside_the_table(events):
    by_column = split(events, random_state=0)
    by_values = split(events, process_column=events["process"].to_numpy(), random_state=0)
    for one, other in zip(by_column, by_values, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_an_array_is_split_by_the_positions_of_its_columns():
    table = np.column_stack([np.arange(80), np.arange(80) % 2, np.ones(80)])
    training, _, test = split(table, process_column=1, weight_column=2, random_state=0)
    assert training.shape == (40, 3)
    assert test[:, 2].sum() == 80


def test_event_blocks_are_split_with_all_their_blocks(events):
    blocks = EventBlocks(
        {
            "jet": events[["pt", "eta"]].to_numpy(),
            "weight": events["weight"].to_numpy(),
            "number": events["event_number"].to_numpy(),
        }
    )
    parts = split(blocks, process_column=events["process"], event_number="number", random_state=0)
    frames = split(events, random_state=0)
    for part, frame in zip(parts, frames, strict=True):
        assert isinstance(part, EventBlocks)
        np.testing.assert_array_equal(part["number"], frame["event_number"])
        np.testing.assert_array_equal(part["jet"][:, 0], frame["pt"])
        np.testing.assert_allclose(part["weight"], frame["weight"])


def test_without_weights_nothing_is_scaled(events):
    for part in split(events, weight_column=None, random_state=0):
        pd.testing.assert_frame_equal(part, events.loc[part.index])


def test_without_processes_the_total_is_kept(events):
    for part in split(events, process_column=None, random_state=0):
        assert part["weight"].sum() == pytest.approx(events["weight"].sum())


@pytest.mark.parametrize(
    "fractions", [(0.5, 0.5), (0.5, 0.25, 0.2), (1.2, -0.1, -0.1), (0.5, 0.5, 0.0)]
)
def test_fractions_that_make_no_three_parts_are_an_error(events, fractions):
    with pytest.raises(ValueError, match=r"they must be three positive numbers, .* that sum to 1"):
        split(events, fractions)


def test_a_process_that_is_too_small_is_an_error_with_its_counts():
    events = pd.DataFrame({"process": ["tt"] * 30 + ["WW"] * 2, "weight": 1.0})
    message = (
        r"process 'WW' is too small to be in every part: its 2 events split as "
        r"\{'training': 1, 'validation': 0, 'test': 1\}"
    )
    with pytest.raises(ValueError, match=message):
        split(events, random_state=0)


def test_a_process_without_positive_weight_in_a_part_is_an_error():
    events = pd.DataFrame({"process": ["tt"] * 8, "weight": [9.0] + [-1.0] * 7})
    message = r"weight of process 'tt' sums to -\d in the \w+ part and to 2 in all events"
    with pytest.raises(WeightError, match=message):
        split(events, random_state=0)


@pytest.mark.parametrize("role", ["process_column", "weight_column", "event_number"])
def test_a_missing_column_is_an_error_that_names_the_parameter(events, role):
    with pytest.raises(ColumnError, match=f"{role}='Process' is not a column of X; did you mean"):
        split(events, **{role: "Process"})


def test_missing_values_are_errors(events):
    events = events.astype({"event_number": float})
    events.loc[3, "event_number"] = np.nan
    with pytest.raises(ValueError, match="event_number='event_number' is missing for 1 of 600"):
        split(events, event_number="event_number")
    events.loc[[4, 5], "process"] = None
    with pytest.raises(ValueError, match=r"process_column contains NaN: 2 of 600 .* event 4"):
        split(events)
    events.loc[7, "weight"] = np.nan
    with pytest.raises(WeightError, match="weight column 'weight' contains NaN"):
        split(events, process_column="is_signal")


def test_wrong_lengths_and_no_events_are_errors(events):
    with pytest.raises(ValueError, match="one process per event"):
        split(events, process_column=["tt", "WW"])
    with pytest.raises(ValueError, match="there are no events to split"):
        split(events.iloc[:0])
