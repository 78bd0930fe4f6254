"""Scopes are sealed, belong to one case, and end with it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from attrs import evolve

from sectorprivacy.errors import DecryptionError, InvalidDeclaration
from sectorprivacy.ledger import CaseScope, CaseScopes, MemoryScopes, SealedScope
from sectorprivacy.vocabulary import Assurance, Identifier, Period, SubjectRef

REF, OTHER_REF = SubjectRef(b"r" * 16), SubjectRef(b"o" * 16)
CASE, OTHER_CASE = UUID(int=1), UUID(int=2)
TASK, LATER_TASK = UUID(int=11), UUID(int=12)
HOME = Identifier(
    kind="installation",
    value="INST-77812",
    role="customer",
    assurance=Assurance.STRONG,
    period=Period(datetime(2024, 5, 1, tzinfo=UTC), None),
)
SCOPE = CaseScope(ref=REF, task=TASK, case=CASE, identifiers=(HOME,))


def test_a_scope_comes_back_with_roles_and_periods() -> None:
    """Without its period an identifier would open the previous owner's life."""
    scopes = CaseScopes(MemoryScopes(), b"k" * 32)
    assert scopes.keep(SCOPE) == SCOPE
    assert scopes.get(REF, CASE) == SCOPE


def test_the_first_scope_of_a_task_stands() -> None:
    """A repeated find answers as it did, whatever has changed since."""
    scopes = CaseScopes(MemoryScopes(), b"k" * 32)
    scopes.keep(SCOPE)
    assert scopes.keep(evolve(SCOPE, ref=OTHER_REF, identifiers=())) == SCOPE
    assert scopes.get(OTHER_REF, CASE) is None


def test_a_store_sees_no_identifier() -> None:
    """Whoever reads the privacy database learns that a case runs, not about whom."""
    store = MemoryScopes()
    CaseScopes(store, b"k" * 32).keep(SCOPE)
    sealed = store.get(REF, CASE)
    assert sealed is not None
    assert b"77812" not in sealed.document
    assert "document" not in repr(sealed)
    assert "77812" not in repr(SCOPE)


@pytest.mark.parametrize(
    "moved", [{"ref": OTHER_REF}, {"task": LATER_TASK}, {"case": OTHER_CASE}], ids=lambda moved: next(iter(moved))
)
def test_a_document_opens_only_where_it_was_sealed(moved: dict[str, object]) -> None:
    """Whoever writes the database cannot give one person's scope to another's case."""
    store = MemoryScopes()
    CaseScopes(store, b"k" * 32).keep(SCOPE)
    sealed = store.get(REF, CASE)
    assert sealed is not None
    forged = evolve(sealed, **moved)
    elsewhere = MemoryScopes()
    elsewhere.keep(forged)
    with pytest.raises(DecryptionError):
        CaseScopes(elsewhere, b"k" * 32).get(forged.ref, forged.case)


def test_a_damaged_or_foreign_document_is_refused() -> None:
    """Any other byte, length, suite or key is one and the same typed error."""
    store = MemoryScopes()
    CaseScopes(store, b"k" * 32).keep(SCOPE)
    sealed = store.get(REF, CASE)
    assert sealed is not None
    documents = [sealed.document[:length] for length in (0, 1, 12, 13, 28, len(sealed.document) - 1)]
    documents += [
        bytes(octet ^ (place == at) for at, octet in enumerate(sealed.document))
        for place in (0, 1, 13, -1 % len(sealed.document))
    ]
    for document in documents:
        damaged = MemoryScopes()
        damaged.keep(SealedScope(ref=REF, task=TASK, case=CASE, document=document))
        with pytest.raises(DecryptionError):
            CaseScopes(damaged, b"k" * 32).get(REF, CASE)
    with pytest.raises(DecryptionError):
        CaseScopes(store, b"x" * 32).get(REF, CASE)


def test_a_text_that_cannot_be_written_is_refused_without_quoting_it() -> None:
    """An identifier with a lone surrogate fails as a typed error that does not carry it."""
    broken = evolve(SCOPE, identifiers=(Identifier(kind="email", value="secret-\ud800"),))
    with pytest.raises(InvalidDeclaration) as caught:
        CaseScopes(MemoryScopes(), b"k" * 32).keep(broken)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_of_another_size_is_refused() -> None:
    """The key is 32 bytes or there is no scope."""
    with pytest.raises(InvalidDeclaration, match="32 bytes"):
        CaseScopes(MemoryScopes(), b"short")
