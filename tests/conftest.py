"""Small weighted samples that tests share, and processes that are killed half way."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
# threads that spin while they wait take the cores from the other test processes: boosted trees and
# small products of matrices then take ten times as long
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from skhep_nn.training._pool import POOL

# shared machines are too noisy for hypothesis' deadlines and for what it thinks of slow examples
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
# a run of the suite says something of the code, whichever run it is: others are searched by
# `--hypothesis-profile=search`
settings.register_profile("the_same_examples", derandomize=True, **PATIENT)
settings.register_profile("search", print_blob=True, **PATIENT)
settings.load_profile("the_same_examples")

# the architectures of all tests of a module, so that each is traced once
POOL.size = 64


# beside the project, where those who work on it may keep files that are not theirs to share
DEFAULT_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_addoption(parser):
    """``--data DIR``: files of others that some tests read."""
    parser.addoption(
        "--data",
        type=Path,
        default=DEFAULT_DATA,
        metavar="DIR",
        help="folder of files that are not part of the project (default: %(default)s); tests that "
        "need one of them are skipped where it is not there",
    )


def pytest_collection_modifyitems(items):
    """Mark as slow what ``tests/slow.txt`` lists."""
    listed = slow_tests()
    for item in items:
        if any(item.nodeid == one or item.nodeid.startswith((f"{one}/", f"{one}::", f"{one}["))
               for one in listed):  # fmt: skip
            item.add_marker("slow")


def pytest_collection():
    """Thousands of tests are made, and none is thrown away."""
    gc.disable()


def pytest_collection_finish():
    """What is here stays: to look through it again and again takes a tenth of the time."""
    gc.freeze()
    gc.enable()


def slow_tests():
    """Beginnings of the names of slow tests."""
    return listed_tests("slow.txt")


def listed_tests(name):
    """What a file of this folder lists, one to a line."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="session")
def data_file(request):
    """A function of a name: the file of that name in ``--data``; skips where there is none."""
    folder = request.config.getoption("--data")

    def find(name):
        for path in (folder / name, folder.parent / "cases" / "files" / name):
            if path.exists():
                return path
        return pytest.skip(f"{name} is not in --data {folder}")

    return find


def make_events(n_events=600, seed=0, n_negative=0):
    """A table with three features, `weight`, `process` and `is_signal`; the classes overlap."""
    rng = np.random.default_rng(seed)
    process = rng.choice(["signal", "Wjets", "tt"], size=n_events, p=[0.3, 0.5, 0.2])
    is_signal = (process == "signal").astype(int)
    x = rng.normal(size=(n_events, 3)) + 1.2 * is_signal[:, None] * [1, 0.5, 0]
    scale = {"signal": 0.01, "Wjets": 20.0, "tt": 3.0}
    weight = np.array([scale[name] for name in process]) * rng.uniform(0.5, 1.5, n_events)
    weight[:n_negative] *= -1
    return pd.DataFrame(
        {
            "pt": 50 + 20 * x[:, 0],
            "eta": x[:, 1],
            "mt": 80 + 10 * x[:, 2],
            "weight": weight,
            "process": process,
            "is_signal": is_signal,
            "event_number": np.arange(n_events),
        }
    )


@pytest.fixture(scope="session")
def new_events():
    """The function that makes such tables: ``new_events(n_events, seed, n_negative)``."""
    return make_events


# with None as its address Dask's page of status is on all, and on a port that others have
STATUS = ("dashboard_address", "worker_dashboard_address")
NO_OTHER_ADDRESS = {"host": "127.0.0.1", **dict.fromkeys(STATUS, "127.0.0.1:0")}


@pytest.fixture(scope="session")
def dask_cluster():
    """Two worker processes of one thread each, on the loopback address."""
    distributed = pytest.importorskip("distributed")
    import dask

    from skhep_nn._dask._connection import PATIENT, running_loop

    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    # Dask leaves it in the environment of this process, by which `_cores` knows what is Dask's
    unset = {"distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": None}}
    with running_loop() as loop:
        with dask.config.set(unset):
            cluster = distributed.LocalCluster(
                **options, **NO_OTHER_ADDRESS, loop=loop, silence_logs=logging.CRITICAL
            )
        # also of workers that tests kill
        with dask.config.set(PATIENT), cluster:
            yield cluster


@pytest.fixture
def client(dask_cluster):
    """A client of `dask_cluster`, whose two workers are there."""
    from distributed import Client

    with Client(dask_cluster, loop=dask_cluster.loop, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=300)
        yield client


@pytest.fixture
def events():
    return make_events()


@pytest.fixture
def table(events):
    """(X, y): features and weight column, label."""
    return events[["pt", "eta", "mt", "weight"]], events["is_signal"].to_numpy()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """A test draws the same numbers whichever tests its process ran before."""
    generator = getattr(getattr(item, "module", None), "RNG", None)
    if generator is not None:
        generator.bit_generator.state = np.random.default_rng(0).bit_generator.state


@pytest.fixture(autouse=True)
def _no_open_figures():
    """Figures that a test opened are closed behind it: matplotlib warns of many."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


# one process imports everything, and each of its forks runs once, up to the n-th touch
FORKS = """
import os, signal, sys
{setup}
LOOKED_AT = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate")
folder, left = None, 0

def touch(event, args):
    global left
    if folder and event in LOOKED_AT and folder in str(args[0]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def touching(function):
    def touched(*args, **kwargs):
        touch("open", [folder])
        return function(*args, **kwargs)
    return touched

sys.addaudithook(touch)
os.fsync = touching(os.fsync)
{patches}
print("ready", flush=True)
for line in sys.stdin:
    where, number = line.rstrip().rsplit(" ", 1)
    child = os.fork()
    if not child:
        folder, left = where, int(number)
        run(where)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@contextlib.contextmanager
def forks_killed_at(setup, patches=""):
    """A function of a folder and a number n: runs ``run(folder)`` of `setup`, killed at touch n.

    It returns True if the process was killed, False if it had come to its end.
    """
    code = FORKS.format(setup=setup, patches=patches)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as process:
        assert process.stdout.readline() == "ready\n"

        def run(folder, number):
            process.stdin.write(f"{folder} {number}\n")
            process.stdin.flush()
            status = int(process.stdout.readline())
            assert status in (0, signal.SIGKILL)
            return status != 0

        try:
            yield run
        finally:
            process.stdin.close()
            process.stdout.close()
            process.kill()


@pytest.fixture
def killed_at():
    """`forks_killed_at`."""
    return forks_killed_at
