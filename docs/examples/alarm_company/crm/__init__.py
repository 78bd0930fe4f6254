"""The CRM: who the customers are, whom they named, what they own; it turns a customer number into everything else."""

from alarm_company.crm._models import (
    Agreement,
    Base,
    Consent,
    ContactPerson,
    Customer,
    Objection,
    Ownership,
    OwnershipChange,
    UserSlot,
)
from alarm_company.crm._offers import NamedContact, OfferRequest
from alarm_company.crm._others import DisclosureToAuthority, Estate, Payer, Representative, SoleTrader
from alarm_company.crm._service import MODELS, build, fill

PLANNED: list[type] = [OfferRequest, SoleTrader, Payer, Representative, Estate, DisclosureToAuthority]
"""Declared, and not in the service that runs."""

__all__ = [
    "MODELS",
    "PLANNED",
    "Agreement",
    "Base",
    "Consent",
    "ContactPerson",
    "Customer",
    "DisclosureToAuthority",
    "Estate",
    "NamedContact",
    "Objection",
    "OfferRequest",
    "Ownership",
    "OwnershipChange",
    "Payer",
    "Representative",
    "SoleTrader",
    "UserSlot",
    "build",
    "fill",
]
