"""The invented world of the reference company: its people, homes, events, letters, pictures and calls, from a seed.

Nothing in it is real. Telephone and national identity numbers and mail addresses are such that nobody can have them.
"""

from alarm_company.world._pictures import draw_image
from alarm_company.world._rows import (
    Activation,
    Agreement,
    ArmingEvent,
    Consent,
    ContactPerson,
    Customer,
    Installation,
    Invoice,
    Message,
    Objection,
    Ownership,
    OwnershipChange,
    Person,
    Recording,
    UserSlot,
)
from alarm_company.world._sound import record_call
from alarm_company.world._story import Story
from alarm_company.world._world import World

__all__ = [
    "Activation",
    "Agreement",
    "ArmingEvent",
    "Consent",
    "ContactPerson",
    "Customer",
    "Installation",
    "Invoice",
    "Message",
    "Objection",
    "Ownership",
    "OwnershipChange",
    "Person",
    "Recording",
    "Story",
    "UserSlot",
    "World",
    "draw_image",
    "record_call",
]
