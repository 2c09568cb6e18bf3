"""Optional packages: imported when they are needed, with the install line if they are not there."""

from __future__ import annotations

import importlib

from skhep_nn.exceptions import MissingExtraError


def require(module, extra):
    """Import and return `module`, which the extra `extra` installs.

    Raises
    ------
    MissingExtraError
        With the line that installs it.

    Examples
    --------
    >>> require("math", "plot").pi
    3.14159...
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        msg = f"{package} is not installed; install it with: pip install 'skhep_nn[{extra}]'"
        raise MissingExtraError(msg) from error
