"""The register: what the law needs said is demanded when it is declared, and a changed word changes the digest."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from attrs import evolve

from sectorprivacy.errors import (
    ActivityNotDeclared,
    BasisIncomplete,
    DeclarationsInvalid,
    InvalidDeclaration,
    ProtectedWithoutGround,
    RetentionMissing,
    TransferWithoutSafeguard,
    UnknownWord,
)
from sectorprivacy.policy import (
    RIGHTS_HANDLING,
    Activity,
    ChannelRule,
    Controller,
    Keep,
    LinkedDocument,
    Policy,
    Recipient,
    recipients_of,
)
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Category,
    Channel,
    Condition,
    Measure,
    Role,
    Safeguard,
    SpecialGround,
    categories,
    roles,
)

CONTROLLER = Controller("Sector Alarm Group AS", id="sector-alarm", country="NO")


def activity(activity_id: str = "billing", **changes: Any) -> Activity:
    facts: dict[str, Any] = {
        "purpose": "payment",
        "basis": {"customer": Basis.CONTRACT},
        "uses": ["contact", "transaction"],
        "keep": Keep(years=5, after="invoiced"),
    }
    return Activity(activity_id, **{**facts, **changes})


def register(*activities: Activity) -> Policy:
    return Policy(CONTROLLER, activities)


@pytest.mark.parametrize(
    ("basis", "argument"),
    [(Basis.LEGAL_OBLIGATION, "law"), (Basis.LEGITIMATE_INTEREST, "interest"), (Basis.CONSENT, "consent")],
)
def test_a_basis_says_what_it_rests_on(basis: Basis, argument: str) -> None:
    """An obligation names its law, an interest is stated (Art. 13(1)(d)), a consent has a text (Art. 7)."""
    both = {"customer": Basis.CONTRACT, "contact_person": basis}
    nothing: list[dict[str, Any]] = [{}, {argument: ""}, {argument: None}]
    for empty in nothing:
        with pytest.raises(BasisIncomplete, match=argument):
            register(activity(basis=both, **empty))
    assert register(activity(basis=both, **{argument: "so"})).activity("billing").basis["contact_person"] is basis


def test_nothing_is_done_without_a_basis() -> None:
    """Processing without a legal basis for anybody is unlawful (Art. 6(1))."""
    with pytest.raises(BasisIncomplete, match="no legal basis"):
        register(activity(basis={}))


def test_how_long_is_never_a_default() -> None:
    """An activity without a period is refused, by the register and together with all else (Art. 5(1)(e))."""
    with pytest.raises(RetentionMissing, match=r"keep=Keep\(after="):
        register(Activity("billing", purpose="payment", basis={"customer": Basis.CONTRACT}, uses=["contact"]))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """Whoever writes a register mends it in one go: every broken rule is there with its code."""
    cloud = Recipient(name="Cloud Inc.", capacity=Capacity.PROCESSOR, task="hosting", country="US")
    with pytest.raises(DeclarationsInvalid) as wrong:
        register(
            activity("a", basis={}),
            activity("b", basis={"customer": Basis.CONSENT}, recipients=[cloud]),
            activity("c", keep=None),
            activity("d", uses=["health"]),
            activity("d"),
        )
    assert [(type(each), each.where) for each in wrong.value.errors if isinstance(each, InvalidDeclaration)] == [
        (InvalidDeclaration, "Activity d"),
        (BasisIncomplete, "Activity a"),
        (BasisIncomplete, "Activity b"),
        (RetentionMissing, "Activity c"),
        (ProtectedWithoutGround, "Activity d"),
        (TransferWithoutSafeguard, "Recipient Cloud Inc."),
    ]
    told = str(wrong.value)
    assert all(str(each) in told for each in wrong.value.errors)
    assert told.endswith("[declaration.several]")


@pytest.mark.parametrize(
    ("word", "ground"),
    [("health", {"special": SpecialGround.EXPLICIT_CONSENT}), ("suspected_offence", {"criminal": "Some Act s. 1"})],
)
def test_protected_data_needs_a_ground(word: str, ground: dict[str, Any]) -> None:
    """Art. 9 and Art. 10 forbid what no ground permits; the wrong one of the two does not help."""
    others = {"special": SpecialGround.LEGAL_CLAIMS, "criminal": "Some Act s. 2"}
    wrong = {name: value for name, value in others.items() if name not in ground}
    for missing in ({}, wrong):
        with pytest.raises(ProtectedWithoutGround, match=word):
            register(activity(uses=[word], **missing))
    assert register(activity(uses=[word], **ground)).activity("billing").may_use(getattr(categories, word.upper()))


def test_protected_data_is_used_where_it_is_named() -> None:
    """A broader word does not let in what the law protects further: health, offences, national identity numbers."""
    broad = activity(uses=["identifier", "contact"])
    assert broad.may_use(categories.CUSTOMER_NUMBER)
    assert not broad.may_use(categories.NATIONAL_ID)
    assert activity(uses=["national_id"]).may_use(categories.NATIONAL_ID)
    own = Category("personnummer", "personnummer", categories.NATIONAL_ID)
    assert activity(uses=["national_id"]).may_use(own)
    assert not activity(uses=["identifier"]).may_use(own)
    assert activity(uses=["special"], special="explicit_consent").may_use(categories.HEALTH)


def test_only_the_built_in_activity_covers_everything() -> None:
    """No other may go past the categories that people were told of."""
    with pytest.raises(InvalidDeclaration, match="everything of everybody"):
        register(activity(covers_everything=True))


def test_a_word_means_one_thing() -> None:
    """Two categories with one id would be taken for each other in notice and map."""
    mine, other = Category("fax", "fax number", categories.CONTACT), Category("fax", "fax machine")
    assert register(activity(uses=[mine]), activity("b", uses=[mine])).activities
    with pytest.raises(InvalidDeclaration, match="Category fax"):
        register(activity(uses=[mine]), activity("b", uses=[other]))


def test_a_measure_means_one_thing() -> None:
    """The same holds for what protects the data."""
    twice = [Measure("guards", "guards at the door"), Measure("guards", "dogs")]
    with pytest.raises(InvalidDeclaration, match="Measure guards"):
        Policy(CONTROLLER, [], measures=twice)
    assert Policy(CONTROLLER, [], measures=[twice[0], twice[0]]).document.measures[0].label == {
        "en": "guards at the door"
    }


def test_a_document_is_named_once() -> None:
    """Two titles for one address would leave open which people read."""
    terms, prices = (LinkedDocument(title=title, url="https://example.com/terms") for title in ("terms", "prices"))
    with pytest.raises(InvalidDeclaration, match=r"the document at .* twice"):
        Policy(evolve(CONTROLLER, documents=[terms, prices]), [])
    assert Policy(evolve(CONTROLLER, documents=[terms]), []).document.controller.documents == {
        "https://example.com/terms": {"en": "terms"}
    }


def test_a_built_in_word_is_not_redefined() -> None:
    """A category of the company's own under the id of a protected one would escape what the law asks for that one."""
    for own in (Category("health", "how you are"), Category("email", "e-mail", categories.CONTACT)):
        with pytest.raises(InvalidDeclaration, match=f"Category {own.id}"):
            register(activity(uses=[own]))


def test_whoever_receives_data_is_counted_once() -> None:
    """A recipient of several activities is one recipient, in the order in which they name it."""
    first, second = (Recipient(name=name, capacity="processor", task="post", country="NO") for name in ("B", "A"))
    both = [activity(recipients=[first]), activity("b", recipients=[second, first])]
    assert recipients_of(both) == (first, second)
    assert [each.id for each in register(*both).document.recipients] == ["B", "A"]


def test_a_recipient_is_described_once() -> None:
    """Its name is its id: two descriptions would leave open which holds."""
    facts: dict[str, Any] = {"name": "A", "capacity": Capacity.PROCESSOR, "country": "NO"}
    with pytest.raises(InvalidDeclaration, match="Recipient A"):
        register(
            activity(recipients=[Recipient(**facts, task="post")]),
            activity("b", recipients=[Recipient(**facts, task="print")]),
        )


def test_the_notice_has_a_language() -> None:
    """A controller that publishes in no language publishes nothing."""
    with pytest.raises(InvalidDeclaration, match="no language"):
        Policy(evolve(CONTROLLER, languages=[]), [])


@pytest.mark.parametrize(
    "wrong",
    [{"purpose": "profit"}, {"basis": {"customer": "because"}}, {"basis": {"neighbour": "contract"}}, {"uses": ["x"]}],
)
def test_words_of_the_register_are_known(wrong: dict[str, Any]) -> None:
    """A misspelt word is refused where it is written."""
    with pytest.raises(UnknownWord):
        activity(**wrong)


def test_uses_cover_what_stands_under_them() -> None:
    """`contact` covers the telephone number and a category of the company's own; it covers no name."""
    own = Category("fax", "fax number", categories.TELEPHONE)
    assert activity().may_use(categories.TELEPHONE)
    assert activity().may_use(own)
    assert not activity().may_use(categories.NAME)
    assert not activity(uses=["email"]).may_use(categories.CONTACT)


def test_a_recipient_outside_the_eea_needs_a_safeguard() -> None:
    """Data leaves the EEA under Chapter V alone."""
    facts: dict[str, Any] = {"name": "Cloud Inc.", "capacity": Capacity.PROCESSOR, "task": "hosting", "country": "US"}
    with pytest.raises(TransferWithoutSafeguard, match="outside the EEA"):
        register(activity(recipients=[Recipient(**facts)]))
    changed: list[dict[str, Any]] = [{"safeguard": Safeguard.STANDARD_CLAUSES}, {"country": "IS"}]
    for allowed in [{**facts, **each} for each in changed]:
        assert register(activity(recipients=[Recipient(**allowed)])).activities


def test_a_retention_rule_counts_forwards() -> None:
    """A negative span would end before its event."""
    with pytest.raises(InvalidDeclaration, match="negative"):
        Keep(years=1, days=-1, after="invoiced")


def test_an_activity_is_declared_once() -> None:
    """Two rules under one id would leave open which of them holds; the built-in one cannot be replaced."""
    for twice in ([activity(), activity(title="other")], [activity("rights_handling")]):
        with pytest.raises(InvalidDeclaration, match="declared twice"):
            Policy(CONTROLLER, twice)


def test_an_activity_is_found_by_id_or_as_it_was_declared() -> None:
    """What is not in the policy in force is refused, and so is a copy that was changed after it was registered."""
    policy = Policy(CONTROLLER, [activity()])
    assert policy.activity("billing") == policy.activity(activity()) == activity()
    for stranger in ("marketing", activity("marketing"), evolve(activity(), uses=["contact", "name"])):
        with pytest.raises(ActivityNotDeclared):
            policy.activity(stranger)


def test_people_s_rights_are_always_answered() -> None:
    """Every policy has the activity under which copies are made and data is erased, for every role and category."""
    handling = Policy(CONTROLLER, []).activity("rights_handling")
    assert handling == RIGHTS_HANDLING
    assert all(
        handling.basis[role.id] is Basis.LEGAL_OBLIGATION for role in vars(roles).values() if isinstance(role, Role)
    )
    assert all(handling.may_use(word) for word in vars(categories).values() if isinstance(word, Category))


def test_a_title_is_made_from_the_id() -> None:
    """People read words, not identifiers."""
    assert str(activity("credit-rating_new").title) == "credit rating new"


def test_activities_can_be_members_of_sets() -> None:
    """Equal activities are one, so that callers may group by them; and so are equal registers."""
    assert {activity(), activity(), activity("other")} == {activity(), activity("other")}
    assert hash(register(activity())) == hash(register(activity()))


BASE = Policy(CONTROLLER, [activity()])


@pytest.mark.parametrize(
    "changed",
    [
        Policy(evolve(CONTROLLER, email="post@example.no"), [activity()]),
        Policy(CONTROLLER, [activity()], version="2"),
        Policy(CONTROLLER, [activity(), activity("marketing")]),
        Policy(CONTROLLER, [activity(keep=Keep(years=6, after="invoiced"))]),
        Policy(CONTROLLER, [activity(uses=["contact"])]),
        Policy(CONTROLLER, [activity(basis={"customer": "precontract"})]),
        Policy(
            CONTROLLER,
            [activity(recipients=[Recipient(name="A", capacity=Capacity.AUTHORITY, task="audit", country="NO")])],
        ),
    ],
)
def test_the_digest_knows_every_word(changed: Policy) -> None:
    """Two registers that say different things never have the same digest."""
    assert changed.digest != BASE.digest


PROGRAM = """
from tests.policy.test_register import BASE
print(BASE.digest)
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_digest_is_the_same_in_every_process(seed: str) -> None:
    """Sets have no order of their own; the digest does not depend on the one they happen to have."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == BASE.digest


@pytest.mark.parametrize("code", ["Sverige", "se", "", "SWE", "N0"])
def test_a_country_is_a_code(code: str) -> None:
    """A name would be taken for a country outside the EEA, and the wrong safeguard be looked for."""
    with pytest.raises(InvalidDeclaration, match="ISO 3166"):
        Recipient(name="A", capacity="processor", task="post", country=code)
    with pytest.raises(InvalidDeclaration, match="ISO 3166"):
        Controller("A", id="a", country=code)


def test_closed_words_accept_their_ids() -> None:
    """Wherever a word is expected its id is taken as well, and a slip is refused with what was probably meant."""
    recipient = Recipient(name="A", capacity="processor", task="post", country="US", safeguard="standard_clauses")
    assert (recipient.capacity, recipient.safeguard) == (Capacity.PROCESSOR, Safeguard.STANDARD_CLAUSES)
    rule = ChannelRule(channel="email", condition="consent")
    assert (rule.channel, rule.condition) == (Channel.EMAIL, Condition.CONSENT)
    with pytest.raises(UnknownWord, match="Did you mean 'processor'"):
        Recipient(name="A", capacity="procesor", task="post", country="NO")
    with pytest.raises(UnknownWord, match="health_care"):
        activity(special="healthcare")
