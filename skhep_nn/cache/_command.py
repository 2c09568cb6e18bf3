"""What the command ``skhep-nn cache`` does."""

from __future__ import annotations

import joblib

from skhep_nn._paths import user_path
from skhep_nn.cache import _manifest
from skhep_nn.cache._build import TRANSFORMER, build_cache
from skhep_nn.exceptions import FileFormatError, MissingFileError
from skhep_nn.io._files import reading


def build(files, transformer, output, **options):
    """Build a cache with a transformer from a file; a line that tells what is there.

    Parameters
    ----------
    files : list of str
    transformer : str or None
        joblib file.
    output : str
    **options
        Of `build_cache`.
    """
    build_cache(files, load_transformer(transformer), output, **options)
    folder = user_path(output, "output")
    manifest = _manifest.read(folder)
    size = sum(path.stat().st_size for path in folder.glob("*.npy"))
    return (
        f"{manifest.n_events} events in {len(manifest.blocks)} blocks, {size / 1e6:.3g} MB, in "
        f"{output}; the fitted transformer is {folder / TRANSFORMER}"
    )


def load_transformer(path):
    """The transformer in a joblib file, or None without one.

    Raises
    ------
    MissingFileError, FileFormatError
        If there is no such file, or it holds no transformer.
    """
    if path is None:
        return None
    path = user_path(path, "transformer")
    if not path.is_file():
        msg = f"there is no transformer file {str(path)!r}"
        raise MissingFileError(msg)
    with reading(path):
        transformer = joblib.load(path)
    if not (hasattr(transformer, "transform") and hasattr(transformer, "fit")):
        msg = f"{path} is no transformer, but {type(transformer).__name__}"
        raise FileFormatError(msg)
    return transformer
