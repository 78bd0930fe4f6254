"""Prices that were agreed and payments that came in. Not running yet: an invoice knows the day it was paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C

CustomerNumber = Annotated[
    str, SubjectId("customer_number", role="customer", label=say("Customer number", nb="Kundenummer", sv="Kundnummer"))
]


@personal(
    id="billing.price",
    anchors={"agreement_ended": "until"},
    source=Source.GENERATED,
    label=say("The prices you agreed to", nb="Prisene du har avtalt", sv="De priser du har avtalat"),
)
@dataclass(frozen=True, kw_only=True)
class Price:
    """What a customer pays a month for a service, in øre, from a day on."""

    id: Annotated[int, NotPersonal("row key")]
    customer: CustomerNumber
    service: Annotated[str, Personal(C.PRICE, label=say("Service", nb="Tjeneste", sv="Tjänst"))]
    monthly: Annotated[
        int, Personal(C.PRICE, label=say("Price a month in øre", nb="Pris per måned i øre", sv="Pris per månad i öre"))
    ]
    since: Annotated[date, Personal(C.PRICE, label=say("From", nb="Fra", sv="Från"))]
    until: Annotated[date | None, Personal(C.PRICE, label=say("Until", nb="Til", sv="Till"))]


@personal(
    id="billing.payment",
    anchors={"invoiced": "invoiced", "paid": "received"},
    source=Source.OBSERVED,
    label=say("Your payments", nb="Betalingene dine", sv="Dina betalningar"),
)
@dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment of an invoice; `amount` in øre. Somebody else may have paid it."""

    id: Annotated[int, NotPersonal("row key")]
    customer: CustomerNumber
    invoice: Annotated[int, Personal(C.INVOICE, label=say("Invoice number", nb="Fakturanummer", sv="Fakturanummer"))]
    invoiced: Annotated[
        date, Personal(C.INVOICE, label=say("Date of the invoice", nb="Fakturadato", sv="Fakturadatum"))
    ]
    received: Annotated[date, Personal(C.PAYMENT, label=say("Received", nb="Mottatt", sv="Mottagen"))]
    amount: Annotated[int, Personal(C.PAYMENT, label=say("Amount in øre", nb="Beløp i øre", sv="Belopp i öre"))]
    means: Annotated[
        str,
        Personal(
            C.PAYMENT,
            label=say("Paid by", nb="Betalt med", sv="Betald med"),
            values={
                "card": say("Card", nb="Kort", sv="Kort"),
                "direct_debit": say("Direct debit", nb="AvtaleGiro", sv="Autogiro"),
                "e_invoice": say("E-invoice", nb="eFaktura", sv="E-faktura"),
                "transfer": say("Bank transfer", nb="Bankoverføring", sv="Banköverföring"),
            },
        ),
    ]
    payer: Annotated[
        str | None,
        Personal(
            C.PAYMENT,
            about="payer",
            source=Source.THIRD_PARTY,
            label=say("Name of the payer", nb="Navn på betaleren", sv="Betalarens namn"),
        ),
    ]
