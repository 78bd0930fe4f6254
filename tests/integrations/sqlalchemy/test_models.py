"""SqlModels: everything derived from the marks, held against what a service by hand has to keep."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import DateTime, Engine, ForeignKey, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal, read_fields
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.errors import InvalidDeclaration, ProtocolError
from sectorprivacy.integrations.sqlalchemy import SqlModels, SqlStore, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.rights.protocol import RECEIPT_TYPE, Receipt
from sectorprivacy.rights.service import FileFolder, Service, Who
from sectorprivacy.signing import Signer
from sectorprivacy.vocabulary import Basis, Identifier, Period, RecordKey, Relation, Source
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.rights.service.asking import Asking

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.NAME, C.TELEPHONE],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])

MOVED = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 4, 15, tzinfo=UTC)
KARI = Identifier(kind="customer_number", value="100001")
KARI_MAIL = Identifier(kind="email", value="kari@example.no")
FORMER_HOME = Identifier(kind="installation", value="H1", period=Period(end=MOVED))
OLA = Identifier(kind="customer_number", value="100002")
OLA_MAIL = Identifier(kind="email", value="ola@example.no")
NOW_OLA_S = Identifier(kind="installation", value="H1", period=Period(start=MOVED))
SLOT = Identifier(kind="user_slot", value="H1/1", role="alarm_user", period=Period(end=MOVED))


class Base(DeclarativeBase):
    pass


protect(Base)

RowKey = Annotated[int, NotPersonal("row key")]


@personal(id="homes.customer", key="number", anchors={"agreement_ended": "left_on"})
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer", verified=True)]] = mapped_column(
        primary_key=True
    )
    email: Mapped[Annotated[str, Personal(C.EMAIL), SubjectId("email", role="customer", verified=True)]]
    telephone: Mapped[
        Annotated[Sealed[str] | None, Personal(C.TELEPHONE), SubjectId("telephone", role="customer", verified=True)]
    ]
    left_on: Mapped[Annotated[date | None, Personal(C.AGREEMENT)]]


@personal(
    id="homes.contact", anchors={"agreement_ended": "named_by.left_on"}, not_personal={"named_by": "the customer's row"}
)
class Contact(Base):
    __tablename__ = "contact"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(
        ForeignKey("customer.number")
    )
    name: Mapped[Annotated[str | None, Personal(C.NAME, about="contact_person", source=Source.THIRD_PARTY)]]
    email: Mapped[
        Annotated[str | None, Personal(C.EMAIL), SubjectId("email", role="contact_person", relation=Relation.APPEARS)]
    ]
    photo: Mapped[Annotated[str | None, Personal(C.IMAGE, about="contact_person", attachment="image/png")]]
    named_by: Mapped[Customer] = relationship()


@personal(id="homes.event", key=("home", "id"), when="at")
class Event(Base):
    __tablename__ = "event"
    home: Mapped[Annotated[str, SubjectId("installation", role="customer")]] = mapped_column(primary_key=True)
    id: Mapped[Annotated[UUID, NotPersonal("row key")]] = mapped_column(primary_key=True)
    slot: Mapped[Annotated[str | None, SubjectId("user_slot", role="alarm_user", relation=Relation.APPEARS)]]
    at: Mapped[Annotated[datetime | None, Personal(C.EVENT, shown_to=("customer", "alarm_user"))]] = mapped_column(
        DateTime(timezone=False)
    )


@personal(id="homes.visit", when="day")
class Visit(Base):
    __tablename__ = "visit"
    id: Mapped[RowKey] = mapped_column(primary_key=True)
    home: Mapped[Annotated[str, SubjectId("installation", role="customer")]]
    day: Mapped[Annotated[date, Personal(C.EVENT)]]
    file: Mapped[Annotated[str | None, Personal(C.IMAGE, attachment="image/png")]]


MODELS: list[type] = [Customer, Contact, Event, Visit]
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
def data(engine: Engine, tmp_path: Path) -> SqlModels:
    folder = tmp_path / "files"
    folder.mkdir()
    return SqlModels(sessionmaker(engine), files=FileFolder(folder))


@pytest.fixture
def signer() -> Signer:
    return Signer.generate()


@pytest.fixture
def service(privacy: Privacy, data: SqlModels, engine: Engine, signer: Signer) -> Service:
    with privacy, Session(engine) as session, session.begin():
        session.add_all(
            [
                Customer(
                    number="100001",
                    email="kari@example.no",
                    telephone=Sealed.of("41000001"),
                    left_on=date(2026, 3, 1),
                ),
                Customer(number="100002", email="ola@example.no", telephone=Sealed.of("41000002"), left_on=None),
            ]
        )
        session.flush()
        session.add_all(
            [
                Contact(id=1, customer="100001", name="Ola", email="ola@example.no"),
                Contact(id=2, customer="100002", name="Kari", email="kari@example.no"),
                Event(home="H1", id=UUID(int=1), slot="H1/1", at=naive(BEFORE)),
                Event(home="H1", id=UUID(int=2), slot="H1/1", at=naive(AFTER)),
                Event(home="H1", id=UUID(int=3), slot="H1/2", at=naive(BEFORE)),
                Event(home="H1", id=UUID(int=4), slot=None, at=None),
                Event(home="H2", id=UUID(int=1), slot=None, at=naive(BEFORE)),
                Visit(id=1, home="H1", day=date(2026, 2, 28), file=None),
                Visit(id=2, home="H1", day=date(2026, 3, 1), file=None),
            ]
        )
    return privacy.service("homes", data=data, signer=signer)


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def rows(engine: Engine, table: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]


async def keys(service: Service, dataset: str, *who: Identifier, limit: int = 1000) -> list[tuple[str, ...]]:
    return [record.key for record in await Asking(service, who).export(dataset, limit=limit)]


def of_event(number: int, home: str = "H1") -> tuple[str, ...]:
    return tuple(RecordKey.of(home, UUID(int=number)).to_json())


async def test_things_are_found_in_the_period_of_their_link(service: Service):
    """The former owner receives what was before, the present one what came after, and nobody what has no time."""
    assert await keys(service, "homes.event", KARI, FORMER_HOME) == [of_event(1), of_event(3)]
    assert await keys(service, "homes.event", OLA, NOW_OLA_S) == [of_event(2)]
    assert await keys(service, "homes.visit", KARI, FORMER_HOME) == [("i1",)]
    assert await keys(service, "homes.visit", OLA, NOW_OLA_S) == [("i2",)]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=5))])
async def test_a_bound_is_a_moment_in_any_zone(service: Service, zone: timezone):
    """A bound that somebody wrote in local time is the same moment."""
    local = Identifier(kind="installation", value="H1", period=Period(end=MOVED.astimezone(zone)))
    assert await keys(service, "homes.event", local) == [of_event(1), of_event(3)]
    assert await keys(service, "homes.visit", local) == [("i1",)]


@pytest.mark.parametrize(
    ("bound", "days"), [(MOVED, ["i1"]), (MOVED + timedelta(seconds=1), ["i1", "i2"]), (MOVED - timedelta(days=1), [])]
)
async def test_a_day_is_its_first_moment(service: Service, bound: datetime, days: list[str]):
    """A link that ends within a day still covers that day's records, in SQL as in the marks."""
    home = Identifier(kind="installation", value="H1", period=Period(end=bound))
    found = await Asking(service, [home, KARI]).export("homes.visit")
    assert [record.key[0] for record in found] == days


async def test_what_sql_selects_is_what_the_marks_say(service: Service, data: SqlModels, engine: Engine):
    """The statement and the marks agree about every record and every person: neither alone decides who sees what."""
    people = [[KARI, FORMER_HOME], [OLA, NOW_OLA_S], [SLOT], [OLA_MAIL], [Identifier(kind="installation", value="H1")]]
    with data.reading() as records, Session(engine) as session:
        for who in map(Who, people):
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


async def test_a_contact_person_sees_their_own_part(service: Service):
    """On another customer's record a person has their own name and address, and learns nothing of the customer."""
    record = next(each for each in await Asking(service, [KARI_MAIL]).export("homes.contact"))
    assert record.fields == {"name": "Kari", "email": "kari@example.no"}
    assert record.roles == ("contact_person",)
    assert {each.field for each in record.withheld} == {"customer"}


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
async def test_pages_of_any_size_hold_the_same(service: Service, engine: Engine, limit: int):
    """Keys of several parts and types are paged without losing or repeating a record."""
    with Session(engine) as session, session.begin():
        session.add_all([Event(home="H1", id=uuid4(), slot=None, at=naive(BEFORE)) for _ in range(20)])
    whole = await keys(service, "homes.event", FORMER_HOME)
    assert len(whole) == 22
    assert await keys(service, "homes.event", FORMER_HOME, limit=limit) == whole


async def test_a_sealed_value_is_exported_and_learned(service: Service):
    """What lies sealed comes out for the person, whichever of their identifiers they were found by."""
    for who in (KARI, KARI_MAIL):
        asking = Asking(service, [who])
        found = await asking.find()
        assert "41000001" in [link.identifier.value for link in found.links]
        (record,) = await asking.export("homes.customer")
        assert record.fields["telephone"] == "41000001"


async def test_statements_do_not_grow_with_the_page(
    url: str, engine: Engine, data: SqlModels, statements: Counted, signer: Signer, tmp_path: Path
):
    """A page costs a fixed number of statements in every database: rows, people, keys and log."""
    store = SqlStore(f"sqlite:///{tmp_path / 'memory.db'}")
    privacy = Privacy(policy, models=MODELS, keys=LocalKeyring.in_memory(), store=store)
    with privacy, Session(engine) as session, session.begin():
        for number in range(40):
            session.add(
                Customer(
                    number=str(number),
                    email="kari@example.no",
                    telephone=Sealed.of(str(number)),
                    left_on=date(2026, 3, 1),
                )
            )
        session.flush()
        session.add_all([Contact(customer=str(number), name="Ola", email="o") for number in range(40)])
    service = privacy.service("homes", data=data, signer=signer)
    asking = Asking(service, [Identifier(kind="customer_number", value=str(number)) for number in range(40)])
    counts: dict[str, list[int]] = {}
    for limit in (2, 40):
        export, planned = await asking.export_task(), await asking.plan(limit=limit)
        for dataset in ("homes.customer", "homes.contact"):
            with statements() as seen:
                await service.export(export, dataset, None, limit)
            counts.setdefault(f"export {dataset}", []).append(len(seen))
            with statements() as seen:
                await service.plan(planned.task, dataset, None, limit)
            counts.setdefault(f"plan {dataset}", []).append(len(seen))
    with statements() as seen:
        await service.apply(planned.to_apply(), "homes.contact", None, 40)
    store.close()
    assert {name: few == many for name, (few, many) in counts.items()} == dict.fromkeys(counts, True), counts
    on_data = [statement for statement in seen if re.search(r"\b(customer|contact|event|visit)\b", statement)]
    assert len(on_data) < 40, "eighty records are erased with a fixed number of statements on their tables"


async def test_a_plan_writes_nothing(service: Service, engine: Engine):
    """Every table is equal before and after a plan, the journal too."""
    tables = ("customer", "contact", "event", "visit", "sectorprivacy_journal", "sectorprivacy_file_intent")
    before = {table: rows(engine, table) for table in tables}
    await Asking(service, [KARI, KARI_MAIL, FORMER_HOME]).plan()
    assert {table: rows(engine, table) for table in tables} == before


def test_reading_is_rolled_back(service: Service, data: SqlModels, engine: Engine):
    """What somebody changes while reading is not kept."""
    with data.reading() as records:
        records.session.execute(text("DELETE FROM visit"))
    assert len(rows(engine, "visit")) == 2


async def test_an_erasure_leaves_everybody_else_as_they_were(service: Service, engine: Engine, signer: Signer):
    """What is the person's goes; where they only appear their part is cleared; no other value of any row changes."""
    tables = ("customer", "contact", "event", "visit")
    before = {table: rows(engine, table) for table in tables}
    asking = Asking(service, [KARI, KARI_MAIL, FORMER_HOME])
    planned = await asking.plan()
    assert planned.outcomes("homes.contact") == {"erased": 1, "anonymised": 1}
    task = await asking.apply(planned)
    after = {table: rows(engine, table) for table in tables}
    assert after["customer"] == before["customer"][1:]
    assert after["contact"] == [(2, "100002", None, None, None)]
    assert sorted(map(str, after["event"])) == sorted(map(str, [before["event"][i] for i in (1, 3, 4)]))
    assert after["visit"] == before["visit"][1:]
    envelope = await service.receipt(task.task)
    receipt = Receipt.model_validate_json(envelope.verify(signer.verifier, RECEIPT_TYPE))
    assert receipt.keys_destroyed == 1


async def test_rows_that_point_at_others_go_first(service: Service):
    """The manifest orders data sets so that no foreign key is left dangling."""
    order = [each.id for each in (await service.describe()).datasets]
    assert order.index("homes.contact") < order.index("homes.customer")


async def test_a_running_contract_keeps_the_customer(service: Service, engine: Engine):
    """An anchor may lie in another table: contacts stay as long as their customer's agreement runs."""
    asking = Asking(service, [OLA])
    planned = await asking.plan()
    assert planned.outcomes("homes.customer") == {"retained": 1}
    assert planned.outcomes("homes.contact") == {"retained": 1}
    before = rows(engine, "customer"), rows(engine, "contact")
    await asking.apply(planned)
    assert (rows(engine, "customer"), rows(engine, "contact")) == before
    (record,) = await asking.export("homes.customer")
    assert record.fields["telephone"] == "41000002"


async def test_data_that_changed_since_the_plan_is_left_alone(service: Service, engine: Engine):
    """A row that came after the plan is nobody's approval."""
    asking = Asking(service, [KARI, FORMER_HOME])
    planned = await asking.plan()
    with Session(engine) as session, session.begin():
        session.add(Event(home="H1", id=uuid4(), slot=None, at=naive(BEFORE)))
    before = rows(engine, "event")
    with pytest.raises(ProtocolError) as refusal:
        await service.apply(planned.to_apply(), "homes.event", None, 1000)
    assert refusal.value.problem == "plan_changed"
    assert rows(engine, "event") == before


async def test_the_same_page_asked_for_twice_at_once_is_done_once(service: Service):
    """Two who apply the same page wait for each other, and get the same answer."""
    asking = Asking(service, [KARI, FORMER_HOME])
    planned = await asking.plan()
    task = planned.to_apply()
    answers = await asyncio.gather(*(service.apply(task, "homes.event", None, 1000) for _ in range(4)))
    assert [each.outcomes for each in answers] == [{"erased": 2}] * 4


async def test_a_file_goes_with_the_field_that_named_it(service: Service, engine: Engine, tmp_path: Path):
    """Where the record stays and only somebody's part is cleared, the picture that part named is removed too."""
    for name in ("ola.png", "kari.png"):
        (tmp_path / "files" / name).write_bytes(b"portrait")
    with engine.begin() as connection:
        connection.execute(text("UPDATE contact SET photo = 'ola.png' WHERE id = 1"))
        connection.execute(text("UPDATE contact SET photo = 'kari.png' WHERE id = 2"))
    await Asking(service, [OLA_MAIL]).erase()
    assert sorted(rows(engine, "contact")) == [
        (1, "100001", None, None, None),
        (2, "100002", "Kari", "kari@example.no", "kari.png"),
    ]
    assert [each.name for each in (tmp_path / "files").iterdir()] == ["kari.png"]


async def test_a_file_goes_with_its_row(service: Service, engine: Engine, tmp_path: Path):
    """A picture is removed with its row, and not before."""
    (tmp_path / "files" / "p.png").write_bytes(b"picture")
    with engine.begin() as connection:
        connection.execute(text("UPDATE visit SET file = 'p.png' WHERE id = 1"))
    asking = Asking(service, [FORMER_HOME])
    task = await asking.export_task()
    (record,) = (await service.export(task, "homes.visit", None, 10)).records
    assert b"".join([piece async for piece in service.attachment(task, record.attachments[0].id)]) == b"picture"
    planned = await asking.plan()
    assert (tmp_path / "files" / "p.png").exists()
    await asking.apply(planned)
    assert not (tmp_path / "files" / "p.png").exists()


@personal(id="homes.stray")
class Stray:
    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str, SubjectId("customer_number", role="customer")]


def test_a_class_that_is_not_mapped_is_refused(data: SqlModels):
    """What cannot be read is found when the service is made."""
    with pytest.raises(InvalidDeclaration, match="no mapped class"):
        data.bind([read_fields(Stray)])


def test_a_column_that_can_never_be_cleared_is_refused(data: SqlModels):
    """Whoever only appears in a record must be able to leave it: that is found at the start, not in their erasure."""

    class Other(DeclarativeBase):
        pass

    @personal(id="homes.key_holder")
    class KeyHolder(Other):
        __tablename__ = "key_holder"
        id: Mapped[RowKey] = mapped_column(primary_key=True)
        customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]
        email: Mapped[Annotated[str, SubjectId("email", role="contact_person", relation=Relation.APPEARS)]]

    with pytest.raises(InvalidDeclaration, match=r"homes\.key_holder\.email"):
        data.bind([read_fields(KeyHolder)])


def test_models_of_two_bases_stand_side_by_side(data: SqlModels):
    """A service may declare its tables under more than one base."""

    class Other(DeclarativeBase):
        pass

    class Far(Other):
        __tablename__ = "far"
        id: Mapped[Annotated[int, NotPersonal("row key")]] = mapped_column(primary_key=True)
        customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]

    declared: Sequence[Any] = [read_fields(Customer), read_fields(personal(id="homes.far")(Far)), read_fields(Contact)]
    assert {each.id for each in data.bind(declared)} == {"homes.customer", "homes.far", "homes.contact"}
