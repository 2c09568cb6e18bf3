"""Every public function on odd inputs: a right answer, or an error that names the input."""

from __future__ import annotations

import pytest

from fuzz.catalogue import CALLS
from fuzz.trial import attempts, masked_arguments, unlabelled_arguments


@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_each_call_ends_in_a_right_answer_or_an_error_that_names_the_input(call):
    attempts(call)


@pytest.mark.parametrize(("call", "arguments"), unlabelled_arguments(CALLS))
def test_missing_labels_are_an_error_that_says_how_many_and_where(call, arguments):
    with pytest.raises(ValueError, match=r"contains NaN: 1 of \d+ labels are .* event 1"):
        call.function(**arguments)


@pytest.mark.parametrize(("call", "arguments"), masked_arguments(CALLS))
def test_masked_values_are_an_error_that_says_how_many(call, arguments):
    with pytest.raises(ValueError, match=r"masked array, 1 of its \d+ values are masked"):
        call.function(**arguments)
