"""Fitting the members one by one or in several processes, with a bar that counts them."""

from __future__ import annotations

import contextlib
import threading
import warnings

from sklearn.utils.parallel import Parallel, delayed

from skhep_nn._bar import make_bar
from skhep_nn.exceptions import TrainingInterruptedWarning
from skhep_nn.training._progress import is_watched


def fit_all(function, arguments, *, n_jobs, verbose, title):
    """What `function` returns for each of `arguments`, in their order.

    Parameters
    ----------
    function : callable
    arguments : list of tuple
    n_jobs : int or None
        As joblib has it.
    verbose : {"auto", 0, 1}
        ``"auto"`` shows the bar in a terminal or notebook.
    title : str

    Raises
    ------
    KeyboardInterrupt
        If one fit was interrupted: less members than asked for are of no use.
    """
    shown = bool(verbose) and (verbose != "auto" or is_watched())
    bar = make_bar(shown, total=len(arguments), desc=f"{title}, fits")
    done = []
    try:
        with _no_half_fits():
            parallel = Parallel(n_jobs=n_jobs, return_as="generator")
            for one in parallel(delayed(function)(*given) for given in arguments):
                done.append(one)
                bar.update()
    except TrainingInterruptedWarning as warning:
        raise KeyboardInterrupt from warning
    finally:
        bar.close()
    return done


@contextlib.contextmanager
def _no_half_fits():
    """A network that the user interrupts would keep its best epoch, and the next one begin."""
    if threading.current_thread() is not threading.main_thread():
        # nobody is interrupted here, and filters of warnings are of the whole process
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingInterruptedWarning)
        yield
