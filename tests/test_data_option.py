"""Files of others: one option says where they are, and nothing else looks for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parent
READER = "io/test_npz.py::test_the_jet_sample_is_read_as_numpy_reads_it"


def run(folder):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS / READER)]
    done = subprocess.run(
        [*command, "--data", str(folder)],
        capture_output=True, text=True, check=False, cwd=TESTS.parent,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_file_in_the_folder_is_read(tmp_path):
    np.savez(tmp_path / "jets_ttbar.npz", trk=np.ones((3, 2, 2)), label=np.array([0, 1, 0]))
    code, said = run(tmp_path)
    assert code == 0
    assert "1 passed" in said


def test_a_file_that_is_not_there_is_named(tmp_path):
    code, said = run(tmp_path)
    assert code == 0
    assert f"jets_ttbar.npz is not in --data {tmp_path}" in said


def test_no_test_looks_for_that_folder_on_its_own():
    others = {path for path in TESTS.rglob("*.py") if path != TESTS / "conftest.py"}
    for path in others - {Path(__file__)}:
        text = path.read_text(encoding="utf-8")
        assert '/ "shared"' not in text, path
        assert ".exists(), reason=" not in text, path
