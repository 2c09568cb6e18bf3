"""The scripts of the gallery run, on a part of each sample and for two epochs."""

from __future__ import annotations

import runpy

import pytest
from pages import running
from pages.blocks import ROOT

SCRIPTS = sorted((ROOT / "docs" / "gallery").glob("plot_*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_of_the_gallery_runs_and_draws(script, monkeypatch, tmp_path):
    from matplotlib import pyplot

    monkeypatch.chdir(tmp_path)
    running.make_small(monkeypatch)
    runpy.run_path(str(script))
    assert pyplot.get_fignums()


def test_every_script_of_the_gallery_says_what_it_shows_before_its_code():
    for script in SCRIPTS:
        title, line = script.read_text().splitlines()[1:3]
        assert line == "=" * len(title), script.name
