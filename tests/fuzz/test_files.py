"""The readers with odd options and damaged files: the events, or an error that names the file."""

from __future__ import annotations

import pytest

from fuzz.files import CALLS
from fuzz.trial import attempts


@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_each_call_ends_in_a_right_answer_or_an_error_that_names_the_input(call):
    attempts(call)
