"""`sectorprivacy keys`: look at the keys of a service, rotate them, and make sure that what was destroyed stays so."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Table

from sectorprivacy.cli._custody import Service, custody_of, person_of
from sectorprivacy.cli._output import Output, put
from sectorprivacy.encryption import Checkpoint, Custody, CustodyStatus, Rotated, Step, environment_key, leakage_table
from sectorprivacy.errors import ConfigurationError

Classes = Annotated[list[str] | None, Parameter(name="--class", negative=())]
Kind = Annotated[str, Parameter(name="--kind")]
Sure = Annotated[bool, Parameter(name="--yes", negative=())]


class Level(StrEnum):
    """Levels of keys that can be rotated."""

    ROOT = "root"
    TENANT = "tenant"
    SUBJECTS = "subjects"
    INDEX = "index"


class StatusFormat(StrEnum):
    """Forms of the status."""

    TEXT = "text"
    JSON = "json"


def status(
    *,
    service: Service = None,
    format: StatusFormat = StatusFormat.TEXT,  # noqa: A002  # the option is called --format
    output: Output = None,
) -> None:
    """Say which keys there are, how many of each, and which are in use for too long.

    Args:
        service: Service whose keys are meant; needed where the project has several.
        format: text or json.
        output: File to write; by default it goes to standard output.
    """
    found = custody_of(service).status()
    put(_as_json(found) if format is StatusFormat.JSON else _as_text(found), output)


def rotate(
    level: Level,
    *,
    service: Service = None,
    classes: Classes = None,
    made_before: datetime | None = None,
    keep: Annotated[bool, Parameter(name="--keep", negative=())] = False,
    new_key: Annotated[str | None, Parameter(name="--new-key")] = None,
) -> None:
    """Replace keys by new ones, while everything keeps running, and destroy the old ones.

    It can be stopped at any point and run again: it goes on where it stopped.

    Args:
        level: root, tenant, subjects or index.
        service: Service whose keys are meant; needed where the project has several.
        classes: Of subject keys, only these retention classes.
        made_before: Of subject keys, only those made before this moment. Give the moment that an interrupted rotation
            printed, to go on with it.
        keep: Of subject keys, leave the old ones until backups of the data are gone: run it again then, without this.
        new_key: Of the root, the environment variable with the new key of the local keyring (32 bytes, base64).
    """
    custody = custody_of(service)
    match level:
        case Level.ROOT:
            if new_key is None:
                raise ConfigurationError(
                    problem="the new root key is not named", instead="Name its environment variable with --new-key"
                )
            custody.relock(environment_key(new_key))
            put("The keyring is locked by the new key.\n", None)
        case Level.TENANT:
            with _bar() as tell:
                done = custody.rotate_tenant_key(tell)
            put(_rotated(done, "keys rewrapped"), None)
        case Level.INDEX:
            with _bar() as tell:
                done = custody.rotate_index_key(tell)
            put(_rotated(done, "cells sealed anew with their tokens"), None)
        case Level.SUBJECTS:
            moment = made_before or custody.keys.now()
            print(f"To go on if this is stopped: --made-before {moment.isoformat()}", file=sys.stderr)
            with _bar() as tell:
                done = custody.rotate_subject_keys(
                    classes=classes, made_before=moment.astimezone(), keep=keep, progress=tell
                )
            put(_rotated(done, "cells sealed anew"), None)


def rewrap(*, service: Service = None) -> None:
    """Wrap under the current tenant key what is still under an older one; destroy nothing.

    Args:
        service: Service whose keys are meant; needed where the project has several.
    """
    with _bar() as tell:
        changed = custody_of(service).rewrap(tell)
    put(f"{changed} keys rewrapped.\n", None)


def shred(*, kind: Kind, service: Service = None, classes: Classes = None, yes: Sure = False) -> None:
    """Destroy one person's keys: nothing sealed under them opens again (Art. 17).

    The identifier is read from standard input. Without --yes, say only what would be destroyed.

    Args:
        kind: Kind of the identifier that names the person, such as customer_number.
        service: Service whose keys are meant; needed where the project has several.
        classes: Only these retention classes.
        yes: Destroy them.
    """
    custody = custody_of(service)
    person = person_of(custody, kind)
    if not yes:
        put(f"{custody.keys.count([person], classes)} keys would be destroyed. Say --yes to do it.\n", None)
        return
    put(f"{custody.shred(person, classes)} keys destroyed.\n{_checkpoint(custody)}", None)


def disable(*, kind: Kind, service: Service = None, classes: Classes = None) -> None:
    """Put one person's keys in quarantine: until `enable`, nothing opens and nothing is sealed.

    The identifier is read from standard input.

    Args:
        kind: Kind of the identifier that names the person, such as customer_number.
        service: Service whose keys are meant; needed where the project has several.
        classes: Only these retention classes.
    """
    custody = custody_of(service)
    put(f"{custody.keys.disable(person_of(custody, kind), classes)} keys disabled.\n", None)


def enable(*, kind: Kind, service: Service = None, classes: Classes = None) -> None:
    """Take one person's keys out of quarantine.

    The identifier is read from standard input.

    Args:
        kind: Kind of the identifier that names the person, such as customer_number.
        service: Service whose keys are meant; needed where the project has several.
        classes: Only these retention classes.
    """
    custody = custody_of(service)
    put(f"{custody.keys.enable(person_of(custody, kind), classes)} keys enabled.\n", None)


def replay(*, checkpoint: str, service: Service = None, yes: Sure = False) -> None:
    """Destroy again, after the key store was restored from a backup, the keys of everybody who was erased.

    Without --yes, say only how many that would be.

    Args:
        checkpoint: The newest one you hold outside, as `status` and `shred` print it.
        service: Service whose keys are meant; needed where the project has several.
        yes: Destroy them.
    """
    found = custody_of(service).replay(Checkpoint.read(checkpoint), only_count=not yes)
    if yes:
        put(f"{found} keys that the restore had brought back are destroyed.\n", None)
    else:
        put(f"{found} keys of erased people are back and would be destroyed. Say --yes to do it.\n", None)


def leakage(*, service: Service = None) -> None:
    """Say what the blind indexes give away to somebody who reads the database.

    Args:
        service: Service whose indexes are meant; needed where the project has several.
    """
    heading, *lines = leakage_table(custody_of(service).leakage())
    table = Table(*heading, box=None, pad_edge=False)
    for line in lines:
        table.add_row(*line)
    put(_printed(table), None)


def _as_json(found: CustodyStatus) -> str:
    epochs = [
        {"name": str(each.name), "status": each.status.value, "began": each.began.isoformat()}
        for each in (*found.wrapping, *found.index)
    ]
    keys = [
        {
            "class": each.retention_class,
            "status": each.status.value,
            "epoch": each.epoch,
            "count": each.count,
            "oldest": each.oldest.isoformat(),
        }
        for each in found.keys
    ]
    return (
        json.dumps(
            {
                "tenant": found.tenant,
                "tenant_keys": epochs,
                "subject_keys": keys,
                "overdue": list(found.overdue),
                "plaintext": dict(found.plaintext),
                "checkpoint": None if found.checkpoint is None else str(found.checkpoint),
            },
            indent=2,
        )
        + "\n"
    )


def _as_text(found: CustodyStatus) -> str:
    epochs = Table("tenant key", "status", "began", box=None, pad_edge=False)
    for epoch in (*found.wrapping, *found.index):
        epochs.add_row(str(epoch.name), epoch.status.value, f"{epoch.began:%Y-%m-%d}")
    keys = Table("class", "status", "epoch", "keys", "oldest", box=None, pad_edge=False)
    for each in found.keys:
        row = (each.retention_class, each.status.value, str(each.epoch), f"{each.count:,}", f"{each.oldest:%Y-%m-%d}")
        keys.add_row(*row)
    told = [_printed(epochs), _printed(keys), *(f"Rotate: {each}.\n" for each in found.overdue)]
    told += [f"In the clear: {count:,} values of {path}\n" for path, count in found.plaintext.items()]
    if found.checkpoint is not None:
        told.append(f"Destroyed keys: checkpoint {found.checkpoint}\n")
    return "\n".join(told)


def _rotated(done: Rotated, what: str) -> str:
    told = [f"{done.changed} {what}, {done.remaining} left under an old key, {len(done.destroyed)} old keys destroyed."]
    if done.remaining:
        told.append("What is left does not open: it is damaged or in quarantine. Its old keys were left in place.")
    if done.damaged:
        told.append(f"{done.damaged} keys do not unwrap; what is sealed under them is lost.")
    if done.gone_by is not None:
        told.append(f"The key service keeps what was destroyed until {done.gone_by.isoformat()}.")
    told += [f"Destroy by hand: {name}." for name in done.kept]
    return "\n".join(told) + "\n"


def _checkpoint(custody: Custody) -> str:
    shreddings = custody.keys.shreddings
    if shreddings is None:
        return (
            "No list of destroyed keys is kept: a key database restored from a backup would bring this person back.\n"
            "Give Privacy(shreddings=FileShreddings(...)).\n"
        )
    return f"Keep this checkpoint outside this machine: {shreddings.checkpoint()}\n"


def _printed(table: Table) -> str:
    console = Console(width=120, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


@contextmanager
def _bar() -> Generator[Callable[[Step], None]]:
    """A progress bar on standard error, one line for each kind of work."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(step: Step) -> None:
            if step.work not in tasks:
                tasks[step.work] = progress.add_task(step.work)
            progress.update(tasks[step.work], completed=step.done, total=step.of)

        yield tell
        for task in progress.tasks:
            progress.update(task.id, total=task.completed, completed=task.completed)
