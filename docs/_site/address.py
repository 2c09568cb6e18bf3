"""Where the project is published: one setting, from which badges and installation lines follow."""

from __future__ import annotations

import configparser
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SETUP = Path(__file__).parents[2] / "setup.cfg"
# Takes the place of what setup.cfg says, for one build.
VARIABLE = "DOCS_PROJECT_URL"
KEY = "Source"
# The branch to which the built site is pushed, notebooks included.
BRANCH = "gh-pages"
EXTRAS = "io,onnx,report,stats"
FORM = re.compile(r"https://(?P<host>[\w.-]+)/(?P<path>[\w.-]+(?:/[\w.-]+)+)")
COLAB = "https://colab.research.google.com/github/{path}/blob/{branch}/{notebook}"
BINDER = "https://mybinder.org/v2/{repository}/{branch}?labpath={quoted}"
BINDER_HOSTS = {"github.com": "gh/{path}", "gitlab.com": "gl/{quoted_path}"}


@dataclass(frozen=True)
class Address:
    """Address of the project's repository.

    Parameters
    ----------
    host : str
    path : str
        Owner and name, with groups between them if there are any.
    """

    host: str
    path: str

    @property
    def url(self):
        """Of its front page."""
        return f"https://{self.host}/{self.path}"

    def file(self, path):
        """Address of a file of the repository, in its newest state."""
        tree = "blob" if self.host == "github.com" else "-/blob"
        return f"{self.url}/{tree}/HEAD/{path}"

    def badges(self, notebook):
        """{what a badge says: where it leads} of a notebook of the site; Colab reads GitHub only.

        Parameters
        ----------
        notebook : str
            Its path on the site.
        """
        names = {"branch": BRANCH, "notebook": notebook, "path": self.path}
        quoted = {"quoted_path": quote(self.path, ""), "quoted_url": quote(self.url, "")}
        repository = BINDER_HOSTS.get(self.host, "git/{quoted_url}").format(**names, **quoted)
        binder = BINDER.format(repository=repository, quoted=quote(notebook, ""), **names)
        colab = {"Open in Colab": COLAB.format(**names)} if self.host == "github.com" else {}
        return colab | {"Open in Binder": binder}

    @property
    def requirement(self):
        """What pip installs."""
        return f"skhep_nn[{EXTRAS}] @ git+{self.url}"


def address(setup=SETUP, environment=os.environ):
    """The address that the environment names, or else setup.cfg; None if neither does.

    Parameters
    ----------
    setup : Path
        Its ``project_urls`` have it as ``Source = https://...``.
    environment : mapping

    Raises
    ------
    ValueError
        If it is no address of a repository.
    """
    given = environment.get(VARIABLE) or _of_setup(setup)
    if not given:
        return None
    found = FORM.fullmatch(given.removesuffix("/").removesuffix(".git"))
    if not found:
        msg = f"{given!r} is no address of a repository; it must be https://host/owner/name"
        raise ValueError(msg)
    return Address(found["host"], found["path"])


def _of_setup(path):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    lines = parser.get("metadata", "project_urls", fallback="").splitlines()
    named = dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in lines if "=" in line)
    return named.get(KEY)
