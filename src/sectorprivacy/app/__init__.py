"""Privacy: the one object an application builds at start-up; it joins register, models, keys and memory."""

from sectorprivacy.app._privacy import Privacy
from sectorprivacy.app._row import Row
from sectorprivacy.app._store import MemoryStore, Store

__all__ = ["MemoryStore", "Privacy", "Row", "Store"]
