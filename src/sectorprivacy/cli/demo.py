"""`sectorprivacy demo`: one person's access and erasure, answered by the four services of the reference company."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.errors import ConfigurationError, MissingExtra, RepositoryNeeded

EXTRAS = ("httpx2", "http_message_signatures", "jinja2", "sqlalchemy", "starlette", "uvicorn")


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
    for module in EXTRAS:
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(feature="sectorprivacy demo", extra="demo")
    sys.path[:0] = _examples()
    from alarm_company.demo import run  # noqa: PLC0415  # lives in the repository, which was looked for above

    return run(customers=customers, output=output, keep=keep)


def _examples() -> list[str]:
    """Folders of the reference company. Raises: RepositoryNeeded outside the repository."""
    try:
        configuration = read_configuration(Path.cwd())
    except ConfigurationError:
        raise RepositoryNeeded from None
    folders = [configuration.root / folder for folder in configuration.path]
    if not any((folder / "alarm_company" / "demo").is_dir() for folder in folders):
        raise RepositoryNeeded
    return [str(folder) for folder in folders]
