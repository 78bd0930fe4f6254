"""Words: looked up by id, extended under existing ones, never confused between sorts."""

from __future__ import annotations

from types import ModuleType

import pytest

from sectorprivacy.errors import InvalidDeclaration, UnknownWord
from sectorprivacy.vocabulary import (
    Basis,
    Category,
    Measure,
    Protection,
    Purpose,
    Relation,
    Role,
    Word,
    basis,
    categories,
    category,
    measure,
    measures,
    purpose,
    purposes,
    relation,
    role,
    roles,
)

C = categories

DOMAIN = {
    "crm": [
        C.NAME, C.BIRTH_DATE, C.CORPORATE_ID, C.NATIONAL_ID, C.CUSTOMER_NUMBER, C.TELEPHONE, C.EMAIL, C.RELATIONSHIP,
        C.AGREEMENT,
    ],
    "installations": [
        C.ADDRESS, C.INSTALLATION_NUMBER, C.EQUIPMENT, C.VISIT, C.USER_NAME, C.USER_SLOT, C.PASSWORD, C.CODE,
    ],
    "monitoring": [C.EVENT, C.ALARM, C.IMAGE],
    "smart_home": [C.SMART_DEVICE],
    "billing": [C.PRICE, C.INVOICE, C.PAYMENT],
    "credit": [C.CREDIT, C.NATIONAL_ID, C.CORPORATE_ID],
    "contact_centre": [C.COMMUNICATION, C.RECORDING],
    "marketing": [C.NEWSLETTER, C.OPT_OUT, C.EMAIL],
    "my_pages": [C.ACCOUNT, C.SIGN_IN, C.USER_NAME, C.PREFERENCE],
    "analytics": [C.USAGE, C.PSEUDONYM, C.IP_ADDRESS],
}  # fmt: skip
"""What each service of an alarm company holds, in its own word."""


BUILT_IN: list[tuple[ModuleType, type[Word]]] = [
    (categories, Category),
    (purposes, Purpose),
    (roles, Role),
    (measures, Measure),
]


def words_of(module: ModuleType, sort: type[Word]) -> dict[str, Word]:
    return {name: word for name, word in vars(module).items() if isinstance(word, sort)}


@pytest.mark.parametrize(("module", "sort"), BUILT_IN)
def test_built_in_words_have_ids_and_labels_of_their_own(module: ModuleType, sort: type[Word]) -> None:
    """An id names one word, the one of its name in code, and people can tell two words apart."""
    words = words_of(module, sort)
    assert words
    assert len({word.label for word in words.values()}) == len(words)
    assert [name.lower() for name in words] == [word.id for word in words.values()]


@pytest.mark.parametrize(("module", "sort"), BUILT_IN)
def test_built_in_words_stand_under_built_in_words(module: ModuleType, sort: type[Word]) -> None:
    """Every line of broader words ends, and names no word that a reader of the list would miss."""
    words = list(words_of(module, sort).values())
    for word in words:
        line = list(word.lineage)
        assert len({each.id for each in line}) == len(line)
        assert set(line) <= set(words)
        assert line[-1].under is None
        assert all(word.within(each) for each in line)


def test_every_row_of_the_domain_has_a_word() -> None:
    """What the ten services hold is told apart: within one, a kind of data covers another by design alone."""
    by_design = {(C.ALARM, C.EVENT), (C.RECORDING, C.COMMUNICATION), (C.SIGN_IN, C.ACCOUNT)}
    assert len(DOMAIN) == 10
    for held in DOMAIN.values():
        covered = {(one, other) for one in held for other in held if one != other and one.within(other)}
        assert covered <= by_design


def test_a_word_is_found_by_its_id() -> None:
    """Words accept their id string where they are expected; a word of one's own passes through."""
    assert category("email") is categories.EMAIL
    assert purpose("safety") is purposes.SAFETY
    assert role("customer") is roles.CUSTOMER
    assert measure("erasure") is measures.ERASURE
    assert basis("contract") is Basis.CONTRACT
    assert relation("appears") is Relation.APPEARS
    own = Category("door_photo", "photo of the door", categories.IMAGE)
    assert category(own) is own


@pytest.mark.parametrize("look_up", [category, purpose, role, measure, basis, relation])
def test_an_unknown_word_is_refused(look_up: object) -> None:
    """A misspelt word is a typed error where it is written, never a new word."""
    with pytest.raises(UnknownWord) as refused:
        look_up("e-mail")  # type: ignore[operator]
    assert refused.value.id == "e-mail"


def test_a_slip_of_the_pen_is_recognised() -> None:
    """Whoever misspells a word is told the one they meant; whoever is far off is told no guess."""
    with pytest.raises(UnknownWord, match=r"no category 'e-mail'\. Did you mean 'email'\?"):
        category("e-mail")
    with pytest.raises(UnknownWord) as refused:
        basis("legitimate_interests")
    assert refused.value.close[0] == "legitimate_interest"
    with pytest.raises(UnknownWord) as refused:
        role("xyz")
    assert refused.value.close == ()
    assert "mean" not in str(refused.value)
    assert str(UnknownWord(kind="category", id="x")).startswith("There is no category 'x'. Use a word")


def test_a_broader_word_covers_those_under_it_only() -> None:
    """`uses=[CONTACT]` covers the e-mail address; `uses=[EMAIL]` does not cover every contact detail."""
    own = Category("work_email", "e-mail address at work", categories.EMAIL)
    assert own.within(categories.EMAIL)
    assert own.within(categories.CONTACT)
    assert not categories.CONTACT.within(categories.EMAIL)
    assert not categories.EMAIL.within(categories.TELEPHONE)


@pytest.mark.parametrize("word_id", ["", "E-mail", "e mail", "é", "a/b"])
def test_an_id_is_stable_ascii(word_id: str) -> None:
    """Ids are stored and compared, so they hold nothing that case or encoding may change."""
    with pytest.raises(InvalidDeclaration):
        Category(word_id, "label")


def test_a_word_stands_under_its_own_sort() -> None:
    """A category under a purpose would widen what an activity may use by accident."""
    with pytest.raises(InvalidDeclaration):
        Category("mine", "mine", purposes.SAFETY)
    assert Category("same", "same") != Purpose("same", "same")


def test_a_protection_is_inherited() -> None:
    """Whatever stands under health data is health data to the law; a company's own word cannot shed it by accident."""
    own = Category("wheelchair", "needs a ramp", categories.HEALTH)
    assert own.protection is None
    assert own.protected is categories.HEALTH.protected is Protection.SPECIAL
    assert categories.SUSPECTED_OFFENCE.protected is Protection.CRIMINAL
    assert categories.NATIONAL_ID.protected is Protection.NATIONAL_ID
    assert Category("passport", "passport number", categories.NATIONAL_ID).protected is Protection.NATIONAL_ID


def test_a_protection_stands_on_the_word_alone() -> None:
    """A protected word may stand under one that is not: identifiers are not protected, identity numbers are."""
    assert categories.IDENTIFIER.protected is None
    assert categories.CUSTOMER_NUMBER.protected is None
    assert categories.EMAIL.protected is None
    own = Category("scar", "visible scar", categories.IMAGE, protection=Protection.SPECIAL)
    assert own.protected is Protection.SPECIAL
    assert categories.IMAGE.protected is None


def test_every_kind_of_art_9_has_a_word() -> None:
    """Art. 9(1) names eight kinds of data, and no other category is special."""
    special = {word.id for word in vars(categories).values() if isinstance(word, Category) and word.under is C.SPECIAL}
    assert special == {
        "health", "biometric", "genetic", "ethnic_origin", "political_opinion", "belief", "trade_union", "sex_life",
    }  # fmt: skip


def test_the_nearest_link_is_the_word_s_own_or_a_broader_one_s() -> None:
    """A company's own word is found in DPV and fideslang by what it stands under."""
    own = Category("door_photo", "photo of the door", categories.IMAGE)
    assert (own.dpv, own.nearest_dpv) == (None, "pd:Picture")
    assert (own.fides, own.nearest_fides) == (None, "user.content.self_image")
    assert categories.PASSWORD.nearest_fides == categories.PASSWORD.fides
    assert Category("alone", "alone").nearest_dpv is Category("alone", "alone").nearest_fides is None


def test_a_narrower_word_keeps_the_protection_of_the_broader() -> None:
    """A company's word under a special category needs a ground of Art. 9, whatever else it is."""
    with pytest.raises(InvalidDeclaration, match=r"Art\. 87 would take the place"):
        Category("patient_number", "patient number", categories.HEALTH, protection=Protection.NATIONAL_ID)
    assert Category("diagnosis", "diagnosis", categories.HEALTH, protection=Protection.SPECIAL).protected
