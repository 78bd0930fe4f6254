"""Rows that reach their person through another row: the lines of an invoice, and the parts of a line."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pytest
from sqlalchemy import Engine, ForeignKey, event, func, select, text
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.errors import DeclarationsInvalid, InvalidDeclaration, OwnerNotLoaded, SubjectNotCovered
from sectorprivacy.integrations.sqlalchemy import SqlModels, SqlStore, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.rights.protocol import RECEIPT_TYPE, Receipt
from sectorprivacy.rights.service import Service, Who
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Basis, Identifier, Relation
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.rights.service.asking import Asking

bookkeeping = Activity(
    "bookkeeping",
    purpose=P.LEGAL_COMPLIANCE,
    basis={"customer": Basis.LEGAL_OBLIGATION},
    law="Bookkeeping Act s. 13",
    uses=[C.TRANSACTION],
    keep=Keep(after="invoiced", years=5, end_of_year=True),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [bookkeeping])

KARI = Identifier(kind="customer_number", value="100001")
OLA = Identifier(kind="customer_number", value="100002")
GUEST = Identifier(kind="email", value="guest@example.no")

OLD, RECENT = date(2015, 6, 1), date(2026, 6, 1)


class Base(DeclarativeBase):
    pass


protect(Base)

RowKey = Annotated[int, NotPersonal("row key")]


@personal(id="shop.invoice", anchors={"invoiced": "issued"})
class Invoice(Base):
    __tablename__ = "invoice"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]
    issued: Mapped[Annotated[date, Personal(C.TRANSACTION)]]


@personal(
    id="shop.line",
    key=("invoice_id", "number"),
    anchors={"invoiced": "invoice.issued"},
    not_personal={"invoice": "the invoice's own row"},
)
class Line(Base):
    __tablename__ = "line"
    invoice_id: Mapped[
        Annotated[int, SubjectId("customer_number", role="customer", via="invoice.customer", id="customer")]
    ] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    number: Mapped[RowKey] = mapped_column(primary_key=True)
    article: Mapped[Annotated[str, Personal(C.TRANSACTION)]]
    remark: Mapped[Annotated[Sealed[str] | None, Personal(C.TRANSACTION)]]
    invoice: Mapped[Invoice] = relationship()


@personal(
    id="shop.part",
    anchors={"invoiced": "line.invoice.issued"},
    not_personal={"line": "the line's own row", "line_number": "number of the line on its invoice"},
)
class Part(Base):
    __tablename__ = "part"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    invoice_id: Mapped[
        Annotated[
            int | None,
            Personal(C.TRANSACTION, label="Invoice"),
            SubjectId("customer_number", role="customer", via="line.invoice.customer"),
        ]
    ]
    line_number: Mapped[int | None]
    serial: Mapped[Annotated[str, Personal(C.TRANSACTION)]]
    line: Mapped[Line | None] = relationship(
        primaryjoin="and_(foreign(Part.invoice_id) == Line.invoice_id, foreign(Part.line_number) == Line.number)"
    )


@personal(id="shop.guest_list")
class GuestList(Base):
    __tablename__ = "guest_list"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    email: Mapped[
        Annotated[str, SubjectId("email", role="contact_person", relation=Relation.CO_OWNER, id="guest")] | None
    ]
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]


@personal(id="shop.visit", not_personal={"list": "the list's own row"})
class Visit(Base):
    __tablename__ = "visit"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    list_id: Mapped[
        Annotated[
            int | None,
            SubjectId("email", role="contact_person", relation=Relation.APPEARS, via="list.email"),
        ]
    ] = mapped_column(ForeignKey("guest_list.id"))
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]
    list: Mapped[GuestList | None] = relationship()


@personal(id="shop.note", not_personal={"invoice": "the invoice's own row"})
class Note(Base):
    __tablename__ = "note"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    invoice_id: Mapped[Annotated[int | None, SubjectId("customer_number", role="customer", via="invoice.customer")]] = (
        mapped_column(ForeignKey("invoice.id"))
    )
    words: Mapped[Annotated[Sealed[str], Personal(C.COMMUNICATION)]]
    invoice: Mapped[Invoice | None] = relationship()


# The last given would go first, were it not for keys and paths: so children come first here.
MODELS: Sequence[type] = [Note, Part, Line, Invoice, Visit, GuestList]
Counted = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def privacy() -> Privacy:
    return Privacy(policy, models=MODELS, keys=LocalKeyring.in_memory(), store=MemoryStore())


@pytest.fixture
def data(engine: Engine) -> SqlModels:
    return SqlModels(sessionmaker(engine))


@pytest.fixture
def signer() -> Signer:
    return Signer.generate()


@pytest.fixture
def service(privacy: Privacy, data: SqlModels, engine: Engine, signer: Signer) -> Service:
    with privacy, Session(engine) as session, session.begin():
        old = Invoice(id=1, customer="100001", issued=OLD)
        recent = Invoice(id=2, customer="100001", issued=RECENT)
        other = Invoice(id=3, customer="100002", issued=OLD)
        lines = [
            Line(invoice=old, number=1, article="camera", remark=Sealed.of("for the hall")),
            Line(invoice=old, number=2, article="siren", remark=None),
            Line(invoice=recent, number=1, article="lock", remark=None),
            Line(invoice=other, number=1, article="camera", remark=Sealed.of("for the shed")),
        ]
        session.add_all([old, recent, other, *lines])
        session.flush()
        session.add_all(
            [
                Part(id=1, invoice_id=1, line_number=1, serial="S1"),
                Part(id=2, invoice_id=3, line_number=1, serial="S2"),
                Part(id=3, invoice_id=9, line_number=9, serial="S3"),
                Part(id=4, invoice_id=None, line_number=None, serial="S4"),
                Part(id=5, invoice_id=2, line_number=1, serial="S5"),
            ]
        )
        session.add(GuestList(id=1, email="guest@example.no", customer="100002"))
        session.flush()
        session.add(Visit(id=1, list_id=1, customer="100002"))
    return privacy.service("shop", data=data, signer=signer)


def rows(engine: Engine, table: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}")))


async def test_a_child_is_found_and_copied_through_its_parent(service: Service):
    """Lines are their customer's, and say so by the customer's number, not by the way that leads to it."""
    records = await Asking(service, [KARI]).export("shop.line")
    assert [record.key for record in records] == [("i1", "i1"), ("i1", "i2"), ("i2", "i1")]
    assert records[0].fields == {"customer": "100001", "article": "camera", "remark": "for the hall"}


async def test_a_child_of_a_child_is_found(service: Service):
    """A path may have several steps; a field that is marked as data too shows what it holds."""
    records = await Asking(service, [KARI]).export("shop.part")
    assert [record.fields for record in records] == [
        {"invoice_id": 1, "serial": "S1"},
        {"invoice_id": 2, "serial": "S5"},
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
async def test_pages_of_children_hold_the_same(service: Service, limit: int):
    """Paging by key loses and repeats no child."""
    records = await Asking(service, [KARI]).export("shop.line", limit=limit)
    assert [record.key for record in records] == [("i1", "i1"), ("i1", "i2"), ("i2", "i1")]


async def test_children_whose_parent_is_gone_are_nobody_s(service: Service, engine: Engine):
    """A row whose path breaks off concerns nobody, and an erasure leaves it where it is."""
    exported = [await Asking(service, [who]).export("shop.part") for who in (KARI, OLA)]
    assert [[record.fields["serial"] for record in records] for records in exported] == [["S1", "S5"], ["S2"]]
    await Asking(service, [KARI]).erase()
    assert {row[0] for row in rows(engine, "part")} == {2, 3, 4, 5}


def test_what_sql_selects_is_what_the_marks_say(service: Service, data: SqlModels, engine: Engine):
    """The statement and the marks agree about every record and every person, along every path."""
    with data.reading() as records, Session(engine) as session:
        for who in map(Who, ([KARI], [OLA], [KARI, OLA], [GUEST])):
            for field_map in map(read_fields, MODELS):
                selected = [
                    tuple(getattr(each, name) for name in field_map.key)
                    for each in records.select(field_map, who, None, 1000)
                ]
                concerned = [
                    tuple(getattr(each, name) for name in field_map.key)
                    for each in session.query(field_map.model).all()
                    if who.concerns(field_map, each)
                ]
                assert sorted(selected) == sorted(concerned)


async def test_an_erasure_takes_children_before_their_parents(service: Service, engine: Engine, signer: Signer):
    """No line outlives its invoice, none stands in its way, and what the law keeps stays with its parent."""
    order = [each.id for each in (await service.describe()).datasets]
    assert order.index("shop.part") < order.index("shop.line") < order.index("shop.invoice")
    asking = Asking(service, [KARI])
    planned = await asking.plan(limit=1)
    for dataset, outcomes in {
        "shop.invoice": {"erased": 1, "retained": 1},
        "shop.line": {"erased": 2, "retained": 1},
        "shop.part": {"erased": 1, "retained": 1},
    }.items():
        assert planned.outcomes(dataset) == outcomes
    task = await asking.apply(planned, limit=1)
    assert [row[0] for row in rows(engine, "invoice")] == [2, 3]
    assert [row[:2] for row in rows(engine, "line")] == [(2, 1), (3, 1)]
    assert [row[0] for row in rows(engine, "part")] == [2, 3, 4, 5]
    envelope = await service.receipt(task.task)
    receipt = Receipt.model_validate_json(envelope.verify(signer.verifier, RECEIPT_TYPE))
    assert {each.dataset: each.outcomes for each in receipt.datasets}["shop.line"] == {"erased": 2, "retained": 1}


async def test_who_appears_through_a_path_is_unlinked(service: Service, engine: Engine):
    """Where somebody only appears, the step that leads to them is cleared, and the record stays with its owner."""
    planned = await Asking(service, [GUEST]).plan()
    assert planned.outcomes("shop.visit") == {"unlinked": 1}
    await Asking(service, [GUEST]).erase()
    assert rows(engine, "visit") == [(1, None, "100002")]


async def test_statements_do_not_grow_with_the_page(
    engine: Engine, data: SqlModels, statements: Counted, signer: Signer, tmp_path: Path
):
    """A page of children costs a fixed number of statements, whatever the number of their parents."""
    store = SqlStore(f"sqlite:///{tmp_path / 'memory.db'}")
    privacy = Privacy(policy, models=MODELS, keys=LocalKeyring.in_memory(), store=store)
    with privacy, Session(engine) as session, session.begin():
        for number in range(1, 41):
            invoice = Invoice(id=number, customer=str(number), issued=OLD)
            session.add(Line(invoice=invoice, number=1, article="lock", remark=Sealed.of(f"remark {number}")))
            session.add(Note(id=number, invoice=invoice, words=Sealed.of(f"note {number}")))
        session.flush()
        session.add_all([Part(id=number, invoice_id=number, line_number=1, serial="S") for number in range(1, 41)])
    service = privacy.service("shop", data=data, signer=signer)
    asking = Asking(service, [Identifier(kind="customer_number", value=str(number)) for number in range(1, 41)])
    counts: dict[str, set[int]] = {}
    for limit in (2, 40):
        export, planned = await asking.export_task(), await asking.plan(limit=limit)
        for dataset in ("shop.line", "shop.part", "shop.note"):
            with statements() as seen:
                page = await service.export(export, dataset, None, limit)
            assert len(page.records) == limit
            counts.setdefault(f"export {dataset}", set()).add(len(seen))
            with statements() as seen:
                await service.plan(planned.task, dataset, None, limit)
            counts.setdefault(f"plan {dataset}", set()).add(len(seen))
    with statements() as seen:
        await service.apply(planned.to_apply(), "shop.part", None, 40)
    store.close()
    assert all(len(each) == 1 for each in counts.values()), counts
    on_data = [statement for statement in seen if re.search(r"(FROM|UPDATE) (invoice|line|part|note)\b", statement)]
    assert len(on_data) < 30, "a hundred and twenty records are erased with a fixed number of statements"


def test_the_search_starts_from_the_person(service: Service, engine: Engine, data: SqlModels):
    """A page of children is found by the index of their parents, not by a look at every row."""
    if engine.dialect.name != "sqlite":
        pytest.skip("the plan of SQLite alone is read here")
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    with engine.begin() as connection:
        connection.execute(text("CREATE INDEX ix_invoice_customer ON invoice (customer)"))
    with data.reading() as records:
        event.listen(engine, "before_cursor_execute", note)
        records.select(read_fields(Line), Who([KARI]), None, 10)
        event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1])]
    assert not [step for step in steps if step.startswith("SCAN")], steps


def remark_of(session: Session, *key: int) -> object:
    remark = session.get_one(Line, key).remark
    return None if remark is None else remark.open()


def test_a_value_is_sealed_for_the_owner_of_the_parent(privacy: Privacy, service: Service, engine: Engine):
    """A line's values lie under the keys of whoever the invoice is for, and open for them alone."""
    with privacy, Session(engine) as session:
        with using("rights_handling", KARI):
            assert remark_of(session, 1, 1) == "for the hall"
        line = session.get_one(Line, (1, 1), options=[selectinload(Line.invoice)])
        line.remark = Sealed.of("for the cellar")
        session.commit()
        with using("rights_handling", line):
            assert remark_of(session, 1, 1) == "for the cellar"
        with using("rights_handling", OLA), pytest.raises(SubjectNotCovered):
            remark_of(session, 1, 1)


def test_a_parent_that_is_not_loaded_is_refused_at_the_flush(privacy: Privacy, service: Service, engine: Engine):
    """A flush asks no questions of its own; the error says how to give it the parent."""
    with privacy, Session(engine) as session:
        session.add(Line(invoice_id=1, number=9, article="lock", remark=Sealed.of("late")))
        with pytest.raises(OwnerNotLoaded, match=r"invoice\.customer"):
            session.flush()
        session.rollback()
        changed = session.scalars(select(Line).where(Line.invoice_id == 1, Line.number == 2)).one()
        changed.remark = Sealed.of("late")
        with pytest.raises(OwnerNotLoaded):
            session.flush()
        session.rollback()
        loaded = select(Line).where(Line.invoice_id == 1, Line.number == 2).options(selectinload(Line.invoice))
        changed = session.scalars(loaded).one()
        changed.remark = Sealed.of("in time")
        session.commit()
    with privacy, Session(engine) as session, using("rights_handling", KARI):
        assert remark_of(session, 1, 2) == "in time"


def test_a_row_without_a_parent_is_refused_at_the_flush(privacy: Privacy, engine: Engine):
    """Nobody's key can seal a value that is nobody's."""
    with privacy, Session(engine) as session:
        session.add(Note(id=1, invoice=None, words=Sealed.of("whose?")))
        with pytest.raises(InvalidDeclaration, match="names no owner"):
            session.flush()


def of_path(path: str) -> type:
    class Other(DeclarativeBase):
        pass

    class Parent(Other):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        customer: Mapped[str]

    class Child(Other):
        __tablename__ = "child"
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        parent_id: Mapped[Annotated[int, SubjectId("customer_number", role="customer", via=path)]] = mapped_column(
            ForeignKey("parent.id")
        )
        above_id: Mapped[int | None] = mapped_column(ForeignKey("child.id"))
        parent: Mapped[Parent] = relationship()
        above: Mapped["Child | None"] = relationship(remote_side=[id])
        below: Mapped[list["Child"]] = relationship(viewonly=True)

    others: Sequence[str] = ("above_id", "parent", "above", "below")
    return personal(id="shop.child", not_personal=dict.fromkeys(others, "not asked about here"))(Child)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("parent_id.customer", "'parent_id' is no relationship"),
        ("above.parent", "'parent' is no column of Child"),
        ("below.parent_id", "'below' is no relationship of Child to one other row"),
        ("above.parent.customer", "may be erased before"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_at_the_start(data: SqlModels, path: str, problem: str):
    """What would break in the middle of somebody's case is found when the service is made."""
    with pytest.raises(InvalidDeclaration, match=re.escape(problem)):
        data.bind([read_fields(of_path(path))])


def test_what_is_no_column_and_can_never_be_cleared_is_refused(data: SqlModels):
    """Whoever appears in a record must be able to leave it: what the database works out cannot be set to NULL."""

    class Other(DeclarativeBase):
        pass

    @personal(id="shop.call")
    class Call(Other):
        __tablename__ = "call"
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        email: Mapped[Annotated[str | None, SubjectId("email", role="contact_person", relation=Relation.APPEARS)]] = (
            mapped_column()
        )
        domain: Mapped[Annotated[str | None, Personal(C.EMAIL, about="contact_person")]] = column_property(
            func.substr(email.column, 1)
        )

    with pytest.raises(InvalidDeclaration, match=r"shop\.call\.domain: .* no column of its own"):
        data.bind([read_fields(Call)])


def test_everything_that_is_wrong_is_said_at_once(data: SqlModels):
    """A service with two faults is mended in one go."""
    first, second = read_fields(of_path("above.parent")), read_fields(of_path("parent_id.customer"))
    with pytest.raises(DeclarationsInvalid) as refusal:
        data.bind([first, second])
    assert len(refusal.value.errors) == 2
