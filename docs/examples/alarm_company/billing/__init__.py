"""Billing: seven years of invoices in plain SQLite; a service whose four hooks are written by hand."""

from alarm_company.billing._payments import Payment, Price
from alarm_company.billing._service import MODELS, Invoice, build, fill

PLANNED: list[type] = [Price, Payment]
"""Declared, and not in the service that runs."""

__all__ = ["MODELS", "PLANNED", "Invoice", "Payment", "Price", "build", "fill"]
