"""Build a release and check it: what is in the wheel, its size, and that it works elsewhere.

python .ci/release.py [--tag]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST = 8_000_000  # bytes
SAMPLES = ("lepton_jets", "jets", "particle_lists", "resonance")
# Run in an environment that has the wheel and nothing of the clone.
CHECK = """
import pathlib, sys
import skhep_nn
from skhep_nn import DenseClassifier, export_onnx, load_onnx
from skhep_nn.datasets import load_lepton_jets
assert pathlib.Path(skhep_nn.__file__).is_relative_to(sys.prefix), skhep_nn.__file__
events = load_lepton_jets().iloc[::20]
X, y = events[["Met", "HT", "Njet"]], events["is_signal"]
model = DenseClassifier((16,), epochs=2, random_state=0).fit(X, y)
export_onnx(model, "model.onnx", check=X)
assert load_onnx("model.onnx").predict_proba(X).shape == (len(X), 2)
print("skhep_nn", skhep_nn.__version__, "works from its wheel")
"""


def main(argv=None):
    """Build, check, and on request tag."""
    parser = argparse.ArgumentParser(description="Build and check a release.")
    parser.add_argument("--tag", action="store_true", help="tag the commit when all is well")
    arguments = parser.parse_args(argv)
    wheel = build(ROOT / "dist")
    check_contents(wheel)
    check_elsewhere(wheel)
    if arguments.tag:
        tag(wheel.name.split("-")[1])
    return 0


def build(folder):
    """The wheel, built anew in `folder`."""
    for old in folder.glob("skhep_nn-*"):
        old.unlink()
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("skhep_nn-*.whl")
    return wheel


def check_contents(wheel):
    """Raise unless the wheel is small, and has samples, stubs, templates, but no tests.

    Parameters
    ----------
    wheel : Path

    Raises
    ------
    ValueError
        That says what is wrong.
    """
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    needed = [
        f"skhep_nn/datasets/data/{name}.{end}" for name in SAMPLES for end in ("parquet", "md")
    ]
    needed += ["skhep_nn/py.typed", "skhep_nn/__init__.pyi"]
    missing = [name for name in needed if name not in names]
    foreign = [n for n in names if not n.startswith(("skhep_nn/", "skhep_nn-"))]
    size = wheel.stat().st_size
    for wrong, text in (
        (size > LARGEST, f"{wheel.name} has {size:,} bytes; a wheel has at most {LARGEST:,}"),
        (missing, f"{wheel.name} lacks {missing}"),
        (foreign, f"{wheel.name} has {foreign[:5]}, which are not of the package"),
    ):
        if wrong:
            raise ValueError(text)
    sys.stdout.write(f"{wheel.name}: {size:,} bytes, {len(names)} files\n")


def check_elsewhere(wheel):
    """Install the wheel in a clean environment outside the clone, and use it there."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(Path(folder) / "venv", with_pip=True)
        python = Path(folder) / "venv" / "bin" / "python"
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*pip, f"{wheel}[onnx]"], check=True, cwd=folder)
        clean = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "PYTHONHOME")}
        clean["TF_CPP_MIN_LOG_LEVEL"] = "3"
        subprocess.run([str(python), "-c", CHECK], check=True, cwd=folder, env=clean)


def tag(version):
    """Tag the commit, if nothing is changed in the working tree.

    Raises
    ------
    ValueError
        If something is.
    """
    git = ["git", "-C", str(ROOT)]
    changed = subprocess.run(
        [*git, "status", "--porcelain"], capture_output=True, text=True, check=True
    ).stdout
    if changed:
        msg = f"the working tree has changes; commit them before tagging:\n{changed}"
        raise ValueError(msg)
    subprocess.run([*git, "tag", "-a", f"v{version}", "-m", f"skhep_nn {version}"], check=True)


if __name__ == "__main__":
    sys.exit(main())
