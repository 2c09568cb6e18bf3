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


def of_page(page):
    return [one for one in numbers.quoted_numbers() if one.page == page]


@pytest.mark.parametrize(
    "page", sorted({one.page for one in numbers.quoted_numbers()}), ids=lambda page: page.name
)
def test_numbers_that_name_their_commands_stand_on_the_page_and_hold(page):
    shown = numbers.COMMENT.sub("", page.read_text())
    for one in of_page(page):
        assert re.search(rf"(?<![\d.]){re.escape(one.value)}(?!\d|\.\d)", shown), one
        assert one.takes_long or one.now() == one.value, one


def test_a_number_that_takes_long_is_of_a_study_that_there_is():
    known = re.compile(r"python (?:-m benchmarks (\w+)|examples/(\w+)\.py)")
    for one in numbers.quoted_numbers():
        if one.takes_long:
            study, example = known.match(one.command).groups()
            file = f"benchmarks/{study}.py" if study else f"examples/{example}.py"
            assert (ROOT / file).is_file()
            assert numbers.PIPE in one.command


def test_commands_that_begin_alike_run_once_and_what_takes_long_when_asked(
    tmp_path, monkeypatch, capsys
):
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    run = "echo x >> ran; printf '| a | b |\\n| 1 | 2 +- 3 |\\n'"
    (tmp_path / ".ci").symlink_to(ROOT / ".ci")
    cell_of = f"{numbers.CELL}b 1"
    page.write_text(
        f"2 and 3\n<!-- measured: {run} | {cell_of} -> 2 -->\n"
        f"<!-- measured: {run} | {cell_of} --error -> 4 -->\n<!-- number: echo 7 -> 7 -->\n"
    )
    (tmp_path / "README.md").touch()
    monkeypatch.setattr(numbers, "ROOT", tmp_path)
    assert numbers.main([]) == 0
    assert capsys.readouterr().out == "1 numbers, 0 moved; 2 more take minutes (ARGS=--all)\n"
    assert numbers.main(["--all"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("docs/page.md: 4 is 3 now")
    assert said.endswith("3 numbers, 1 moved\n")
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.parametrize(
    ("found", "quoted", "expected"),
    [("0.1214", "0.12", "0.12"), ("62.45", "62", "62"), ("1,135.4", "1,135", "1,135"),
     ("9.38", "9.4", "9.4"), ("+0.0047", "0.005", "0.005")],
)  # fmt: skip
def test_numbers_are_compared_to_the_digits_that_are_quoted(found, quoted, expected):
    assert numbers.rounded(found, quoted) == expected


def test_a_cell_is_found_by_the_beginning_of_its_row():
    assert cell.cell(TABLE, "seconds", ["a", "Keras fit"]) == "1,135.4"


@pytest.mark.parametrize(
    ("text", "number", "error"),
    [("0.92 +- 0.01", "0.92", "0.01"), ("0.2187; chi-square per bin 3.37", "0.2187", "")],
)
def test_a_cell_has_a_number_and_its_error(text, number, error):
    assert cell.part(text) == number
    assert cell.part(text, error=True) == error


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
