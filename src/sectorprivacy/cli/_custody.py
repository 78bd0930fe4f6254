"""The custody of one service's keys, found through [tool.sectorprivacy.custody], and whose keys a command is about."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.cli._declared import named
from sectorprivacy.encryption import Custody
from sectorprivacy.errors import ConfigurationError, PersonNotFound
from sectorprivacy.vocabulary import SubjectRef

Service = Annotated[str | None, Parameter(name="--service")]
"""Service whose keys are meant; None where the project has one."""

_LONGEST_LINE = 4096


def custody_of(service: str | None) -> Custody:
    """The custody of a service of this project.

    Args:
        service: Its id; None where the project names one service.

    Raises:
        ConfigurationError: The project names none, several, or not this one, or its function gives no Custody.
    """
    configuration = read_configuration(Path.cwd())
    known = configuration.custody
    if not known:
        raise ConfigurationError(
            problem="it names no custody", instead='Add [tool.sectorprivacy.custody] with SERVICE = "module:name" to it'
        )
    if service is None and len(known) > 1:
        raise ConfigurationError(
            problem=f"custody has several services: {', '.join(sorted(known))}", instead="Name one with --service"
        )
    chosen = next(iter(known)) if service is None else service
    if chosen not in known:
        raise ConfigurationError(problem=f"custody has no {chosen}", instead=f"It has {', '.join(sorted(known))}")
    make = named(configuration, f"custody.{chosen}", known[chosen])
    found = make() if callable(make) else make
    if not isinstance(found, Custody):
        raise ConfigurationError(
            problem=f"custody.{chosen}: {known[chosen]} gives no Custody",
            instead="Name a function without arguments that returns privacy.custody(...)",
        )
    return found


def person_of(custody: Custody, kind: str) -> SubjectRef:
    """The person whose identifier stands in the first line of standard input.

    It is not an option of the command: those are seen by everybody who lists the processes, and kept in histories.

    Args:
        custody: Knows who is who.
        kind: Kind of the identifier, such as "customer_number".

    Raises:
        PersonNotFound: Nobody here is known by it, or nothing was given.
    """
    if sys.stdin.isatty():
        print(f"{kind}: ", end="", file=sys.stderr, flush=True)
    value = sys.stdin.readline(_LONGEST_LINE).strip()
    if not value:
        raise PersonNotFound(kind=kind, why="standard input is empty")
    person = custody.owners.find(kind, value)
    if person is None:
        raise PersonNotFound(kind=kind, why="nobody is known by what standard input says")
    return person
