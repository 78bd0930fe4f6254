"""Billing: seven years of invoices in plain SQLite; a service whose four hooks are written by hand."""

from alarm_company.billing._service import MODELS, Invoice, build, fill

__all__ = ["MODELS", "Invoice", "build", "fill"]
