"""Words that this company needs and the vocabulary does not have, each under one that it has."""

from __future__ import annotations

from alarm_company.languages import say
from sectorprivacy.vocabulary import Category
from sectorprivacy.vocabulary import categories as C

SETTING = Category(
    "setting",
    say("settings of My Pages", nb="innstillinger på Min side", sv="inställningar på Mina sidor"),
    C.ACCOUNT,
)
DISCLOSURE = Category(
    "disclosure",
    say(
        "what was disclosed to an authority",
        nb="hva som er utlevert til en myndighet",
        sv="vad som har lämnats ut till en myndighet",
    ),
    C.COMMUNICATION,
)
