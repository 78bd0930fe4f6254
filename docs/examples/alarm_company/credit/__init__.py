"""Credit: what was asked about somebody before they became a customer, and who decided. Not running yet."""

from alarm_company.credit._models import CreditRating

MODELS: list[type] = [CreditRating]

__all__ = ["MODELS", "CreditRating"]
