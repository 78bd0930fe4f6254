"""What the maker's class for smart plugs holds, said from outside."""

from __future__ import annotations

from alarm_company.languages import say
from alarm_company.smart_home._supplier import Reading
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, mark
from sectorprivacy.vocabulary import Source
from sectorprivacy.vocabulary import categories as C

PlugReading = mark(
    Reading,
    id="smart_home.plug_reading",
    key="reading_id",
    when="reported_at",
    source=Source.OBSERVED,
    label=say("What your smart plugs did", nb="Det smartpluggene dine gjorde", sv="Vad dina smarta kontakter gjorde"),
    fields={
        "reading_id": NotPersonal("number that the maker gives a report"),
        "site": SubjectId("installation", role="customer", label=say("Installation", nb="Anlegg", sv="Anläggning")),
        "plug_name": Personal(
            C.SMART_DEVICE,
            source=Source.PROVIDED,
            label=say("Your name for the plug", nb="Navnet du ga pluggen", sv="Ditt namn på kontakten"),
        ),
        "is_on": Personal(C.SMART_DEVICE, label=say("Switched on", nb="Slått på", sv="Påslagen")),
        "schedule": Personal(
            C.SMART_DEVICE, source=Source.PROVIDED, label=say("Your timer", nb="Tidsuret ditt", sv="Din timer")
        ),
        "reported_at": Personal(C.SMART_DEVICE, label=say("When", nb="Når", sv="När")),
        "firmware": NotPersonal("the same for every plug of a series"),
    },
)
