from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Annotated, Any

import attrs
import pytest

from alarm_company.policy import models, policy, titles
from sectorprivacy.annotations import Personal, SubjectId, personal, read_fields
from sectorprivacy.documents import (
    Document,
    Facts,
    Heading,
    Links,
    Table,
    catalogue,
    category_in_words,
    data_map,
    keep_in_words,
    languages,
    measure_in_words,
    processing_record,
    processing_table,
    purpose_in_words,
    role_in_words,
    to_csv,
    where_in_words,
)
from sectorprivacy.errors import InvalidDeclaration, UnknownWord
from sectorprivacy.policy import (
    RIGHTS_HANDLING,
    Activity,
    ChannelRule,
    Controller,
    HumanDecision,
    Keep,
    Policy,
    Recipient,
)
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Channel,
    Condition,
    Safeguard,
    SpecialGround,
    categories,
    measures,
    purposes,
)

COMPANY = data_map(policy, [read_fields(model) for model in models], titles=titles)
EVERY = (*policy.activities, RIGHTS_HANDLING)


def told(document: Document) -> Mapping[str, str]:
    """Text of each section, by its anchor."""
    sections: dict[str, list[str]] = {}
    anchor = ""
    for block in document.blocks:
        if isinstance(block, Heading):
            anchor = block.anchor or anchor
        sections.setdefault(anchor, []).extend(leaves(block.model_dump()))
    return {name: "\n".join(texts).casefold() for name, texts in sections.items()}


def leaves(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return leaves(list(value.values()))
    if isinstance(value, list | tuple):
        return [text for part in value for text in leaves(part)]
    return [value] if isinstance(value, str) else []


def rows_of(table: Table) -> Mapping[str, str]:
    """Text of each row, by the id of its activity."""
    return {row[1]: "\n".join(row).casefold() for row in table.rows}


def company(language: str) -> list[tuple[Activity, str]]:
    """What record and table say of each activity of the reference company."""
    record = told(processing_record(policy, COMPANY, language=language))
    rows = rows_of(processing_table(policy, COMPANY, language=language))
    numbered = [(activity, record[f"activity-{number}"]) for number, activity in enumerate(EVERY, 1)]
    return [*numbered, *((activity, rows[activity.id]) for activity in EVERY)]


@pytest.mark.parametrize("language", languages())
def test_every_activity_is_recorded(language: str) -> None:
    """Art. 30(1): all of the controller's processing, answering people's rights among it; no row more, none less."""
    table = processing_table(policy, COMPANY, language=language)
    assert [row[1] for row in table.rows] == [activity.id for activity in EVERY]
    for activity, text in company(language):
        assert activity.title.in_language(language).casefold() in text


@pytest.mark.parametrize("language", languages())
def test_every_fact_of_an_activity_is_recorded(language: str) -> None:
    """Art. 30(1)(b) to (f): what the register declares of an activity stands in its own section and its own row."""
    texts = catalogue(language)
    for activity, text in company(language):
        facts = [
            activity.id,
            purpose_in_words(activity.purpose, texts),
            keep_in_words(activity.keep, texts, events=policy.events),
            *(text_of(recipient, language) for recipient in activity.recipients),
            *(recipient.name for recipient in activity.recipients),
            *(recipient.agreement or "" for recipient in activity.recipients),
            *(where_in_words(recipient, texts) for recipient in activity.recipients),
        ]
        if not activity.covers_everything:
            facts += [role_in_words(role, texts) for role in activity.basis.roles]
            facts += [category_in_words(word, texts) for word in activity.uses]
        grounds = (activity.contract, activity.law, activity.interest, activity.consent)
        facts += [ground.in_language(language) for ground in grounds if ground is not None]
        assert [fact for fact in facts if fact.casefold() not in text] == [], activity.id


def text_of(recipient: Recipient, language: str) -> str:
    return recipient.task.in_language(language)


@pytest.mark.parametrize("language", languages())
def test_controller_measures_and_version_are_recorded(language: str) -> None:
    """Art. 30(1)(a) and (g): whoever asks whose record it is, how data is protected and which version, reads it."""
    texts = catalogue(language)
    record = told(processing_record(policy, COMPANY, language=language))
    controller = policy.controller
    table = rows_of(processing_table(policy, COMPANY, language=language)).values()
    for fact in (controller.name, controller.address, controller.email, controller.telephone, controller.dpo):
        assert str(fact).casefold() in record["responsible"]
        assert all(str(fact).casefold() in row for row in table)
    for measure in policy.measures:
        assert measure_in_words(measure, texts).casefold() in record["measures"]
        assert all(measure_in_words(measure, texts).casefold() in row for row in table)
    assert policy.version in record["register"]
    assert policy.digest in record["register"]


@pytest.mark.parametrize(
    ("letter", "columns"),
    [
        ("a", ["Controller"]),
        ("b", ["Purpose"]),
        ("c", ["Categories of people", "Categories of data"]),
        ("d", ["Recipients"]),
        ("e", ["Transfers outside the EU and the EEA"]),
        ("f", ["Time limit for erasure"]),
        ("g", ["Measures"]),
    ],
)
def test_every_letter_of_the_law_has_its_column(letter: str, columns: list[str]) -> None:
    """Art. 30(1): a row that an authority is shown by itself answers all seven letters."""
    table = processing_table(policy, COMPANY)
    for column in columns:
        place = table.columns.index(column)
        assert all(row[place] for row in table.rows), letter


@pytest.mark.parametrize("language", languages())
def test_the_table_is_read_back_from_csv(language: str) -> None:
    """What leaves as CSV is what the record says, cell for cell."""
    table = processing_table(policy, COMPANY, language=language)
    header, *rows = csv.reader(to_csv(table).removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    assert (tuple(header), tuple(map(tuple, rows))) == (table.columns, table.rows)


def test_the_languages_say_the_same() -> None:
    """An authority in Sweden is shown as much as one in Norway, and in Swedish."""
    records = [processing_record(policy, COMPANY, language=language) for language in ("en", "nb", "sv")]
    assert len({tuple(shape(block.model_dump()) for block in each.blocks) for each in records}) == 1
    assert [each.language for each in records] == ["en", "nb", "sv"]
    tables = [processing_table(policy, COMPANY, language=language) for language in ("en", "nb", "sv")]
    assert len({tuple(tuple(bool(cell) for cell in row) for row in each.rows) for each in tables}) == 1


def shape(value: Any) -> object:
    """Everything about a block but its words."""
    if isinstance(value, Mapping):
        return tuple(
            (name, part if name in {"kind", "level", "anchor", "to"} else shape(part)) for name, part in value.items()
        )
    return tuple(map(shape, value)) if isinstance(value, list | tuple) else type(value)


def test_links_lead_to_the_sections() -> None:
    """A record of twenty activities is found one's way in: every section has its link, and every link its section."""
    blocks = processing_record(policy, COMPANY).blocks
    anchors = [f"#{block.anchor}" for block in blocks if isinstance(block, Heading)]
    (contents,) = (block for block in blocks if isinstance(block, Links))
    assert [link.to for link in contents.items] == anchors
    assert len(set(anchors)) == len(anchors)


@personal(id="gym.member", key="number", label="Members")
@attrs.frozen
class Member:
    """Somebody who trains."""

    number: Annotated[str, SubjectId("customer_number", role="customer")]
    health: Annotated[str, Personal(categories.HEALTH)]
    trainer: Annotated[str, Personal(categories.NAME, about="employee")]


@personal(id="gym.visit", key="number", label="Visits")
@attrs.frozen
class Visit:
    """A visit."""

    number: Annotated[str, SubjectId("customer_number", role="customer")]
    hour: Annotated[str, Personal(categories.USAGE)]


GYM = Controller("Gym", id="gym", country="SE")
TRAINING = Activity(
    "training",
    purpose=purposes.SERVICE_PROVISION,
    basis={"customer": Basis.CONSENT, "employee": Basis.LEGITIMATE_INTEREST},
    uses=[categories.HEALTH, categories.NAME],
    keep=Keep(after="left", days=1),
    consent="I agree.",
    interest="knowing who was there",
    assessment="LIA-7",
    special=SpecialGround.EXPLICIT_CONSENT,
    recipients=[
        Recipient(
            name="Abroad",
            capacity=Capacity.PROCESSOR,
            task="storage",
            country="US",
            safeguard=Safeguard.STANDARD_CLAUSES,
            agreement="DPA-1",
        )
    ],
)
NOBODY_HOLDS = Activity(
    "offers",
    purpose=purposes.DIRECT_MARKETING,
    basis={"customer": Basis.CONTRACT},
    uses=[categories.EMAIL],
    keep=Keep(after="left"),
    contract="the membership",
    channels=[ChannelRule(channel=Channel.APP, condition=Condition.CONSENT)],
    decision=HumanDecision(about="who gets a discount", inputs="visits", by="the manager"),
)


def gym(*activities: Activity) -> tuple[Document, Mapping[str, str], Mapping[str, Mapping[str, str]]]:
    """The record of a gym, its facts by activity, and its table by activity and column."""
    register = Policy(GYM, activities, measures=[measures.LOGGING])
    held = data_map(register, [read_fields(Member), read_fields(Visit)], titles={"gym": "The gym"})
    table = processing_table(register, held)
    record = processing_record(register, held)
    return record, told(record), {row[1]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


def test_a_basis_is_recorded_for_whom_it_covers_and_with_what_it_rests_on() -> None:
    """Art. 5(2): who must account for a basis names the consent or the interest, and where its balancing is kept."""
    _, _, table = gym(TRAINING)
    assert table["training"]["Legal basis"] == (
        "Customer: Consent (Art. 6(1)(a)) / “I agree.”; "
        "Employee of the company or a supplier: Legitimate interest (Art. 6(1)(f)) / "
        "Knowing who was there (balancing test: LIA-7)"
    )


def test_protected_data_is_recorded_with_what_permits_it() -> None:
    """Art. 9(2): the ground stands beside each special category, and beside nothing else."""
    _, sections, table = gym(TRAINING)
    permit = table["training"]["What permits the use of protected data"]
    assert permit == "Health: Your explicit consent (Art. 9(2)(a))"
    assert permit.casefold() in sections["activity-1"]


def test_a_transfer_is_recorded_with_its_safeguard() -> None:
    """Art. 30(1)(e): which country, and what lets the data go there."""
    _, _, table = gym(TRAINING)
    assert table["training"]["Transfers outside the EU and the EEA"] == (
        "Abroad: United States, outside the EU and the EEA, "
        "on the basis of the EU's standard contractual clauses (Art. 46(2)(c))"
    )
    assert table["rights_handling"]["Transfers outside the EU and the EEA"] == "None"


def test_where_data_stands_comes_from_the_marks() -> None:
    """The record names the data sets that hold what the activity may use of people it covers, and no others."""
    record, sections, table = gym(TRAINING, NOBODY_HOLDS)
    assert table["training"]["Where it is held"] == "The gym (Members)"
    assert ("The gym", "Members", "Health; name") in [
        row for block in record.blocks if isinstance(block, Table) for row in block.rows
    ]
    assert table["offers"]["Where it is held"] == "No service holds any"
    assert "no service holds any" in sections["activity-2"]
    assert table["rights_handling"]["Where it is held"] == "Every service and data set"


@pytest.mark.parametrize("activity", policy.activities, ids=lambda activity: activity.id)
def test_record_and_data_map_agree_on_who_uses_what(activity: Activity) -> None:
    """The record and the data map are shown to the same authority: no data set is used in one and not in the other."""
    (row,) = (row for row in processing_table(policy, COMPANY).rows if row[1] == activity.id)
    used = {each.label["en"].casefold() for each in COMPANY.datasets if activity.id in each.activities}
    unused = {each.label["en"].casefold() for each in COMPANY.datasets} - used
    places = row[processing_table(policy, COMPANY).columns.index("Where it is held")].casefold()
    named = {
        place for service in places.split("; ") for place in service.partition(" (")[2].removesuffix(")").split(", ")
    }
    assert named & used
    assert not named & unused


def test_data_of_people_without_a_basis_is_not_recorded_as_used() -> None:
    """A basis holds per role: a trainer's name is not used for customers, although it stands in their record."""
    _, _, table = gym(attrs.evolve(TRAINING, basis={"customer": Basis.CONSENT}, uses=[categories.NAME], special=None))
    assert table["training"]["Where it is held"] == "No service holds any"


def test_channels_and_decisions_are_recorded() -> None:
    """Art. 22 and the law on marketing: what is decided by whom, and by which channel people may be approached."""
    _, sections, table = gym(NOBODY_HOLDS)
    assert table["offers"]["Decision about people"] == "Who gets a discount. On what: visits. Decided by: the manager"
    assert table["offers"]["Channels of marketing"] == "The app: only if you consented"
    for column in ("Decision about people", "Channels of marketing"):
        assert table["offers"][column].casefold() in sections["activity-1"]
        assert table["rights_handling"][column] == ""


def test_what_is_not_there_is_said_or_left_out() -> None:
    """An empty fact would look like one that was forgotten."""
    register = Policy(GYM, [])
    held = data_map(register, [])
    record = processing_record(register, held)
    sections = told(record)
    assert "recipients\nnone" in sections["activity-1"]
    assert "the register names none." in sections["measures"]
    assert all(text for block in record.blocks if isinstance(block, Facts) for fact in block.items for text in fact)


def test_a_catalogue_of_ones_own_is_taken() -> None:
    """A language that the library lacks is written by whoever needs it."""
    texts = catalogue("en")
    own = attrs.evolve(texts, language="fi", texts={**texts.texts, "record.activity.purpose": "Tarkoitus"})
    assert processing_record(policy, COMPANY, language=own).language == "fi"
    assert "Tarkoitus" in processing_table(policy, COMPANY, language=own).columns


@pytest.mark.parametrize("made", [processing_record, processing_table])
def test_a_data_map_of_another_register_is_refused(made: Any) -> None:
    """A record whose two halves speak of different registers is wrong in one of them."""
    with pytest.raises(InvalidDeclaration, match="another register"):
        made(Policy(GYM, []), COMPANY)


def test_a_language_nobody_wrote_is_refused() -> None:
    """There is no silent English."""
    with pytest.raises(UnknownWord):
        processing_table(policy, COMPANY, language="fi")
