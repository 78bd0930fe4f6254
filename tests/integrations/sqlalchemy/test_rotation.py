"""While keys are rotated, a service goes on: what it read before writes no dead cell, and what is unique stays so."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import (
    BlindIndex,
    Custody,
    KeyName,
    KeyStatus,
    KeyUse,
    LocalKeyring,
    Place,
    Sealed,
    seal,
)
from sectorprivacy.errors import KeyUnavailable, ValueNotSealable
from sectorprivacy.integrations.sqlalchemy import SqlCells, find_by, insert_sealed, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.purposes import using
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.NAME, C.TELEPHONE, C.EMAIL],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Sector Alarm Group AS", id="sector-alarm", country="NO"), [serving])


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="test.customer", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str] | None, Personal(C.NAME, index=BlindIndex("casefold-1", distinct=50_000))]] = (
        mapped_column(deferred=True)
    )
    telephone: Mapped[Annotated[Sealed[str] | None, Personal(C.TELEPHONE)]]
    email: Mapped[
        Annotated[Sealed[str] | None, Personal(C.EMAIL, index=BlindIndex("email-1", distinct=50_000, unique=True))]
    ]


@personal(id="test.visit", key="number", row_version="version")
class Visit(Base):
    __tablename__ = "visit"
    number: Mapped[Annotated[int, NotPersonal("number of the visit")]] = mapped_column(primary_key=True)
    customer: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]]
    remark: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]
    minutes: Mapped[Annotated[int, NotPersonal("length of the visit")]]
    version: Mapped[Annotated[int, NotPersonal("version of the row")]] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class KeyService:
    """A key service that can be out of reach for the keys that wrap those of people."""

    def __init__(self) -> None:
        self._keyring = LocalKeyring.in_memory()
        self.down = False

    def wrap(self, name: KeyName, secret: bytes) -> bytes:
        return self._keyring.wrap(name, secret)

    def unwrap(self, name: KeyName, wrapped: bytes) -> bytes:
        if self.down and name.use is KeyUse.WRAP:
            raise KeyUnavailable
        return self._keyring.unwrap(name, wrapped)


class Company:
    """The databases of one service, and the processes that work on them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = MemoryStore()
        self.key_service = KeyService()
        self.cells = SqlCells(sessionmaker(engine), [Customer, Visit])

    def process(self, later: timedelta = timedelta()) -> Privacy:
        """A process that knows no key yet, and lives at a later time."""
        return Privacy(
            policy,
            models=[Customer, Visit],
            keys=self.key_service,
            store=self.store,
            now=lambda: datetime.now(UTC) + later,
        )

    def rotate(self) -> None:
        """Seal everything under new keys, and destroy the old ones."""
        privacy = self.process(timedelta(seconds=5))
        with privacy:
            Custody(privacy.gate.keys, cells=[self.cells], wait=lambda _: None).rotate_subject_keys()

    def begin_index_rotation(self) -> Privacy:
        """Begin with a new index key; a process of the time when tokens are written under it."""
        self.process().gate.keys.tenant_keys.begin(KeyUse.INDEX)
        return self.process(timedelta(hours=1))

    def opened(self, model: type, key: object, name: str) -> object:
        """A value as another process finds it."""
        with self.process(), Session(self.engine) as session:
            row = session.get_one(model, key)
            with using(serving, row):
                return getattr(row, name).open()

    def found(self, privacy: Privacy, column: object, value: str) -> list[str]:
        with privacy, Session(self.engine) as session:
            return [each.number for each in find_by(session, column, value)]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    engine = open_database(f"sqlite:///{tmp_path / 'data.db'}")
    Base.metadata.create_all(engine)
    company = Company(engine)
    with company.process(), Session(engine) as session:
        people = [
            {"number": each, "name": f"Kari {each}", "telephone": f"+474100000{each}", "email": f"{each}@example.org"}
            for each in "123"
        ]
        insert_sealed(session, Customer, people)
        insert_sealed(session, Visit, [{"number": 1, "customer": "1", "remark": "rang twice", "minutes": 5}])
        session.commit()
    yield company
    engine.dispose()


def test_an_object_from_before_a_rotation_is_not_merged_over_its_row(company: Company):
    """Its cells are dead, and would take the place of living ones."""
    with company.process(), Session(company.engine, expire_on_commit=False) as session:
        kept = session.get_one(Customer, "1")
        session.expunge_all()
    company.rotate()
    with company.process(), Session(company.engine) as session:
        session.merge(kept)
        with pytest.raises(ValueNotSealable, match="load its row anew"):
            session.commit()
    assert company.opened(Customer, "1", "telephone") == "+4741000001"


def test_a_cell_that_is_put_back_is_sealed_under_the_key_of_now(company: Company):
    """The key it was sealed under only opens since a rotation began, and is destroyed when that ends."""
    with company.process(), Session(company.engine, expire_on_commit=False) as session:
        kept = session.get_one(Customer, "1")
        session.expunge_all()
        session.get_one(Customer, "1").telephone = Sealed.of("+4741999999")
        session.commit()
    privacy = company.process()
    keys = privacy.gate.keys
    old = [row.kid for row in keys.store.rows(keys.tenant, subjects=[privacy.subjects.ref("customer_number", "1")])]
    retire(privacy)
    with privacy, Session(company.engine) as session:
        session.merge(kept)
        session.commit()
        text = session.connection().exec_driver_sql("SELECT telephone FROM customer WHERE number = '1'").scalar_one()
    assert company.opened(Customer, "1", "telephone") == "+4741000001"
    assert Sealed.stored(place(privacy), text).cell[2:18] not in old


def retire(privacy: Privacy) -> None:
    """What a rotation does first."""
    keys = privacy.gate.keys
    rows = keys.store.rows(keys.tenant, subjects=[privacy.subjects.ref("customer_number", "1")])
    kids = [row.kid for row in rows]
    keys.store.change(keys.tenant, kids, before={KeyStatus.ACTIVE}, after=KeyStatus.DECRYPT_ONLY)


def place(privacy: Privacy) -> Place:
    owner = privacy.subjects.ref("customer_number", "1")
    place = privacy.row(Customer, owner, "1").sealed("telephone", "1").place
    assert place is not None
    return place


def test_an_older_session_leaves_no_cell_behind_on_an_older_version(company: Company):
    """The version would rise, and the cell that the rotation put there stay bound to the one before."""
    with company.process(), Session(company.engine) as session:
        visit = session.get_one(Visit, 1)
        company.rotate()
        visit.minutes = 6
        with pytest.raises(ValueNotSealable, match="load its row anew"):
            session.commit()
    assert company.opened(Visit, 1, "remark") == "rang twice"


def test_the_row_of_an_erased_person_still_changes(company: Company):
    """Where no living key is left the value is gone in every version, and nothing can be lost."""
    privacy = company.process()
    with privacy, Session(company.engine) as session:
        privacy.gate.keys.shred(privacy.subjects.ref("customer_number", "1"))
        session.get_one(Visit, 1).minutes = 6
        session.commit()
        assert session.scalars(select(Visit.minutes)).all() == [6]


def test_deferred_columns_take_part_in_a_rotation(company: Company):
    """What a model loads late is sealed anew and found as everything else; its tokens do not stay under the old key."""
    company.rotate()
    assert company.opened(Customer, "2", "name") == "Kari 2"
    later = company.begin_index_rotation()
    with later:
        Custody(later.gate.keys, cells=[company.cells], wait=lambda _: None).rotate_index_key()
    assert company.found(later, Customer.name, "kari 2") == ["2"]


def add(session: Session, number: str, email: str) -> None:
    session.add(Customer(number=number, email=Sealed.of(email)))
    session.flush()


def insert(session: Session, number: str, email: str) -> None:
    insert_sealed(session, Customer, [{"number": number, "email": email}])


def change(session: Session, number: str, email: str) -> None:
    session.get_one(Customer, "3").email = Sealed.of(email)
    session.flush()


@pytest.mark.parametrize("write", [add, insert, change])
def test_a_unique_value_stays_unique_while_the_index_key_is_rotated(
    company: Company, write: Callable[[Session, str, str], None]
):
    """Its token under the new key is another one, which the constraint of the database lets through."""
    later = company.begin_index_rotation()
    with later, Session(company.engine) as session:
        with pytest.raises(IntegrityError, match="another row has the value") as caught:
            write(session, "9", "1@example.org")
        session.rollback()
        write(session, "9", "9@example.org")
        session.commit()
    assert "example.org" not in str(caught.value)
    assert len(company.found(later, Customer.email, "9@example.org")) == 1


def test_a_row_is_no_duplicate_of_itself(company: Company):
    """Who gives the same unique value again writes it under the new key."""
    later = company.begin_index_rotation()
    with later, Session(company.engine) as session:
        session.get_one(Customer, "1").email = Sealed.of("1@example.org")
        session.commit()
    assert company.found(later, Customer.email, "1@example.org") == ["1"]


def test_a_sweep_passes_over_a_duplicate(company: Company):
    """Two rows got one unique value all the same; the one stays under the old key, which is kept, and all others go."""
    later = company.begin_index_rotation()
    with later, Session(company.engine) as session:
        add(session, "9", "9@example.org")
        session.commit()
    statement = "UPDATE customer SET (email, email_token) = (:cell, :token) WHERE number = '1'"
    with company.process(), Session(company.engine) as session:
        cell, token = sealed_as(company, "1", "9@example.org")
        session.execute(text(statement), {"cell": cell, "token": token})
        session.commit()
    with later:
        page = company.cells.reseal(lambda _: True, again(later), None, 100)
    assert (page.seen, page.resealed, page.lost, page.failed) == (4, 9, 0, 1)
    assert sorted(company.found(later, Customer.email, "9@example.org")) == ["1", "9"]


def sealed_as(company: Company, number: str, email: str) -> tuple[str, bytes]:
    """A cell of a row and its token under the key that was first."""
    privacy = company.process()
    keys = privacy.gate.keys
    sealed = privacy.row(Customer, privacy.subjects.ref("customer_number", number), number).sealed("email", email)
    (column,) = (each for each in privacy.gate.field_map(Customer).fields if each.name == "email")
    assert column.index is not None
    assert column.codec is not None
    first = min(keys.index_keys(), key=lambda key: key.epoch)
    return sealed.text, column.index.token(first, "test.customer", column.id, column.codec, email)


def again(privacy: Privacy) -> Callable[[Place, bytes], bytes]:
    """Seals anew under the key that is active."""

    def seal_again(place: Place, cell: bytes) -> bytes:
        keys = privacy.gate.keys
        return seal(keys.for_sealing(place.subject, place.retention_class), place, keys.open(place, cell))

    return seal_again


def test_what_does_not_open_does_not_stop_a_sweep(company: Company):
    """A damaged cell and those of a person in quarantine stay as they are, and are counted; all others go on."""
    with company.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE customer SET telephone = substr(telephone, 1, 60) || 'AAAA' WHERE number = '1'"
        )
    privacy = company.process()
    person = privacy.subjects.ref("customer_number", "2")
    privacy.gate.keys.disable(person)
    (row,) = privacy.gate.keys.store.rows(privacy.gate.keys.tenant, subjects=[person])
    with privacy:
        page = company.cells.reseal(lambda _: True, again(privacy), None, 100)
        assert (page.seen, page.resealed, page.lost, page.failed) == (3, 5, 0, 4)
        assert company.cells.left({row.kid}.__contains__) == {row.kid: 3}


def test_a_sweep_stops_where_the_key_service_is_down(company: Company):
    """Nothing is wrong with the cells then; whoever runs it again goes on."""
    privacy = company.process()
    privacy.gate.keys.tenant_keys.forget()
    company.key_service.down = True
    with privacy, pytest.raises(KeyUnavailable):
        company.cells.reseal(lambda _: True, again(privacy), None, 100)


def test_a_search_passes_over_people_in_quarantine(company: Company):
    """Their values may not be opened; the others who share the token are found."""
    privacy = company.process()
    with privacy, Session(company.engine) as session:
        session.add(Customer(number="9", name=Sealed.of("Kari 1")))
        session.commit()
    privacy.gate.keys.disable(privacy.subjects.ref("customer_number", "9"))
    assert company.found(privacy, Customer.name, "kari 1") == ["1"]


def test_a_search_without_the_key_service_finds_nothing_to_be_missing(company: Company):
    """That nobody is found would be taken for an answer."""
    privacy = company.process()
    privacy.gate.keys.tenant_keys.forget()
    company.key_service.down = True
    with pytest.raises(KeyUnavailable):
        company.found(privacy, Customer.name, "kari 1")
