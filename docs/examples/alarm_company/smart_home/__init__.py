"""Smart home: locks and plugs that some customers chose. Not running yet."""

from alarm_company.smart_home._models import LockEvent
from alarm_company.smart_home._plugs import PlugReading

MODELS: list[type] = [LockEvent, PlugReading]

__all__ = ["MODELS", "LockEvent", "PlugReading"]
