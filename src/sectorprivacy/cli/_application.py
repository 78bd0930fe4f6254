"""The commands and how a command line finds them; needs the extra `cli`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from sectorprivacy.errors import MissingExtra

try:
    from cyclopts import App
except ModuleNotFoundError:
    raise MissingExtra(feature="The command `sectorprivacy`", extra="cli") from None


def dispatch(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name and give its exit code. A command's module is imported when it runs."""
    app = App(
        name="sectorprivacy",
        help="Data-protection rules that live inside the backend services of an alarm company.",
        version=lambda: version("sectorprivacy"),
        result_action="return_int_as_exit_code_else_zero",
    )
    app.command("sectorprivacy.cli.demo:demo", name="demo", help="Show one person's access and erasure, end to end.")
    app.command("sectorprivacy.cli.verify:verify", name="verify", help="Check every byte of a package.")
    app.command("sectorprivacy.cli.check:check", name="check", help="Hold register, marks and code together.")
    app.command("sectorprivacy.cli.notice:notice", name="notice", help="Write the privacy notice (Art. 13 and 14).")
    app.command("sectorprivacy.cli.record:record", name="record", help="Write the record of processing (Art. 30).")
    app.command("sectorprivacy.cli.datamap:datamap", name="datamap", help="Write the data map.")
    policy = App(name="policy", help="Show the register, and compare its versions.")
    policy.command("sectorprivacy.cli.policy:show", name="show", help="Write the register in force as JSON.")
    policy.command("sectorprivacy.cli.policy:diff", name="diff", help="Say in words what changed.")
    app.command(policy)
    keys = App(name="keys", help="Look at the keys of a service, and rotate, shred and replay them.")
    keys.command("sectorprivacy.cli.keys:status", name="status", help="Say which keys there are and what is overdue.")
    keys.command("sectorprivacy.cli.keys:rotate", name="rotate", help="Replace keys by new ones, without a pause.")
    keys.command("sectorprivacy.cli.keys:rewrap", name="rewrap", help="Wrap all keys under the current tenant key.")
    keys.command("sectorprivacy.cli.keys:shred", name="shred", help="Destroy one person's keys (Art. 17).")
    keys.command("sectorprivacy.cli.keys:disable", name="disable", help="Put one person's keys in quarantine.")
    keys.command("sectorprivacy.cli.keys:enable", name="enable", help="Take them out of quarantine.")
    keys.command("sectorprivacy.cli.keys:replay", name="replay", help="Destroy again what a restore brought back.")
    keys.command("sectorprivacy.cli.keys:leakage", name="leakage-report", help="Say what blind indexes give away.")
    app.command(keys)
    try:
        result: object = app(arguments)
    except SystemExit as left:
        # This is how the parser leaves: 0 after help, else with the code for a command line it did not understand.
        return left.code if isinstance(left.code, int) else 1
    return result if isinstance(result, int) else 0
