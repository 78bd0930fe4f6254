"""SQLAlchemy 2.1: marked ORM models with sealed columns, services derived from them, and the durable stores."""

from importlib.util import find_spec

from sectorprivacy.errors import MissingExtra

if find_spec("sqlalchemy") is None:
    raise MissingExtra(feature="sectorprivacy.integrations.sqlalchemy", extra="sql")

from sectorprivacy.integrations.sqlalchemy._bulk import insert_sealed
from sectorprivacy.integrations.sqlalchemy._cases import SqlCases
from sectorprivacy.integrations.sqlalchemy._cells import SqlCells
from sectorprivacy.integrations.sqlalchemy._column import SealedText
from sectorprivacy.integrations.sqlalchemy._database import open_database, settle
from sectorprivacy.integrations.sqlalchemy._declared import database_tables, mapped_tables
from sectorprivacy.integrations.sqlalchemy._models import SqlModels
from sectorprivacy.integrations.sqlalchemy._sealed import protect
from sectorprivacy.integrations.sqlalchemy._store import SqlStore
from sectorprivacy.integrations.sqlalchemy._tokens import find_by

__all__ = [
    "SealedText",
    "SqlCases",
    "SqlCells",
    "SqlModels",
    "SqlStore",
    "database_tables",
    "find_by",
    "insert_sealed",
    "mapped_tables",
    "open_database",
    "protect",
    "settle",
]
