"""Words: looked up by id, extended under existing ones, never confused between sorts."""

from __future__ import annotations

import pytest

from sectorprivacy.errors import InvalidDeclaration, UnknownWord
from sectorprivacy.vocabulary import (
    Basis,
    Category,
    Ground,
    Purpose,
    Relation,
    Right,
    Role,
    Safeguard,
    basis,
    categories,
    category,
    purpose,
    purposes,
    relation,
    role,
    roles,
)


@pytest.mark.parametrize(("module", "sort"), [(categories, Category), (purposes, Purpose), (roles, Role)])
def test_built_in_words_have_ids_and_labels_of_their_own(module: object, sort: type) -> None:
    """An id names one word, and people can tell two words apart."""
    words = [word for word in vars(module).values() if isinstance(word, sort)]
    assert words
    assert len({word.id for word in words}) == len({word.label for word in words}) == len(words)


def test_a_word_is_found_by_its_id() -> None:
    """Words accept their id string where they are expected; a word of one's own passes through."""
    assert category("email") is categories.EMAIL
    assert purpose("safety") is purposes.SAFETY
    assert role("customer") is roles.CUSTOMER
    assert basis("contract") is Basis.CONTRACT
    assert relation("appears") is Relation.APPEARS
    own = Category("door_photo", "photo of the door", categories.IMAGE)
    assert category(own) is own


@pytest.mark.parametrize("look_up", [category, purpose, role, basis, relation])
def test_an_unknown_word_is_refused(look_up: object) -> None:
    """A misspelt word is a typed error where it is written, never a new word."""
    with pytest.raises(UnknownWord) as refused:
        look_up("e-mail")  # type: ignore[operator]
    assert refused.value.id == "e-mail"


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


def test_closed_words_name_their_article() -> None:
    """Every basis, ground and safeguard can be looked up in the law, and every right has its article."""
    assert len({each.article for each in Basis}) == len({each.dpv for each in Basis}) == len(Basis)
    assert all(each.article.startswith("Art. ") for each in [*Basis, *Ground, *Safeguard])
    assert [each.article for each in Right] == [15, 16, 17, 18, 20, 21]
