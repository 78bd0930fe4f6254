"""One row of the columnar files: a plain dictionary, as the readers of such files give them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

from alarm_company.languages import say
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


@personal(
    id="analytics.usage",
    when="at",
    anchors={"used": "at"},
    source=Source.OBSERVED,
    label=say("How you use our services", nb="Hvordan du bruker tjenestene våre", sv="Hur du använder våra tjänster"),
)
class UsageRow(TypedDict):
    """A function of a service was used."""

    id: Annotated[int, NotPersonal("row number in the file")]
    pseudonym: Annotated[
        str,
        Personal(C.PSEUDONYM, source=Source.GENERATED, label=say("Pseudonym", nb="Pseudonym", sv="Pseudonym")),
        SubjectId("pseudonym", role="customer"),
    ]
    function: Annotated[str, Personal(C.USAGE, label=say("Function", nb="Funksjon", sv="Funktion"))]
    seconds: Annotated[
        int, Personal(C.USAGE, label=say("Length in seconds", nb="Lengde i sekunder", sv="Längd i sekunder"))
    ]
    at: Annotated[datetime, Personal(C.USAGE, label=say("When", nb="Når", sv="När"))]
    app_version: Annotated[str, NotPersonal("the same for everybody with that version")]
