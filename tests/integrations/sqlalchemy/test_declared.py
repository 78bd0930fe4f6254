"""Tables that the metadata of models knows, and those that a live database really has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from attrs import define
from sqlalchemy import Column, MetaData, Text, create_engine, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sectorprivacy.annotations import Personal, SubjectId, personal
from sectorprivacy.checks import Table
from sectorprivacy.errors import DatabaseUnreachable
from sectorprivacy.integrations.sqlalchemy import SqlStore, database_tables, mapped_tables, open_database


class Base(DeclarativeBase):
    pass


@personal(id="shop.person", key="number")
class Person(Base):
    __tablename__ = "person"
    number: Mapped[Annotated[str, SubjectId("customer_number", role="customer")]] = mapped_column(primary_key=True)
    name: Mapped[Annotated[str, Personal("name")]] = mapped_column("full_name")


class Visit(Base):
    __tablename__ = "visit"
    __table_args__ = {"schema": "field"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)


SqlTable("person_tag", Base.metadata, Column("person", Text))


@define
class Row:
    id: int


def test_metadata_knows_what_nobody_declared() -> None:
    """Beside a declared model stand the tables of its metadata: mapped classes, and tables without one."""
    tables = {table.name: table for table in mapped_tables([Person, Row])}
    assert tables == {
        "person": Table(name="person", columns=["number", "full_name"], model=Person),
        "field.visit": Table(name="field.visit", columns=["id"], model=Visit),
        "person_tag": Table(name="person_tag", columns=["person"]),
    }


def test_models_of_other_styles_have_no_tables() -> None:
    """What SQLAlchemy does not map is passed over."""
    assert mapped_tables([Row]) == ()


def test_live_tables_but_for_our_own(tmp_path: Path) -> None:
    """A database is asked what it has; the tables of the library, which hold tokens and keys, are known."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    SqlStore(url)
    with open_database(url).begin() as connection:
        connection.execute(text("CREATE TABLE guest (id INTEGER PRIMARY KEY, email TEXT)"))
    assert database_tables(url) == (Table(name="guest", columns=["id", "email"]),)


def test_a_table_that_is_only_called_like_ours(tmp_path: Path) -> None:
    """A case file of the company's own is looked at, although the library has a table of that name."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with open_database(url).begin() as connection:
        connection.execute(text("CREATE TABLE case_file (id INTEGER PRIMARY KEY, email TEXT)"))
    assert database_tables(url) == (Table(name="case_file", columns=["id", "email"]),)


@pytest.mark.needs("postgres")
def test_schemas_of_postgres(postgres_url: str) -> None:
    """Tables in other schemas carry their schema's name; those of the server itself are left out."""
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE guest (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE SCHEMA field"))
        connection.execute(text("CREATE TABLE field.visit (phone TEXT)"))
        connection.execute(text("CREATE SCHEMA temporary"))
        connection.execute(text("CREATE TABLE temporary.import (phone TEXT)"))
    engine.dispose()
    assert set(database_tables(postgres_url)) == {
        Table(name="guest", columns=["id"]),
        Table(name="field.visit", columns=["phone"]),
        Table(name="temporary.import", columns=["phone"]),
    }


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///{folder}/none.db",
        "sqlite://",
        "nonsense",
        "nosuch://host/db",
        "postgresql://u:hunter2@127.0.0.1:1/x",
        "postgresql://host:hunter2/x",
    ],
)
def test_what_cannot_be_opened(url: str, tmp_path: Path) -> None:
    """A wrong URL, a missing file or driver, a server that is down: one error, which repeats nothing of the URL."""
    with pytest.raises(DatabaseUnreachable) as refused:
        database_tables(url.format(folder=tmp_path))
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of something else is not read as a database without tables."""
    file = tmp_path / "letter.db"
    file.write_text("Dear customer, this is not a database at all, whatever its name says. " * 20)
    with pytest.raises(DatabaseUnreachable):
        database_tables(f"sqlite:///{file}")


def test_metadata_of_its_own() -> None:
    """Metadata that no model belongs to is not looked at."""
    other = MetaData()
    SqlTable("elsewhere", other, Column("email", Text))
    assert "elsewhere" not in {table.name for table in mapped_tables([Person])}
