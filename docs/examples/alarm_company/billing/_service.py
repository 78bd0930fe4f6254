"""Billing as a service: find, select, decide and write, each a few lines of SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from alarm_company.languages import say
from alarm_company.register import policy
from alarm_company.site import Site
from alarm_company.world import World
from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.rights.service import Asked, Changes, Decision, Finding, Service, SqliteHooks, Who
from sectorprivacy.vocabulary import KeyPart, Source
from sectorprivacy.vocabulary import categories as C


@personal(
    id="billing.invoice",
    anchors={"invoiced": "issued", "paid": "paid"},
    source=Source.GENERATED,
    label=say("Your invoices", nb="Fakturaene dine", sv="Dina fakturor"),
)
@dataclass(frozen=True, kw_only=True)
class Invoice:
    """An invoice; `amount` in øre, `paid` None while it is open."""

    id: Annotated[
        int,
        Personal(C.INVOICE, label=say("Invoice number", nb="Fakturanummer", sv="Fakturanummer")),
    ]
    customer: Annotated[
        str,
        SubjectId("customer_number", role="customer", label=say("Customer number", nb="Kundenummer", sv="Kundnummer")),
    ]
    issued: Annotated[date, Personal(C.INVOICE, label=say("Issued", nb="Utstedt", sv="Utfärdad"))]
    due: Annotated[date, Personal(C.INVOICE, label=say("Due", nb="Forfall", sv="Förfallodag"))]
    amount: Annotated[
        int,
        Personal(C.INVOICE, label=say("Amount in øre", nb="Beløp i øre", sv="Belopp i öre")),
    ]
    paid: Annotated[
        date | None, Personal(C.PAYMENT, source=Source.OBSERVED, label=say("Paid", nb="Betalt", sv="Betald"))
    ]
    text: Annotated[str, Personal(C.INVOICE, label=say("For", nb="For", sv="Avser"))]


MODELS: list[type] = [Invoice]

TABLE = """
CREATE TABLE IF NOT EXISTS invoice (
    id INTEGER PRIMARY KEY, customer TEXT NOT NULL, issued TEXT NOT NULL, due TEXT NOT NULL,
    amount INTEGER NOT NULL, paid TEXT, text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS invoice_by_customer ON invoice (customer, id);
"""


def build(site: Site) -> Service:
    """The service over the site's database."""
    data = SqliteHooks(lambda: sqlite3.connect(site.database))
    data.find(find)
    data.select(Invoice)(select)
    data.decide(Invoice)(decide)
    data.write(Invoice)(write)
    return site.privacy(policy, MODELS).service("billing", data=data, signer=site.signer("receipts"))


def find(db: sqlite3.Connection, who: Who) -> Finding:
    """Billing knows customer numbers and nothing else."""
    return Finding(held=bool(select(db, who, None, 1)))


def select(db: sqlite3.Connection, who: Who, after: tuple[KeyPart, ...] | None, limit: int) -> Sequence[Invoice]:
    """One page in key order, from the key on."""
    numbers = who.values("customer_number")
    marks = ", ".join("?" * len(numbers))
    (last,) = after or (-1,)
    rows = db.execute(
        f"SELECT id, customer, issued, due, amount, paid, text FROM invoice"  # noqa: S608  (question marks alone)
        f" WHERE customer IN ({marks}) AND id > ? ORDER BY id LIMIT ?",
        (*numbers, last, limit),
    )
    return [_invoice(row) for row in rows]


def decide(invoice: Invoice, asked: Asked) -> Decision:
    """The accounts are kept by law; what is older goes, unless it is not paid yet."""
    return asked.retain("bookkeeping", since=invoice.issued) or asked.by_policy()


def write(db: sqlite3.Connection, changes: Changes) -> None:
    """An invoice has one owner, so it is removed or it stays."""
    marks = ", ".join("?" * len(changes.erase))
    db.execute(
        f"DELETE FROM invoice WHERE id IN ({marks})",  # noqa: S608  (question marks alone)
        [key.parts[0] for key in changes.erase],
    )


def _invoice(row: tuple[int, str, str, str, int, str | None, str]) -> Invoice:
    number, customer, issued, due, amount, paid, text = row
    return Invoice(
        id=number,
        customer=customer,
        issued=date.fromisoformat(issued),
        due=date.fromisoformat(due),
        amount=amount,
        paid=date.fromisoformat(paid) if paid else None,
        text=text,
    )


def fill(site: Site, world: World) -> None:
    """Write what billing knows of the world."""
    rows = [
        (
            each.id,
            each.customer,
            each.issued.isoformat(),
            each.due.isoformat(),
            each.amount,
            each.paid.isoformat() if each.paid else None,
            each.text,
        )
        for each in world.invoices
    ]
    with closing(sqlite3.connect(site.database)) as db, db:
        db.executescript(TABLE)
        db.executemany("INSERT INTO invoice VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
