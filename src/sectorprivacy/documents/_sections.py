"""The register read out in one language: the parts that the notice and the access information share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import frozen

from sectorprivacy.documents._catalogue import Catalogue
from sectorprivacy.documents._rights import by_basis
from sectorprivacy.documents._tree import Block, Facts, Paragraph, Table
from sectorprivacy.documents._words import (
    as_roles,
    basis_in_words,
    keep_in_words,
    recipient_in_words,
    role_in_words,
    sentence,
    special_ground_in_words,
)
from sectorprivacy.policy import Activity, Policy, Recipient
from sectorprivacy.vocabulary import Category, Protection, Role, Wording


@frozen
class RegisterInWords:
    """What the register says, in the language of a catalogue.

    Args:
        policy: The register.
        texts: Texts of the language.
    """

    policy: Policy
    texts: Catalogue

    def said(self, text: Wording) -> str:
        """A text of the register, as the start of a sentence."""
        return sentence(text.in_language(self.texts.language))

    def role(self, role_id: str) -> str:
        """A role; one of the company's own by its label."""
        return role_in_words(self._roles.get(role_id, role_id), self.texts)

    @property
    def responsible(self) -> Facts:
        """Who decides about the processing, and every way to reach them (Art. 13(1)(a) and (b))."""
        controller = self.policy.controller
        facts = {
            "company": controller.name,
            "organisation_number": controller.organisation_number,
            "address": controller.address,
            "postal_address": controller.postal_address,
            "telephone": controller.telephone,
            "telephone_abroad": controller.telephone_abroad,
            "email": controller.email,
            "dpo": controller.dpo,
            "notice": controller.notice,
        }
        named = ((self.texts.text(f"sections.responsible.{name}"), value) for name, value in facts.items() if value)
        return Facts(items=tuple(named))

    def bases(self, activity: Activity, roles: Sequence[str]) -> str:
        """What allows an activity, for people in these roles; told apart by role where it differs (Art. 13(1)(c))."""
        told = {
            basis_in_words(activity, basis, self.texts): list(map(self.role, mine))
            for basis, mine in by_basis(activity, roles).items()
        }
        if len(told) == 1:
            return sentence(next(iter(told)))
        return " ".join(f"{as_roles(mine, text, self.texts)}." for text, mine in told.items())

    def permit(self, activity: Activity, word: Category) -> str:
        """What permits the use of a protected category; nothing where the law does not protect it further."""
        if word.protected is Protection.SPECIAL and activity.special is not None:
            return sentence(special_ground_in_words(activity.special, self.texts))
        if word.protected is Protection.CRIMINAL and activity.criminal is not None:
            return self.said(activity.criminal)
        return self.texts.text("sections.protected.identification") if word.protected is Protection.NATIONAL_ID else ""

    def recipients(self, recipients: Iterable[Recipient]) -> Table:
        """Who receives data: name, task, capacity and where (Art. 13(1)(e) and (f))."""
        rows = (recipient_in_words(recipient, self.texts) for recipient in recipients)
        return Table(
            columns=self._columns("recipients", "name", "task", "capacity", "where"),
            rows=tuple((name, sentence(task), sentence(capacity), where) for name, task, capacity, where in rows),
        )

    def retention(self, activities: Iterable[Activity]) -> Table:
        """How long data is kept, by activity (Art. 13(2)(a))."""
        return Table(
            columns=self._columns("retention", "activity", "period"),
            rows=tuple(
                (
                    self.said(activity.title),
                    sentence(keep_in_words(activity.keep, self.texts, events=self.policy.events)),
                )
                for activity in activities
            ),
        )

    def decisions(self, activities: Iterable[Activity]) -> Iterator[Block]:
        """That nothing is decided by automated means alone, and what a human decides (Art. 13(2)(f), Art. 22)."""
        yield Paragraph(text=self.texts.text("sections.decisions.none"))
        made = [activity.decision for activity in activities if activity.decision is not None]
        if made:
            yield Table(
                columns=self._columns("decisions", "about", "inputs", "by"),
                rows=tuple((self.said(each.about), self.said(each.inputs), self.said(each.by)) for each in made),
            )

    @property
    def complaint(self) -> str:
        """Where to complain, and who answers questions first (Art. 77, Art. 38(4))."""
        authority = self.policy.controller.authority or self.texts.text("sections.complaint.any_authority")
        told = self.texts.text("sections.complaint.authority", authority=authority)
        officer = self.policy.controller.dpo
        return told if officer is None else f"{told} {self.texts.text('sections.complaint.officer', officer=officer)}"

    def _columns(self, section: str, *names: str) -> tuple[str, ...]:
        return tuple(self.texts.text(f"sections.{section}.{name}") for name in names)

    @cached_property
    def _roles(self) -> Mapping[str, Role]:
        return {role.id: role for activity in self.policy.activities for role in activity.basis.roles}
