"""The declaration of the reference company, fact by fact: what [tool.sectorprivacy] names says every row of it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from alarm_company.policy import models, policy, titles
from sectorprivacy import Policy
from sectorprivacy.annotations import FieldMap, read_fields
from sectorprivacy.cli._configuration import read_configuration
from sectorprivacy.documents import DataMap, data_map
from sectorprivacy.policy import RIGHTS_HANDLING, Activity
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Category,
    Channel,
    Condition,
    Purpose,
    Relation,
    Safeguard,
    Wording,
    role,
)
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P

LANGUAGES = frozenset({"en", "nb", "sv"})
FIELD_MAPS = [read_fields(model) for model in models]
ACTIVITIES = policy.activities

# Service: what it holds, and by which identifiers it knows people
SERVICES: Mapping[str, tuple[set[Category], set[str]]] = {
    "crm": (
        {
            *(C.NAME, C.BIRTH_DATE, C.CORPORATE_ID, C.NATIONAL_ID, C.CUSTOMER_NUMBER, C.TELEPHONE, C.EMAIL),
            *(C.AGREEMENT, C.INSTALLATION),
        },
        {"customer_number", "email"},
    ),
    "installations": (
        {C.ADDRESS, C.INSTALLATION_NUMBER, C.EQUIPMENT, C.VISIT, C.USER_NAME, C.PASSWORD, C.CODE},
        {"installation", "customer_number"},
    ),
    "monitoring": ({C.EVENT, C.ALARM, C.IMAGE, C.SUSPECTED_OFFENCE}, {"installation", "user_slot"}),
    "smart_home": ({C.SMART_DEVICE}, {"installation"}),
    "billing": ({C.PRICE, C.INVOICE, C.PAYMENT}, {"customer_number"}),
    "credit": ({C.CREDIT, C.NATIONAL_ID, C.CORPORATE_ID}, {"national_id"}),
    "contact_centre": ({C.COMMUNICATION, C.RECORDING}, {"email", "telephone", "customer_number"}),
    "marketing": ({C.NEWSLETTER, C.OPT_OUT}, {"email"}),
    "my_pages": ({C.ACCOUNT, C.SIGN_IN, C.PASSWORD}, {"user_name", "customer_number"}),
    "analytics": ({C.USAGE}, {"pseudonym"}),
}

# Activity: its purpose, the basis for its first party, and that for the others on its records, if there are any
ROWS: Mapping[str, tuple[Purpose, str, Basis, Basis | None]] = {
    "identify-and-contact": (P.SERVICE_PROVISION, "customer", Basis.CONTRACT, Basis.LEGITIMATE_INTEREST),
    "install-and-service": (P.SERVICE_PROVISION, "customer", Basis.CONTRACT, Basis.LEGITIMATE_INTEREST),
    "monitor-alarms": (P.SERVICE_PROVISION, "customer", Basis.CONTRACT, Basis.LEGITIMATE_INTEREST),
    "alarm-response": (P.SAFETY, "customer", Basis.CONTRACT, Basis.LEGITIMATE_INTEREST),
    "save-lives": (P.SAFETY, "customer", Basis.VITAL_INTERESTS, Basis.VITAL_INTERESTS),
    "additional-services": (P.SERVICE_PROVISION, "customer", Basis.CONTRACT, Basis.LEGITIMATE_INTEREST),
    "personalise": (P.PERSONALISATION, "customer", Basis.CONTRACT, None),
    "control-access": (P.ACCESS_CONTROL, "customer", Basis.CONTRACT, Basis.LEGITIMATE_INTEREST),
    "log-sign-ins": (P.ACCESS_CONTROL, "customer", Basis.CONTRACT, None),
    "agree-price": (P.PAYMENT, "customer", Basis.CONTRACT, None),
    "billing": (P.PAYMENT, "customer", Basis.CONTRACT, Basis.LEGITIMATE_INTEREST),
    "bookkeeping": (P.LEGAL_COMPLIANCE, "customer", Basis.LEGAL_OBLIGATION, Basis.LEGAL_OBLIGATION),
    "prepare-offer": (P.OFFER, "interested_party", Basis.PRECONTRACT, Basis.LEGITIMATE_INTEREST),
    "credit-rating": (P.CREDITWORTHINESS, "interested_party", Basis.PRECONTRACT, Basis.LEGITIMATE_INTEREST),
    "answer-requests": (P.COMMUNICATION, "customer", Basis.LEGITIMATE_INTEREST, Basis.LEGITIMATE_INTEREST),
    "record-calls": (P.RECORD_KEEPING, "customer", Basis.LEGITIMATE_INTEREST, Basis.LEGITIMATE_INTEREST),
    "inform-customers": (P.COMMUNICATION, "customer", Basis.CONTRACT, None),
    "improve-services": (P.SERVICE_IMPROVEMENT, "customer", Basis.LEGITIMATE_INTEREST, None),
    "newsletters": (P.DIRECT_MARKETING, "customer", Basis.LEGITIMATE_INTEREST, None),
    "newsletters-interested": (P.DIRECT_MARKETING, "interested_party", Basis.LEGITIMATE_INTEREST, None),
    "suppress-marketing": (P.LEGAL_COMPLIANCE, "customer", Basis.LEGAL_OBLIGATION, Basis.LEGAL_OBLIGATION),
    "bonus-programme": (P.THIRD_PARTY_BENEFIT, "customer", Basis.CONSENT, None),
    "disclose-to-authority": (P.LEGAL_COMPLIANCE, "customer", Basis.LEGAL_OBLIGATION, Basis.LEGAL_OBLIGATION),
}

ROLES = {
    *("customer", "contact_person", "alarm_user", "interested_party", "enquirer", "previous_owner", "payer"),
    *("bystander", "employee", "supplier_staff", "representative", "estate", "sole_trader"),
}


@pytest.fixture(scope="module")
def declared() -> DataMap:
    return data_map(policy, FIELD_MAPS, titles=titles)


def of_service(service: str) -> list[FieldMap]:
    return [each for each in FIELD_MAPS if each.id.partition(".")[0] == service]


def test_commands_find_policy_and_models(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands need no arguments at the root: what the table names is there."""
    configuration = read_configuration(root)
    monkeypatch.setattr(sys, "path", [*(str(root / folder) for folder in configuration.path), *sys.path])
    for which, expected in (("policy", policy), ("models", models)):
        module, _, name = getattr(configuration, which).partition(":")
        assert getattr(importlib.import_module(module), name) is expected
    assert isinstance(policy, Policy)


def test_the_controller_can_be_reached_in_every_declared_way() -> None:
    """Art. 13(1)(a) and (b), Art. 77: addresses, telephones, e-mail, officer, authority, and the current version."""
    controller = policy.controller
    assert (controller.name, controller.organisation_number) == ("Sector Alarm Group AS", "918 307 680")
    assert controller.address == "Vitaminveien 1A, 0485 Oslo"
    assert controller.postal_address == "Postboks 113 Grefsen, 0485 Oslo"
    assert (controller.telephone, controller.telephone_abroad) == ("915 03033", "0047 233 99 400")
    assert (controller.email, controller.dpo) == ("post@sectoralarm.com", "dpo@sectoralarm.com")
    assert (controller.authority, controller.notice) == ("Datatilsynet", "https://www.sectoralarm.com")
    assert set(controller.languages) == LANGUAGES
    assert [str(each.title) for each in controller.documents] == ["Agreement on My Pages", "Cookie policy"]


def test_all_ten_services_are_declared_with_a_title(declared: DataMap) -> None:
    """The declaration covers the services that do not run yet, too; each has a name that people read."""
    assert set(declared.services) == set(SERVICES) == set(titles)
    assert all(set(title) == LANGUAGES for title in declared.services.values())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_holds_what_the_declaration_says(service: str) -> None:
    """Every kind of data of the declaration has a field in the service that holds it."""
    expected, _ = SERVICES[service]
    held = {field.category for each in of_service(service) for field in each.fields}
    assert {word.id for word in expected if not any(mine.within(word) for mine in held)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_knows_people_as_the_declaration_says(service: str) -> None:
    """No service knows all identifiers; each is searched by those that it has."""
    _, kinds = SERVICES[service]
    assert kinds <= {kind for each in of_service(service) for kind in each.searched_by}


def test_a_national_identity_number_is_used_by_an_allow_list_alone() -> None:
    """Personal Data Act s. 12, Art. 87: identification and credit rating may use it, and nothing else."""
    users = [activity.id for activity in ACTIVITIES if activity.may_use(C.NATIONAL_ID)]
    assert users == ["identify-and-contact", "credit-rating"]


def test_protected_data_is_used_only_where_it_is_named() -> None:
    """Art. 9 and 10: nobody uses special categories; suspected offences belong to alarms and to authorities."""
    users = {activity.id for activity in ACTIVITIES if activity.may_use(C.SUSPECTED_OFFENCE)}
    assert users == {"monitor-alarms", "alarm-response", "disclose-to-authority"}
    assert all(activity.criminal for activity in ACTIVITIES if activity.id in users)
    assert not any(activity.may_use(C.HEALTH) or activity.special for activity in ACTIVITIES)


def test_secrets_are_held_and_never_shown() -> None:
    """Passwords and codes are held data: they are marked as secrets, and sealed."""
    secrets = [field for each in FIELD_MAPS for field in each.fields if field.secret]
    assert {field.category for field in secrets} == {C.CODE, C.PASSWORD}
    assert all(field.codec is not None for field in secrets)


@pytest.mark.parametrize("activity_id", ROWS)
def test_an_activity_has_the_declared_purpose_and_bases(activity_id: str) -> None:
    """A contract covers its party alone; whoever else is on its records appears under the basis of the declaration."""
    purpose, party, basis, others = ROWS[activity_id]
    activity = policy.activity(activity_id)
    assert activity.purpose.within(purpose)
    assert activity.basis[party] is basis
    rest = {each for role_id, each in activity.basis.items() if role_id not in {party, "customer", "sole_trader"}}
    assert rest == (set() if others is None else {others})


def test_the_register_holds_these_activities_and_no_more() -> None:
    """What the tests above go through is the whole register; answering people's rights is built in."""
    assert [activity.id for activity in ACTIVITIES] == sorted(ROWS, key=[each.id for each in ACTIVITIES].index)
    assert policy.activity(RIGHTS_HANDLING.id).basis_for("customer") is Basis.LEGAL_OBLIGATION


def test_every_role_of_the_declaration_is_covered() -> None:
    """Whoever the company meets has a basis on which their data is used, and a word."""
    covered = {role_id for activity in ACTIVITIES for role_id in activity.basis}
    assert covered == ROLES
    assert all(role(role_id).id == role_id for role_id in covered)


def test_roles_stand_on_records() -> None:
    """A role in the register that no record knows would be a promise without data; roles come from the marks."""
    owners = {role_id for each in FIELD_MAPS for role_id in each.relations()}
    about = {field.about for each in FIELD_MAPS for field in each.fields if field.about is not None}
    assert owners | about == ROLES


def test_what_rests_on_something_says_on_what() -> None:
    """Art. 13(1)(c) and (d): the agreement, the statute, the interest with its assessment, the text of the consent."""
    for activity in ACTIVITIES:
        bases = set(activity.basis.values())
        assert (Basis.CONTRACT in bases) == (activity.contract is not None), activity.id
        assert (Basis.LEGITIMATE_INTEREST in bases) == (activity.interest is not None), activity.id
        assert (Basis.LEGITIMATE_INTEREST in bases) == (activity.assessment is not None), activity.id
        assert (Basis.LEGAL_OBLIGATION in bases) == (activity.law is not None), activity.id
        assert (Basis.CONSENT in bases) == (activity.consent is not None), activity.id
    assessments = [activity.assessment for activity in ACTIVITIES if activity.assessment is not None]
    assert len(set(assessments)) == len(assessments)


def test_no_decision_is_made_without_a_human() -> None:
    """Art. 22: the credit rating leads to a decision, and a colleague makes it."""
    assert [activity.id for activity in ACTIVITIES if activity.decision is not None] == ["credit-rating"]
    assert any(field.about == "employee" for each in of_service("credit") for field in each.fields)


def test_marketing_says_by_which_channel_and_when() -> None:
    """Marketing Control Act s. 15: e-mail and SMS to customers about similar services, to others with consent only."""
    electronic = {Channel.EMAIL, Channel.SMS}
    for activity_id, condition in (
        ("newsletters", Condition.EXISTING_CUSTOMER),
        ("newsletters-interested", Condition.CONSENT),
    ):
        rules = {rule.channel: rule for rule in policy.activity(activity_id).channels}
        assert set(rules) == {*electronic, Channel.TELEPHONE, Channel.POST}
        for channel, rule in rules.items():
            assert rule.condition is (condition if channel in electronic else Condition.NOT_RESERVED)
            assert rule.law is not None
    marketing = {activity.id for activity in ACTIVITIES if activity.purpose.within(P.DIRECT_MARKETING)}
    assert marketing == {activity.id for activity in ACTIVITIES if activity.channels}


def test_every_kind_of_helper_receives_what_it_needs_under_an_agreement() -> None:
    """Art. 28(3): processors have an agreement; guards answer for themselves, police and firemen are authorities."""
    recipients = {each.name: each for activity in ACTIVITIES for each in activity.recipients}.values()
    processors = [each for each in recipients if each.capacity is Capacity.PROCESSOR]
    tasks = " ".join(str(each.task) for each in processors)
    for help_with in (
        *("installation", "deployment", "credit rating", "customer service and follow-up", "invoices"),
        *("development of our services", "IT services"),
    ):
        assert help_with in tasks
    agreements = [each.agreement for each in processors if each.agreement is not None]
    assert len(set(agreements)) == len(processors)
    response = {each.capacity for each in policy.activity("alarm-response").recipients}
    assert response == {Capacity.CONTROLLER, Capacity.AUTHORITY}
    third_parties = [each.name for each in recipients if each.capacity is Capacity.THIRD_PARTY]
    assert third_parties == [each.name for each in policy.activity("bonus-programme").recipients]


def test_what_leaves_the_eea_does_so_under_standard_clauses() -> None:
    """Art. 46(2)(c): one helper works in a third country."""
    abroad = {each for activity in ACTIVITIES for each in activity.recipients if each.leaves_the_eea}
    assert [each.safeguard for each in abroad] == [Safeguard.STANDARD_CLAUSES]


def test_periods_are_those_of_the_declaration() -> None:
    """Art. 5(1)(e): five years after the financial year for the accounts, months for calls and ratings."""
    periods = {
        activity.id: (activity.keep.years, activity.keep.months, activity.keep.after)
        for activity in ACTIVITIES
        if activity.keep.years or activity.keep.months
    }
    assert periods == {
        "bookkeeping": (5, 0, "invoiced"),
        "log-sign-ins": (0, 6, "signed_in"),
        "prepare-offer": (0, 6, "asked"),
        "credit-rating": (0, 3, "rated"),
        "answer-requests": (1, 0, "answered"),
        "record-calls": (0, 3, "called"),
        "improve-services": (2, 0, "used"),
        "newsletters-interested": (1, 0, "asked"),
        "disclose-to-authority": (5, 0, "disclosed"),
    }
    assert [activity.id for activity in ACTIVITIES if activity.keep.end_of_year] == ["bookkeeping"]


@pytest.mark.parametrize("activity", ACTIVITIES, ids=lambda activity: activity.id)
def test_the_event_of_a_period_is_worded_and_known_to_its_records(activity: Activity, declared: DataMap) -> None:
    """A period counts from a day that some record of the activity knows, and people read which day it is."""
    assert activity.keep.after in policy.events
    knowing = [
        each for each in declared.datasets if activity.id in each.activities and activity.keep.after in each.events
    ]
    assert knowing


def test_everything_people_read_is_there_in_all_languages() -> None:
    """The register, labels and meanings of codes read in Norwegian, English and Swedish."""
    lacking = {where for where, text in _wordings() if text.languages != LANGUAGES}
    assert lacking == set()


def test_no_text_is_left_in_english() -> None:
    """A sentence that is the same in Norwegian or Swedish as in English was not translated."""
    same = {
        str(text)
        for _, text in _wordings()
        if " " in str(text) and str(text) in {text.in_language("nb"), text.in_language("sv")}
    }
    assert same == set()


def _wordings() -> Iterator[tuple[str, Wording]]:
    for activity in ACTIVITIES:
        said = (
            *(activity.title, activity.contract, activity.law, activity.interest, activity.consent),
            *(activity.criminal, *(rule.law for rule in activity.channels)),
            *((activity.decision.about, activity.decision.inputs, activity.decision.by) if activity.decision else ()),
            *(recipient.task for recipient in activity.recipients),
        )
        yield from ((activity.id, each) for each in said if each is not None)
    yield from policy.events.items()
    yield from ((each.url, each.title) for each in policy.controller.documents)
    for field_map in FIELD_MAPS:
        yield field_map.id, field_map.label
        for field in field_map.fields:
            yield from ((f"{field_map.id}.{field.id}", each) for each in (field.label, *(field.values or {}).values()))


def test_every_field_serves_an_activity() -> None:
    """Nothing is held that no activity may use for the people it is about (Art. 5(1)(c))."""
    for field_map in FIELD_MAPS:
        for field in field_map.fields:
            if field.identifier_only:
                continue
            roles = [field.about] if field.about else list(field_map.relations())
            assert any(
                activity.may_use(field.category) and any(activity.basis_for(role_id) for role_id in roles)
                for activity in ACTIVITIES
            ), f"{field_map.id}.{field.id}"


def test_every_activity_has_data_that_it_uses() -> None:
    """An activity that uses a category nobody holds is a promise without data."""
    held = {field.category for each in FIELD_MAPS for field in each.fields}
    for activity in ACTIVITIES:
        assert all(any(mine.within(word) for mine in held) for word in activity.uses), activity.id


def test_an_owner_is_known_wherever_values_are_sealed() -> None:
    """A sealed value dies with its owner's key, so each model that seals names an owner."""
    for field_map in FIELD_MAPS:
        if field_map.sealed or any(field.sealed_file for field in field_map.fields):
            assert Relation.OWNER in field_map.relations().values()


def test_models_are_written_as_people_write_them() -> None:
    """Marks ask for no style: six are used, among them a class of somebody else and records inside records."""
    by_id = {each.id: each.model for each in FIELD_MAPS}
    assert hasattr(by_id["installations.visit"], "__mapper__")
    assert hasattr(by_id["credit.rating"], "model_fields")
    assert hasattr(by_id["my_pages.account"], "__dataclass_fields__")
    assert hasattr(by_id["marketing.sent"], "__attrs_attrs__")
    assert issubclass(by_id["analytics.usage"], dict)
    assert by_id["smart_home.plug_reading"].__module__ == "alarm_company.smart_home._supplier"
    (component,) = (each for each in FIELD_MAPS if each.id == "installations.component")
    assert [field.subject.via for field in component.fields if field.subject] == ["installation.customer_number"]
    (offer,) = (each for each in FIELD_MAPS if each.id == "crm.offer_request")
    assert {"contacts.name", "contacts.telephone"} <= {field.name for field in offer.fields}
