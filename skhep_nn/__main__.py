"""``python -m skhep_nn``: the command line."""

from __future__ import annotations

import sys

from skhep_nn.cli import main

if __name__ == "__main__":
    sys.exit(main())
