"""`check`: register, marks, tables and snapshot held together, everything that is found at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from sectorprivacy.annotations import sift_models
from sectorprivacy.checks._coverage import covered
from sectorprivacy.checks._declarations import declared_id, of_error
from sectorprivacy.checks._drift import drift
from sectorprivacy.checks._exemptions import exempted
from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._law import unsaid
from sectorprivacy.checks._locations import Locations
from sectorprivacy.checks._overdue import overdue
from sectorprivacy.checks._rules import LOCK_MISSING
from sectorprivacy.checks._tables import Table, undeclared, unmarked
from sectorprivacy.checks._texts import worded
from sectorprivacy.documents import DataMap, data_map
from sectorprivacy.errors import DeclarationError
from sectorprivacy.policy import Policy
from sectorprivacy.vocabulary import AnyWording


def check(
    policy: Policy,
    models: Iterable[type],
    *,
    tables: Iterable[Table] = (),
    lock: DataMap | None = None,
    exempt: Mapping[str, str] | None = None,
    titles: Mapping[str, AnyWording] | None = None,
    sources: Sequence[Path] = (),
    root: Path | None = None,
    today: date | None = None,
) -> tuple[Finding, ...]:
    """Hold everything that a company declares together, and say all that is wrong with it.

    Args:
        policy: The register.
        models: The marked models.
        tables: Tables of the databases; those of declared models among them are known by their names.
        lock: The committed snapshot of the data map; None where there is none, which is found too.
        exempt: "code where", or "where" alone, to the reason why that is meant to be so.
        titles: Titles of the services by their id.
        sources: Python files in which the register is written; findings about it name a line in them.
        root: Root of the project, to which files of findings are relative; None for findings without a place.
        today: The day to check for; by default today, in UTC.

    Returns:
        Findings by what they are about, then by code; none where nothing is wrong.
    """
    given = tuple(models)
    known_tables = tuple(tables)
    known_titles = titles or {}
    maps, refused = sift_models(given)
    unread = frozenset(map(declared_id, given)) - {each.id for each in maps}
    now = data_map(policy, maps, titles=known_titles)
    found = [
        *(finding for error in refused for finding in of_error(error)),
        *covered(policy, maps, now, every=not unread),
        *unsaid(policy),
        *worded(policy, maps, known_titles),
        *unmarked(maps),
        *undeclared(known_tables, given),
        *overdue(maps, today or datetime.now(UTC).date()),
        *_drifted(lock and _without(lock, unread), now),
    ]
    tables_seen = {f"table {table.name}" for table in known_tables}

    def looked_at(where: str) -> bool:
        """With a model that cannot be read much is not known, and a live database is not always asked."""
        return not unread and (not where.startswith("table ") or where.partition(",")[0] in tables_seen)

    remaining = exempted(found, exempt or {}, looked_at=looked_at)
    if root is not None:
        rows = {f"table {table.name}": table.model for table in known_tables if table.model is not None}
        classes = {declared_id(model): model for model in given} | rows
        places = Locations(classes, maps, sources, root)
        remaining = (places.locate(each) for each in remaining)
    return _sorted(remaining)


def findings_of(
    error: DeclarationError, *, sources: Sequence[Path] = (), root: Path | None = None
) -> tuple[Finding, ...]:
    """What an error of declarations says, as findings: nothing can be held to a register that is refused.

    Args:
        error: What importing the declarations raised.
        sources: Python files in which they are written.
        root: Root of the project, to which files of findings are relative; None for findings without a place.
    """
    found: Iterable[Finding] = of_error(error)
    if root is not None:
        places = Locations({}, (), sources, root)
        raised = places.raised(error)
        found = (places.locate(each, otherwise=raised) for each in found)
    return _sorted(found)


def _drifted(lock: DataMap | None, now: DataMap) -> Iterator[Finding]:
    if lock is None:
        yield LOCK_MISSING.finding(
            "lock",
            "There is no snapshot of the data map.",
            "Write it with `sectorprivacy check --write` and commit it.",
        )
    else:
        yield from drift(lock, now)


def _without(lock: DataMap, unread: frozenset[str]) -> DataMap:
    """The snapshot without the data sets whose models cannot be read: they would look as if they were gone."""
    return lock.model_copy(update={"datasets": tuple(each for each in lock.datasets if each.id not in unread)})


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda each: (each.where, each.code, each.message)))
