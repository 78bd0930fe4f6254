"""Each refusal of the gate is an error of its own, with its code, and releases nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve

from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import (
    ActivityNotDeclared,
    CategoryNotCovered,
    ConsentMissing,
    DecryptionError,
    InvalidDeclaration,
    NoPrivacy,
    NoPurpose,
    NotDeclared,
    ObjectionStands,
    PersonErased,
    PrivacyError,
    ProcessingRefused,
    RoleNotCovered,
    SubjectNotCovered,
)
from sectorprivacy.ledger import StandingKind
from sectorprivacy.policy import Activity
from sectorprivacy.purposes import current_gate, using
from sectorprivacy.vocabulary import Basis
from tests.purposes.company import (
    KARI,
    OLA,
    SECRET,
    Asked,
    Company,
    Customer,
    Payer,
    activity,
    calling,
    improvement,
    letters,
    opened,
    public_task,
    rating,
    studies,
)


def test_a_covered_use_opens_and_is_logged(company: Company) -> None:
    """The lawful use works, and the log says what was used, why, on which basis and by whom (Art. 5(2))."""
    customer = company.customer()
    with using(rating, customer):
        assert opened(customer.national_id) == SECRET
    (entry,) = company.entries()
    assert (entry.activity, entry.categories, entry.basis, entry.actor) == (
        "rating",
        ("national_id",),
        Basis.PRECONTRACT,
        "e-17",
    )
    assert SECRET not in repr(entry)


def use(company: Company, by: Activity | str = rating, whom: str = KARI) -> str:
    customer = company.customer()
    with using(by, company.ref(whom)):
        return opened(customer.national_id)


def payer(company: Company) -> str:
    row = company.privacy.row(Payer, company.ref(KARI), KARI)
    with using(rating, company.ref(KARI)):
        return row.sealed("national_id", SECRET).open()


def interested_party(company: Company) -> str:
    ref = company.privacy.subjects.ref("email", "ola@example.no")
    with using(rating, ref):
        return company.privacy.row(Asked, ref, 1).sealed("national_id", SECRET).open()


def after(kind: StandingKind, by: Activity) -> Callable[[Company], str]:
    def declare_and_use(company: Company) -> str:
        company.declare(StandingKind.CONSENT, by.id)
        company.declare(kind, by.id)
        return use(company, by)

    return declare_and_use


@pytest.mark.parametrize(
    ("attempt", "refusal"),
    [
        (lambda company: company.customer().national_id.open(), NoPurpose),
        (lambda company: use(company, "marketing"), ActivityNotDeclared),
        (lambda company: use(company, activity("stranger", Basis.CONTRACT)), ActivityNotDeclared),
        (lambda company: use(company, calling), CategoryNotCovered),
        (payer, RoleNotCovered),
        (interested_party, RoleNotCovered),
        (lambda company: use(company, whom=OLA), SubjectNotCovered),
        (lambda company: use(company, studies), ConsentMissing),
        (after(StandingKind.CONSENT_WITHDRAWN, studies), ConsentMissing),
        (after(StandingKind.OBJECTION, studies), ObjectionStands),
        (after(StandingKind.OBJECTION, improvement), ObjectionStands),
        (after(StandingKind.OBJECTION, public_task), ObjectionStands),
        (after(StandingKind.OBJECTION, letters), ObjectionStands),
    ],
)
def test_each_refusal_has_its_type(
    company: Company, attempt: Callable[[Company], str], refusal: type[PrivacyError]
) -> None:
    """Whoever is refused learns why, by a type to catch; nothing is logged as used, and no value is in the text."""
    with pytest.raises(refusal) as refused:
        attempt(company)
    assert type(refused.value) is refusal
    assert isinstance(refused.value, ProcessingRefused)
    assert SECRET not in str(refused.value)
    assert KARI not in str(refused.value)
    assert list(company.entries()) == []


@pytest.mark.parametrize(
    ("by", "kinds"),
    [
        (studies, [StandingKind.CONSENT]),
        (studies, [StandingKind.CONSENT, StandingKind.CONSENT_WITHDRAWN, StandingKind.CONSENT]),
        (improvement, []),
        (improvement, [StandingKind.OBJECTION, StandingKind.OBJECTION_WITHDRAWN]),
        (letters, []),
        (
            rating,
            [StandingKind.OBJECTION],
        ),  # steps before a contract at the person's request: Art. 21 does not reach it
    ],
)
def test_what_was_declared_last_holds(company: Company, by: Activity, kinds: list[StandingKind]) -> None:
    """A consent may come back and an objection may go; each decides where the law lets it decide, and nowhere else."""
    for kind in kinds:
        company.declare(kind, by.id)
    assert use(company, by) == SECRET


def test_a_declaration_is_one_person_s_about_one_activity(company: Company) -> None:
    """Ola's consent, or Kari's consent to something else, opens nothing of Kari's."""
    company.declare(StandingKind.CONSENT, studies.id, OLA)
    company.declare(StandingKind.CONSENT, "other")
    with pytest.raises(ConsentMissing):
        use(company, studies)


def test_an_objection_counts_from_the_next_use(company: Company) -> None:
    """A scope that is already entered does not outvote the person (Art. 21(3))."""
    customer = company.customer()
    with using(letters, customer):
        assert opened(customer.national_id) == SECRET
        company.declare(StandingKind.OBJECTION, letters.id)
        with pytest.raises(ObjectionStands):
            opened(customer.national_id)


def test_every_page_of_declarations_is_read(company: Company) -> None:
    """The last of a thousand changes of mind decides, and not the last of the first page."""
    for _ in range(600):
        company.declare(StandingKind.CONSENT, studies.id)
        company.declare(StandingKind.CONSENT_WITHDRAWN, studies.id)
    with pytest.raises(ConsentMissing):
        use(company, studies)
    company.declare(StandingKind.CONSENT, studies.id)
    assert use(company, studies) == SECRET


def test_no_value_is_released_that_cannot_be_logged(company: Company) -> None:
    """A full disk stops the reading, not the record of it; once there is room it opens and is logged."""
    customer = company.customer()
    company.log.full = True
    with using(rating, customer):
        with pytest.raises(OSError, match="No space left"):
            opened(customer.national_id)
        company.log.full = False
        assert opened(customer.national_id) == SECRET
    assert len(company.entries()) == 1


def test_a_use_is_logged_once_a_scope(company: Company) -> None:
    """One entry a person and category in a scope: a log of every access would hide the uses."""
    customer = company.customer()
    for _ in range(2):
        with using(rating, customer):
            opened(customer.national_id)
            opened(customer.national_id)
    assert company.log.writes == 2


def test_without_privacy_everything_is_refused(outside: Company) -> None:
    """A program that forgot to enter its Privacy reads nothing."""
    with pytest.raises(NoPrivacy):
        current_gate()
    with pytest.raises(NoPrivacy), using(rating, outside.ref(KARI)):
        pass


def test_a_shredded_person_s_values_open_nowhere(company: Company) -> None:
    """Erasure outlasts every permission, also in a process that used the key a moment ago."""
    customer = company.customer()
    with using(rating, customer):
        assert opened(customer.national_id) == SECRET
        company.privacy.gate.keys.shred(company.ref(KARI))
        with pytest.raises(DecryptionError):
            opened(customer.national_id)


def test_a_cell_opens_in_its_own_row_alone(company: Company) -> None:
    """A cell copied into another person's row, or another record, stays closed although both people are covered."""
    cell = company.customer().national_id
    assert cell is not None
    for number, record in ((OLA, OLA), (KARI, OLA)):
        moved = company.privacy.row(Customer, company.ref(number), record).stored("national_id", cell.text)
        with using(rating, [company.ref(KARI), company.ref(OLA)]), pytest.raises(DecryptionError):
            moved.open()


def test_a_place_nobody_declared_is_refused(company: Company) -> None:
    """A field that left the model cannot be read around its mark."""
    cell = company.customer().national_id
    assert cell is not None
    assert cell.place is not None
    for change in ({"model": "crm.gone"}, {"field": "gone"}):
        value = Sealed[str].stored(evolve(cell.place, **change), cell.text)
        with using(rating, company.ref(KARI)), pytest.raises(NotDeclared):
            value.open()


def test_a_record_without_owner_is_not_sealed(company: Company) -> None:
    """A value that is nobody's would be nobody's to erase."""
    ownerless: Any = Customer(number=None)  # type: ignore[arg-type]
    with pytest.raises(InvalidDeclaration):
        company.privacy.gate.owner(ownerless)


def test_an_erased_person_is_not_minted_again(company: Company) -> None:
    """Nothing is written about somebody who was erased here, and looking at what the law keeps does not undo it."""
    ref = company.ref(KARI)
    gate = company.privacy.gate
    company.privacy.subjects.erase([ref], [("customer_number", KARI)])
    with pytest.raises(PersonErased):
        gate.owner(Customer(number=KARI))
    assert gate.place(Customer(number=KARI), gate.field_map(Customer).field("national_id")).subject != ref
    assert company.privacy.subjects.find("customer_number", KARI) is None


def test_the_gate_is_left_as_it_was_found(outside: Company) -> None:
    """An error inside does not leave a Privacy behind for whoever runs next."""
    with suppress(ValueError), outside.privacy:
        raise ValueError
    with pytest.raises(NoPrivacy):
        current_gate()
