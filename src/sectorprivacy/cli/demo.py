"""`sectorprivacy demo`: one person's access and erasure, answered by the four services of the reference company."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from sectorprivacy.cli._configuration import examples
from sectorprivacy.errors import MissingExtra

NEEDED = ("httpx2", "http_message_signatures", "jinja2", "sqlalchemy", "starlette", "uvicorn")


def demo(
    *,
    customers: Annotated[int, Parameter(validator=Number(gte=20, lte=20_000))] = 2000,
    output: Path = Path("demo-output"),
    keep: bool = False,
) -> int:
    """Show one person's access and erasure, end to end, with real services, databases, keys and signatures.

    Args:
        customers: How many customers the company has.
        output: Folder for the package, the receipts and the key to verify them; replaced if an earlier demo made it.
        keep: Keep the services' databases and files too, in the folder `services` of the output.
    """
    for module in NEEDED:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(feature="sectorprivacy demo", extra="demo")
    sys.path[:0] = examples()
    from alarm_company.demo import run  # noqa: PLC0415  # lives in the repository, which was looked for above

    return run(customers=customers, output=output, keep=keep)
