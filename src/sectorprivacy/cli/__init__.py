"""The command `sectorprivacy`: one module per command, loaded when it is run."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sectorprivacy.cli._configuration import examples
from sectorprivacy.errors import MissingExtra, PrivacyError

__all__ = ["main", "run"]


def main() -> None:
    """Run the command of `sys.argv` and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; what goes wrong is one sentence on standard error.

    Args:
        arguments: Command and options, without the program's name.

    Returns:
        The exit code: 0 done, 1 refused, 2 an extra is missing or the command line was not understood.
    """
    try:
        if arguments[:1] == ["demo"]:
            examples()  # before any extra is asked for: with extras alone there would be nothing to show
        from sectorprivacy.cli._application import dispatch  # noqa: PLC0415  # needs an extra, which may be missing

        return dispatch(arguments)
    except MissingExtra as missing:
        print(missing, file=sys.stderr)
        return 2
    except PrivacyError as error:
        # Notes say what a key service answered: for whoever runs this, and not part of the public text.
        print(error, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)
        return 1
