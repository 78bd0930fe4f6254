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
from alarm_company.crm._service import MODELS, build, fill

__all__ = [
    "MODELS",
    "Agreement",
    "Base",
    "Consent",
    "ContactPerson",
    "Customer",
    "Objection",
    "Ownership",
    "OwnershipChange",
    "UserSlot",
    "build",
    "fill",
]
