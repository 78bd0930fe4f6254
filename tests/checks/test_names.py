"""Names that say personal data, in three languages and however they are written."""

from __future__ import annotations

from typing import Annotated

import pytest
from attrs import define

from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.checks._names import says_person, says_personal, words_of
from sectorprivacy.encryption import BlindIndex, Sealed
from sectorprivacy.vocabulary import categories as C
from tests.checks.company import Customer, found

PERSONAL = """
    email eMail e_mail email_address emailAddress contactEmail EMAIL billing-email epost e_post epostadresse
    mejl kundEpost
    phone phone_number mobile mobilnr telefon telefonnummer tlf home_telephone
    name names firstName last_name fornavn etternavn förnamn efternamn kundenavn navn namn customer_name ownerName
    username brukernavn användarnamn
    address adresse address_line_1 streetAddress postnummer zip_code gatuadress
    birth_date birthDate dateOfBirth dob fødselsdato foedselsdato födelsedatum
    ssn personnummer personNr fødselsnummer fnr national_id nationalId passport_number
    ip ip_address ipv4 IPv6 client_ip clientIP userAgent device_id
    iban kontonummer password passord lösenord pin alarm_code gender kjønn nationality
    licensePlate registreringsnummer creditScore
""".split()

HARMLESS = """
    name_server file_name product_name hostname event_name table_name filnavn produktnavn street_light_count
    email_verified emailVerifiedAt phone_count address_type birth_date_format
    id number status created_at version colour price zone order ship tip pint pinned mobility spain company panel
    description recipe microphones address_valid emails_sent unit
""".split()


@pytest.mark.parametrize("name", PERSONAL)
def test_says_personal_data(name: str) -> None:
    """A name that says personal data is known in English, Norwegian and Swedish, in any case and spelling."""
    assert says_personal(name) is not None


@pytest.mark.parametrize("name", HARMLESS)
def test_says_nothing(name: str) -> None:
    """A name that says something else is left alone: each false alarm costs an exemption."""
    assert says_personal(name) is None


@pytest.mark.parametrize("name", ["customer_id", "customerNumber", "kundenummer", "kundnr", "user_id"])
def test_identifiers_lead_to_people(name: str) -> None:
    """In a table that nobody declared, a key of a person is enough."""
    assert says_personal(name) is None
    assert says_person(name) == "a person"


def test_names_are_split_into_words() -> None:
    """Snake, kebab and camel case, capitals, digits and letters beyond ASCII."""
    assert words_of("fødselsNr") == ("fodsels", "nr")
    assert words_of("HTTPUserAgent2-id") == ("http", "user", "agent", "2", "id")


def test_field_marked_as_not_personal() -> None:
    """A field that is left out although its name says otherwise is found, unless the reason stands as an exemption."""

    @personal(id="shop.note", key="number", anchors={"left": "number"}, not_personal={"caller_phone": "of the shop"})
    @define
    class Note:
        number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
        text: Annotated[str, Personal(C.AGREEMENT)]
        caller_phone: str
        ip: Annotated[str, NotPersonal("of our own server")]

    findings = found(models=(Customer, Note))
    assert [(each.code, each.where) for each in findings] == [
        ("field-unmarked-likely", "shop.note.caller_phone"),
        ("field-unmarked-likely", "shop.note.ip"),
    ]
    assert "a telephone number" in findings[0].message
    exempt = {"shop.note.ip": "our server's", "field-unmarked-likely shop.note.caller_phone": "the shop's own"}
    assert found(models=(Customer, Note), exempt=exempt) == ()


def test_the_token_of_an_indexed_field_is_called_as_the_field_is() -> None:
    """A token belongs to its field, which is marked; a token of anything else is looked at like any field."""

    @personal(
        id="shop.account",
        key="number",
        anchors={"left": "number"},
        not_personal={"email_token": "tokens of email", "phone_token": "of the panel"},
    )
    @define
    class Account:
        number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
        email: Annotated[Sealed[str], Personal(C.EMAIL, index=BlindIndex("email-1", distinct=5_000))]
        email_token: bytes
        phone_token: bytes

    findings = found(models=(Customer, Account))
    assert [(each.code, each.where) for each in findings] == [("field-unmarked-likely", "shop.account.phone_token")]
