"""Loading 10,000 ORM rows with four sealed columns, unopened, against text columns of the same stored length."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks import Benchmark, Case
from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.app import MemoryStore, Privacy
from sectorprivacy.encryption import LocalKeyring, Sealed
from sectorprivacy.integrations.sqlalchemy import insert_sealed, open_database, protect
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

ROWS = 10_000
COLUMNS = ("name", "street", "telephone", "remark")

serving = Activity(
    "serving",
    purpose=P.SERVICE_PROVISION,
    basis={"customer": Basis.CONTRACT},
    uses=[C.NAME],
    keep=Keep(after="agreement_ended"),
)
policy = Policy(Controller("Alarm company", id="benchmark", country="NO"), [serving])


class Base(DeclarativeBase):
    pass


protect(Base)


@personal(id="benchmark.customer", key="number")
class Customer(Base):
    __tablename__ = "customer"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]
    street: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]
    telephone: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]
    remark: Mapped[Annotated[Sealed[str], Personal(C.NAME)]]


class Plain(Base):
    __tablename__ = "plain"
    number: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    street: Mapped[str]
    telephone: Mapped[str]
    remark: Mapped[str]


def filled(folder: Path) -> Engine:
    """A database in which both tables hold the same texts."""
    engine = open_database(f"sqlite:///{folder / 'loading.db'}")
    Base.metadata.create_all(engine)
    privacy = Privacy(policy, models=[Customer], keys=LocalKeyring.in_memory(), store=MemoryStore())
    values = dict.fromkeys(COLUMNS, "24 bytes of a text value")
    with privacy, Session(engine) as session:
        insert_sealed(session, Customer, [{"number": str(each), **values} for each in range(ROWS)])
        columns = f"number, {', '.join(COLUMNS)}"
        session.execute(text(f"INSERT INTO plain ({columns}) SELECT {columns} FROM customer"))
        session.commit()
    return engine


def load(engine: Engine, model: Any) -> Callable[[], int]:
    """Loads every row of a model as objects."""

    def rows() -> int:
        with Session(engine) as session:
            return len(session.scalars(select(model)).all())

    return rows


def benchmark() -> Benchmark:
    """Load 10,000 rows."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    engine = filled(Path(folder.name))
    atexit.register(engine.dispose)
    ours, theirs = load(engine, Customer), load(engine, Plain)
    return Benchmark([Case("10,000 rows, unopened", ours, against=("text columns", theirs), goal=1.10, per=ROWS)])
