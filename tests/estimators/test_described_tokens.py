"""Short forms for sequences: tokens join the sequence whose entries they have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skhep_nn import BlockKind, CNNClassifier, EventBlocks, LSTMClassifier, ResNetClassifier

N_EVENTS, LENGTH, N_WORDS = 60, 5, 7
TOKENS = BlockKind("tokens", vocabulary_size=N_WORDS)


def events(seed=0, **kinds):
    """Particles with codes, of one to five per event, and the labels."""
    rng = np.random.default_rng(seed)
    there = np.arange(LENGTH) < rng.integers(1, LENGTH + 1, N_EVENTS)[:, None]
    momentum = rng.exponential(size=(N_EVENTS, LENGTH, 2)) * there[..., None]
    codes = rng.integers(1, N_WORDS, (N_EVENTS, LENGTH)) * there
    blocks = {"particle": momentum, "particle_mask": there, "pdg": codes}
    return EventBlocks(blocks, {"pdg": TOKENS, **kinds}), rng.integers(0, 2, N_EVENTS)


def small(**parameters):
    return CNNClassifier(
        (4,), dense_units=(4,), **{"epochs": 1, "random_state": 0, "verbose": 0, **parameters}
    )


def sequence_of_tokens(X, y=None, classifier=None, **parameters):
    """The sequence that the tokens of `X` join in a fit."""
    y = np.arange(len(X)) % 2 if y is None else y
    classifier = small(**parameters) if classifier is None else classifier
    return classifier.initialize(X, y).block_kinds_["pdg"].of


@pytest.mark.parametrize("kind", [CNNClassifier, LSTMClassifier, ResNetClassifier])
def test_tokens_with_the_entries_of_the_only_sequence_join_it(kind):
    assert sequence_of_tokens(events()[0], classifier=kind()) == "particle"


def test_it_is_the_network_of_tokens_that_name_the_sequence_themselves():
    X, y = events()
    told = EventBlocks(dict(X.items()), {**X.kinds, "pdg": replace(TOKENS, of="particle")})
    found, expected = (small().fit(blocks, y).predict_proba(blocks) for blocks in (X, told))
    np.testing.assert_array_equal(found, expected)


def test_where_an_event_has_another_number_of_tokens_they_stay_a_sequence_of_their_own():
    X, _ = events()
    codes = X["pdg"].copy()
    codes[17, 0] = 0
    assert sequence_of_tokens(X.assign(pdg=codes)) is None


def test_tokens_of_another_padded_length_stay_alone():
    X, _ = events()
    assert sequence_of_tokens(X.assign(pdg=np.pad(X["pdg"], ((0, 0), (0, 1))))) is None


def test_of_two_sequences_none_is_guessed():
    X, _ = events()
    assert sequence_of_tokens(X.assign(track=X["particle"] + 1.0)) is None


def test_a_mask_of_the_tokens_decides_where_they_have_one():
    X, _ = events()
    mask = X["particle_mask"].copy()
    known = X.assign(pdg=np.maximum(X["pdg"], 1))
    kinds = {**known.kinds, "pdg": replace(TOKENS, mask="pdg_mask"), "pdg_mask": BlockKind("mask")}

    def with_mask(values):
        return EventBlocks({**dict(known.items()), "pdg_mask": values}, kinds)

    assert sequence_of_tokens(with_mask(mask)) == "particle"
    mask[3] = True
    mask[3, -1] = False
    assert sequence_of_tokens(with_mask(mask)) is None


def test_without_a_mask_the_padding_value_says_where_entries_are():
    X, _ = events()
    X = EventBlocks({"particle": X["particle"], "pdg": X["pdg"]}, {"pdg": TOKENS})
    assert sequence_of_tokens(X) == "particle"
    assert sequence_of_tokens(X, mask_value=None) is None


def test_blocks_on_disk_are_seen_as_those_in_memory(tmp_path):
    X, _ = events()
    on_disk = {}
    for name, block in X.items():
        on_disk[name] = np.memmap(tmp_path / name, block.dtype, "w+", shape=block.shape)
        on_disk[name][:] = block
    assert sequence_of_tokens(EventBlocks(on_disk, X.kinds)) == "particle"


def test_later_events_do_not_change_what_the_first_ones_decided():
    X, y = events()
    codes = X["pdg"].copy()
    codes[17, 0] = 0
    other = X.assign(pdg=codes)
    for first, second in ((X, other), (other, X)):
        classifier = small(warm_start=True).fit(first, y)
        decided = classifier.block_kinds_["pdg"].of
        assert classifier.fit(second, y).partial_fit(second, y).block_kinds_["pdg"].of == decided
