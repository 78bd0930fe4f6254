"""`sectorprivacy verify`: whether a package is, byte for byte, what the company signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.errors import ConfigurationError
from sectorprivacy.rights.package import ServiceAccount, VerifiedPackage, verify_package
from sectorprivacy.signing import Verifier


def verify(
    package: Annotated[Path, Parameter(validator=validators.Path(exists=True, dir_okay=False))],
    *,
    key: Annotated[Path | None, Parameter(name="--key")] = None,
) -> None:
    """Check every byte of a package against the company's key.

    Args:
        package: The zip a person received.
        key: Public key of the company (PEM). By default `key` of [tool.sectorprivacy] in pyproject.toml.
    """
    path = key if key is not None else _configured_key()
    if not path.is_file():
        raise ConfigurationError(
            problem=f"there is no key file {path.name}", instead="Name the company's public key with --key FILE"
        )
    verified = verify_package(package, Verifier.load(path))
    _show(verified, package, Console(highlight=False))


def _configured_key() -> Path:
    configuration = read_configuration(Path.cwd())
    if configuration.key is None:
        raise ConfigurationError(
            problem="it names no key", instead='Add key = "FILE" to it, or name the key with --key FILE'
        )
    return configuration.root / configuration.key


def _show(verified: VerifiedPackage, package: Path, console: Console) -> None:
    console.print()
    console.print(Text.assemble(("✓ ", "bold green"), (package.name, "bold"), " is what was signed, to the last byte"))
    console.print()
    facts = Table.grid(padding=(0, 3))
    facts.add_column(style="dim")
    facts.add_column()
    for label, value in (
        ("Case", str(verified.case)),
        ("Right", f"{verified.right.value} ({verified.right.article})"),
        ("Made", f"{verified.made:%Y-%m-%d %H:%M} UTC"),
        ("By", verified.controller),
        ("Key", verified.key_id),
        ("Files", f"{verified.files:,} ({verified.size:,} bytes)"),
        ("Records", f"{verified.records:,}"),
    ):
        facts.add_row(f"  {label}", Text(value))
    facts.add_row("", "")
    for service in verified.services:
        facts.add_row(Text(f"  {service.service}"), _account(service))
    console.print(facts)
    console.print()


def _account(service: ServiceAccount) -> Text:
    failed = [dataset for dataset in service.datasets if dataset.outcome == "failed"]
    if service.failed is not None:
        return Text(f"no answer ({service.failed})", style="yellow")
    if service.holds_nothing is not None:
        return Text("holds no personal data", style="dim")
    total = sum(dataset.records for dataset in service.datasets)
    held = sum(1 for dataset in service.datasets if dataset.outcome == "exported")
    told = Text(f"{total:,} records in {held} of {len(service.datasets)} data sets")
    if failed:
        told.append(f", {len(failed)} failed", style="yellow")
    return told
