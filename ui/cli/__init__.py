"""The ``assistant`` command."""

import sys


def main() -> None:
    """Run the command line of this process and exit with its code."""
    from ui.cli.door import run

    sys.exit(run(sys.argv[1:]))
