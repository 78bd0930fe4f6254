from __future__ import annotations

import pytest

from sectorprivacy.documents import (
    article_in_words,
    basis_in_words,
    basis_name,
    catalogue,
    category_in_words,
    channel_in_words,
    country_in_words,
    keep_in_words,
    recipient_in_words,
    role_in_words,
    special_ground_in_words,
    where_in_words,
)
from sectorprivacy.policy import Activity, ChannelRule, Keep, Recipient, word_entries
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Category,
    Channel,
    Condition,
    Role,
    Safeguard,
    SpecialGround,
    categories,
    purposes,
    roles,
    wording,
)

EN, NB, SV = catalogue("en"), catalogue("nb"), catalogue("sv")
EVENTS = {"ended": wording({"en": "the end of the agreement", "nb": "avtalens slutt", "sv": "avtalets slut"})}


@pytest.mark.parametrize(
    ("keep", "english", "norwegian", "swedish"),
    [
        (Keep(after="ended"), "until the end of the agreement", "frem til avtalens slutt", "till avtalets slut"),
        (
            Keep(after="ended", years=1, months=2, days=3),
            "1 year, 2 months and 3 days from the end of the agreement",
            "1 år, 2 måneder og 3 dager fra avtalens slutt",
            "1 år, 2 månader och 3 dagar från avtalets slut",
        ),
        (
            Keep(
                after="ended",
                years=5,
                end_of_year=True,
                law={"en": "Act s. 13", "nb": "loven § 13", "sv": "13 § lagen"},
            ),
            "5 years from the end of the year of the end of the agreement (Act s. 13)",
            "5 år fra utgangen av året for avtalens slutt (loven § 13)",
            "5 år från utgången av året för avtalets slut (13 § lagen)",
        ),
        (
            Keep(after="ended", end_of_year=True),
            "until the end of the year of the end of the agreement",
            "frem til utgangen av året for avtalens slutt",
            "till utgången av året för avtalets slut",
        ),
        (Keep(after="door_shut", days=1), "1 day from “door shut”", "1 dag fra «door shut»", "1 dag från ”door shut”"),
        (
            Keep(after="case_closed"),
            "until the day your request was closed",
            "frem til dagen henvendelsen din ble avsluttet",
            "till den dag då ditt ärende avslutades",
        ),
    ],
)
def test_periods_read_in_three_languages(keep: Keep, english: str, norwegian: str, swedish: str) -> None:
    """Art. 13(2)(a): span, event and law in words; an event nobody worded still says which one it is."""
    told = [keep_in_words(keep, texts, events=EVENTS) for texts in (EN, NB, SV)]
    assert told == [english, norwegian, swedish]


@pytest.mark.parametrize(
    ("article", "english", "norwegian", "swedish"),
    [
        ("Art. 6(1)(b), performance of a contract", "Art. 6(1)(b)", "art. 6 nr. 1 bokstav b", "artikel 6.1 b"),
        ("Art. 7(3)", "Art. 7(3)", "art. 7 nr. 3", "artikel 7.3"),
        ("Art. 45", "Art. 45", "art. 45", "artikel 45"),
        ("Directive 2002/58/EC", *3 * ["Directive 2002/58/EC"]),
    ],
)
def test_each_language_cites_the_law_in_its_own_way(article: str, english: str, norwegian: str, swedish: str) -> None:
    """A Norwegian finds "art. 6 nr. 1 bokstav b" in their text of the regulation; what is no article stays as it is."""
    assert [article_in_words(article, texts) for texts in (EN, NB, SV)] == [english, norwegian, swedish]


ACTIVITY = Activity(
    "alarms",
    purpose=purposes.SAFETY,
    basis=dict(zip([roles.CUSTOMER, roles.ALARM_USER, roles.PAYER, roles.ESTATE], list(Basis), strict=False)),
    uses=[categories.ALARM],
    keep=Keep(after="ended"),
    contract={"en": "the alarm agreement", "nb": "alarmavtalen"},
    law={"en": "the Act", "nb": "loven"},
    interest={"en": "a safe home", "nb": "et trygt hjem"},
    consent={"en": "I agree.", "nb": "Jeg er enig."},
)


@pytest.mark.parametrize(
    ("basis", "told"),
    [
        (Basis.CONSENT, "du har samtykket: «Jeg er enig.» (art. 6 nr. 1 bokstav a)"),
        (Basis.CONTRACT, "nødvendig for avtalen vi har med deg: alarmavtalen (art. 6 nr. 1 bokstav b)"),
        (Basis.PRECONTRACT, "nødvendig for det du ba oss gjøre før en avtale inngås (art. 6 nr. 1 bokstav b)"),
        (Basis.LEGAL_OBLIGATION, "loven pålegger oss det: loven (art. 6 nr. 1 bokstav c)"),
        (Basis.VITAL_INTERESTS, "for å verne noens liv (art. 6 nr. 1 bokstav d)"),
        (Basis.LEGITIMATE_INTEREST, "vår berettigede interesse: et trygt hjem (art. 6 nr. 1 bokstav f)"),
    ],
)
def test_a_basis_says_what_it_rests_on(basis: Basis, told: str) -> None:
    """Art. 13(1)(c) and (d): the interest, the law, the agreement or the text consented to stand with the basis."""
    assert basis_in_words(ACTIVITY, basis, NB) == told


def test_a_basis_has_a_name() -> None:
    """A record of processing lists bases by their name in law."""
    assert basis_name(Basis.LEGITIMATE_INTEREST, SV) == "berättigat intresse (artikel 6.1 f)"


HELPER = Recipient(name="Nets", capacity=Capacity.PROCESSOR, task={"en": "payments", "sv": "betalningar"}, country="SE")


def test_a_recipient_reads_in_the_language() -> None:
    """Name, task, capacity and country, each in the reader's words (Art. 13(1)(e))."""
    assert recipient_in_words(HELPER, SV) == (
        "Nets",
        "betalningar",
        "personuppgiftsbiträde: arbetar för oss, enligt våra instruktioner",
        "Sverige",
    )


@pytest.mark.parametrize("safeguard", Safeguard)
def test_a_transfer_names_what_allows_it(safeguard: Safeguard) -> None:
    """Art. 13(1)(f): country and safeguard, with its article."""
    abroad = Recipient(name="X", capacity=Capacity.PROCESSOR, task="x", country="US", safeguard=safeguard)
    told = where_in_words(abroad, EN)
    assert told.startswith("United States, outside the EU and the EEA, on the basis of ")
    assert told.endswith(f"({safeguard.article})")


def test_a_transfer_without_safeguard_still_says_where() -> None:
    """The check refuses it; whoever reads a draft sees that the data leaves the EEA."""
    assert where_in_words(Recipient(name="X", capacity=Capacity.PROCESSOR, task="x", country="IN"), NB) == (
        "India, utenfor EU og EØS"
    )


def test_a_country_nobody_translated_reads_as_its_code() -> None:
    """A code is better than nothing, and than a wrong name."""
    assert country_in_words("TV", EN) == "TV"


DOOR_LOG = Category("acme.door_log", {"en": "door log", "nb": "dørlogg"}, categories.EVENT)


def test_a_word_of_the_companys_own_reads_by_its_label() -> None:
    """Companies add words in their languages; where only the id is known it is made readable."""
    assert category_in_words(DOOR_LOG, NB) == "dørlogg"
    assert category_in_words(DOOR_LOG, SV) == "door log"
    assert [category_in_words(each, NB) for each in word_entries([DOOR_LOG])] == [
        "dørlogg",
        "hva alarmsystemet registrerte og når",
    ]
    assert category_in_words("acme.door_log", NB) == "acme door log"
    assert role_in_words(Role("acme.guest", "guest"), SV) == "guest"


def test_a_channel_says_when_and_by_which_law() -> None:
    """Marketing by a channel has a condition, and a law that sets it."""
    rule = ChannelRule(
        channel=Channel.TELEPHONE, condition=Condition.NOT_RESERVED, law={"en": "the Act", "sv": "lagen"}
    )
    assert channel_in_words(rule, SV) == "telefon: om du inte har spärrat dig mot det (lagen)"
    assert channel_in_words(ChannelRule(channel=Channel.SMS, condition=Condition.CONSENT), EN) == (
        "text message: only if you consented"
    )


def test_a_ground_for_special_categories_names_its_article() -> None:
    """Art. 9(2): which of its letters permits the use."""
    assert special_ground_in_words(SpecialGround.EXPLICIT_CONSENT, SV) == "ditt uttryckliga samtycke (artikel 9.2 a)"
