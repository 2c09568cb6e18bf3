"""The list of slow tests: what `make test-fast` leaves out beside tests that are marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import slow_tests

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", slow_tests())
def test_what_is_listed_as_slow_exists(name):
    path, _, test = name.partition("::")
    assert (ROOT / path).exists()
    assert f"def {test.partition('[')[0]}" in (ROOT / path).read_text() if test else True


def test_the_list_is_in_order_and_nothing_is_there_twice():
    listed = slow_tests()
    assert listed == sorted(set(listed))
