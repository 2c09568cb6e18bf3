"""Print the oldest versions that setup.cfg allows, as pip constraints."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path

BOUND = re.compile(r"([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)")


def main(extras):
    """Write one ``name==version`` per line for the dependencies and the named extras."""
    setup = configparser.ConfigParser()
    setup.read(Path(__file__).parent.parent / "setup.cfg")
    lines = setup["options"]["install_requires"].splitlines()
    for extra in extras:
        lines += setup["options.extras_require"][extra].splitlines()
    found = [BOUND.match(line.strip()) for line in lines]
    sys.stdout.writelines(f"{match[1]}=={match[2]}\n" for match in found if match)


if __name__ == "__main__":
    main(sys.argv[1:])
