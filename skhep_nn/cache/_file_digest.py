"""The digest of a file; for processes that apply a model, too, where scikit-learn stays away."""

from __future__ import annotations

import os

from skhep_nn._storage import open_regular
from skhep_nn.cache._npy import digest_of_open


def of_file(path):
    """Name, size and digest of a file."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        return {"name": path.name, "size": size, "blake2b": digest_of_open(file, size)}
