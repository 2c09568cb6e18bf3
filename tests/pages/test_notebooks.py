"""The notebook of each guide, and the badges that open it where the project has an address."""

from __future__ import annotations

import sys

import nbformat
import pytest
from pages.blocks import ROOT, blocks

sys.path.append(str(ROOT / "docs"))

from _site import notebooks
from _site.address import VARIABLE, Address, address

GITHUB = Address("github.com", "owner/name")
GUIDES = notebooks.guides(ROOT / "docs")
PATH = "notebooks/guides/weights.ipynb"


def notebook_of(page, where=None):
    return notebooks.of_page(GUIDES[page], f"docs/{page}.md", where)


def code_of(page):
    path = ROOT / "docs" / f"{page}.md"
    return [b.code.rstrip("\n") for b in blocks(path) if b.language == "python"]


def cells(notebook, kind):
    found = [c for c in notebook.cells if c.cell_type == kind]
    return [c for c in found if "setup" not in c.metadata.get("tags", [])]


def words(notebook):
    return "\n".join(cell.source for cell in cells(notebook, "markdown"))


def test_every_guide_with_code_has_a_notebook():
    paths = (ROOT / "docs" / "guides").glob("*.md")
    assert set(GUIDES) == {f"guides/{p.stem}" for p in paths if code_of(f"guides/{p.stem}")}
    assert len(GUIDES) > 5


@pytest.mark.parametrize("where", [None, GITHUB], ids=["no address", "address"])
@pytest.mark.parametrize("page", GUIDES)
def test_a_notebook_is_valid_and_has_the_code_of_its_guide(page, where):
    notebook = notebook_of(page, where)
    nbformat.validate(notebook)
    assert [cell.source for cell in cells(notebook, "code")] == code_of(page)
    assert "<!--" not in words(notebook)
    assert notebook == notebook_of(page, where)


def test_what_a_guide_printed_stands_below_its_code():
    path = ROOT / "docs" / "guides" / "weights.md"
    printed = [b.printed for b in blocks(path) if b.language == "python"]
    found = [[o.text for o in c.outputs] for c in cells(notebook_of("guides/weights"), "code")]
    assert found == [[text] if text else [] for text in printed]


def test_other_blocks_and_all_words_of_a_guide_are_in_its_notebook():
    text = "# Title\n\n```sh\nskhep-nn show x\n```\n\n```python\n1\n```\n\nEnd\n\n```text\na\n```\n"
    notebook = notebooks.of_page(text, "docs/guides/x.md", None)
    assert words(notebook) == "# Title\n```sh\nskhep-nn show x\n```\nEnd\n```text\na\n```"


@pytest.mark.parametrize(
    ("link", "to"),
    [
        ("../choosing.md#few", "https://github.com/owner/name/blob/HEAD/docs/choosing.md#few"),
        ("#balance", "https://github.com/owner/name/blob/HEAD/docs/guides/weights.md#balance"),
        ("../../examples/cpp/a.cpp", "https://github.com/owner/name/blob/HEAD/examples/cpp/a.cpp"),
        ("https://arxiv.org/abs/1", "https://arxiv.org/abs/1"),
    ],
)
def test_links_of_a_notebook_go_to_the_address_and_are_words_without_one(link, to):
    text = f"See [there]({link}).\n"
    inside = words(notebooks.of_page(text, "docs/guides/weights.md", GITHUB))
    assert inside == f"See [there]({to})."
    alone = words(notebooks.of_page(text, "docs/guides/weights.md", None))
    assert alone == (text.strip() if link.startswith("https") else "See there.")


def test_badges_lead_to_the_notebook_of_the_published_site():
    assert GITHUB.badges(PATH) == {
        "Open in Colab": "https://colab.research.google.com/github/owner/name/blob/gh-pages/"
        + PATH,
        "Open in Binder": "https://mybinder.org/v2/gh/owner/name/gh-pages"
        "?labpath=notebooks%2Fguides%2Fweights.ipynb",
    }


@pytest.mark.parametrize(
    ("host", "path", "repository"),
    [
        ("gitlab.com", "group/part/name", "gl/group%2Fpart%2Fname"),
        ("gitlab.example.org", "a/b", "git/https%3A%2F%2Fgitlab.example.org%2Fa%2Fb"),
    ],
)
def test_elsewhere_than_on_github_there_is_binder_alone(host, path, repository):
    ((name, to),) = Address(host, path).badges(PATH).items()
    assert name == "Open in Binder"
    assert to.startswith(f"https://mybinder.org/v2/{repository}/gh-pages?labpath=")


def test_a_page_has_links_to_its_notebook_and_badges_where_there_is_an_address():
    def link(page, where):
        return notebooks.links(page, GUIDES, where, "../{}".format)

    alone = link("guides/weights", None)
    assert alone.count("<a ") == 1
    assert f'href="../{PATH}" download' in alone
    assert link("guides/weights", GITHUB).count("<a ") == 3
    assert "notebooks/gallery/plot_1_x.ipynb" in link("auto_examples/plot_1_x", None)
    assert [link(page, GITHUB) for page in ("guides/index", "auto_examples/index", "io")] == [
        ""
    ] * 3


def test_notebooks_are_written_where_links_lead(tmp_path):
    notebooks.write(ROOT / "docs", tmp_path, GITHUB)
    for page in GUIDES:
        written = nbformat.read(tmp_path / notebooks.path_of(page), as_version=4)
        assert "git+https://github.com/owner/name" in written.cells[0].source
    text = (tmp_path / "binder" / "requirements.txt").read_text()
    assert text == "skhep_nn[io,onnx,report,stats] @ git+https://github.com/owner/name\n"
    notebooks.write(ROOT / "docs", tmp_path / "alone", None)
    assert not (tmp_path / "alone" / "binder").exists()


def setup_cfg(folder, line):
    path = folder / "setup.cfg"
    path.write_text(
        f"[metadata]\nname = x\nproject_urls =\n    Documentation = https://x.org\n{line}"
    )
    return path


@pytest.mark.parametrize("end", ["", "/", ".git"])
def test_the_address_is_the_source_of_setup_cfg_or_of_the_environment(tmp_path, end):
    path = setup_cfg(tmp_path, f"    Source = https://github.com/owner/name{end}\n")
    assert address(path, {}) == GITHUB
    other = address(path, {VARIABLE: "https://gitlab.com/a/b/c"})
    assert other == Address("gitlab.com", "a/b/c")
    assert address(setup_cfg(tmp_path, ""), {}) is None


@pytest.mark.parametrize(
    "wrong", ["owner/name", "https://github.com/owner", "http://github.com/a/b"]
)
def test_what_is_no_address_is_an_error(tmp_path, wrong):
    with pytest.raises(ValueError, match=r"is no address of a repository; it must be https://host"):
        address(setup_cfg(tmp_path, f"    Source = {wrong}\n"), {})
