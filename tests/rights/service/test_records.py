"""Records of any style: dictionaries, records inside records, and records that reach their person through another."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import pytest

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring
from sectorprivacy.errors import NotDeclared, ProtocolError
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.rights.service import Changes, FileFolder, Finding, Service, SqliteHooks, Who, find_by_marks
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Basis, Identifier, KeyPart, Period, Relation, Source
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.rights.service.asking import Asking

keep_members = Activity(
    "members",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.AGREEMENT],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [keep_members])

KARI = Identifier(kind="customer_number", value="100001")
OLA = Identifier(kind="customer_number", value="100002")
GUEST = Identifier(kind="email", value="guest@example.no")
HOME = Identifier(kind="installation", value="H1", period=Period(end=datetime(2026, 3, 1, tzinfo=UTC)))


class Guest(TypedDict):
    """Somebody a member may bring."""

    name: NotRequired[Annotated[str | None, Personal(C.NAME, about="contact_person")]]
    room: Annotated[str, Personal(C.ADDRESS, label="Rooms")]


@personal(id="club.member", key="number", anchors={"agreement_ended": "terms.left_on"})
class Member(TypedDict):
    """A member, as a document store gives them."""

    number: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    email: NotRequired[
        Annotated[str | None, Personal(C.EMAIL), SubjectId("email", role="contact_person", relation=Relation.APPEARS)]
    ]
    joined: Annotated[date, Personal(C.AGREEMENT)]
    terms: Annotated[dict[str, date | None], Personal(C.AGREEMENT, source=Source.OBSERVED)]
    guests: list[Guest]
    picture: NotRequired[Annotated[str | None, Personal(C.IMAGE, attachment="image/png")]]
    signed: NotRequired[Annotated[str | None, Personal(C.AGREEMENT, attachment="application/pdf", sealed_file=True)]]


@personal(id="club.entry", key=("home", "number"), when="at")
class Entry(TypedDict):
    """A door that was opened."""

    home: Annotated[str, SubjectId("installation", role="customer")]
    number: Annotated[int, NotPersonal("row key")]
    at: Annotated[datetime | None, Personal(C.EVENT)]


@personal(id="club.invoice")
@dataclass(frozen=True)
class Invoice:
    """An invoice."""

    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]


@personal(id="club.line")
@dataclass(frozen=True)
class Line:
    """A line of an invoice, with the invoice it stands on."""

    id: Annotated[int, NotPersonal("row key")]
    invoice: Annotated[
        Invoice | None, SubjectId("customer_number", role="customer", via="invoice.customer", id="customer")
    ]
    article: Annotated[str, Personal(C.TRANSACTION)]


MEMBERS = [
    Member(
        number=1,
        customer="100001",
        email="guest@example.no",
        joined=date(2026, 1, 1),
        terms={"left_on": date(2026, 2, 1)},
        guests=[{"name": "Gro", "room": "2A"}, {"room": "3B"}],
        picture="1.png",
    ),
    Member(number=2, customer="100002", joined=date(2026, 4, 1), terms={"left_on": None}, guests=[], signed="2.sealed"),
    Member(
        number=3,
        customer="100002",
        joined=date(2026, 4, 1),
        terms={"left_on": date(2026, 2, 1)},
        guests=[{"name": None, "room": "2A"}],
    ),
]
ENTRIES = [
    Entry(home="H1", number=1, at=datetime(2026, 2, 1, tzinfo=UTC)),
    Entry(home="H1", number=2, at=datetime(2026, 4, 1, tzinfo=UTC)),
    Entry(home="H1", number=3, at=None),
]
LINES = [(1, "100001", "lock"), (2, "100002", "camera"), (3, None, "siren"), (4, "100001", "siren")]


class Club:
    """Members in a column of JSON, invoices and lines in tables."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "club.db"
        (folder / "1.png").write_bytes(b"portrait")
        self.data = SqliteHooks(lambda: sqlite3.connect(self.path), files=FileFolder(folder))
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute("CREATE TABLE member (number INTEGER PRIMARY KEY, body TEXT)")
            db.execute("CREATE TABLE line (id INTEGER PRIMARY KEY, customer TEXT, article TEXT)")
            db.executemany("INSERT INTO member VALUES (?, ?)", [(each["number"], _text(each)) for each in MEMBERS])
            db.executemany("INSERT INTO line VALUES (?, ?, ?)", LINES)
        self.privacy = Privacy(
            policy, models=[Invoice, Line, Member, Entry], keys=LocalKeyring.in_memory(), store=MemoryStore()
        )
        self.data.find(self.find)
        for model, select, write in (
            (Member, self.members, self.write_members),
            (Line, self.lines, self.write_lines),
            (Invoice, lambda *_: [], lambda *_: None),
            (Entry, lambda db, who, after, limit: [] if after else self.entries(who), lambda *_: None),
        ):
            self.data.select(model)(select)
            self.data.write(model)(write)

    def service(self) -> Service:
        return self.privacy.service("club", data=self.data, signer=Signer.generate())

    def find(self, db: sqlite3.Connection, who: Who) -> Finding:
        with self.data.reading() as records:
            return find_by_marks(records, list(self.privacy.gate.models.values()), who)

    def members(
        self, db: sqlite3.Connection, who: Who, after: tuple[KeyPart, ...] | None, limit: int
    ) -> Sequence[Member]:
        concerns = who.concerning(self.privacy.gate.field_map(Member))
        (last,) = after or (0,)
        rows = db.execute("SELECT body FROM member WHERE number > ? ORDER BY number", (last,))
        return [member for (body,) in rows if concerns(member := _member(body))][:limit]

    def lines(self, db: sqlite3.Connection, who: Who, after: tuple[KeyPart, ...] | None, limit: int) -> Sequence[Line]:
        concerns = who.concerning(self.privacy.gate.field_map(Line))
        (last,) = after or (0,)
        rows = db.execute("SELECT id, customer, article FROM line WHERE id > ? ORDER BY id", (last,))
        read = (Line(key, Invoice(key, customer) if customer else None, article) for key, customer, article in rows)
        return [line for line in read if concerns(line)][:limit]

    def entries(self, who: Who) -> Sequence[Entry]:
        return ENTRIES if who.values("installation") else []

    def write_members(self, db: sqlite3.Connection, changes: Changes) -> None:
        db.executemany("DELETE FROM member WHERE number = ?", [key.parts for key in changes.erase])
        for names, keys in changes.clear.items():
            for (number,) in (key.parts for key in keys):
                body = json.loads(db.execute("SELECT body FROM member WHERE number = ?", (number,)).fetchone()[0])
                for name in names:
                    inner, _, attribute = name.partition(".")
                    if attribute:
                        for guest in body[inner]:
                            guest[attribute] = None
                    else:
                        body[inner] = None
                db.execute("UPDATE member SET body = ? WHERE number = ?", (json.dumps(body), number))

    def write_lines(self, db: sqlite3.Connection, changes: Changes) -> None:
        db.executemany("DELETE FROM line WHERE id = ?", [key.parts for key in changes.erase])

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def _text(member: Member) -> str:
    return json.dumps(member, default=date.isoformat)


def _member(body: str) -> Member:
    read = json.loads(body)
    ended = read["terms"]["left_on"]
    read["joined"] = date.fromisoformat(read["joined"])
    read["terms"] = {"left_on": None if ended is None else date.fromisoformat(ended)}
    return read


@pytest.fixture
def club(tmp_path: Path) -> Club:
    return Club(tmp_path)


async def test_a_dictionary_is_copied_as_an_object_is(club: Club):
    """Keys that are not there hold nothing; a record inside the record shows its values by its path."""
    (record,) = await Asking(club.service(), [KARI]).export("club.member")
    assert record.key == ("i1",)
    assert record.fields == {
        "customer": "100001",
        "joined": "2026-01-01",
        "terms": {"left_on": "2026-02-01"},
        "guests.room": ["2A", "3B"],
    }
    assert {each.field for each in record.withheld} == {"email", "guests.name"}
    assert [each.sha256 for each in record.attachments] == [hashlib.sha256(b"portrait").hexdigest()]


async def test_nothing_is_withheld_where_nothing_is_held(club: Club, tmp_path: Path):
    """A list without guests, and guests without a name, are no values that somebody is told of (Art. 15(4))."""
    with (tmp_path / "2.sealed").open("wb") as target:
        club.privacy.seal_file(MEMBERS[1], "signed", BytesIO(), target, model=Member)
    records = await Asking(club.service(), [OLA]).export("club.member")
    assert [[each.field for each in record.withheld] for record in records] == [[], []]


async def test_a_dictionary_s_time_is_held_against_the_link(club: Club):
    """`when` is read from a dictionary too: the former owner of a home receives what was before."""
    assert [record.key for record in await Asking(club.service(), [HOME]).export("club.entry")] == [("sH1", "i1")]


async def test_a_dictionary_s_anchor_is_followed_into_it(club: Club):
    """`anchors` reach into a dictionary: the running agreement keeps the second record, and not the third."""
    planned = await Asking(club.service(), [OLA]).plan()
    assert planned.outcomes("club.member") == {"retained": 1, "erased": 1}
    assert [each.until for each in planned.retained("club.member")] == ["agreement_ended"]


async def test_a_dictionary_s_file_is_opened_and_goes_with_it(club: Club, tmp_path: Path):
    """A picture that a dictionary names is the person's, and does not stay behind."""
    service = club.service()
    asking = Asking(service, [KARI])
    task = await asking.export_task()
    page = await service.export(task, "club.member", None, 10)
    pieces = service.attachment(task, page.records[0].attachments[0].id)
    assert b"".join([piece async for piece in pieces]) == b"portrait"
    await asking.erase()
    assert [row[0] for row in club.rows("member")] == [2, 3]
    assert not (tmp_path / "1.png").exists()


async def test_a_dictionary_s_sealed_file_opens_for_its_owner(club: Club, tmp_path: Path):
    """A file is sealed for the owner that a dictionary names, in the place that its marks say."""
    with (tmp_path / "2.sealed").open("wb") as target:
        club.privacy.seal_file(MEMBERS[1], "signed", BytesIO(b"signature"), target, model=Member)
    assert b"signature" not in (tmp_path / "2.sealed").read_bytes()
    records = await Asking(club.service(), [OLA]).export("club.member")
    assert [each.sha256 for each in records[0].attachments] == [hashlib.sha256(b"signature").hexdigest()]


async def test_values_inside_a_list_are_cleared_with_their_person(club: Club):
    """A guest's part is cleared in every entry, and the check after the write looks into the entries."""
    asking = Asking(club.service(), [GUEST])
    planned = await asking.plan()
    assert planned.outcomes("club.member") == {"anonymised": 1}
    await asking.apply(planned)
    left = json.loads(club.rows("member")[0][1])
    assert (left["email"], left["guests"], left["customer"]) == (
        None,
        [{"name": None, "room": "2A"}, {"room": "3B", "name": None}],
        "100001",
    )


async def test_a_list_of_nothing_is_not_cleared(club: Club):
    """Where no guest has a name, leaving the record is leaving the address alone: it is unlinked, not anonymised."""
    with closing(sqlite3.connect(club.path)) as db, db:
        db.execute("UPDATE member SET body = json_set(body, '$.guests', json('[{\"room\": \"2A\"}]'))")
    planned = await Asking(club.service(), [GUEST]).plan()
    assert planned.outcomes("club.member") == {"unlinked": 1}


async def test_a_child_is_found_through_the_object_it_holds(club: Club):
    """Where no database joins, the record's own objects say whose it is; a line without an invoice is nobody's."""
    records = await Asking(club.service(), [KARI]).export("club.line")
    assert [record.fields for record in records] == [
        {"customer": "100001", "article": "lock"},
        {"customer": "100001", "article": "siren"},
    ]
    await Asking(club.service(), [KARI]).erase()
    assert [row[0] for row in club.rows("line")] == [2, 3]


async def test_a_line_of_somebody_else_s_invoice_is_refused(club: Club):
    """A selector that gives another person's child is noticed along the path."""
    service = club.service()
    club.data.select(Line)(lambda db, who, after, limit: [Line(2, Invoice(2, "100002"), "camera")])
    with pytest.raises(ProtocolError) as refusal:
        await Asking(service, [KARI]).export("club.line")
    assert refusal.value.problem == "record_of_another"


def test_a_dictionary_says_nothing_of_its_model(club: Club):
    """A scope is not entered for a dictionary: whose record it is cannot be told from its class."""
    with club.privacy, pytest.raises(NotDeclared, match="dict"), using(keep_members, MEMBERS[0]):
        pass
