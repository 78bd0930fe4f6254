"""SQLAlchemy 2.1: marked ORM models with sealed columns, services derived from them, and the durable stores."""

from sectorprivacy.errors import MissingExtra

try:
    import sqlalchemy  # noqa: F401
except ModuleNotFoundError:
    raise MissingExtra(feature="sectorprivacy.integrations.sqlalchemy", extra="sql") from None

from sectorprivacy.integrations.sqlalchemy._cases import SqlCases
from sectorprivacy.integrations.sqlalchemy._database import open_database, settle
from sectorprivacy.integrations.sqlalchemy._models import SqlModels
from sectorprivacy.integrations.sqlalchemy._sealed import SealedText, protect
from sectorprivacy.integrations.sqlalchemy._store import SqlStore

__all__ = ["SealedText", "SqlCases", "SqlModels", "SqlStore", "open_database", "protect", "settle"]
