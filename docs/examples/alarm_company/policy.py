"""What commands of sectorprivacy read at this project's root: the reference company's policy and its models."""

from __future__ import annotations

from typing import Final

from alarm_company import (
    analytics,
    billing,
    contact_centre,
    credit,
    crm,
    installations,
    marketing,
    monitoring,
    my_pages,
    smart_home,
)
from alarm_company.languages import say
from alarm_company.register import policy

models: Final[tuple[type, ...]] = (
    *crm.MODELS,
    *crm.PLANNED,
    *installations.MODELS,
    *monitoring.MODELS,
    *monitoring.PLANNED,
    *smart_home.MODELS,
    *billing.MODELS,
    *billing.PLANNED,
    *credit.MODELS,
    *contact_centre.MODELS,
    *marketing.MODELS,
    *my_pages.MODELS,
    *analytics.MODELS,
)
"""Everything the company holds or has declared that it will: four services run, six wait for theirs."""

titles: Final = {
    "crm": say("Customer register", nb="Kunderegisteret", sv="Kundregistret"),
    "installations": say("Alarm systems", nb="Alarmanlegg", sv="Larmanläggningar"),
    "monitoring": say("Alarm monitoring", nb="Alarmovervåking", sv="Larmövervakning"),
    "smart_home": say("Smart locks and plugs", nb="Smartlåser og smartplugger", sv="Smarta lås och kontakter"),
    "billing": say("Billing", nb="Fakturering", sv="Fakturering"),
    "credit": say("Credit rating", nb="Kredittvurdering", sv="Kreditbedömning"),
    "contact_centre": say("Customer service", nb="Kundeservice", sv="Kundtjänst"),
    "marketing": say("News and offers", nb="Nyheter og tilbud", sv="Nyheter och erbjudanden"),
    "my_pages": say("My Pages", nb="Min side", sv="Mina sidor"),
    "analytics": say("Use of the services", nb="Bruk av tjenestene", sv="Användning av tjänsterna"),
}
"""What people read for a service, by its id."""

__all__ = ["models", "policy", "titles"]
