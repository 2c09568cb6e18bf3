"""Fitting the members one by one or several at a time, with a bar that counts them."""

from __future__ import annotations

import contextlib
import threading
import warnings

from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

from skhep_nn import _cores
from skhep_nn._bar import make_bar
from skhep_nn.exceptions import TrainingInterruptedWarning
from skhep_nn.training._threads import stopped_by

# joblib's threads and processes
OF_THIS_MACHINE = "joblib._parallel_backends"


def fit_all(function, arguments, *, n_jobs, verbose, title):
    """What `function` returns for each of `arguments`, in their order.

    Where no joblib backend is set by the user they are fitted in threads of this process: what is
    compiled and the events are there already, while each new process spends seconds on importing
    TensorFlow. Of threads, and of processes of this machine, there are no more than cores.

    Parameters
    ----------
    function : callable
    arguments : list of tuple
    n_jobs : int or None
        As joblib has it.
    verbose : {"auto", 0, 1}
        As of `skhep_nn._bar.make_bar`.
    title : str

    Raises
    ------
    KeyboardInterrupt
        If one fit was interrupted: less members than asked for are of no use.
    """
    bar = make_bar(verbose, total=len(arguments), desc=f"{title}, fits")
    done, stop = [], threading.Event()
    parallel, function = _workers(n_jobs, len(arguments), function, stop)
    try:
        with _no_half_fits():
            for one in parallel(delayed(function)(*given) for given in arguments):
                done.append(one)
                bar.update()
    except TrainingInterruptedWarning as warning:
        raise KeyboardInterrupt from warning
    finally:
        # threads that are still training, after an error or an interruption, end at their next step
        stop.set()
        bar.close()
    return done


def _workers(n_jobs, n_tasks, function, stop):
    """Who works, and on what."""
    backend, _ = get_active_backend(prefer="threads")
    # those of a cluster have cores of their own
    if type(backend).__module__ == OF_THIS_MACHINE:
        n_jobs = _cores.at_a_time(n_tasks, effective_n_jobs(n_jobs))
    if n_jobs != 1 and getattr(backend, "supports_sharedmem", False):
        function = _stoppable(function, stop)
    return Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator"), function


def _stoppable(function, stop):
    def fit(*given):
        with stopped_by(stop):
            return function(*given)

    return fit


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
