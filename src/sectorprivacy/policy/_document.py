"""The register as a document: what is hashed, stored beside a version, published and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeInt, StringConstraints, model_validator

from sectorprivacy.errors import InvalidDeclaration
from sectorprivacy.policy._register import (
    Activity,
    ChannelRule,
    Controller,
    HumanDecision,
    Keep,
    Recipient,
    recipients_of,
)
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Category,
    Channel,
    Condition,
    Protection,
    Safeguard,
    SpecialGround,
    Word,
    Wording,
    stable_id,
    wording,
)


def _accepted_by(declare: Callable[[Any], object]) -> AfterValidator:
    """Refuses what a declaration refuses, as pydantic expects it."""

    def accepted(value: Any) -> Any:
        try:
            declare(value)
        except InvalidDeclaration as refused:
            raise ValueError(refused.problem) from None
        return value

    return AfterValidator(accepted)


Texts = Annotated[Mapping[str, str], _accepted_by(wording)]
"""A text by language tag, at least one."""

_Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
_Event = Annotated[str, _accepted_by(partial(stable_id, where="event"))]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WordEntry(_Part):
    """A word that the register or a mark uses, with its place in the vocabulary."""

    id: str
    label: Texts
    under: str | None = None
    dpv: str | None = None
    fides: str | None = None


class CategoryEntry(WordEntry):
    """A category that the register or a field uses, or one that such a category stands under.

    Args:
        protection: How the law protects it further, by itself or through a broader category (Art. 9, 10, 87).
    """

    protection: Protection | None = None


class ControllerEntry(_Part):
    """See `Controller`."""

    id: str
    name: str
    country: _Country
    holidays: _Country
    time_zone: str
    languages: tuple[str, ...]
    organisation_number: str | None
    address: str | None
    postal_address: str | None
    telephone: str | None
    telephone_abroad: str | None
    email: str | None
    dpo: str | None
    authority: str | None
    notice: str | None
    documents: Mapping[str, Texts]


class RecipientEntry(_Part):
    """See `Recipient`; its name is its id."""

    id: str
    capacity: Capacity
    task: Texts
    country: _Country
    safeguard: Safeguard | None
    agreement: str | None

    @property
    def leaves_the_eea(self) -> bool:
        """As `Recipient.leaves_the_eea`."""
        return self.recipient.leaves_the_eea

    @property
    def recipient(self) -> Recipient:
        """The recipient it stands for."""
        return Recipient(
            name=self.id,
            capacity=self.capacity,
            task=self.task,
            country=self.country,
            safeguard=self.safeguard,
            agreement=self.agreement,
        )


class KeepEntry(_Part):
    """See `Keep`."""

    after: _Event
    years: NonNegativeInt
    months: NonNegativeInt
    days: NonNegativeInt
    end_of_year: bool
    law: Texts | None

    @property
    def rule(self) -> Keep:
        """The rule it stands for."""
        return Keep(
            after=self.after,
            years=self.years,
            months=self.months,
            days=self.days,
            end_of_year=self.end_of_year,
            law=self.law,
        )


class ChannelEntry(_Part):
    """See `ChannelRule`; its channel is its id."""

    id: Channel
    condition: Condition
    law: Texts | None

    @property
    def rule(self) -> ChannelRule:
        """The rule it stands for."""
        return ChannelRule(channel=self.id, condition=self.condition, law=self.law)


class DecisionEntry(_Part):
    """See `HumanDecision`."""

    about: Texts
    inputs: Texts
    by: Texts


class ActivityEntry(_Part):
    """See `Activity`; words and recipients by id."""

    id: str
    title: Texts
    purpose: str
    basis: Mapping[str, Basis]
    uses: tuple[str, ...]
    keep: KeepEntry
    recipients: tuple[str, ...]
    contract: Texts | None
    law: Texts | None
    interest: Texts | None
    assessment: str | None
    consent: Texts | None
    special: SpecialGround | None
    criminal: Texts | None
    channels: tuple[ChannelEntry, ...]
    decision: DecisionEntry | None


class PolicyDocument(_Part):
    """The whole register in one version, by ids; `model_dump_json` and `model_validate_json` are its file form."""

    format: Literal["sectorprivacy/policy/1"] = "sectorprivacy/policy/1"
    version: str
    controller: ControllerEntry
    activities: tuple[ActivityEntry, ...]
    recipients: tuple[RecipientEntry, ...]
    measures: tuple[WordEntry, ...]
    events: Mapping[str, Texts]
    categories: tuple[CategoryEntry, ...]
    purposes: tuple[WordEntry, ...]
    roles: tuple[WordEntry, ...]

    @model_validator(mode="after")
    def _names_what_is_there_once(self) -> Self:
        """An id that stands for two things, or for none, would leave open what the register says."""
        for part in ("activities", "recipients", "measures", "categories", "purposes", "roles"):
            counted = [entry.id for entry in getattr(self, part)]
            if len(set(counted)) < len(counted):
                raise ValueError(f"two of its {part} have one id")
        named = {
            "categories": {word for activity in self.activities for word in activity.uses},
            "purposes": {activity.purpose for activity in self.activities},
            "roles": {role for activity in self.activities for role in activity.basis},
            "recipients": {recipient for activity in self.activities for recipient in activity.recipients},
        }
        for part, ids in named.items():
            if not ids <= {entry.id for entry in getattr(self, part)}:
                raise ValueError(f"an activity names one of its {part} that is not there")
        return self

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of its canonical JSON: sorted keys, no spaces, UTF-8."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def policy_document(
    controller: Controller,
    activities: Sequence[Activity],
    *,
    version: str,
    measures: Iterable[Word],
    events: Mapping[str, Wording],
) -> PolicyDocument:
    """The document of a register with these parts."""
    return PolicyDocument(
        version=version,
        controller=_controller(controller),
        activities=tuple(_activity(activity) for activity in activities),
        recipients=tuple(_recipient(recipient) for recipient in recipients_of(activities)),
        measures=word_entries(measures),
        events={event: text.to_json() for event, text in events.items()},
        categories=category_entries(word for activity in activities for word in activity.uses),
        purposes=word_entries(activity.purpose for activity in activities),
        roles=word_entries(role for activity in activities for role in activity.basis.roles),
    )


def word_entries(words: Iterable[Word]) -> tuple[WordEntry, ...]:
    """Entries of the words and of all that they stand under, by id."""
    return tuple(WordEntry(**_facts(word)) for word in _with_broader(words))


def category_entries(words: Iterable[Category]) -> tuple[CategoryEntry, ...]:
    """Entries of the categories and of all that they stand under, by id."""
    return tuple(
        CategoryEntry(**_facts(word), protection=word.protected)
        for word in _with_broader(words)
        if isinstance(word, Category)
    )


def _with_broader(words: Iterable[Word]) -> Iterator[Word]:
    found = {word.id: word for used in words for word in used.lineage}
    yield from (found[word] for word in sorted(found))


def _facts(word: Word) -> dict[str, Any]:
    return {
        "id": word.id,
        "label": word.label.to_json(),
        "under": None if word.under is None else word.under.id,
        "dpv": word.dpv,
        "fides": word.fides,
    }


def _controller(controller: Controller) -> ControllerEntry:
    facts: dict[str, Any] = {
        name: getattr(controller, name) for name in ControllerEntry.model_fields if name != "documents"
    }
    return ControllerEntry(**facts, documents={each.url: each.title.to_json() for each in controller.documents})


def _recipient(recipient: Recipient) -> RecipientEntry:
    return RecipientEntry(
        id=recipient.name,
        capacity=recipient.capacity,
        task=recipient.task.to_json(),
        country=recipient.country,
        safeguard=recipient.safeguard,
        agreement=recipient.agreement,
    )


def _activity(activity: Activity) -> ActivityEntry:
    return ActivityEntry(
        id=activity.id,
        title=activity.title.to_json(),
        purpose=activity.purpose.id,
        basis=dict(activity.basis),
        uses=tuple(sorted(word.id for word in activity.uses)),
        keep=_keep(activity.keep),
        recipients=tuple(recipient.name for recipient in activity.recipients),
        contract=_texts(activity.contract),
        law=_texts(activity.law),
        interest=_texts(activity.interest),
        assessment=activity.assessment,
        consent=_texts(activity.consent),
        special=activity.special,
        criminal=_texts(activity.criminal),
        channels=tuple(
            ChannelEntry(id=rule.channel, condition=rule.condition, law=_texts(rule.law)) for rule in activity.channels
        ),
        decision=None if activity.decision is None else _decision(activity.decision),
    )


def _decision(decision: HumanDecision) -> DecisionEntry:
    return DecisionEntry(about=decision.about.to_json(), inputs=decision.inputs.to_json(), by=decision.by.to_json())


def _keep(keep: Keep) -> KeepEntry:
    return KeepEntry(
        after=keep.after,
        years=keep.years,
        months=keep.months,
        days=keep.days,
        end_of_year=keep.end_of_year,
        law=_texts(keep.law),
    )


def _texts(text: Wording | None) -> Texts | None:
    return None if text is None else text.to_json()
