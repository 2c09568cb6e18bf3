"""Lists of tests: what `make test-fast` leaves out, and what `make test-oldest` takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import listed_tests

ROOT = Path(__file__).parents[1]
LISTS = ("slow.txt", "oldest.txt")


@pytest.mark.parametrize("name", [name for one in LISTS for name in listed_tests(one)])
def test_what_is_listed_exists(name):
    path, _, test = name.partition("::")
    assert (ROOT / path).exists()
    assert f"def {test.partition('[')[0]}" in (ROOT / path).read_text() if test else True


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_in_order_and_nothing_is_there_twice(name):
    listed = listed_tests(name)
    assert listed == sorted(set(listed))
