"""The records of the contact centre, marked once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from attrs import frozen

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C


@personal(id="contact_centre.message", when="at", label="What you wrote to us")
@frozen(kw_only=True)
class Message:
    """Somebody wrote; an agent may have noted the customer number."""

    id: Annotated[int, NotPersonal("row key")]
    channel: Annotated[
        str,
        Personal(
            C.COMMUNICATION,
            source=Source.OBSERVED,
            label="By",
            values={"email": "E-mail", "form": "Contact form", "sms": "Text message", "chat": "Chat"},
        ),
    ]
    customer: Annotated[str | None, SubjectId("customer_number", role="customer", label="Customer number")]
    email: Annotated[str | None, SubjectId("email", role="enquirer", label="From e-mail address")]
    telephone: Annotated[str | None, SubjectId("telephone", role="enquirer", label="From telephone number")]
    at: Annotated[datetime, Personal(C.COMMUNICATION, source=Source.OBSERVED, label="When")]
    subject: Annotated[str | None, Personal(C.COMMUNICATION, label="Subject")]
    body: Annotated[str, Personal(C.COMMUNICATION, label="Message")]


@personal(id="contact_centre.recording", when="at", label="Calls that were recorded")
@frozen(kw_only=True)
class Recording:
    """A recorded call; the sound is a file, sealed under the customer's key, or else under that of the number."""

    id: Annotated[int, NotPersonal("row key")]
    customer: Annotated[str | None, SubjectId("customer_number", role="customer", label="Customer number")]
    telephone: Annotated[str, SubjectId("telephone", role="enquirer", label="Telephone number")]
    at: Annotated[datetime, Personal(C.RECORDING, source=Source.OBSERVED, label="When")]
    seconds: Annotated[int, Personal(C.RECORDING, source=Source.OBSERVED, label="Length in seconds")]
    file: Annotated[
        str,
        Personal(C.RECORDING, source=Source.OBSERVED, attachment="audio/wav", sealed_file=True, label="Recording"),
    ]
