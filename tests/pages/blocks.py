"""The code blocks of README and docs: where they stand, what they say, what they printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
GENERATED = {"_build", "reference", "auto_examples"}
FENCE = re.compile(r"^( *)```(\{[\w-]+\}|\w*)[^\n]*\n(.*?)^\1```[ ]*$", re.MULTILINE | re.DOTALL)
# Directly before a block.
COMMENT = re.compile(r"<!--\s*(not run|numbers of|before):?\s*(.*?)\s*-->\s*\Z", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Parameters
    ----------
    page : Path
    line : int
        Of its first line of code, from 1.
    language : str
        ``"python"``, ``"sh"``, ``"text"``, ... or nothing.
    code : str
    comment : tuple of str
        Kind and text of the comment before it: ``("not run", reason)``, ``("numbers of", what)`` of
        a printout, ``("before", code)``; or two empty ones.
    printed : str or None
        The ``text`` block right behind it.
    blank : bool
        Whether numbers in `printed` are of a larger sample, so that only words are compared.
    """

    page: Path
    line: int
    language: str
    code: str
    comment: tuple = ("", "")
    printed: str | None = None
    blank: bool = False

    @property
    def not_run(self):
        """Why it does not run, or nothing."""
        return self.comment[1] if self.comment[0] == "not run" else ""

    @property
    def before(self):
        """Code that runs before it and is not shown."""
        return self.comment[1] if self.comment[0] == "before" else ""

    @property
    def where(self):
        """Page and line, for messages."""
        return f"{self.page.name}:{self.line}"


def pages():
    """README and every page of docs that is written by hand."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    return [ROOT / "README.md", *(p for p in found if not GENERATED & {*p.parts})]


def blocks(page):
    """All blocks of a page, in order; printouts are with the block that prints them."""
    text = page.read_text(encoding="utf-8")
    found, end = [], 0
    for match in FENCE.finditer(text):
        between, end = text[end : match.start()], match.end()
        said = COMMENT.search(between)
        comment = said.groups() if said else ("", "")
        line = text[: match.start(3)].count("\n") + 1
        block = Block(page, line, match[2], dedent(match[3]), comment)
        if _is_printout(block, found, COMMENT.sub("", between)):
            found[-1] = _with_printout(found[-1], block)
        else:
            found.append(block)
    return found


def _is_printout(block, found, between):
    return block.language == "text" and not between.strip() and found and found[-1].language in RUN


def _with_printout(block, printout):
    blank = printout.comment[0] == "numbers of"
    return Block(**{**vars(block), "printed": printout.code, "blank": blank})


# Languages whose blocks run.
RUN = ("python", "sh")
