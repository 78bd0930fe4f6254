"""Who decides about the processing, and where people reach them."""

from __future__ import annotations

from alarm_company.languages import say
from sectorprivacy.policy import Controller, LinkedDocument

controller = Controller(
    "Sector Alarm Group AS",
    id="sector-alarm",
    country="NO",
    languages=["nb", "en", "sv"],
    organisation_number="918 307 680",
    address="Vitaminveien 1A, 0485 Oslo",
    postal_address="Postboks 113 Grefsen, 0485 Oslo",
    telephone="915 03033",
    telephone_abroad="0047 233 99 400",
    email="post@sectoralarm.com",
    dpo="dpo@sectoralarm.com",
    authority="Datatilsynet",
    notice="https://www.sectoralarm.com",
    # Two documents of their own; the pages they stand on are made up, as all of this company but its declaration.
    documents=[
        LinkedDocument(
            title=say("Agreement on My Pages", nb="Avtale om Min side", sv="Avtal om Mina sidor"),
            url="https://www.sectoralarm.com/my-pages-agreement",
        ),
        LinkedDocument(
            title=say("Cookie policy", nb="Retningslinjer for informasjonskapsler", sv="Policy för kakor (cookies)"),
            url="https://www.sectoralarm.com/cookies",
        ),
    ],
)
