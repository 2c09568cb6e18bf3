"""README, numbers that name their command, and what a release has to have."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

import pytest

import skhep_nn

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / ".ci"))

import cell  # noqa: E402 - in .ci
import numbers_quoted as numbers  # noqa: E402
import release  # noqa: E402

TABLE = """
| case | side | seconds |
|---|---|---|
| a | ours | 0.121 |
| a | Keras fit | 1,135.4 |
"""


def test_readme_has_at_most_sixty_lines():
    assert (ROOT / "README.md").read_text().count("\n") <= 60


def test_the_citation_is_of_this_version():
    text = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (\S+)$", text, re.MULTILINE)[1] == skhep_nn.__version__


@pytest.mark.parametrize("one", numbers.quoted_numbers(), ids=lambda one: one.command[-60:])
def test_a_number_that_names_its_command_stands_on_the_page(one):
    shown = numbers.COMMENT.sub("", one.page.read_text())
    assert re.search(rf"(?<![\d.]){re.escape(one.value)}(?!\d|\.\d)", shown)
    assert one.now() == one.value


@pytest.mark.parametrize(
    ("found", "quoted", "expected"),
    [("0.1214", "0.12", "0.12"), ("62.45", "62", "62"), ("1,135.4", "1,135", "1,135"),
     ("9.38", "9.4", "9.4"), ("+0.0047", "0.005", "0.005")],
)  # fmt: skip
def test_numbers_are_compared_to_the_digits_that_are_quoted(found, quoted, expected):
    assert numbers.rounded(found, quoted) == expected


def test_a_cell_is_found_by_the_beginning_of_its_row():
    assert cell.cell(TABLE, "seconds", ["a", "Keras fit"]) == "1,135.4"


@pytest.mark.parametrize(("column", "row"), [("seconds", ["a"]), ("ratio", ["a", "ours"])])
def test_a_cell_that_is_not_one_is_an_error(column, row):
    with pytest.raises(LookupError, match="rows begin with"):
        cell.cell(TABLE, column, row)


def wheel(folder, names):
    path = folder / "skhep_nn-0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return path


WHOLE = [f"skhep_nn/datasets/data/{n}.{end}" for n in release.SAMPLES for end in ("parquet", "md")]
WHOLE += ["skhep_nn/py.typed", "skhep_nn/__init__.pyi"]


def test_a_wheel_that_is_whole_and_small_passes(tmp_path, capsys):
    release.check_contents(wheel(tmp_path, WHOLE))
    assert "10 files" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "rule"),
    [(WHOLE[1:], "lacks"), ([*WHOLE, "tests/test_docs.py"], "not of the package")],
)
def test_a_wheel_that_lacks_a_sample_or_has_tests_is_an_error(tmp_path, names, rule):
    with pytest.raises(ValueError, match=rule):
        release.check_contents(wheel(tmp_path, names))


def test_a_wheel_that_is_too_large_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "LARGEST", 100)
    with pytest.raises(ValueError, match=r"bytes; a wheel has at most 100"):
        release.check_contents(wheel(tmp_path, WHOLE))
