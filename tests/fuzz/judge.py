"""Judgement of a call: a right answer, an error of ours, or a fault."""

from __future__ import annotations

import dis
import signal
import traceback
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import sklearn

import skhep_nn
from fuzz.plain import MeaninglessError

OURS = str(Path(skhep_nn.__file__).parent)
SCIKIT_LEARN = str(Path(sklearn.__file__).parent)
# Keras, with NumPy 2, when it saves a model; the tests pass over it everywhere
KERAS = "__array__ implementation doesn't accept a copy keyword"
RAISE = dis.opmap["RAISE_VARARGS"]
# seconds after which a call on a dozen events counts as hung, on the slowest machine
HUNG = 300


# how scikit-learn calls what it was given
SCIKIT_LEARNS = ("Input", "Found array", "number of samples", "numbers of samples", "Complex data")


class HungError(Exception):
    """A call that does not come back."""


def fault(call, arguments, changed):
    """What is wrong with a call, in a few words; None if nothing is.

    Parameters
    ----------
    call : Call
    arguments : dict
    changed : list of str
        The arguments that are odd.
    """
    with _limited(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call.function(**arguments)
        except HungError:
            return "hung"
        except Exception as error:
            return _fault_of_error(error, call, changed)
    odd = [
        w for w in caught if not (issubclass(w.category, UserWarning) or KERAS in str(w.message))
    ]
    if call.draws:
        # what NumPy warns of inside of matplotlib is a matter of the picture
        odd = [w for w in odd if w.filename.startswith(OURS)]
    if odd:
        return f"warning {odd[0].category.__name__}: {odd[0].message}"
    return _fault_of_answer(call, arguments, result)


def is_ours(error):
    """Whether an error was raised on purpose, by the package or by scikit-learn's checks."""
    innermost = error.__traceback__
    while innermost.tb_next is not None:
        innermost = innermost.tb_next
    code = innermost.tb_frame.f_code
    # an error that a compiled function raises comes from its call
    if code.co_code[innermost.tb_lasti] != RAISE:
        return False
    if code.co_filename.startswith(OURS):
        return True
    return code.co_filename.startswith(SCIKIT_LEARN) and isinstance(error, (ValueError, TypeError))


def report(faults):
    """Faults by kind, the most frequent first, each with its first example."""
    counts, examples = Counter(), {}
    for what, changed, values in faults:
        counts[what] += 1
        examples.setdefault(what, (changed, values))
    lines = [f"{n} x {what}\n    {examples[what]}" for what, n in counts.most_common()]
    return f"{len(faults)} faults\n" + "\n".join(lines)


def _fault_of_error(error, call, changed):
    text = " ".join(str(error).split())
    if not changed:
        return f"raises {type(error).__name__}: {text:.100}"
    if not is_ours(error):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        return f"raw {type(error).__name__} at {place}: {text:.100}"
    if not any(word in text for word in (*call.valid, *call.words, *SCIKIT_LEARNS)):
        return f"names none of {changed}: {type(error).__name__}: {text:.100}"
    return None


def _fault_of_answer(call, arguments, result):
    if call.check is None:
        return None
    try:
        return call.check(result, **arguments)
    except MeaninglessError:
        return "accepted nonsense"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"wrong answer ({type(error).__name__} {error!s:.80} in {frame.name}:{frame.lineno})"


@contextmanager
def _limited():
    def stop(number, frame):
        raise HungError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, HUNG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
