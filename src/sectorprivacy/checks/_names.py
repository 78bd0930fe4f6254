"""Names of fields and columns that say personal data, in English, Norwegian and Swedish."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

# What a name says, by the words that say it. `_` joins words that stand side by side; `~` means: also inside a
# compound ("kundens_epostadresse"), for words long enough to be in no other.
_LEXICON: Final[Mapping[str, str]] = {
    "an e-mail address": "~email e_mail mail ~epost e_post mejl",
    "a telephone number": (
        "~telephone phone phonenumber phoneno mobile mobil ~mobilnummer mobilnr ~telefon tlf tel msisdn cellphone"
    ),
    "a name": (
        "~firstname ~lastname ~fullname surname surnames first_name last_name full_name family_name given_name"
        " middle_name maiden_name nickname nick_name customer_name contact_name person_name owner_name caller_name"
        " payer_name holder_name employee_name sender_name recipient_name customername ~fornavn ~etternavn"
        " ~mellomnavn kundenavn kontaktnavn eiernavn ~fornamn ~efternamn ~mellannamn kundnamn kontaktnamn agarnamn"
    ),
    "a user name": "username user_name login_name brukernavn bruker_navn anvandarnamn",
    "an address": (
        "address addresses adress adresse adresser addr ~streetaddress ~homeaddress street ~postnummer postnr zipcode"
        " zip_code postcode post_code postal_code gateadresse gatuadress bostedsadresse hjemadresse hemadress"
    ),
    "a date of birth": (
        "~birthdate ~birthday birth_date date_of_birth dob born ~dateofbirth ~fodselsdato ~foedselsdato fodt foedt"
        " ~fodelsedatum ~fodelsedag fodd year_of_birth birth_year fodselsar fodelsear"
    ),
    "a national identity number": (
        "ssn social_security ~socialsecurity ~personnummer personnr ~personidentifikator ~fodselsnummer"
        " ~foedselsnummer fodselsnr fnr pnr dnr d_nummer ~samordningsnummer national_id nationalid national_identity"
        " ~nationalidentity national_number personal_number personalnumber tax_id passport passport_number ~passnummer"
    ),
    "an address on a network": "ip ipv4 ipv6 ip_address ~ipaddress ipadresse ip_adresse ipadress mac_address",
    "a device or a browser": "user_agent useragent device_id deviceid advertising_id cookie_id cookie",
    "a bank account or card": (
        "iban bank_account ~bankaccount ~kontonummer kontonr ~bankkonto card_number ~cardnumber ~kortnummer pan"
    ),
    "a secret": "~password passwd ~passord ~losenord pin pincode pin_code alarm_code access_code alarmkode alarmkod",
    "a place": "latitude longitude lat_lon geolocation gps_position home_location",
    "a person's picture or voice": "portrait selfie face facial ~portrett ~portratt voice_recording",
    "sex or gender": "gender kjonn kon sex",
    "nationality or origin": "nationality ethnicity ethnic ~nasjonalitet ~nationalitet ~etnisitet ~etnicitet",
    "belief, politics or health": (
        "religion religious political_party ~politisk health_status medical diagnosis diagnose diagnos ~fagforening"
        " ~fackforening trade_union helse halsa"
    ),
    "a number plate": "license_plate licence_plate number_plate ~registreringsnummer regnr",
    "a credit rating": "credit_score creditscore credit_rating ~kredittvurdering ~kreditupplysning",
}

# A lone word for a name says nothing when it stands behind another: "file_name", "produktnavn".
_ALONE: Final[Mapping[str, str]] = {"name": "a name", "names": "a name", "navn": "a name", "namn": "a name"}

_IDENTIFIERS: Final[Mapping[str, str]] = {
    "a person": (
        "customer customer_id customer_no customer_number ~customernumber ~kundenummer kundenr ~kundnummer kundnr"
        " kunde_id kund_id person_id personid user_id userid member_id subject_id data_subject patient_id employee_id"
        " ~ansattnummer ~medlemsnummer"
    )
}

# Behind what a name says, these make it say something about that instead: when it was verified, whether it is set.
_ABOUT: Final = frozenset(
    "at on count type kind status verified version enabled template format sent length required allowed valid".split()
)

_WORD = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*|[0-9]+")
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ð": "d", "þ": "th", "ß": "ss"})


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in snake, kebab or camel case, lower-case and in ASCII: "fødselsNr" is fodsels, nr."""
    spelled = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    plain = "".join(letter for letter in spelled if not unicodedata.combining(letter))
    # "IPv4" and "eMail" are words, whatever their capitals say.
    joined = re.sub(r"IPv(\d)", r"ipv\1", plain)
    return tuple(word.lower() for word in _WORD.findall(joined))


def says_personal(name: str) -> str | None:
    """What personal data a name says, "an e-mail address"; None where it says none."""
    words = words_of(name)
    return _found(words, _PERSONAL) or (_ALONE.get(words[0]) if len(words) == 1 else None)


def says_person(name: str) -> str | None:
    """What a name says that leads to a person: personal data, or an identifier such as a customer number."""
    return says_personal(name) or _found(words_of(name), _LEADING)


class _Phrases:
    """The phrases of a lexicon: whole words side by side, and stems that are looked for anywhere."""

    def __init__(self, lexicon: Mapping[str, str]) -> None:
        self.words: dict[str, str] = {}
        self.stems: dict[str, str] = {}
        for meaning, phrases in lexicon.items():
            for phrase in phrases.split():
                if phrase.startswith("~"):
                    self.stems[phrase[1:]] = meaning
                else:
                    self.words[phrase] = meaning


_PERSONAL: Final = _Phrases(_LEXICON)
_LEADING: Final = _Phrases(_IDENTIFIERS)
_LONGEST: Final = 3


def _found(words: Sequence[str], phrases: _Phrases) -> str | None:
    if words and words[-1] in _ABOUT:
        return None
    by_word = (phrases.words[phrase] for phrase in _side_by_side(words) if phrase in phrases.words)
    whole = "".join(words)
    by_stem = (meaning for stem, meaning in phrases.stems.items() if stem in whole)
    return next(by_word, None) or next(by_stem, None)


def _side_by_side(words: Sequence[str]) -> Iterator[str]:
    for length in range(_LONGEST, 0, -1):
        for start in range(len(words) - length + 1):
            yield "_".join(words[start : start + length])
            yield "".join(words[start : start + length])
