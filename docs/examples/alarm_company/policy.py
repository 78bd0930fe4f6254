"""What commands of sectorprivacy read at this project's root: the reference company's policy and its models."""

from __future__ import annotations

from alarm_company.billing import Invoice
from alarm_company.contact_centre import Message, Recording
from alarm_company.crm import (
    Agreement,
    Consent,
    ContactPerson,
    Customer,
    Objection,
    Ownership,
    OwnershipChange,
    UserSlot,
)
from alarm_company.monitoring import Activation, ArmingEvent, VerificationImage
from alarm_company.register import policy

models = (
    Customer,
    ContactPerson,
    Agreement,
    Ownership,
    OwnershipChange,
    UserSlot,
    Consent,
    Objection,
    ArmingEvent,
    Activation,
    VerificationImage,
    Invoice,
    Message,
    Recording,
)

__all__ = ["models", "policy"]
