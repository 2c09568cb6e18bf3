from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_what_a_user_may_set_has_no_value_of_makes_own():
    """With ``CPP ?= .cpp`` the folder was ``cc -E``: make has a CPP itself, which ?= leaves."""
    environment = {**os.environ, "LC_ALL": "C"}
    environment.pop("MAKEFLAGS", None)
    command = ["make", "-p", "-f", os.devnull]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    built_in = set(re.findall(r"^# default\n(\w+)", done.stdout, re.MULTILINE))
    assert {"CC", "CPP", "CXX"} <= built_in
    settable = re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(settable) > 2
    assert not built_in.intersection(settable)
