from __future__ import annotations

import contextlib
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.combine import SMOTEENN
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import NearMiss, RandomUnderSampler

from skhep_nn.training import _order as order

CODES = np.repeat([0, 1, 2], [70, 20, 10])


@given(n=st.integers(1, 200), seed=st.integers(0, 2**31), epoch=st.integers(0, 1000))
def test_a_shuffled_epoch_has_every_event_once(n, seed, epoch):
    assert sorted(order.shuffled(n, seed)(epoch)) == list(range(n))


def test_events_as_given_stay_in_their_order():
    draw = order.as_given(5)
    assert draw(0).tolist() == draw(7).tolist() == [0, 1, 2, 3, 4]


def resampled(seed):
    x = np.arange(100.0)[:, None]
    return order.resampled(RandomUnderSampler(), x, CODES, seed)


ORDERS = {
    "shuffled": lambda seed: order.shuffled(100, seed),
    "balanced": lambda seed: order.balanced(CODES, 12, seed),
    "resampled": resampled,
}


@pytest.mark.parametrize("make", ORDERS.values(), ids=ORDERS)
def test_an_order_depends_on_seed_and_epoch_alone(make):
    draw, again = make(3), make(3)
    forwards = [draw(epoch) for epoch in range(3)]
    np.random.seed(0)
    backwards = [again(epoch) for epoch in (2, 1, 0)][::-1]
    for one, other in zip(forwards, backwards, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(forwards[0], forwards[1])
    assert not np.array_equal(forwards[0], make(4)(0))


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(1, 60), min_size=2, max_size=4),
    share=st.integers(1, 20),
    epoch=st.integers(0, 5),
)
def test_balanced_batches_have_equal_numbers_and_use_events_equally_often(counts, share, epoch):
    codes = np.repeat(np.arange(len(counts)), counts)
    batch_size = share * len(counts)
    rows = order.balanced(codes, batch_size, seed=1)(epoch)
    for batch in rows.reshape(-1, batch_size):
        assert np.bincount(codes[batch]).tolist() == [share] * len(counts)
    used = np.bincount(rows, minlength=len(codes))
    for code in range(len(counts)):
        assert np.ptp(used[codes == code]) <= 1


def test_a_balanced_epoch_has_about_as_many_events_as_there_are():
    # 100 events in batches of 12: 8.3 batches
    assert len(order.balanced(CODES, 12, 0)(0)) == 96


def test_less_events_than_a_batch_make_one_batch():
    rows = order.balanced(np.array([0, 0, 0, 1]), 10, 0)(0)
    assert np.bincount(np.array([0, 0, 0, 1])[rows]).tolist() == [5, 5]


def test_balanced_batches_need_every_class():
    with pytest.raises(ValueError, match="class number 1 has none"):
        order.balanced(np.array([0, 2, 2]), 3, 0)


def test_a_sampler_selects_the_events_of_an_epoch():
    rows = resampled(0)(0)
    assert np.bincount(CODES[rows]).tolist() == [10, 10, 10]
    assert len(set(rows.tolist())) == 30


def test_a_sampler_is_left_as_it_was():
    sampler = RandomUnderSampler(random_state=5)
    order.resampled(sampler, np.arange(100.0)[:, None], CODES, 0)(0)
    assert sampler.random_state == 5
    assert not hasattr(sampler, "sample_indices_")


def test_a_sampler_without_a_seed_works():
    rows = order.resampled(NearMiss(), np.arange(100.0)[:, None], CODES, 0)(0)
    assert np.bincount(CODES[rows]).tolist() == [10, 10, 10]


def test_a_sampler_may_name_the_classes_by_their_labels():
    labels = np.array(["a", "b", "c"])[CODES]
    sampler = RandomUnderSampler(sampling_strategy={"a": 15})
    rows = order.resampled(sampler, np.arange(100.0)[:, None], labels, 0)(0)
    assert np.bincount(CODES[rows]).tolist() == [15, 20, 10]


@pytest.mark.parametrize(
    "x", [np.ones((100, 4, 2)), {"jet": np.ones((100, 2)), "pdg": np.ones((100, 3, 1))}]
)
def test_a_sampler_takes_sequences_and_blocks(x):
    rows = order.resampled(RandomUnderSampler(), x, CODES, 0)(0)
    assert np.bincount(CODES[rows]).tolist() == [10, 10, 10]


@pytest.mark.parametrize("sampler", [SMOTE(), SMOTEENN(), RandomOverSampler(shrinkage=0.5)])
def test_a_sampler_that_makes_new_events_is_an_error(sampler):
    x = np.random.default_rng(0).normal(size=(100, 2))
    with pytest.raises(ValueError, match="makes new events instead of selecting some"):
        order.resampled(sampler, x, CODES, 0)(0)


def test_the_next_order_is_drawn_while_an_epoch_runs_and_none_after_the_last():
    drawn = []

    def draw(epoch):
        drawn.append((epoch, threading.current_thread() is threading.main_thread()))
        return [epoch]

    with contextlib.closing(order.Ahead(draw, last=4)) as ahead:
        assert ahead(3) == [3]
        assert ahead(4) == [4]
    assert drawn == [(3, True), (4, False)]


def test_an_order_that_nobody_expected_is_drawn_at_once():
    with contextlib.closing(order.Ahead(order.shuffled(50, 1), last=9)) as ahead:
        for epoch in (0, 5, 2):
            assert ahead(epoch).tolist() == order.shuffled(50, 1)(epoch).tolist()


def test_what_goes_wrong_in_drawing_ahead_is_told_when_the_order_is_needed():
    def draw(epoch):
        if epoch:
            msg = "no such epoch"
            raise ValueError(msg)
        return [0]

    with contextlib.closing(order.Ahead(draw, last=4)) as ahead:
        assert ahead(0) == [0]
        with pytest.raises(ValueError, match="no such epoch"):
            ahead(1)
