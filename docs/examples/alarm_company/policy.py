"""What commands of sectorprivacy read at this project's root: the reference company's policy and its models."""

from __future__ import annotations

from alarm_company import billing, contact_centre, crm, monitoring
from alarm_company.register import policy

models = (*crm.MODELS, *monitoring.MODELS, *billing.MODELS, *contact_centre.MODELS)

__all__ = ["models", "policy"]
