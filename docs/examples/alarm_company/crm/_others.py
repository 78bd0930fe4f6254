"""People beside the customer: sole traders, payers, representatives, estates, authorities. Not running yet."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from attrs import frozen

from alarm_company.languages import say
from alarm_company.words import DISCLOSURE
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Relation, Source
from sectorprivacy.vocabulary import categories as C

RowKey = Annotated[int, NotPersonal("row key")]
OfCustomer = Annotated[
    str,
    SubjectId(
        "customer_number",
        role="customer",
        relation=Relation.APPEARS,
        label=say("For customer number", nb="For kundenummer", sv="För kundnummer"),
    ),
]
CustomerUntil = Annotated[
    date | None,
    Personal(C.AGREEMENT, source=Source.OBSERVED, label=say("Customer until", nb="Kunde til", sv="Kund till")),
]


@personal(
    id="crm.sole_trader",
    anchors={"agreement_ended": "customer_until"},
    label=say("Your business", nb="Virksomheten din", sv="Din verksamhet"),
)
@frozen(kw_only=True)
class SoleTrader:
    """A business that is one person: its corporate identity is that person's data, as a company's is not."""

    id: RowKey
    customer_number: Annotated[
        str,
        SubjectId(
            "customer_number",
            role="sole_trader",
            verified=True,
            label=say("Customer number", nb="Kundenummer", sv="Kundnummer"),
        ),
    ]
    corporate_id: Annotated[
        str,
        Personal(
            C.CORPORATE_ID, label=say("Corporate identity number", nb="Organisasjonsnummer", sv="Organisationsnummer")
        ),
        SubjectId("corporate_id", role="sole_trader", verified=True),
    ]
    trade_name: Annotated[str, Personal(C.NAME, label=say("Name of the business", nb="Firmanavn", sv="Firmanamn"))]
    customer_until: CustomerUntil


@personal(
    id="crm.payer",
    anchors={"agreement_ended": "customer_until"},
    source=Source.THIRD_PARTY,
    label=say("Agreements you pay for", nb="Avtaler du betaler for", sv="Avtal som du betalar för"),
)
@frozen(kw_only=True)
class Payer:
    """Somebody who pays for a customer; whom they pay for is shown to neither unless it is their own number."""

    id: RowKey
    customer_number: OfCustomer
    name: Annotated[str, Personal(C.NAME, label=say("Name", nb="Navn", sv="Namn"))]
    address: Annotated[str, Personal(C.ADDRESS, label=say("Billing address", nb="Fakturaadresse", sv="Fakturaadress"))]
    email: Annotated[
        str,
        Personal(C.EMAIL, label=say("E-mail address", nb="E-postadresse", sv="E-postadress")),
        SubjectId("email", role="payer", verified=True),
    ]
    customer_until: CustomerUntil


@personal(
    id="crm.representative",
    anchors={"agreement_ended": "customer_until"},
    label=say("Customers you represent", nb="Kunder du representerer", sv="Kunder som du företräder"),
)
@frozen(kw_only=True)
class Representative:
    """Somebody who speaks for a customer: a guardian, an attorney, a relative with a mandate."""

    id: RowKey
    customer_number: OfCustomer
    name: Annotated[str, Personal(C.NAME, label=say("Name", nb="Navn", sv="Namn"))]
    telephone: Annotated[
        str,
        Personal(C.TELEPHONE, label=say("Telephone number", nb="Telefonnummer", sv="Telefonnummer")),
        SubjectId("telephone", role="representative", verified=True),
    ]
    authority: Annotated[
        str,
        Personal(
            C.RELATIONSHIP,
            label=say("By what right", nb="Med hvilken rett", sv="Med vilken rätt"),
            values={
                "guardian": say("Guardian", nb="Verge", sv="God man eller förvaltare"),
                "mandate": say("Written mandate", nb="Fullmakt", sv="Fullmakt"),
                "parent": say("Parent", nb="Forelder", sv="Vårdnadshavare"),
            },
        ),
    ]
    customer_until: CustomerUntil


@personal(
    id="crm.estate",
    anchors={"agreement_ended": "customer_until"},
    label=say("Estates you answer for", nb="Dødsbo du svarer for", sv="Dödsbon som du svarar för"),
)
@frozen(kw_only=True)
class Estate:
    """A customer died; whoever answers for the estate speaks for it until the agreement is wound up."""

    id: RowKey
    customer_number: OfCustomer
    name: Annotated[
        str, Personal(C.NAME, label=say("Contact of the estate", nb="Kontakt for dødsboet", sv="Dödsboets kontakt"))
    ]
    telephone: Annotated[
        str,
        Personal(C.TELEPHONE, label=say("Telephone number", nb="Telefonnummer", sv="Telefonnummer")),
        SubjectId("telephone", role="estate", verified=True),
    ]
    relationship: Annotated[
        str,
        Personal(
            C.RELATIONSHIP,
            label=say("Relationship to the deceased", nb="Forhold til avdøde", sv="Relation till den avlidna"),
        ),
    ]
    customer_until: CustomerUntil


@personal(
    id="crm.disclosure",
    anchors={"disclosed": "disclosed_on"},
    source=Source.GENERATED,
    label=say(
        "What we had to disclose to an authority",
        nb="Det vi har måttet utlevere til en myndighet",
        sv="Det som vi har behövt lämna ut till en myndighet",
    ),
)
@frozen(kw_only=True)
class DisclosureToAuthority:
    """An authority demanded data of a customer; kept so that the customer may ask who received what."""

    id: RowKey
    customer_number: Annotated[
        str,
        SubjectId("customer_number", role="customer", label=say("Customer number", nb="Kundenummer", sv="Kundnummer")),
    ]
    authority: Annotated[str, Personal(DISCLOSURE, label=say("Authority", nb="Myndighet", sv="Myndighet"))]
    demanded: Annotated[
        str, Personal(DISCLOSURE, label=say("What was disclosed", nb="Hva som ble utlevert", sv="Vad som lämnades ut"))
    ]
    law: Annotated[str, Personal(DISCLOSURE, label=say("By which law", nb="Etter hvilken lov", sv="Enligt vilken lag"))]
    disclosed_on: Annotated[date, Personal(DISCLOSURE, label=say("When", nb="Når", sv="När"))]
